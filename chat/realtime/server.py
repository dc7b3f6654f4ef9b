"""What all sockets of a process share, and what the house hands in."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from msgspec import Struct

from chat.realtime import frames
from chat.realtime.door import Door
from chat.realtime.doorman import Doorman
from chat.realtime.hub import Hub
from chat.realtime.limits import Buckets
from chat.realtime.outbox import Rounds
from chat.realtime.socket import Socket
from chat.realtime.wheel import Wheel
from chat.scope import Actor, Clock, Scope
from chat.settings import Limits
from protocol.codec import encode_event
from protocol.messages import Draining, EventFrame, Hello

Answer = Callable[[Any], None]
UseCase = Callable[[Scope, Any], Awaitable[Struct]]
ImmediateUseCase = Callable[[Scope, Any, Answer], bool]


class Services(Struct, frozen=True):
    """What the shell is given.

    `immediate` use cases answer by a call, without a task; one that gives False cannot now, and
    its ordinary twin is asked.
    """

    authenticate: Callable[[str, int], Awaitable[Actor | None]]
    redeem_ticket: Callable[[str, int], Awaitable[Actor | None]]
    hello: Callable[[Scope], Awaitable[Hello]]
    use_cases: Mapping[str, UseCase]
    immediate: Mapping[str, ImmediateUseCase]


class SocketServer:
    """What all sockets of a process share; called by uvicorn to make one for each upgrade."""

    def __init__(
        self,
        services: Services,
        doorman: Doorman,
        hub: Hub,
        wheel: Wheel,
        clock: Clock,
        limits: Limits,
        last_id: int = 0,
    ) -> None:
        self.services = services
        self.doorman = doorman
        self.hub = hub
        self.wheel = wheel
        self.clock = clock
        self.limits = limits
        self.door = Door()
        self.rounds = Rounds(limits.outbox_bytes)
        self.pings = Buckets()
        self.tasks: set[asyncio.Task[None]] = set()
        self.rejects: Counter[str] = Counter()
        """Refused commands, by the code of the error."""
        self.closes: Counter[str] = Counter()
        """Sockets closed from this side, by the reason of the close."""
        self._last_id = last_id

    @property
    def draining(self) -> bool:
        """Whether a stop is under way."""
        return self.doorman.draining

    def __call__(self, config: Any, server_state: Any, app_state: Any) -> Socket:
        """Make the protocol of one upgrade: uvicorn's `ws` class."""
        self._last_id += 1
        return Socket(self, self._last_id, server_state.connections)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something short in a task that is not forgotten."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def drain(self, spread_ms: int) -> None:
        """Take no new sockets, and ask every client to come back over a spread of time."""
        self.doorman.draining = True
        event = encode_event(EventFrame("server.draining", data=Draining(spread_ms)))
        data = frames.write_frame(frames.TEXT, event)
        for connection in self.hub.everyone():
            connection.push(data, ephemeral=False)
