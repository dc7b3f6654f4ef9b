"""The socket shell: who speaks on a WebSocket, and what they command.

It knows no feature: what a command does, who a token belongs to and what hello says are handed in
as `Services` (`server.py`). No task stands behind a message that can be answered by a call.
"""

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from chat.realtime.websocket import WebSocket
from chat.scope import Actor, Scope
from protocol.closes import CLOSES
from protocol.codec import encode_event, encode_reply
from protocol.connection import Connection
from protocol.errors import Refused
from protocol.messages import EventFrame, Resumed
from protocol.operations import Operation
from protocol.requests import Authenticate, Request
from protocol.resources import Empty

if TYPE_CHECKING:  # which in turn makes sockets
    from chat.realtime.server import SocketServer

log = structlog.get_logger(__name__)

COMMANDS_UNDER_WAY = 32

Command = tuple[int | None, Operation, Request]


class Socket(WebSocket):
    """One WebSocket, and who speaks on it."""

    __slots__ = ("_under_way", "_waiting")

    def __init__(self, server: "SocketServer", number: int, connections: set[Any]) -> None:
        super().__init__(server, number, connections)
        self._waiting: deque[Command] | None = None
        self._under_way = 0

    # --- who speaks -------------------------------------------------------------------------------

    async def _greet(self, machine: Connection, actor: Actor) -> None:
        """Say hello; events are held until it is said, so that none is missed (G5)."""
        self._known()
        self.actor, self.opened_at = actor, self._server.clock()
        self._outbox.hold()
        self._server.hub.add(actor.account, self)
        try:
            hello = await self._server.services.hello(self._scope(actor))
        except Refused:
            self.close(CLOSES["overloaded"])
            return
        log.debug("socket_greeted", connection=self.id)
        if machine.accept(hello.account.language):
            self._send(encode_event(EventFrame("hello", data=hello)))
            self._release(hello.cursor)

    async def _authenticate(self, number: int | None, request: Authenticate) -> None:
        assert self._machine is not None, "commands come only from an open socket"
        machine, services, now = self._machine, self._server.services, self._server.clock()
        refused = Refused("not_authenticated", field="token")
        actor: Actor | None = None
        try:
            actor = await services.authenticate(request.token, now)
            actor = actor or await services.redeem_ticket(request.token, now)
        except Refused as unavailable:
            refused = unavailable
        if self._transport.is_closing():
            return
        if actor is None:
            machine.refuse()
            self._refuse(number, refused, "session.authenticate")
            return
        if number is not None:
            self._send(encode_reply(number, Empty()))
        await self._greet(machine, actor)

    def _scope(self, actor: Actor | None) -> Scope:
        language = self._machine.language if self._machine is not None else "da"
        return Scope(self._server.clock(), language, actor, self._address, self.id)

    # --- commands ---------------------------------------------------------------------------------

    def _carry_out(self, number: int | None, operation: Operation, request: Request) -> None:
        services, actor = self._server.services, self.actor
        if isinstance(request, Authenticate):
            self._server.spawn(self._authenticate(number, request))
            return
        scope = self._scope(actor)
        self._under_way += 1
        try:
            scope.require(operation.access, guests=operation.guests)
            if self._under_way > COMMANDS_UNDER_WAY:
                raise Refused("rate_limited", retry_after_ms=100)
            immediate = services.immediate.get(operation.name)
            answer = partial(self._answer, number, operation)
            if immediate is not None and immediate(scope, request, answer):
                return
            if self._waiting is not None:
                self._waiting.append((number, operation, request))
            else:
                self._waiting = deque([(number, operation, request)])
                self._server.spawn(self._work(self._waiting))
        except Refused as refused:
            self._answer(number, operation, refused)

    async def _work(self, waiting: deque[Command]) -> None:
        """Carry out commands one after another, and none while answers are not read (G8)."""
        assert self._machine is not None, "commands come only from an open socket"
        structlog.contextvars.bind_contextvars(connection=self.id)  # of this task alone
        while waiting and self._machine.closed is None and not self._transport.is_closing():
            await self._run(*waiting.popleft())
            if self._paused is not None:
                await self._paused
        self._waiting = None

    async def _run(self, number: int | None, operation: Operation, request: Request) -> None:
        resuming = operation.name == "session.resume"
        if resuming:
            self._outbox.hold()
        try:
            scope = self._scope(self.actor)
            scope.require(operation.access, guests=operation.guests)
            outcome: Any = await self._server.services.use_cases[operation.name](scope, request)
        except Exception as error:  # noqa: BLE001 — every command gets its one reply
            outcome = error
        self._answer(number, operation, outcome)
        if resuming:
            self._release(outcome.cursor if isinstance(outcome, Resumed) else None)

    def _answer(self, number: int | None, operation: Operation, outcome: Any) -> None:
        """Say how it went; where nobody waits for it, only that it failed."""
        self._under_way -= 1
        if isinstance(outcome, Refused):
            self._refuse(number, outcome, operation.name)
        elif isinstance(outcome, Exception):
            log.error("command_failed", connection=self.id, exc_info=outcome)
            self._refuse(number, Refused("internal", retry_after_ms=1_000), operation.name)
        elif number is not None:
            self._send(encode_reply(number, outcome))
