"""WebSocket frames (RFC 6455 section 5), read from bytes and written to bytes. No I/O.

The server writes whole unmasked frames, once for all who get them, and reads masked ones with
`FrameReader`, which holds nothing while no frame is half read.
"""

import codecs
import struct

from websockets.speedups import apply_mask

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN = 0x80
WHOLE_TEXT = FIN | TEXT
_MEDIUM = struct.Struct("!BBH").pack
MAX_FRAGMENTS = 16

# Close codes of RFC 6455 section 7.4.1 that this side sends.
PROTOCOL_ERROR, UNSUPPORTED, INVALID_TEXT, TOO_BIG = 1002, 1003, 1007, 1009
NO_CODE = 1005


class BrokenFrame(Exception):
    """The peer broke RFC 6455, or a limit; the connection must close with `code`.

    `before`: what came whole before it in the same bytes.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.before: list[tuple[int, bytes]] = []


def write_frame(opcode: int, payload: bytes) -> bytes:
    """Write a whole, unmasked frame (section 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((FIN | opcode, length)) + payload
    if length < 65_536:
        return _MEDIUM(FIN | opcode, 126, length) + payload
    return bytes((FIN | opcode, 127)) + length.to_bytes(8, "big") + payload


def write_close(code: int, reason: str) -> bytes:
    """Write a close frame; the reason is cut to what fits (section 5.5.1).

    Without a code (`NO_CODE`) it is empty: that one is never sent (section 7.4.1).
    """
    if code == NO_CODE:
        return write_frame(CLOSE, b"")
    return write_frame(CLOSE, code.to_bytes(2, "big") + reason.encode()[:123])


def read_close(payload: bytes) -> int:
    """Read the code of a close frame; `NO_CODE` when it has none. Raises `BrokenFrame`."""
    if not payload:
        return NO_CODE
    code = int.from_bytes(payload[:2], "big")
    sendable = 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999
    if len(payload) < 2 or not sendable:
        raise BrokenFrame(PROTOCOL_ERROR, "bad close code")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise BrokenFrame(INVALID_TEXT, "close reason is not UTF-8") from None
    return code


class FrameReader:
    """Reads the frames of one client.

    A message may be `max_bytes` long, in up to 16 fragments, none of them empty but the last:
    some libraries end a message so. Only text is taken: this protocol has no binary messages.
    """

    __slots__ = ("_fragments", "_max_bytes", "_rest", "_size", "_utf8")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._rest = b""
        self._fragments: list[bytes] | None = None
        self._size = 0
        self._utf8: codecs.IncrementalDecoder | None = None

    def receive(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take bytes; gives the whole messages and control frames in them, as (opcode, payload).

        Raises `BrokenFrame`, with what came before it.
        """
        if self._rest:
            data = self._rest + data
        found: list[tuple[int, bytes]] = []
        try:
            self._rest = self._read(data, found)
        except BrokenFrame as broken:
            broken.before = found
            raise
        return found

    def _read(self, data: bytes, found: list[tuple[int, bytes]]) -> bytes:  # noqa: C901 — the hot loop is one
        """Add what is whole to `found`; gives the rest."""
        at, end = 0, len(data)
        while end - at >= 2:
            first, second = data[at], data[at + 1]
            length = second & 0x7F
            start = at + 2
            if first & 0x70 or not second & 0x80:
                raise BrokenFrame(PROTOCOL_ERROR, "reserved bits, or not masked")
            if length > 125:
                start += 2 if length == 126 else 8
                if end < start:
                    break
                length = _long_length(length, data[at + 2 : start])
            opcode = first & 0x0F
            if first == WHOLE_TEXT and self._fragments is None and length <= self._max_bytes:
                pass  # nearly every frame: nothing more to check before its payload
            elif opcode >= CLOSE:
                if not first & FIN or length > 125 or opcode > PONG:
                    raise BrokenFrame(PROTOCOL_ERROR, "bad control frame")
            else:
                self._check_start(opcode, length, last=bool(first & FIN))
            stop = start + 4 + length
            if end < stop:
                break
            payload = apply_mask(data[start + 4 : stop], data[start : start + 4])
            at = stop
            if opcode >= CLOSE:
                found.append((opcode, payload))
            elif first == WHOLE_TEXT:
                found.append((TEXT, _checked(payload)))
            else:
                message = self._fragment(payload, last=bool(first & FIN))
                if message is not None:
                    found.append((TEXT, message))
        return data[at:] if at < end else b""

    def _check_start(self, opcode: int, length: int, *, last: bool) -> None:
        """Refuse a data frame by its head, before its payload is awaited."""
        if opcode == BINARY:
            raise BrokenFrame(UNSUPPORTED, "text only")
        if opcode > BINARY or (opcode == TEXT) is not (self._fragments is None):
            raise BrokenFrame(PROTOCOL_ERROR, "unexpected opcode")
        if self._size + length > self._max_bytes:
            raise BrokenFrame(TOO_BIG, "message too big")
        if not length and not last:
            raise BrokenFrame(PROTOCOL_ERROR, "empty fragment")

    def _fragment(self, payload: bytes, *, last: bool) -> bytes | None:
        """Add a fragment; gives the message with the last one.

        UTF-8 is checked across fragments as they come (section 8.1).
        """
        if self._fragments is None or self._utf8 is None:
            self._fragments = []
            self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._fragments.append(payload)
        self._size += len(payload)
        if len(self._fragments) > MAX_FRAGMENTS:
            raise BrokenFrame(TOO_BIG, "too many fragments")
        try:
            self._utf8.decode(payload, final=last)
        except UnicodeDecodeError:
            raise BrokenFrame(INVALID_TEXT, "not UTF-8") from None
        if not last:
            return None
        message = b"".join(self._fragments)
        self._fragments, self._utf8, self._size = None, None, 0
        return message


def _long_length(form: int, data: bytes) -> int:
    length = int.from_bytes(data, "big")
    if length < (126 if form == 126 else 65_536) or length >> 63:
        raise BrokenFrame(PROTOCOL_ERROR, "length is not in its shortest form")
    return length


def _checked(payload: bytes) -> bytes:
    if not payload.isascii():
        try:
            payload.decode()
        except UnicodeDecodeError:
            raise BrokenFrame(INVALID_TEXT, "not UTF-8") from None
    return payload
