"""The client's half of the wire, by hand: frames and commands as cheap as they can be. No I/O.

Frames are masked with a key of zeros, which leaves the payload as it is. The mask exists to keep
scripts in browsers from choosing the bytes that proxies see (RFC 6455 section 10.3); the server
unmasks just the same, and a driver without masking loads twice as much from one core.
"""

from collections.abc import Iterator

from msgspec import Raw, Struct
from msgspec.json import Decoder, Encoder

from protocol.clients.python.lanes import RETRY_MS
from protocol.messages import SUBPROTOCOL

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA

_FIN, _MASKED, _NO_MASK = 0x80, 0x80, b"\0\0\0\0"

encode = Encoder().encode


class Data(Struct):
    """Of a reply or an event: what a pair or an exchange checks."""

    seq: int = 0
    text: str = ""
    delivered_seq: int = 0
    read_seq: int = 0


class Frame(Struct):
    """What the server sent, as far as a pair looks at it."""

    id: int | None = None
    ok: bool = True
    event: str = ""
    seq: int = 0
    data: Data | None = None
    error: Raw = Raw()


class ChatData(Struct):
    """Of a reply or an event: what both ends of a talk look at."""

    seq: int = 0
    text: str = ""
    read_seq: int = 0
    duplicate: bool = False


class ChatFrame(Struct):
    """What the server sent, as far as the ends of a talk look at it."""

    id: int | None = None
    ok: bool = True
    event: str = ""
    conversation: str = ""
    seq: int = 0
    cursor: str = ""
    data: ChatData | None = None
    error: Raw = Raw()


class HelloData(Struct):
    """Where the log stands: a client that leaves now comes back with it."""

    cursor: str


class ErrorData(Struct):
    """Why the server refused, and for how long."""

    code: str
    retry_after_ms: int = RETRY_MS


class WholeFrame(Struct):
    """What the server sent, with all its data."""

    id: int | None = None
    ok: bool = True
    event: str = ""
    data: Raw = Raw()
    error: Raw = Raw()


class BusyData(Struct):
    """How long to stay away."""

    retry_after_ms: int


decode_frame = Decoder(Frame).decode
decode_chat = Decoder(ChatFrame).decode
decode_hello = Decoder(HelloData).decode
decode_error = Decoder(ErrorData).decode
decode_busy = Decoder(BusyData).decode
decode_whole = Decoder(WholeFrame).decode


def frame(opcode: int, payload: bytes) -> bytes:
    """Write a whole frame of a client (RFC 6455 section 5.2)."""
    length = len(payload)
    if length < 126:
        head = bytes((_FIN | opcode, _MASKED | length))
    elif length < 65_536:
        head = bytes((_FIN | opcode, _MASKED | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((_FIN | opcode, _MASKED | 127)) + length.to_bytes(8, "big")
    return head + _NO_MASK + payload


def command(number: int | None, name: str, data: object) -> bytes:
    """Write a command in its frame; without a number it is answered only if it is refused."""
    head = {} if number is None else {"id": number}
    return frame(TEXT, encode({**head, "command": name, "data": data}))


def upgrade(host: str, port: int, token: str) -> bytes:
    """Write the request for a socket, authenticated by a bearer token."""
    return (
        "GET /api/v1/socket HTTP/1.1\r\n"
        f"Host: {host}:{port}\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Key: c2FtdGFsZSBmYXN0IGRyaQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


class Reader:
    """Reads the frames of a server that never fragments; keeps what is half read."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    @property
    def is_half_way(self) -> bool:
        """Whether it has a part of a frame."""
        return bool(self._rest)

    def receive(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Give the frames that are whole now, as (opcode, payload)."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        at, end = 0, len(data)
        while end - at >= 2:
            length, start = data[at + 1], at + 2
            if length > 125:
                start += 2 if length == 126 else 8
                length = int.from_bytes(data[at + 2 : start], "big")
            if start + length > end or start > end:
                break
            yield data[at] & 0x0F, data[start : start + length]
            at = start + length
        if at < end:
            self._rest = data[at:]


class Template:
    """A `message.send` command whose number, client id and mark are filled in; ids rise with time.

    `text_bytes` is the length of the text in UTF-8, its mark included; `head` stands before the
    number.
    """

    __slots__ = ("_payload", "_sender")

    def __init__(self, conversation: str, sender: int, text_bytes: int, head: str = "") -> None:
        self._sender = sender
        text = _prose(text_bytes - len(head.encode()) - MARK_LENGTH)
        self._payload = (
            b'{"id":%d,"command":"message.send","data":{"conversation":"'
            + conversation.encode()
            + b'","client_id":"%08x-%04x-7%03x-8000-%012x","text":"'
            + head.encode()
            + b"%08x"
            + text
            + b'"}}'
        )

    def fill(self, number: int, milliseconds: int) -> bytes:
        """Write the message of a number, in its frame; `milliseconds` dates its client id."""
        payload = self._payload % (
            number,
            milliseconds >> 16,
            milliseconds & 0xFFFF,
            number & 0xFFF,
            self._sender << 32 | number,
            number,
        )
        return frame(TEXT, payload)


MARK_LENGTH = 8
"""The number of a message, in hex, at the head of its text."""


def read_mark(text: str) -> int:
    """Read the number of a message."""
    return int(text[:MARK_LENGTH], 16)


def _prose(length: int) -> bytes:
    sentence = " Skal vi gå en tur langs åen på søndag? Jeg tager kaffe og æblekage med."
    text = (sentence.encode() * (length // 40 + 1))[:length].decode(errors="ignore").encode()
    return text + b"." * (length - len(text))
