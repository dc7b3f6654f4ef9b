"""A WebSocket on a connection: the upgrade from uvicorn, frames, heartbeats, and the close.

It knows bytes and the server's side of the protocol (`protocol.connection`); what commands do and
who is greeted is the business of `socket.py`. No task stands behind a connection.
"""

import asyncio
from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import structlog

from chat.realtime import frames
from chat.realtime.handshake import Upgrade, read_upgrade, refusal
from chat.realtime.limits import Rate
from chat.realtime.outbox import Outbox
from chat.scope import Actor
from protocol.closes import CLOSES, CloseCode
from protocol.codec import MAX_FRAME_BYTES, encode_error, encode_event
from protocol.connection import Connection, Refusal
from protocol.cursors import read_cursor
from protocol.errors import Refused
from protocol.messages import Busy, EventFrame
from protocol.operations import Operation
from protocol.requests import Request

if TYPE_CHECKING:  # which in turn makes sockets
    from chat.realtime.server import SocketServer

log = structlog.get_logger(__name__)

READ_AT_MOST = 2 * MAX_FRAME_BYTES
"""Over a frame's limit the answer is an error; over this the socket closes."""

CLOSE_WITHIN_SECONDS = 5
CLIENT_PINGS = Rate(burst=3, per_minute=12)


class WebSocket(asyncio.Protocol, ABC):
    """The part of a socket that bytes come to and leave from."""

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
        "actor",
        "id",
        "opened_at",
    )

    def __init__(self, server: "SocketServer", number: int, connections: set[Any]) -> None:
        self.id = number
        self.actor: Actor | None = None
        self.opened_at = 0
        """When its person was recognised, UTC ms."""
        self._server = server
        self._connections = connections
        self._machine: Connection | None = None
        self._reader: frames.FrameReader | None = None
        self._paused: asyncio.Future[None] | None = None
        self._address = ""
        self._stranger = False
        self._pinged = False
        self._slot = 0
        self._heard_at = 0.0

    @abstractmethod
    def _carry_out(self, number: int | None, operation: Operation, request: Request) -> None:
        """Do what a command asks, and answer it if it has a number, or is refused."""

    @abstractmethod
    async def _greet(self, machine: Connection, actor: Actor) -> None:
        """Say hello to whoever was recognised."""

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
        one = self._transport.get_extra_info("socket")
        wait = 0 if one is None else doorman.wait(one.fileno())  # none: it has gone meanwhile
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

    # --- frames -----------------------------------------------------------------------------------

    def _receive(self, machine: Connection, payload: bytes) -> None:
        if machine.closed is not None:
            return  # nothing counts after the close
        answer = machine.receive(payload, self._server.clock())
        if isinstance(answer, tuple):
            self._carry_out(*answer)
        elif isinstance(answer, Refusal):
            self._refuse(answer.command_id, answer.refused, answer.command)
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

    # --- writing ----------------------------------------------------------------------------------

    def _send(self, text: bytes) -> None:
        if self._machine is not None and self._machine.closed is None:
            self._outbox.send(frames.write_frame(frames.TEXT, text))

    @property
    def waiting(self) -> int:
        """Count the bytes that wait to be read."""
        return self._outbox.waiting

    def push(self, data: bytes, ephemeral: bool, position: int = 0) -> None:
        """Take a framed event."""
        if not self._outbox.push(data, ephemeral, position):
            self.close(CLOSES["slow"])

    def _release(self, cursor: str | None = None) -> None:
        """Let out what was held, and from now on nothing that the client has read: to a cursor."""
        read = None if cursor is None else read_cursor(cursor)
        if not self._outbox.release(0 if read is None else read[1]):
            self.close(CLOSES["slow"])

    def _refuse(self, number: int | None, refused: Refused, command: str | None = None) -> None:
        """Say why not: of a command without a number, by its name."""
        self._server.rejects[refused.code] += 1
        assert self._machine is not None, "commands come only from an open socket"
        name = command if number is None else None
        self._send(encode_error(number, refused, self._machine.language, name))

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
