"""A line for every HTTP request: route, status and duration, by a request id (ASGI middleware).

The id comes from the proxy in front, if there is one that gives any, so that its log and ours meet;
else it is made here. It goes back as `X-Request-Id` and stands in every line of the request.
"""

import re
import secrets
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat.figures import HttpFigures

REQUEST_ID = re.compile(rb"[0-9a-fA-F-]{16,64}")
"""What an id from a proxy may be: nothing that could hold words, an address or a token."""

log = structlog.get_logger(__name__)


class AccessLog:
    """Logs the route's template, never the address that was asked for: it may hold an id.

    `behind_proxy`: whether the header `X-Request-Id` is believed.
    """

    def __init__(self, app: ASGIApp, figures: HttpFigures, *, behind_proxy: bool) -> None:
        self._app = app
        self._behind_proxy = behind_proxy
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, and log HTTP requests when they are answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._given(scope) or secrets.token_hex(8)
        status = 0
        started = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._app(scope, receive, watch)
            finally:
                route = getattr(scope.get("route"), "path", "")
                seconds = time.perf_counter() - started
                self._figures.answered(route, status, seconds)
                log.info(
                    "request",
                    method=scope["method"],
                    route=route,
                    status=status,
                    ms=round(seconds * 1_000, 1),
                )

    def _given(self, scope: Scope) -> str:
        if self._behind_proxy:
            for name, value in scope["headers"]:
                if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
                    return str(value.decode())
        return ""
