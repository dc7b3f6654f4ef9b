"""Passages: TCP connections handed on to a target, cheaply enough to stand before all of a town."""

import asyncio
from collections.abc import Callable
from typing import cast


class End(asyncio.Protocol):
    """One end of a passage. `take` gets what arrives; reading stops while `other` is full."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._stopped_by: set[str] = set()
        self._early = b""
        self._transport: asyncio.Transport | None = None
        self.is_lost = False
        self.other = self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what came before there was a connection; close if the other end has gone since."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._early)
        if self.other.is_lost:
            self.close()

    def data_received(self, data: bytes) -> None:
        """Hand it on."""
        self._take(data)

    def pause_writing(self) -> None:
        """Let no more come than goes out."""
        self.other.stop("full")

    def resume_writing(self) -> None:
        """Let more come."""
        self.other.go_on("full")

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the other end, once it has what was on its way."""
        self.is_lost = True
        self.other.close()

    def write(self, data: bytes) -> None:
        """Send it out here, as soon as there is a connection."""
        if self._transport is None:
            self._early += data
        else:
            self._transport.write(data)

    def stop(self, why: str) -> None:
        """Read nothing, not even that the connection has ended."""
        if self._transport is not None and not self._transport.is_closing():
            self._stopped_by.add(why)
            self._transport.pause_reading()

    def go_on(self, why: str) -> None:
        """Read again, unless something else stands against it."""
        if why not in self._stopped_by:
            return
        self._stopped_by.discard(why)
        assert self._transport is not None, "it was stopped"
        if not self._stopped_by and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Close this end, and with it the other."""
        if self._transport is not None:
            self._transport.close()


class Passage:
    """Two ends: what comes from who asks goes to the target, and its answers back."""

    def __init__(self) -> None:
        self.asker, self.target = End(self.ask), End(self.answer)
        self.asker.other, self.target.other = self.target, self.asker

    def ask(self, data: bytes) -> None:
        """Hand on what was asked."""
        self.target.write(data)

    def answer(self, data: bytes) -> None:
        """Hand on what was answered."""
        self.asker.write(data)

    async def open(self, port: int) -> None:
        """Connect to the target; of one that is not there, refuse as it would."""
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.target, "127.0.0.1", port)
        except OSError:
            self.asker.close()


class Door:
    """Makes a passage for each connection, as `make` does it."""

    def __init__(self, target: int, make: Callable[[], Passage]) -> None:
        self._target = target
        self._make = make
        self._opening: set[asyncio.Task[None]] = set()

    async def listen(self, port: int = 0) -> asyncio.Server:
        """Begin to listen; on a free port if it is 0."""
        return await asyncio.get_running_loop().create_server(self._enter, "127.0.0.1", port)

    def _enter(self) -> End:
        passage = self._make()
        opening = asyncio.get_running_loop().create_task(passage.open(self._target))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)
        return passage.asker
