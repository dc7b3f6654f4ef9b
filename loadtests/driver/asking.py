"""Asks the server over HTTP, as a page does, for what is not asked over a socket."""

import ssl
import time
from typing import Any
from urllib.parse import urlencode

import httpcore
import msgspec

from loadtests.target import Target
from protocol.codec import decode_problem
from protocol.operations import OPERATIONS

_AT_ONCE = 200
_PATIENCE = {"connect": 30.0, "read": 30.0, "write": 30.0, "pool": 60.0}

_decode = msgspec.json.Decoder().decode


class Refused(Exception):
    """The server said no, or nothing; the text is the code of the error, or what happened."""


class Asking:
    """Operations over HTTP, by name. Close it at the end."""

    def __init__(self, target: Target, trusted: ssl.SSLContext | None = None) -> None:
        self._url = target.url
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted, max_connections=_AT_ONCE,
            max_keepalive_connections=0,  # an idle one may be closed just when it is used again
        )  # fmt: skip

    async def close(self) -> None:
        """Close its connections."""
        await self._pool.aclose()

    async def ask(self, token: str, operation: str, **data: Any) -> dict[str, Any]:
        """Ask as the one who has a token. Raises `Refused`."""
        row = OPERATIONS[operation]
        path = row.path.format_map(data)
        rest = {name: value for name, value in data.items() if f"{{{name}}}" not in row.path}
        headers = [("Authorization", f"Bearer {token}")]
        content = None
        if row.method in {"GET", "DELETE"}:
            path += f"?{urlencode(rest)}" if rest else ""
        else:
            headers.append(("Content-Type", "application/json"))
            content = msgspec.json.encode(rest)
        try:
            answer = await self._pool.request(
                row.method, f"{self._url}{path}", headers=headers, content=content,
                extensions={"timeout": _PATIENCE},
            )  # fmt: skip
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as why:
            raise Refused(type(why).__name__) from None
        if not 200 <= answer.status < 300:
            raise Refused(_code(answer.status, answer.content))
        return dict(_decode(answer.content)) if answer.content else {}

    async def timed(
        self, token: str, operation: str, **data: Any
    ) -> tuple[dict[str, Any], float, float]:
        """Ask, and tell when it was asked and answered (of `perf_counter`). Raises `Refused`."""
        began = time.perf_counter()
        found = await self.ask(token, operation, **data)
        return found, began, time.perf_counter()


def _code(status: int, content: bytes) -> str:
    try:
        return decode_problem(content).code
    except ValueError:
        return str(status)
