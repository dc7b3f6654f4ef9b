"""One connection of the driver: the upgrade, hello, pings, and frames handed on."""

import asyncio
import time
from collections.abc import Callable
from typing import cast

from msgspec import Raw

from loadtests.driver import wire


class Refusal(Exception):
    """The server refused a connection or a command, or closed; the text says how."""


class Busy(Refusal):
    """The server asks to come back after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("busy")
        self.retry_after = retry_after


class Socket(asyncio.Protocol):
    """A connection. `take` gets every text frame after hello, and may `send`.

    What is sent while frames are read goes out together, after the last of them.
    """

    __slots__ = (
        "_out", "_reader", "_upgrade", "_waiting", "arrived", "closed", "lost", "opened", "take",
        "transport", "upgraded",
    )  # fmt: skip

    def __init__(self, upgrade: bytes) -> None:
        self._upgrade: bytes | None = upgrade
        self._reader = wire.Reader()
        self._out: list[bytes] = []
        self._waiting: dict[int, asyncio.Future[Raw]] | None = None
        self.opened: asyncio.Future[Raw] | None = asyncio.get_running_loop().create_future()
        self.take: Callable[[bytes], None] = self.take_reply
        self.lost: Callable[[], None] | None = None
        """Called once when the connection is gone, whoever closed it."""
        self.arrived = 0.0
        """When what was read last had arrived (of `perf_counter`); 0 if that is not known."""
        self.upgraded = 0.0
        """When the upgrade was answered (of `perf_counter`)."""
        self.closed = ""
        """Why the server closed it; empty while it is open, or was closed from here."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast(asyncio.Transport, transport)
        assert self._upgrade is not None, "asked once"
        self.transport.write(self._upgrade)

    def data_received(self, data: bytes) -> None:
        """Hand on every whole frame; then write what was sent meanwhile."""
        if self._upgrade is not None:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end or b" 101 " not in head[:20]:
                self._refuse(head[:40].decode("latin-1"))
                return
            self._upgrade = None
            self.upgraded = time.perf_counter()
        for opcode, payload in self._reader.receive(data):
            if opcode == wire.TEXT:
                if self.opened is None:
                    self.take(payload)
                else:
                    self._take_hello(payload)
            elif opcode == wire.PING:
                self._out.append(wire.frame(wire.PONG, payload))
            elif opcode == wire.CLOSE:
                self._refuse(f"closed: {payload[2:].decode()}")
        if self._out:
            self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._refuse("connection lost")
        if self.lost is not None:
            self.lost()
            self.lost = None

    def send(self, frame: bytes) -> None:
        """Add a frame to what goes out with the next `flush`."""
        self._out.append(frame)

    def flush(self) -> None:
        """Write what was sent."""
        self.transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()

    async def ask(self, number: int, name: str, data: object) -> Raw:
        """Send a command and wait for its reply: the slow way, for a few. Raises `Refusal`."""
        reply: asyncio.Future[Raw] = asyncio.get_running_loop().create_future()
        if self._waiting is None:
            self._waiting = {}
        self._waiting[number] = reply
        self.transport.write(wire.command(number, name, data))
        return await reply

    def close(self) -> None:
        """Say goodbye, and close."""
        if not self.transport.is_closing():
            self.transport.write(wire.frame(wire.CLOSE, (1000).to_bytes(2, "big")))
            self.closed = self.closed or "here"
            self.transport.close()

    def _take_hello(self, payload: bytes) -> None:
        frame = wire.decode_whole(payload)
        assert self.opened is not None, "hello comes once"
        if frame.event == "hello":
            if not self.opened.done():
                self.opened.set_result(frame.data)
            self.opened = None
        elif frame.event == "server.busy" and not self.opened.done():
            self.opened.set_exception(Busy(wire.decode_busy(frame.data).retry_after_ms / 1_000))

    def take_reply(self, payload: bytes) -> None:
        """Give a reply to whoever asked for it with `ask`."""
        frame = wire.decode_whole(payload)
        waiting = (self._waiting or {}).pop(frame.id or 0, None)
        if waiting is None or waiting.done():
            return
        if frame.ok:
            waiting.set_result(frame.data)
        else:
            waiting.set_exception(Refusal(bytes(frame.error).decode()))

    def _refuse(self, why: str) -> None:
        self.closed = self.closed or why
        for waiting in (self.opened, *(self._waiting or {}).values()):
            if waiting is not None and not waiting.done():
                waiting.set_exception(Refusal(self.closed))
        self._waiting = None
