"""What the shop asks Tillgate for."""

import json
import urllib.error
import urllib.parse
import urllib.request

JSON_API = "application/vnd.api+json"


class Refusal(Exception):
    """Tillgate said no: the status, and what it said."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status


class Shop:
    """A client with an access token."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self._url = url
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{url}/oauth/token", data=body) as answer:
            self._token = json.load(answer)["access_token"]

    def order(self, order: str) -> dict:
        return self._call("GET", f"/api/orders/{order}")

    def create_order(self, market: str, email: str) -> dict:
        return self._call(
            "POST",
            "/api/orders",
            {
                "type": "orders",
                "attributes": {"customer_email": email},
                "relationships": {"market": {"data": {"type": "markets", "id": market}}},
            },
        )

    def pay(self, order: str, instrument: str) -> dict:
        """Charges a card at once. `instrument` is what Stripe.js gave the page."""
        return self._call(
            "POST",
            "/api/v1/payments",
            {
                "type": "payments",
                "attributes": {"stripe_token": instrument},
                "relationships": {"order": {"data": {"type": "order", "id": order}}},
            },
        )

    def _call(self, method: str, path: str, data: dict | None = None) -> dict:
        request = urllib.request.Request(self._url + path, method=method)
        request.add_header("Accept", JSON_API)
        request.add_header("Authorization", f"Bearer {self._token}")
        if data is not None:
            request.add_header("Content-Type", JSON_API)
            request.data = json.dumps({"data": data}).encode()
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise Refusal(error.code, error.read().decode()) from error
