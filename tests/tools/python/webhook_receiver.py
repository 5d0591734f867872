"""A merchant's system in another language, which believes only what others' code has verified.

Prints the port that it listens on, then reads a line of JSON from standard input: the shared secret by path. Each call is
verified by the `standardwebhooks` package and by the standard library's hmac, and told in a line: `ok TOPIC ID` or `bad WHY`.
A call that comes twice is told once, if it is the same. Each first call is answered badly, by 500 or not at all, and told of
when it has come again.
"""

import base64
import hashlib
import hmac
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook

SECRETS: dict[str, str] = {}
KNOWN = threading.Event()
FIRST: dict[str, bytes] = {}
SEEN: set[str] = set()
LOCK = threading.Lock()


def verify(path: str, headers: dict[str, str], body: bytes) -> str:
    """The topic and the id of a call; raises if it is not what it seems."""
    secret = SECRETS[path].encode()
    standard = Webhook("whsec_" + base64.b64encode(secret).decode())
    payload = standard.verify(body.decode(), headers)
    digest = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(digest, headers["x-commercelayer-signature"]):
        raise ValueError("X-CommerceLayer-Signature")
    try:
        standard.verify(body.decode() + " ", headers)
    except Exception:
        return f"{headers['x-commercelayer-topic']} {payload['data']['id']}"
    raise ValueError("a changed body is verified too")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        KNOWN.wait()
        with LOCK:
            try:
                told = "ok " + verify(self.path, headers, body)
                identifier, status = headers["webhook-id"], 200
                if identifier not in FIRST:
                    FIRST[identifier] = body
                    if len(FIRST) % 2:
                        # The connection ends without a word.
                        self.close_connection = True
                        return
                    status = 500
                elif FIRST[identifier] != body:
                    raise ValueError("the same call has another body")
            except Exception as error:
                identifier, told, status = headers.get("webhook-id", ""), f"bad {error!r}", 400
            if status != 500 and identifier not in SEEN:
                SEEN.add(identifier)
                print(told, flush=True)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    SECRETS.update(json.loads(sys.stdin.readline()))
    KNOWN.set()
    # Until whoever has started it is gone.
    sys.stdin.read()


main()
