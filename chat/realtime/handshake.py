"""The upgrade (RFC 6455 section 4): what a client asks for, before a frame is read. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from protocol.errors import Language
from protocol.messages import SUBPROTOCOL

PATH = "/api/v1/socket"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One request to become a socket; `response` accepts it, or says what is wrong with it."""

    response: Response
    spoken: bool
    path: str
    origin: str | None
    bearer: str | None
    cookies: dict[str, str]
    forwarded_for: str
    language: Language


def read_upgrade(data: bytes) -> Upgrade | None:
    """Read the request that uvicorn hands over; None if it is not one."""
    handshake = ServerProtocol(select_subprotocol=_ours)
    handshake.receive_data(data)
    request = next(iter(handshake.events_received()), None)
    if not isinstance(request, Request):
        return None
    response = handshake.accept(request)
    headers = request.headers
    kind, _, token = headers.get("Authorization", "").partition(" ")
    return Upgrade(
        response=response,
        spoken=handshake.subprotocol is not None,
        path=request.path.partition("?")[0],
        origin=headers.get("Origin"),
        bearer=token.strip() if kind.lower() == "bearer" and token else None,
        cookies=_cookies(headers.get("Cookie", "")),
        forwarded_for=headers.get("X-Forwarded-For", "").rpartition(",")[2].strip(),
        language="en" if headers.get("Accept-Language", "").startswith("en") else "da",
    )


def refusal(status: int, phrase: str) -> Response:
    """Make the answer to an upgrade that is not admitted."""
    return Response(status, phrase, Headers({"Content-Length": "0", "Connection": "close"}), b"")


def _ours(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Speak our protocol if it is offered; if not, the close code says it better than HTTP."""
    return next((one for one in offered if one == SUBPROTOCOL), None)


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, dash, value in pairs if dash}
