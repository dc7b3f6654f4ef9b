"""The socket shell: takes the WebSocket upgrade from uvicorn, reads frames, writes bytes.

It knows no feature: what a command does, who a token belongs to and what hello says are handed in
as `Services` (`server.py`). No task stands behind a connection, nor behind a message.
"""

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import structlog

from chat.realtime import frames
from chat.realtime.handshake import Upgrade, read_upgrade, refusal
from chat.realtime.limits import Rate
from chat.realtime.outbox import Outbox
from chat.scope import Actor, Scope
from protocol.codec import MAX_FRAME_BYTES, encode_error, encode_event, encode_reply
from protocol.connection import Connection, Refusal
from protocol.errors import CLOSES, CloseCode, Refused
from protocol.messages import Busy, EventFrame
from protocol.operations import Operation
from protocol.requests import Authenticate, Request
from protocol.resources import Empty

if TYPE_CHECKING:  # which in turn makes sockets
    from chat.realtime.server import SocketServer

log = structlog.get_logger(__name__)

READ_AT_MOST = 2 * MAX_FRAME_BYTES
"""Over a frame's limit the answer is an error; over this the socket closes."""

COMMANDS_UNDER_WAY = 32
CLOSE_WITHIN_SECONDS = 5
CLIENT_PINGS = Rate(burst=3, per_minute=12)

Command = tuple[int, Operation, Request]


