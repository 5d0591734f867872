"""Checkout.com's own SDK drives the sandbox: tokens, payments, captures, voids, refunds, declines and refusals.

Run by the test `vendor_sdks` with the sandbox's origin in TILLGATE_SANDBOX_URL.
"""

import os
import time
import uuid
import warnings

from checkout_sdk.checkout_sdk import CheckoutSdk
from checkout_sdk.environment import Environment
from checkout_sdk.exception import CheckoutApiException

BASE = os.environ["TILLGATE_SANDBOX_URL"].rstrip("/") + "/"
CHANNEL = "pc_" + "a" * 26
# A capture, void or refund is accepted first and done later.
DEADLINE_SECONDS = 20


def sdk():
    """The SDK with the sandbox in place of Checkout.com's hosts."""
    here = Environment(BASE, BASE + "connect/token", BASE, BASE, BASE, BASE, BASE, True)
    with warnings.catch_warnings():
        # The merchant's own host name is what the sandbox's address stands for.
        warnings.simplefilter("ignore", DeprecationWarning)
        key = "sbox_" + "a" * 26 + "="
        builder = CheckoutSdk.builder().secret_key("sk_" + key).public_key("pk_" + key)
        return builder.environment(here).use_legacy_domain().build()


api = sdk()


def token(number="4242424242424242"):
    """A fresh card token."""
    card = {"type": "card", "number": number, "expiry_month": 12, "expiry_year": 2040, "cvv": "100"}
    return api.tokens.request_card_token(card).token


def payment(source_token, key=None, **changes):
    """Requests a payment that is captured by hand."""
    request = {
        "source": {"type": "token", "token": source_token},
        "amount": 6500,
        "currency": "EUR",
        "capture": False,
        "reference": "order-1",
        "processing_channel_id": CHANNEL,
    }
    return api.payments.request_payment({**request, **changes}, key)


def status_becomes(payment_id, wanted):
    """Looks at the payment until it has this status."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (found := api.payments.get_payment_details(payment_id)).status != wanted:
        assert time.monotonic() < deadline, f"still {found.status}, not {wanted}"
    return found


def refused(status, call, *codes):
    """The call must raise the SDK's exception with this status and these error codes."""
    try:
        call()
    except CheckoutApiException as error:
        assert error.http_metadata.status_code == status, error.http_metadata
        assert list(error.error_details or []) == list(codes), error.error_details
        return
    raise AssertionError(f"expected {status}, nothing was raised")


def test_authorize_capture_refund():
    paid = payment(token())
    assert paid.http_metadata.status_code == 201 and paid.approved and paid.status == "Authorized", vars(paid)
    assert paid.response_code == "10000" and paid.source.last4 == "4242", vars(paid)
    accepted = api.payments.capture_payment(paid.id, {"amount": 6500})
    assert accepted.http_metadata.status_code == 202 and accepted.action_id.startswith("act_"), vars(accepted)
    status_becomes(paid.id, "Captured")
    api.payments.refund_payment(paid.id, {"amount": 6500})
    status_becomes(paid.id, "Refunded")
    actions = [action.type for action in api.payments.get_payment_actions(paid.id).items]
    assert sorted(actions) == ["Authorization", "Capture", "Refund"], actions


def test_void():
    paid = payment(token())
    assert api.payments.void_payment(paid.id).http_metadata.status_code == 202
    status_becomes(paid.id, "Voided")
    refused(403, lambda: api.payments.capture_payment(paid.id, {"amount": 6500}))


def test_a_decline_is_an_answer():
    declined = payment(token("4544249167673670"))
    assert declined.http_metadata.status_code == 201 and declined.status == "Declined", vars(declined)
    assert not declined.approved and declined.response_code == "20051", vars(declined)
    refused(403, lambda: api.payments.capture_payment(declined.id, {"amount": 6500}))


def test_3ds_leads_to_a_page():
    pending = payment(
        token("4010061700000021"),
        **{"3ds": {"enabled": True}, "success_url": "https://shop.example/ok", "failure_url": "https://shop.example/no"},
    )
    assert pending.http_metadata.status_code == 202 and pending.status == "Pending", vars(pending)
    assert pending._links.redirect.href.startswith("http"), vars(pending)


def test_a_token_is_used_once():
    used = token()
    payment(used)
    refused(422, lambda: payment(used), "token_used")


def test_the_documented_token_is_reusable_here():
    for _ in range(2):
        assert payment("tok_4gzeau5o2uqubbk6fufs3m7p54").approved


def test_a_key_replays_its_answer():
    key, source = str(uuid.uuid4()), token()
    assert payment(source, key).id == payment(source, key).id


def test_an_unknown_payment_is_not_found():
    refused(404, lambda: api.payments.get_payment_details("pay_" + "a" * 26))


for name, test in [item for item in globals().items() if item[0].startswith("test_")]:
    test()
    print("ok", name)
