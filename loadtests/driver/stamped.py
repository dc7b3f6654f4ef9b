"""A transport that knows when what it reads had arrived at this machine: the loop's own do not."""

import asyncio
import socket
from collections import deque
from contextlib import ExitStack
from typing import Protocol

from loadtests.stamps import SPACE, arrival, ask_for_stamps

READ_BYTES = 65_536


class Stamped(Protocol):
    """A protocol that is told, before each of its data, when they had arrived."""

    arrived: float

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""


class StampedTransport(asyncio.Transport):
    """Carries one TCP connection that is open already, without TLS.

    Written bytes that the kernel does not take at once wait here, without a bound: a generator
    that has to wait is late anyhow, and says so.
    """

    def __init__(self, one: socket.socket, protocol: Stamped) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._socket, self._protocol = one, protocol
        self._waiting: deque[bytes] = deque()
        self._closing = False
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ask_for_stamps(one)
        protocol.connection_made(self)
        self._loop.add_reader(one, self._read)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send now what goes, and the rest when there is room."""
        if self._socket.fileno() < 0:
            return
        if self._waiting:
            self._waiting.append(bytes(data))
            return
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as why:
            self._end(why)
            return
        if sent < len(data):
            self._waiting.append(bytes(data[sent:]))
            self._loop.add_writer(self._socket, self._write_on)

    def is_closing(self) -> bool:
        """Tell whether it is closed, or about to be."""
        return self._closing

    def close(self) -> None:
        """Close once everything is written."""
        if self._closing:
            return
        self._closing = True
        self._loop.remove_reader(self._socket)
        if not self._waiting:
            self._loop.call_soon(self._end, None)

    def abort(self) -> None:
        """Close at once."""
        self._waiting.clear()
        self._end(None)

    def _read(self) -> None:
        try:
            data, beside, _, _ = self._socket.recvmsg(READ_BYTES, SPACE)
        except BlockingIOError:
            return
        except OSError as why:
            self._end(why)
            return
        if not data:
            self._end(None)
            return
        self._protocol.arrived = arrival(beside)
        self._protocol.data_received(data)

    def _write_on(self) -> None:
        try:
            while self._waiting:
                data = self._waiting[0]
                sent = self._socket.send(data)
                if sent < len(data):
                    self._waiting[0] = data[sent:]
                    return
                self._waiting.popleft()
        except BlockingIOError:
            return
        except OSError as why:
            self._end(why)
            return
        self._loop.remove_writer(self._socket)
        if self._closing:
            self._end(None)

    def _end(self, why: Exception | None) -> None:
        if self._socket.fileno() < 0:
            return
        self._closing = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        self._protocol.connection_lost(why)


async def connect_stamped(
    protocol: Stamped, host: str, port: int, local: tuple[str, int] | None
) -> StampedTransport:
    """Connect to the first address of a host that answers. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    failure = OSError("no address")
    for family, kind, number, _, address in await loop.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        try:
            with ExitStack() as undo:
                one = undo.enter_context(socket.socket(family, kind, number))
                one.setblocking(False)
                if local is not None:
                    one.bind(local)
                await loop.sock_connect(one, address)
                undo.pop_all()
        except OSError as why:
            failure = why
        else:
            return StampedTransport(one, protocol)
    raise failure
