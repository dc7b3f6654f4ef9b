"""A server at work: what it does by itself, again and again, until it stops."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial, wraps
from typing import Any

import structlog

from chat.app import Server, wall_clock
from chat.scope import Clock
from chat.settings import Settings
from chat.storage.facts import Facts
from chat.storage.lease import BEAT_SECONDS
from chat.storage.opening import open_database
from protocol.errors import Refused

log = structlog.get_logger(__name__)

DISK_SECONDS = 2.0
NOTIFY_SECONDS = 2.0
CALLS_SECONDS = 0.5
TALKS_SECONDS = 1.0
SESSIONS_SECONDS = 10.0
TIDY_SECONDS = 3_600.0

Wait = Callable[[], Awaitable[object]]
Work = Callable[[], Coroutine[Any, Any, None]]


class Rounds:
    """What a server does once, each time it is its turn."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._once = server.company.once

    def all(self) -> tuple[tuple[Wait, Work], ...]:
        """List what is done, with what is waited for before each time."""
        return (
            (self._server.company.wait, self.follow),
            *(
                (partial(asyncio.sleep, seconds), work)
                for seconds, work in (
                    (BEAT_SECONDS, self.share),
                    (DISK_SECONDS, self.look_at_disk),
                    (CALLS_SECONDS, self.move_calls_on),
                )
            ),
            *(
                (partial(asyncio.sleep, seconds), self._unless_another_does(work))
                for seconds, work in (
                    (NOTIFY_SECONDS, self.notify),
                    (TALKS_SECONDS, self.move_talks_on),
                    (SESSIONS_SECONDS, self.end_sessions),
                    (TIDY_SECONDS, self.tidy_talks),
                    (TIDY_SECONDS, self.tidy_accounts),
                    (TIDY_SECONDS, self.tidy_conversations),
                    (TIDY_SECONDS, self.tidy_pictures),
                    (TIDY_SECONDS, self.tidy_pushes),
                )
            ),
        )

    def _unless_another_does(self, work: Work) -> Work:
        """Leave it to the one process that does it for all (docs/adr/0035)."""

        @wraps(work)
        async def done_once() -> None:
            if self._once is None or self._once.mine:
                await work()

        return done_once

    async def share(self) -> None:
        """Say that this process lives, and take over from one that does not."""
        if self._once is not None:
            await self._once.beat(time.monotonic())
            self._server.company.look_around()

    async def let_go(self) -> None:
        """Leave to another process what this one did for all."""
        if self._once is not None:
            with suppress(Refused):  # then they find out by themselves
                await self._once.let_go()

    async def look_at_disk(self) -> None:
        """Measure the room on the disk."""
        if self._server.room is not None:
            self._server.room.look()

    async def follow(self) -> None:
        """Hear of what other processes have changed."""
        await self._server.tail.read()
        self._server.tail.deliveries += await self._server.company.heal()

    async def notify(self) -> None:
        """Tell those who are away."""
        await self._server.notifications.sweep(
            self._server.clock(), self._server.company.whereabouts.connected
        )

    async def move_calls_on(self) -> None:
        """End the calls that are over, warn of those that end soon."""
        await self._server.calls.tick()

    async def move_talks_on(self) -> None:
        """Do what is due of bookings, the line and talks."""
        await self._server.snaksammen.every_second(self._server.clock())

    async def end_sessions(self) -> None:
        """End the sessions whose time is over, with their sockets."""
        await self._server.accounts.end_expired_sessions(self._server.clock())

    async def tidy_talks(self) -> None:
        """Make the times that come into sight, and forget what is long over."""
        await self._server.snaksammen.every_hour(self._server.clock())

    async def tidy_accounts(self) -> None:
        """Erase what has lapsed of accounts."""
        await self._server.accounts.sweep(self._server.clock())

    async def tidy_conversations(self) -> None:
        """Erase what messages said before they were changed, once its time is over."""
        await self._server.conversations.changes.forget(self._server.clock())
        await self._server.calls.forget(self._server.clock())

    async def tidy_pushes(self) -> None:
        """Forget the browsers whose sessions are over."""
        await self._server.notifications.tidy(self._server.accounts.ended_sessions)

    async def tidy_pictures(self) -> None:
        """Erase pictures that nobody has claimed."""
        await self._server.media.sweep(self._server.clock())


@asynccontextmanager
async def running(settings: Settings, clock: Clock = wall_clock) -> AsyncIterator[Server]:
    """Build a server that is ready to listen; takes everything down again at the end."""
    async with AsyncExitStack() as stack:
        facts = Facts()
        database = await open_database(
            settings.database_address, facts, shared=bool(settings.redis_url)
        )
        stack.push_async_callback(database.close)
        server = Server(settings, clock, database, facts)
        await server.build(stack)
        rounds = Rounds(server)
        stack.push_async_callback(rounds.let_go)
        for wait, work in rounds.all():
            task = asyncio.create_task(_every(wait, work), name=work.__name__)
            stack.push_async_callback(_cancelled, task)
        yield server


async def _every(wait: Wait, work: Work) -> None:
    while True:
        await wait()
        try:
            await work()
        except Refused as refused:
            log.warning("put_off", work=work.__name__, cause=refused.code)
        except Exception as error:
            log.error("round_failed", work=work.__name__, exc_info=error)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
