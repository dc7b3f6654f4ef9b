"""The state of one client: frames, close codes and the time go in, effects come out.

No I/O and no clock; `now` is milliseconds of any steady clock.

    state      the client is                      it leaves by
    IDLE       not started                        start -> OPENING
    WAITING    between two tries                  the deadline, wake -> OPENING
    OPENING    opening a socket (the shell        opened -> GREETING
               gives up in its own time)
    GREETING   waiting for hello                  hello -> RESUMING, or ONLINE without a cursor
    RESUMING   reading what it missed             the last page, resync_required -> ONLINE
    ONLINE     in step with the server            -
    STOPPED    told to stop, or to log in again   -

A close or a silence leads from OPENING, GREETING, RESUMING and ONLINE to WAITING or STOPPED.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from msgspec import Struct

from protocol.clients.python.backoff import STEADY_MS, Backoff
from protocol.clients.python.changes import Changing
from protocol.clients.python.effects import (
    Answered,
    Arrived,
    Drop,
    Effect,
    Event,
    Open,
    Resync,
    Send,
    Stopped,
)
from protocol.clients.python.missed import missed_events
from protocol.clients.python.outbox import Sending
from protocol.clients.python.own_typing import Doing
from protocol.clients.python.queued import QUIET_MS, Queued, Ticket
from protocol.clients.python.seen import Seen
from protocol.closes import close_behaviour
from protocol.codec import decode_frame, encode_command, event_data, reply_data
from protocol.errors import Then
from protocol.messages import (
    EVENTS,
    AnyFrame,
    Busy,
    Draining,
    ErrorBody,
    EventClass,
    Hello,
    Resumed,
)
from protocol.requests import Authenticate, MarkDelivered, Request, Resume, SendMessage
from protocol.resources import Message, Sent

ANSWER_MS = 10_000
"""A socket that lets a command wait longer, and says nothing else meanwhile, is dead."""


class State(Enum):
    """Where the client stands."""

    IDLE = auto()
    WAITING = auto()
    OPENING = auto()
    GREETING = auto()
    RESUMING = auto()
    ONLINE = auto()
    STOPPED = auto()


WITH_SOCKET = {State.OPENING, State.GREETING, State.RESUMING, State.ONLINE}


@dataclass(frozen=True, slots=True)
class _Awaited:
    command: str
    since: float
    ticket: Ticket | None = None


class ClientState:
    """The state of one client.

    `token` is sent as the first frame, where it does not come with the upgrade. `cursor` is where
    an earlier client of the same account got to. Unless `tells_arrivals` is false, it says itself
    what has arrived (`conversation.delivered`).
    """

    def __init__(
        self,
        *,
        token: str | None = None,
        cursor: str | None = None,
        tells_arrivals: bool = True,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.state = State.IDLE
        self.cursor = cursor
        self.hello: Hello | None = None
        self._queued = Queued(tells_arrivals=tells_arrivals)
        self.outbox = self._queued.outbox
        self._seen = Seen()
        self._token = token
        self._backoff = Backoff(dice)
        self._effects: list[Effect] = []
        self._awaited: dict[int, _Awaited] = {}  # by command id, in the order of sending
        self._last_id = 0
        self._ahead: list[AnyFrame] = []  # live events that came while resuming
        self._since = 0.0
        self._heard = 0.0
        self._leave_at: float | None = None
        self._retry_at = 0.0

    def take(self) -> list[Effect]:
        """Give what is to be done since the last call, in order."""
        effects, self._effects = self._effects, []
        return effects

    @property
    def deadline(self) -> float | None:
        """When `tick` wants to be called."""
        if self.state is State.WAITING:
            return self._retry_at
        if self.state is State.GREETING:
            return self._since + ANSWER_MS
        if self.state not in WITH_SOCKET:
            return None
        due = [self._leave_at, self._silent_at()]
        if self.state is State.ONLINE:
            due += self._queued.deadlines
        return min((moment for moment in due if moment is not None), default=None)

    # --- what the shell says

    def start(self, now: float) -> None:
        """Begin to connect, for ever."""
        if self.state is State.IDLE:
            self._open(now)

    def opened(self, now: float) -> None:
        """Say that the socket is open."""
        self._become(State.GREETING, now)
        self._heard = now
        if self._token is not None:
            self._send("session.authenticate", Authenticate(self._token), now)

    def closed(self, code: int, now: float) -> None:
        """Say that the socket closed, or could not be opened (1006)."""
        if self.state in WITH_SOCKET:
            self._lose(code, now)

    def wake(self, now: float) -> None:
        """Do not wait for the next try, unless in a line: the network is back."""
        if self.state is State.WAITING and self._backoff.place_in_line is None:
            self._open(now)

    def tick(self, now: float) -> None:
        """Do what is due by now, if anything."""
        if self.deadline is None or now < self.deadline:
            return
        if self.state is State.WAITING:
            self._open(now)
        elif self._leave_at is not None and now >= self._leave_at:
            self._effects.append(Drop())
            self._interrupt()
            self._open(now)
        elif self._is_dead(now):
            self._drop(now)
        else:
            self._flush(now)

    def send(self, request: Sending, now: float) -> None:
        """Queue a message, until it is `Acked` or `Refused`.

        Raises `ValueError` if its client_id is under way already.
        """
        self.outbox.add(request)
        if isinstance(request, SendMessage):
            self._queued.typing.sent(request.conversation)
        self._flush(now)

    def change(self, command: str, request: Changing, now: float) -> int:
        """Queue a change of a message; its number is `Done` later, however late that is."""
        change_id = self._queued.changes.add(command, request)
        self._flush(now)
        return change_id

    def arrived(self, conversation: str, seq: int, now: float) -> None:
        """Note that a message of another is here, as a snapshot shows it: it is told."""
        self._queued.arrivals.add(conversation, seq)
        self._flush(now)

    def typing(self, conversation: str, doing: Doing | None, now: float) -> None:
        """Say what one is doing there, None for nothing: as often as one likes."""
        if self.state is State.ONLINE:
            self._queued.typing.say(conversation, doing)
            self._flush(now)

    def command(self, command: str, request: Request, now: float) -> int | None:
        """Send any other command; its id is `Answered` later. None unless online."""
        if self.state is not State.ONLINE:
            return None
        return self._send(command, request, now)

    def received(self, raw: bytes | str, now: float) -> None:
        """Take a frame. What cannot be read ends the socket."""
        if self.state not in WITH_SOCKET:
            return
        self._heard = now
        try:
            frame = decode_frame(raw)
            if frame.event is not None:
                self._event(frame, now)
            else:
                self._reply(frame, now)
        except ValueError:
            self._drop(now)

    # --- events

    def _event(self, frame: AnyFrame, now: float) -> None:
        data = event_data(frame)
        if isinstance(data, Hello):
            self._greeted(data, now)
        elif isinstance(data, Draining):
            self._leave_at = self._backoff.leave_at(data.spread_ms, now)
        elif isinstance(data, Busy):
            self._backoff.place_in_line = data.retry_after_ms
        elif self.state is State.RESUMING:
            self._ahead.append(frame)
        elif data is not None:
            self._happened(frame, data)
            self._flush(now)

    def _happened(self, frame: AnyFrame, data: Struct) -> None:
        if frame.cursor is not None:
            self.cursor = frame.cursor
        assert frame.event is not None, "only events happen"
        if EVENTS[frame.event].event_class is EventClass.ENTRY:
            self._entry(Event(frame.event, data, frame.conversation or "", frame.seq or 0))
        else:
            self._effects.append(Event(frame.event, data, frame.conversation))

    def _entry(self, event: Event) -> None:
        conversation, seq = event.conversation or "", event.seq or 0
        if not self._seen.add(conversation, seq):
            return
        self._effects.append(event)
        if isinstance(event.data, Message):
            self._queued.arrivals.add(conversation, seq)

    def _greeted(self, hello: Hello, now: float) -> None:
        before, self.hello = self.hello, hello
        self._backoff.spread_ms = hello.reconnect_spread_ms
        restored = before is not None and before.epoch != hello.epoch
        if restored:
            self._seen.clear()
        if self.cursor is not None and not restored:
            self._become(State.RESUMING, now)
            self._send("session.resume", Resume(self.cursor), now)
            return
        self.cursor = hello.cursor
        if restored:
            self._start_over()
        self._go_online(now)

    # --- replies

    def _reply(self, frame: AnyFrame, now: float) -> None:
        if frame.id is None and frame.error is not None:
            self._queued.refused_quietly(frame.command, frame.error, now)
            self._flush(now)
        awaited = self._awaited.pop(frame.id, None) if frame.id is not None else None
        if awaited is None or frame.id is None:
            return
        reply = frame.error or reply_data(frame, awaited.command)
        if awaited.ticket is not None:
            if isinstance(reply, Sent):
                self._seen.add(reply.conversation, reply.seq)
            self._effects += self._queued.answered(awaited.ticket, reply, now)
            self._flush(now)
        elif awaited.command == "session.resume":
            self._resumed(reply, now)
        elif awaited.command == "session.authenticate":
            if isinstance(reply, ErrorBody):
                self._refused_entry(reply, now)
        else:
            self._effects.append(Answered(frame.id, reply))

    def _resumed(self, reply: Struct, now: float) -> None:
        if isinstance(reply, ErrorBody):
            if reply.then is not Then.RESYNC:
                self._refused_entry(reply, now)
                return
            self.cursor = self.hello.cursor if self.hello else None
            self._start_over()
            self._go_online(now)
            return
        assert isinstance(reply, Resumed), "the reply to session.resume"
        self.cursor = reply.cursor
        for told in missed_events(reply):
            if isinstance(told, Event) and told.seq is not None:
                self._entry(told)
            else:
                self._effects.append(told)
        if reply.more:
            self._send("session.resume", Resume(reply.cursor), now)
        else:
            self._go_online(now)

    def _start_over(self) -> None:
        self._queued.arrivals.clear()
        self._effects.append(Resync())

    def _refused_entry(self, error: ErrorBody, now: float) -> None:
        """Leave a server that does not let us in."""
        self._effects.append(Drop())
        self._lose(4300 if error.then is Then.LOG_IN else 1006, now)

    # --- the connection

    def _go_online(self, now: float) -> None:
        self._become(State.ONLINE, now)
        ahead, self._ahead = self._ahead, []
        for frame in ahead:
            data = event_data(frame)
            if data is not None:
                self._happened(frame, data)
        self._flush(now)

    def _flush(self, now: float) -> None:
        """Send what may go out of the outbox."""
        if self.state is not State.ONLINE:
            return
        assert self.hello is not None, "online after hello"
        quietly = self.hello.ids_optional and now - self._heard < QUIET_MS
        for order in self._queued.ready(now, self.hello.commands, quietly=quietly):
            if not order.quietly:
                self._send(order.command, order.request, now, order.ticket)
                continue
            self._effects.append(Send(encode_command(None, order.command, order.request)))
            if isinstance(order.request, MarkDelivered):
                self._effects.append(Arrived(order.request.conversation, order.request.seq))

    def _send(
        self, command: str, request: Request, now: float, ticket: Ticket | None = None
    ) -> int:
        self._last_id += 1
        self._awaited[self._last_id] = _Awaited(command, now, ticket)
        self._effects.append(Send(encode_command(self._last_id, command, request)))
        return self._last_id

    def _open(self, now: float) -> None:
        self._backoff.place_in_line = None
        self._become(State.OPENING, now)
        self._effects.append(Open())

    def _drop(self, now: float) -> None:
        self._effects.append(Drop())
        self._lose(1006, now)

    def _lose(self, code: int, now: float) -> None:
        """Wait for the next try with full jitter, or stop, as the close code asks."""
        if self.state is State.ONLINE and now - self._since >= STEADY_MS:
            self._backoff.steady()
        self._interrupt()
        behaviour = close_behaviour(code)
        if behaviour in ("stop", "log_in"):
            self._become(State.STOPPED, now)
            self._effects.append(Stopped(behaviour, code))
            return
        self._retry_at = self._backoff.retry_at(now, at_once=behaviour == "now")
        self._become(State.WAITING, now)

    def _interrupt(self) -> None:
        """Tell whoever waits for a reply that it will not come; messages go out again."""
        awaited, self._awaited = self._awaited, {}
        for command_id, command in awaited.items():
            if command.ticket is None:
                self._effects.append(Answered(command_id, None))
        self._queued.grounded()
        self._ahead = []
        self._leave_at = None

    def _silent_at(self) -> float | None:
        oldest = next(iter(self._awaited.values()), None)
        return None if oldest is None else max(oldest.since, self._heard) + ANSWER_MS

    def _is_dead(self, now: float) -> bool:
        silent_at = self._silent_at()
        return self.state is State.GREETING or (silent_at is not None and now >= silent_at)

    def _become(self, state: State, now: float) -> None:
        self.state = state
        self._since = now