class Socket(asyncio.Protocol):
    """One WebSocket."""

    __slots__ = (
        "_address",
        "_connections",
        "_heard_at",
        "_machine",
        "_outbox",
        "_paused",
        "_pinged",
        "_reader",
        "_server",
        "_slot",
        "_stranger",
        "_transport",
        "_under_way",
        "_waiting",
        "actor",
        "id",
    )

    def __init__(self, server: "SocketServer", number: int, connections: set[Any]) -> None:
        self.id = number
        self.actor: Actor | None = None
        self._server = server
        self._connections = connections
        self._machine: Connection | None = None
        self._reader: frames.FrameReader | None = None
        self._paused: asyncio.Future[None] | None = None
        self._waiting: deque[Command] | None = None
        self._address = ""
        self._stranger = False
        self._pinged = False
        self._under_way = 0
        self._slot = 0
        self._heard_at = 0.0

    # --- the transport ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the connection from the HTTP protocol."""
        self._transport = cast(asyncio.Transport, transport)
        self._outbox = Outbox(self._transport, self._server.rounds)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Read frames, all that came at once together."""
        machine, reader = self._machine, self._reader
        if machine is None:
            self._transport.pause_reading()  # what does not wait for the answer waits
            self._server.door.knock(partial(self._open, data))
            return
        if reader is None:
            return
        self._heard_at = self._server.wheel.now
        self._pinged = False
        broken: frames.BrokenFrame | None = None
        try:
            found = reader.receive(data)
        except frames.BrokenFrame as fault:
            found, broken = fault.before, fault
        for opcode, payload in found:
            if opcode == frames.TEXT:
                self._receive(machine, payload)
            else:
                self._control(machine, opcode, payload)
        if broken is not None:
            self._fail(machine, broken)

    def eof_received(self) -> None:
        """Let the transport close: a half-open peer gets nothing more."""

    def pause_writing(self) -> None:
        """Read no more from a client that does not read."""
        self._paused = asyncio.get_running_loop().create_future()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        self._go_on()
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _go_on(self) -> None:
        paused, self._paused = self._paused, None
        if paused is not None:
            paused.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._go_on()
        self._connections.discard(self)
        self._server.wheel.leave(self._slot, self)
        self._leave()

    def shutdown(self) -> None:
        """Close because the process stops; uvicorn calls this."""
        self.close(CLOSES["restarting"])

    # --- the upgrade ------------------------------------------------------------------------------

    def _open(self, data: bytes) -> None:
        request, _, behind = data.partition(b"\r\n\r\n")
        doorman, upgrade = self._server.doorman, read_upgrade(request)
        status = doorman.refuse(upgrade)
        if status or upgrade.accepted is None:
            self._turn_away(status or 400)
            return
        peer = self._transport.get_extra_info("peername")
        self._address = doorman.address_of(str(peer[0]) if peer else "", upgrade)
        wait = doorman.wait()
        if wait:
            self._begin(upgrade, upgrade.accepted)
            self._send(encode_event(EventFrame("server.busy", data=Busy(wait))))
            self.close(CLOSES["overloaded"])
        else:
            self._server.spawn(self._let_in(upgrade, upgrade.accepted, behind))

    def _turn_away(self, status: int) -> None:
        self._transport.write(refusal(status))
        self._transport.close()

    async def _let_in(self, upgrade: Upgrade, accepted: bytes, behind: bytes) -> None:
        doorman = self._server.doorman
        try:
            actor = await doorman.recognise(upgrade)
        except Refused:
            self._turn_away(503)
            return
        if self._transport.is_closing():
            return
        if actor is None and upgrade.bearer:
            self._turn_away(401)
            return
        if actor is None:
            self._stranger = doorman.add_stranger(self._address)
            if not self._stranger:
                self._turn_away(429)
                return
        machine = self._begin(upgrade, accepted)
        if not upgrade.spoken:
            self.close(CLOSES["bad_version"])
            return
        within_ms = self._server.limits.authenticate_within_ms
        self._slot = self._server.wheel.visit_in(within_ms // 1_000 + 1, self)
        if behind:
            self.data_received(behind)
        if actor is not None:
            await self._greet(machine, actor)

    def _begin(self, upgrade: Upgrade, accepted: bytes) -> Connection:
        """Speak WebSocket from here on."""
        self._transport.write(accepted)
        self._transport.resume_reading()
        self._reader = frames.FrameReader(READ_AT_MOST)
        self._machine = Connection(
            self._server.clock(), upgrade.language, self._server.limits.authenticate_within_ms
        )
        self._heard_at = self._server.wheel.now
        return self._machine

    def _known(self) -> None:
        """Count it among the strangers no more."""
        if self._stranger:
            self._stranger = False
            self._server.doorman.remove_stranger(self._address)

    async def _greet(self, machine: Connection, actor: Actor) -> None:
        """Say hello; events are held until it is said, so that none is missed (G5)."""
        self._known()
        self.actor = actor
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
            self._release()

    # --- frames -----------------------------------------------------------------------------------

    def _receive(self, machine: Connection, payload: bytes) -> None:
        if machine.closed is not None:
            return  # nothing counts after the close
        answer = machine.receive(payload, self._server.clock())
        if isinstance(answer, tuple):
            self._carry_out(*answer)
        elif isinstance(answer, Refusal):
            self._refuse(answer.command_id, answer.refused)
        else:
            self._close_now(answer)

    def _control(self, machine: Connection, opcode: int, payload: bytes) -> None:
        if opcode == frames.PING and machine.closed is None:
            if self._server.pings.take(self.id, CLIENT_PINGS, self._server.clock()):
                self.close(CLOSES["flooding"])
            else:
                self._outbox.send(frames.write_frame(frames.PONG, payload))
        elif opcode == frames.CLOSE:
            # The answer to our own close is not answered again: a browser would call it a fault.
            if machine.closed is None:
                self._answer_close(payload)
            self._transport.close()

    def _answer_close(self, payload: bytes) -> None:
        try:
            self._shut(frames.read_close(payload), "")
        except frames.BrokenFrame as broken:
            self._shut(broken.code, broken.reason)

    def _carry_out(self, number: int, operation: Operation, request: Request) -> None:
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
            if immediate is not None and immediate(scope, request, partial(self._answer, number)):
                return
            if self._waiting is not None:
                self._waiting.append((number, operation, request))
            else:
                self._waiting = deque([(number, operation, request)])
                self._server.spawn(self._work(self._waiting))
        except Refused as refused:
            self._answer(number, refused)

    async def _work(self, waiting: deque[Command]) -> None:
        """Carry out commands one after another, and none while answers are not read (G8)."""
        assert self._machine is not None, "commands come only from an open socket"
        structlog.contextvars.bind_contextvars(connection=self.id)  # of this task alone
        while waiting and self._machine.closed is None and not self._transport.is_closing():
            await self._run(*waiting.popleft())
            if self._paused is not None:
                await self._paused
        self._waiting = None

    async def _run(self, number: int, operation: Operation, request: Request) -> None:
        resuming = operation.name == "session.resume"
        if resuming:
            self._outbox.hold()
        try:
            scope = self._scope(self.actor)
            scope.require(operation.access, guests=operation.guests)
            outcome: Any = await self._server.services.use_cases[operation.name](scope, request)
        except Exception as error:  # noqa: BLE001 — every command gets its one reply
            outcome = error
        self._answer(number, outcome)
        if resuming:
            self._release()

    def _answer(self, number: int, outcome: Any) -> None:
        self._under_way -= 1
        if isinstance(outcome, Refused):
            self._refuse(number, outcome)
        elif isinstance(outcome, Exception):
            log.error("command_failed", connection=self.id, exc_info=outcome)
            self._refuse(number, Refused("internal", retry_after_ms=1_000))
        else:
            self._send(encode_reply(number, outcome))

    def _refuse(self, number: int | None, refused: Refused) -> None:
        self._server.rejects[refused.code] += 1
        assert self._machine is not None, "commands come only from an open socket"
        self._send(encode_error(number, refused, self._machine.language))

    async def _authenticate(self, number: int, request: Authenticate) -> None:
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
            self._refuse(number, refused)
            return
        self._send(encode_reply(number, Empty()))
        await self._greet(machine, actor)

    def _scope(self, actor: Actor | None) -> Scope:
        language = self._machine.language if self._machine is not None else "da"
        return Scope(self._server.clock(), language, actor, self._address, self.id)

    # --- writing ----------------------------------------------------------------------------------

    def _send(self, text: bytes) -> None:
        if self._machine is not None and self._machine.closed is None:
            self._outbox.send(frames.write_frame(frames.TEXT, text))

    @property
    def waiting(self) -> int:
        """Count the bytes that wait to be read."""
        return self._outbox.waiting

    def push(self, data: bytes, ephemeral: bool) -> None:
        """Take a framed event."""
        if not self._outbox.push(data, ephemeral):
            self.close(CLOSES["slow"])

    def _release(self) -> None:
        if not self._outbox.release():
            self.close(CLOSES["slow"])

    # --- rights, heartbeats and the end -----------------------------------------------------------

    def become(self, actor: Actor) -> None:
        """Act with these rights from now on."""
        self.actor = actor

    def on_turn(self, now: float) -> None:
        """Ping the silent, close the dead and the late; called by the wheel."""
        limits, machine = self._server.limits, self._machine
        if machine is None or machine.closed is not None:
            self._transport.abort()
            return
        late = machine.late(self._server.clock())
        silent_ms = (now - self._heard_at) * 1_000
        if late is not None:
            self._close_now(late)
            return
        if silent_ms >= limits.silent_after_ms:
            self.close(CLOSES["silent"])
            return
        if silent_ms >= limits.ping_interval_ms - 1_000 and not self._pinged:
            self._pinged = True
            self._outbox.send(frames.write_frame(frames.PING, b""))
        due_ms = limits.silent_after_ms if self._pinged else limits.ping_interval_ms
        self._slot = self._server.wheel.visit_in(int((due_ms - silent_ms) / 1_000), self)

    def close(self, close: CloseCode) -> None:
        """Say why, and close."""
        if self._machine is not None and self._machine.closed is None:
            self._close_now(self._machine.close(close))
        elif self._machine is None:
            self._transport.close()

    def _close_now(self, close: CloseCode) -> None:
        log.debug("socket_closed", connection=self.id, reason=close.reason)
        self._server.closes[close.reason] += 1
        self._shut(close.code, close.reason)

    def _shut(self, code: int, reason: str) -> None:
        """Send a close frame once, and give the peer a moment to answer it."""
        self._leave()
        if self._transport.is_closing():
            return
        if self._machine is not None and self._machine.closed is None:
            self._machine.close(CLOSES["protocol_error"])
        self._outbox.send(frames.write_close(code, reason))
        self._outbox.flush()
        self._server.wheel.leave(self._slot, self)
        self._slot = self._server.wheel.visit_in(CLOSE_WITHIN_SECONDS, self)

    def _fail(self, machine: Connection, broken: frames.BrokenFrame) -> None:
        """Say why, and hear no more: what follows cannot be read (section 7.1.7).

        The end of TCP is said at once, but it is not torn down: bytes on their way to a closed
        connection would cost the peer the reason.
        """
        if machine.closed is None:
            self._shut(broken.code, broken.reason)
        self._reader = None
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _leave(self) -> None:
        self._known()
        if self.actor is not None:
            self._server.hub.remove(self.actor.account, self)
