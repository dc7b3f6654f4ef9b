"""Real HTTP servers in the place of an SMS gateway and of a browser's push service."""

import base64
import json
import os
import re
import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HANG = "hang"
DROP = "drop"


@dataclass(frozen=True)
class Posted:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Endpoint:
    """An HTTP server on loopback. It judges every request, unless the next answers say otherwise.

    An answer is a status, (status, headers), HANG (nothing until `stop`) or DROP (the connection).
    """

    def __init__(self) -> None:
        self.answers: deque[Any] = deque()
        self.requests: list[Posted] = []
        self.arrived = threading.Event()
        self._over = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                endpoint.take(self, Posted(self.path, headers, body))

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — its name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, handler: BaseHTTPRequestHandler, posted: Posted) -> None:
        """Answer a request."""
        self.requests.append(posted)
        planned = self.answers.popleft() if self.answers else None
        if planned == HANG:
            self._over.wait(60)
        if planned in (HANG, DROP):
            handler.close_connection = True
            return
        status, headers, body = self.judge(posted)
        if planned is not None:
            status, headers = planned if isinstance(planned, tuple) else (planned, {})
            body = b'{"message": "not now, +4520123456"}'
        elif status < 300:
            self.accept(posted)
            self.arrived.set()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def judge(self, posted: Posted) -> tuple[int, dict[str, str], bytes]:
        """Tell what to answer by oneself."""
        raise NotImplementedError

    def accept(self, posted: Posted) -> None:
        """Keep what was accepted."""

    def stop(self) -> None:
        """Listen no more."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class SMSEndpoint(Endpoint):
    """GatewayAPI as its documentation has it: the token, the body, the answers."""

    TOKEN = "token-of-the-tests"

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        super().__init__()

    @property
    def mtsms(self) -> str:
        return f"{self.url}/rest/mtsms"

    def judge(self, posted: Posted) -> tuple[int, dict[str, str], bytes]:
        login = base64.b64encode(f"{self.TOKEN}:".encode()).decode()
        if posted.headers.get("authorization") != f"Basic {login}":
            return 401, {}, b'{"code": "0x0217", "message": "Invalid token"}'
        if posted.path != "/rest/mtsms":
            return 404, {}, b"{}"
        try:
            asked = json.loads(posted.body)
        except ValueError:
            return 422, {}, b'{"message": "Invalid JSON"}'
        known = {"sender", "message", "recipients", "userref", "encoding"}
        if (
            set(asked) != known
            or not asked["message"]
            or not 1 <= len(asked["sender"]) <= 11
            or [set(one) for one in asked["recipients"]] != [{"msisdn"}]
            or not isinstance(asked["recipients"][0]["msisdn"], int)
            or asked["encoding"] not in {"UTF8", "UCS2"}
        ):
            return 400, {}, b'{"code": "0x0103", "message": "Invalid arguments"}'
        answer = {"ids": [421332671 + len(self.taken)], "usage": {"countries": {"DK": 1}}}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def accept(self, posted: Posted) -> None:
        self.taken.append(json.loads(posted.body))

    def texts(self) -> list[tuple[str, str]]:
        """Give what was taken: number and text."""
        return [(f"+{one['recipients'][0]['msisdn']}", one["message"]) for one in self.taken]


class Browser:
    """What a browser keeps of its push subscription; it reads what was encrypted for it.

    Written by RFC 8291 alone, so that it does not share a mistake with what it checks.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._point = _point(self._key.public_key())
        self._secret = os.urandom(16)

    @property
    def p256dh(self) -> str:
        return _base64url(self._point)

    @property
    def auth(self) -> str:
        return _base64url(self._secret)

    def read(self, body: bytes) -> dict[str, str]:
        """Decrypt a message (RFC 8188, section 2; RFC 8291, section 3)."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size, "a push message is one record"
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._key.exchange(ec.ECDH(), theirs)
        info = b"WebPush: info\0" + self._point + sender
        material = HKDF(hashes.SHA256(), 32, self._secret, info).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(material)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(material)
        padded = AESGCM(key).decrypt(nonce, record, None)
        text, delimiter, padding = padded.rpartition(b"\2")
        assert delimiter, "the last record ends with 2"
        assert not padding.strip(b"\0")
        message: dict[str, str] = json.loads(text)
        return message


class PushEndpoint(Endpoint):
    """A push service (RFC 8030) that verifies who sends (RFC 8292), for browsers of its own."""

    def __init__(self, public_key: str = "") -> None:
        self.public_key = public_key
        self.browsers: dict[str, Browser] = {}
        self.taken: list[tuple[Browser, dict[str, str], dict[str, str]]] = []
        super().__init__()

    def browser(self) -> Browser:
        """Let a browser subscribe."""
        path = f"/push/{os.urandom(8).hex()}"
        self.browsers[path] = Browser(self.url + path)
        return self.browsers[path]

    def judge(self, posted: Posted) -> tuple[int, dict[str, str], bytes]:
        if not self._signed(posted.headers.get("authorization", "")):
            return 403, {}, b""
        if posted.path not in self.browsers:
            return 410, {}, b""
        headers = posted.headers
        if (
            headers.get("content-encoding") != "aes128gcm"
            or not headers.get("ttl", "").isdigit()
            or headers.get("urgency") not in {"very-low", "low", "normal", "high"}
            or not re.fullmatch(r"[\w-]{1,32}", headers.get("topic", ""))
        ):
            return 400, {}, b""
        if len(posted.body) > 4096:
            return 413, {}, b""
        return 201, {"Location": f"{self.url}/message/{len(self.taken)}"}, b""

    def _signed(self, authorization: str) -> bool:
        scheme, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "vapid" or parts.get("k") != self.public_key or "t" not in parts:
            return False
        head, claims, signature = parts["t"].split(".")
        r, s = _raw(signature)[:32], _raw(signature)[32:]
        whole = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _raw(parts["k"]))
        try:
            key.verify(whole, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        said = json.loads(_raw(claims))
        return bool(
            json.loads(_raw(head)) == {"typ": "JWT", "alg": "ES256"}
            and said["aud"] == self.url
            and said["sub"].startswith(("mailto:", "https://"))
            and said["exp"] > 0
        )

    def accept(self, posted: Posted) -> None:
        browser = self.browsers[posted.path]
        self.taken.append((browser, browser.read(posted.body), posted.headers))


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
