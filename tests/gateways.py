"""Real HTTP servers in the place of an SMS gateway and of a browser's push service."""

import base64
import json
import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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
