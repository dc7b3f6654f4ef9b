"""Whether a process takes work, and what is wrong, in words.

`ready` is for a load balancer: another process would do better. What all processes share and can
live without for a while (the broker, room on the disk) makes them degraded, and ready still: to
take them all out would help nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from chat.realtime.broker import Broker
from chat.realtime.server import SocketServer
from chat.storage.room import DiskRoom
from protocol.errors import Refused

STORAGE_SECONDS = 2.0
"""Storage that takes longer than this to answer is as good as away."""

BROKER_AWAY = "The broker is away: events between processes come by the log, up to a second late."
UNHEARD = "Another process serves this database and is not heard here: has it another redis_url?"

State = Literal["ready", "degraded", "unready"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `needed`: without it no work can be taken."""

    name: str
    ok: bool
    says: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Report:
    """How a process is."""

    checks: tuple[Check, ...]

    @property
    def state(self) -> State:
        """Sum it up in a word."""
        if all(check.ok for check in self.checks):
            return "ready"
        return "degraded" if self.ready else "unready"

    @property
    def ready(self) -> bool:
        """Whether to send work here."""
        return all(check.ok for check in self.checks if check.needed)


class Readiness:
    """Looks at everything a process stands on. `room` is None where the disk is another's.

    `hears_all` tells whether no process is known that the broker should carry to and does not.
    """

    def __init__(
        self,
        sockets: SocketServer,
        broker: Broker,
        room: DiskRoom | None,
        touch_storage: Callable[[], Awaitable[object]],
        hears_all: Callable[[], bool],
    ) -> None:
        self._sockets = sockets
        self._broker = broker
        self._room = room
        self._touch_storage = touch_storage
        self._hears_all = hears_all

    async def report(self) -> Report:
        """Look at everything now; ends within a few seconds."""
        room = (self._disk(self._room),) if self._room is not None else ()
        return Report((self._stop(), await self._storage(), self._pubsub(), *room))

    def _stop(self) -> Check:
        draining = self._sockets.draining
        says = "A stop is under way." if draining else "No stop is under way."
        return Check("stop", not draining, says, needed=True)

    async def _storage(self) -> Check:
        says = "The database answers."
        try:
            async with asyncio.timeout(STORAGE_SECONDS):
                await self._touch_storage()
        except TimeoutError:
            says = f"The database has not answered within {STORAGE_SECONDS:.0f} s."
        except Refused:
            says = "The database cannot be read now."
        else:
            return Check("storage", True, says, needed=True)
        return Check("storage", False, says, needed=True)

    def _pubsub(self) -> Check:
        if not self._broker.healthy:
            says = BROKER_AWAY
        elif not self._hears_all():
            says = UNHEARD
        else:
            return Check("broker", True, "Events between processes flow.", needed=False)
        return Check("broker", False, says, needed=False)

    def _disk(self, room: DiskRoom) -> Check:
        free, reserve = room.free >> 20, room.reserve >> 20
        if not room.short:
            return Check("disk", True, f"{free} MB are free.", needed=False)
        says = f"Only {free} MB are free, under the reserve of {reserve}: sends are refused."
        return Check("disk", False, says, needed=False)
