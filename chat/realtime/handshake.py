"""The upgrade (RFC 6455 section 4): what a client asks for, before a frame is read. No I/O.

uvicorn has parsed the request once and hands it over as bytes, names in lower case. It is read
here in a few string operations: after a restart everybody upgrades within a minute.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from protocol.errors import Language
from protocol.messages import SUBPROTOCOL

PATH = "/api/v1/socket"
OWN_WORD = "token"
"""The query of a page whose first frame says who it is: the browser's cookie is another's."""

VERSION = "13"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY_BYTES = 16

_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    426: "Upgrade Required",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One request to become a socket.

    `accepted` is the answer that lets it in, or None with the status that `refused` says.
    `spoken` tells whether it offered our subprotocol.
    """

    accepted: bytes | None
    refused: int
    spoken: bool
    path: str
    origin: str | None
    bearer: str | None
    cookies: str
    forwarded_for: str
    language: Language


def read_upgrade(data: bytes) -> Upgrade:
    """Read the request that uvicorn hands over."""
    request, *lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        # What comes twice is one list (RFC 9110 section 5.3).
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    offered = (one.strip() for one in headers.get("sec-websocket-protocol", "").split(","))
    spoken = SUBPROTOCOL in offered
    refused = _fault(request, headers)
    kind, _, token = headers.get("authorization", "").partition(" ")
    path, _, query = (request.split(" ")[1] if " " in request else "").partition("?")
    return Upgrade(
        accepted=None if refused else _acceptance(headers["sec-websocket-key"], spoken=spoken),
        refused=refused,
        spoken=spoken,
        path=path,
        origin=headers.get("origin"),
        bearer=token.strip() if kind.lower() == "bearer" and token else None,
        cookies="" if query == OWN_WORD else headers.get("cookie", ""),
        forwarded_for=headers.get("x-forwarded-for", "").rpartition(",")[2].strip(),
        language="en" if headers.get("accept-language", "").startswith("en") else "da",
    )


def refusal(status: int) -> bytes:
    """Make the answer to an upgrade that is not admitted."""
    versions = f"Sec-WebSocket-Version: {VERSION}\r\n" if status == 426 else ""
    return (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\n{versions}"
        "Content-Length: 0\r\nConnection: close\r\n\r\n"
    ).encode()


def read_cookie(header: str, name: str) -> str | None:
    """Find a cookie's value."""
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name and value:
            return value
    return None


def _fault(request: str, headers: dict[str, str]) -> int:
    """Say with which status the request must be refused, 0 if it is well (section 4.2.1)."""
    connection = headers.get("connection", "").lower().replace(" ", "").split(",")
    upgrades = headers.get("upgrade", "").lower() == "websocket" and "upgrade" in connection
    if not request.startswith("GET ") or not upgrades:
        return 400
    if headers.get("sec-websocket-version") != VERSION:
        return 426
    try:
        key = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except binascii.Error:
        return 400
    return 0 if len(key) == KEY_BYTES else 400


def _acceptance(key: str, *, spoken: bool) -> bytes:
    """Make the answer that lets in (section 4.2.2)."""
    digest = hashlib.sha1(key.encode() + GUID, usedforsecurity=False).digest()
    protocol = f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n".encode() if spoken else b""
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n" + protocol + b"\r\n"
    )
