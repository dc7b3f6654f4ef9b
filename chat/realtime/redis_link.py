"""The link to Redis: one connection that publishes and listens (RESP3), kept alive or made anew.

A link that is half open says nothing at all, so the link is believed only while what this process
publishes to itself comes back. Nothing here waits for Redis: what cannot be sent now is dropped.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, cast

import hiredis
import structlog

from chat.realtime.redis_server import Address, RedisServer

log = structlog.get_logger(__name__)

PROBE_SECONDS = 0.5
SILENT_SECONDS = 1.5
"""A link whose probes have not come back for so long is dead."""

CONNECT_SECONDS = 1.0
RETRY_SECONDS = (0.05, 0.1, 0.2, 0.5)
LOG_EVERY = 60
"""Of so many tries that fail in a row one is logged."""

MASTER_SECONDS = 1.0
"""How often Sentinel is asked whether the master is another."""

BUFFER_BYTES = 8 << 20
"""What may wait for a Redis that does not read; more, and the link is given up."""

Received = Callable[[bytes, bytes], None]


class Refusal(Exception):
    """Redis answered with an error; its first word (`NOPERM`, `WRONGPASS`, `LOADING`)."""

    def __init__(self, answer: object) -> None:
        super().__init__(str(answer).partition(" ")[0])


class _Wire(asyncio.Protocol):
    """One connection: replies in order, and what is published to the channels."""

    def __init__(self, received: Received) -> None:
        self._received = received
        self._reader = hiredis.Reader()
        self._awaited: asyncio.Future[Any] | None = None
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (found := self._reader.gets()) is not False:
                self._take(found)
        except hiredis.ProtocolError:
            self.end("protocol")

    def _take(self, found: Any) -> None:
        if isinstance(found, hiredis.PushNotification):
            if found[0] == b"message":
                self._received(found[1], found[2])
        elif isinstance(found, hiredis.ReplyError):
            refusal = Refusal(found)
            if self._awaited is not None and not self._awaited.done():
                self._awaited.set_exception(refusal)
            else:
                self.end(str(refusal))
        elif self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(found)

    async def ask(self, *command: str) -> Any:
        """Send a command before anything is published, and wait for its reply."""
        assert self.transport is not None, "connected"
        self._awaited = asyncio.get_running_loop().create_future()
        self.transport.write(_packed(*command))
        try:
            return await self._awaited
        finally:
            self._awaited = None

    def connection_lost(self, exc: Exception | None) -> None:
        self.end("lost" if exc is None else type(exc).__name__)

    def end(self, cause: str) -> None:
        """Close at once, and say why."""
        if not self.lost.done():
            self.lost.set_result(cause)
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(ConnectionError(cause))
        if self.transport is not None:
            self.transport.abort()


class RedisLink:
    """Keeps a connection. `channels` are listened to; `probe` gives what to publish to oneself.

    `came` and `went` are called when the link is believed and when it is not any more.
    `heard` is to be called when a probe is back.
    """

    def __init__(
        self,
        server: RedisServer,
        channels: Sequence[str],
        received: Received,
        probe: Callable[[], tuple[str, bytes]],
        came: Callable[[], None],
        went: Callable[[], None],
    ) -> None:
        self._server = server
        self._channels = channels
        self._received = received
        self._probe = probe
        self._came = came
        self._went = went
        self._wire: _Wire | None = None
        self._task: asyncio.Task[None] | None = None
        self._probed_at = 0.0
        self._heard_at = 0.0
        self.up = False
        self.lag_seconds = 0.0
        """How long the last probe took, there and back."""
        self.reconnects = 0

    def start(self) -> None:
        """Begin to connect, for ever."""
        self._task = asyncio.create_task(self._run(), name="redis")

    async def close(self) -> None:
        """Close what is left to write with it."""
        if self._task is not None:
            if self._wire is not None and self._wire.transport is not None:
                self._wire.transport.close()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._server.close()

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> bool:
        """Publish to channels, in order; False when it cannot be sent now."""
        wire = self._wire
        if not self.up or wire is None or wire.transport is None or wire.transport.is_closing():
            return False  # lost already, even if it was not noticed yet
        if wire.transport.get_write_buffer_size() > BUFFER_BYTES:
            wire.end("stuck")
            return False
        wire.transport.write(b"".join([_packed("PUBLISH", *message) for message in messages]))
        return True

    def heard(self) -> None:
        """Note that a probe has come back."""
        self._heard_at = time.monotonic()
        self.lag_seconds = self._heard_at - self._probed_at

    async def _run(self) -> None:
        tries = 0
        while True:
            began = time.monotonic()
            was_up, cause = await self._live()
            tries = 0 if time.monotonic() - began > 2 * SILENT_SECONDS else tries + 1
            if was_up or tries % LOG_EVERY == 1:
                log.warning("redis_lost" if was_up else "redis_unreachable", cause=cause)
            await asyncio.sleep(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])

    async def _live(self) -> tuple[bool, str]:
        """Connect and stay until the link ends: whether it ever was up, and why it ended."""
        wire = _Wire(self._received)
        self._wire = wire
        was_up = False
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                address = await self._server.locate()
                await self._open(wire, address)
            self._heard_at = self._probed_at = time.monotonic()
            was_up = self.up = True
            self._came()
            return True, await self._watch(wire, address)
        except TimeoutError:
            return was_up, "timeout"
        except (OSError, Refusal) as error:
            return was_up, str(error) if isinstance(error, Refusal) else type(error).__name__
        finally:
            if self.up:
                self.up = False
                self.reconnects += 1
                self._went()
            if not (task := asyncio.current_task()) or not task.cancelling():
                wire.end("closed")

    async def _open(self, wire: _Wire, address: Address) -> None:
        loop, server = asyncio.get_running_loop(), self._server
        if address.path:
            await loop.create_unix_connection(lambda: wire, address.path)
        else:
            name = address.host if server.tls else None
            await loop.create_connection(
                lambda: wire, address.host, address.port, ssl=server.tls, server_hostname=name
            )
        credentials = ("AUTH", server.username, server.password) if server.password else ()
        await wire.ask("HELLO", "3", *credentials, "SETNAME", "samtale")
        if server.moves and (await wire.ask("ROLE"))[0] != b"master":
            raise Refusal("NOMASTER")
        assert wire.transport is not None, "connected"
        wire.transport.write(_packed("SUBSCRIBE", *self._channels))

    async def _watch(self, wire: _Wire, address: Address) -> str:
        """Probe until it is silent, lost, or no master any more; gives why."""
        asked_at = time.monotonic()
        while True:
            self._probed_at = time.monotonic()
            self.publish([self._probe()])
            with suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(wire.lost), PROBE_SECONDS)
            now = time.monotonic()
            if now - self._heard_at > SILENT_SECONDS:
                return "silent"
            if self._server.moves and now - asked_at > MASTER_SECONDS:
                asked_at = now
                if await self._is_elsewhere(address):
                    return "master_moved"

    async def _is_elsewhere(self, address: Address) -> bool:
        with suppress(OSError, TimeoutError):  # no Sentinel answers: stay where we are
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._server.locate() != address
        return False


def _packed(*command: str | bytes) -> bytes:
    # Its stub takes a tuple of one only.
    return bytes(hiredis.pack_command(command))  # type: ignore[arg-type]
