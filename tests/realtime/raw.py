"""A client of the socket that says and reads every byte itself: no library stands between.

Blocking, with a few seconds of patience: whoever tests the shell wants to know what comes next.
"""

import base64
import hashlib
import json
import os
import socket
import ssl
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NamedTuple

from loadtests.people import Person
from loadtests.processes import ServerProcess
from tests.patience import PATIENCE_SECONDS

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KEY = base64.b64encode(bytes(range(16))).decode()
ACCEPT = base64.b64encode(
    hashlib.sha1(f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()  # noqa: S324
).decode()
UPGRADE = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "samtale.v1",
}


class Frame(NamedTuple):
    """One frame of the server."""

    opcode: int
    payload: bytes

    @property
    def code(self) -> int | None:
        """The code of a close frame, None if it has none."""
        assert self.opcode == CLOSE, self
        return int.from_bytes(self.payload[:2], "big") if self.payload else None


def masked(
    opcode: int, payload: bytes, *, fin: bool = True, key: bytes = b"\x37\xfa\x21\x3d"
) -> bytes:
    """Write a frame as a client does (RFC 6455 section 5.2)."""
    first = (0x80 if fin else 0) | opcode
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first, 0x80 | length)
    elif length < 65_536:
        head = struct.pack("!BBH", first, 0xFE, length)
    else:
        head = struct.pack("!BBQ", first, 0xFF, length)
    mask = (key * (length // 4 + 1))[:length]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return head + key + mixed.to_bytes(length, "big")


def command(number: int, name: str, **data: object) -> bytes:
    """Write the text of a command."""
    return json.dumps({"id": number, "command": name, "data": data}).encode()


def closing(code: int, reason: bytes = b"") -> bytes:
    """Write a close frame as a client does."""
    return masked(CLOSE, code.to_bytes(2, "big") + reason)


def request(headers: Mapping[str, str | None], path: str, version: str = "1.1") -> bytes:
    """Write the request of an upgrade; a header that is None is left out."""
    lines = [f"GET {path} HTTP/{version}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class RawSocket:
    """One TCP connection."""

    def __init__(
        self,
        port: int,
        *,
        receive_buffer: int = 0,
        tls: ssl.SSLContext | None = None,
        source: str = "127.0.0.1",
    ) -> None:
        plain = socket.socket()
        plain.bind((source, 0))
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(PATIENCE_SECONDS)
        plain.connect(("127.0.0.1", port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tcp = tls.wrap_socket(plain, server_hostname="localhost") if tls else plain
        self._unread = b""

    def __enter__(self) -> "RawSocket":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.tcp.close()

    # --- the upgrade ------------------------------------------------------------------------------

    def upgrade(
        self,
        headers: Mapping[str, str | None] | None = None,
        *,
        path: str = "/api/v1/socket",
        version: str = "1.1",
        behind: bytes = b"",
    ) -> int:
        """Ask to become a socket, with `behind` in the same bytes; gives the status."""
        self.send(request({**UPGRADE, **(headers or {})}, path, version) + behind)
        return self.status()

    def status(self) -> int:
        """Read the head of an HTTP answer, and its body if it tells its length."""
        while b"\r\n\r\n" not in self._unread:
            self._read()
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        self.headers = {name.lower(): value for name, _, value in pairs}
        self.body = self._take(int(self.headers.get("content-length", "0")))
        return int(first.split(" ")[1])

    # --- bytes and frames -------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Say bytes."""
        self.tcp.sendall(data)

    def frame(self) -> Frame:
        """Read the next frame: whole, unmasked, its length in the shortest form."""
        first, length = self._take(2)
        assert first & 0x70 == 0, "reserved bits"
        assert first & 0x80, "the server does not fragment"
        assert length < 128, "a server does not mask"
        if length > 125:
            shortest = {126: 126, 127: 65_536}[length]
            length = int.from_bytes(self._take(2 if length == 126 else 8), "big")
            assert length >= shortest
        return Frame(first & 0x0F, self._take(length))

    def json(self) -> dict[str, Any]:
        """Read the next frame that is no heartbeat's ping, which must be text."""
        while (frame := self.frame()).opcode == PING:
            pass
        assert frame.opcode == TEXT, frame
        found: dict[str, Any] = json.loads(frame.payload)
        return found

    def ask(self, name: str, number: int = 1, **data: object) -> dict[str, Any]:
        """Send a command and read the next frame, its reply."""
        self.send(masked(TEXT, command(number, name, **data)))
        reply = self.json()
        assert reply["id"] == number, reply
        return reply

    def lives(self) -> bool:
        """Tell whether commands are still carried out: this one, next."""
        return bool(self.ask("account.get")["ok"])

    def closed(self) -> int | None:
        """Read to the close frame, which is the last that comes; gives its code."""
        while (frame := self.frame()).opcode != CLOSE:
            pass
        return frame.code

    def ends(self, within: float = PATIENCE_SECONDS) -> float:
        """Wait for the end of TCP, before which nothing may come; gives how long it took."""
        started = time.monotonic()
        self.tcp.settimeout(within)
        try:
            rest = self._unread + self.tcp.recv(65_536)
        except ConnectionResetError:
            rest = self._unread
        assert rest == b"", rest
        return time.monotonic() - started

    def nothing_comes(self, within: float = 0.3) -> bool:
        """Tell whether the server is silent, and does not end either."""
        self.tcp.settimeout(within)
        try:
            self._unread += self.tcp.recv(1)
        except TimeoutError:
            return not self._unread
        finally:
            self.tcp.settimeout(PATIENCE_SECONDS)
        return False

    def _take(self, count: int) -> bytes:
        while len(self._unread) < count:
            self._read()
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken

    def _read(self) -> None:
        data = self.tcp.recv(65_536)
        assert data, f"the server ended it after {self._unread!r}"
        self._unread += data


@contextmanager
def greeted(
    server: ServerProcess,
    person: Person,
    *,
    receive_buffer: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Iterator[RawSocket]:
    """Open a socket as a person, and read hello."""
    with RawSocket(server.port, receive_buffer=receive_buffer, tls=tls) as one:
        assert one.upgrade(person.headers) == 101
        assert one.json()["event"] == "hello"
        yield one


def resident_bytes(server: ServerProcess) -> int:
    """Tell how much memory a server holds."""
    assert server.process is not None, "started"
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as statm:  # noqa: PTH123
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")
