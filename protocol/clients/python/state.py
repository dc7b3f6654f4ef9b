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

from protocol.clients.python.effects import (
    Acked,
    Answered,
    Drop,
    Effect,
    Event,
    Open,
    Refused,
    Resync,
    Send,
    Stopped,
)
from protocol.clients.python.outbox import Outbox, Sending
from protocol.clients.python.seen import Seen
from protocol.codec import decode_frame, encode_command, event_data, reply_data
from protocol.errors import Then, close_behaviour
from protocol.messages import (
    EVENTS,
    AnyFrame,
    Busy,
    Draining,
    ErrorBody,
    EventClass,
    Hello,
    OriginClosed,
    Resumed,
)
from protocol.requests import Authenticate, Request, Resume, SendMessage
from protocol.resources import Empty, Entry, Sent

ANSWER_MS = 10_000
"""A socket that lets a command wait longer, and says nothing else meanwhile, is dead."""
LONGEST_WAIT_MS = 30_000
STEADY_MS = 5_000
"""A connection that was online this long starts the back-off afresh."""


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
    client_id: str | None


class ClientState:
    """The state of one client.

    `token` is sent as the first frame, where it does not come with the upgrade. `cursor` is where
    an earlier client of the same account got to.
    """

    def __init__(
        self,
        *,
        token: str | None = None,
        cursor: str | None = None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.state = State.IDLE
        self.cursor = cursor
        self.hello: Hello | None = None
        self.outbox = Outbox()
        self._seen = Seen()
        self._token = token
        self._dice = dice
        self._effects: list[Effect] = []
        self._awaited: dict[int, _Awaited] = {}  # by command id, in the order of sending
        self._last_id = 0
        self._ahead: list[AnyFrame] = []  # live events that came while resuming
        self._failures = 0
        self._since = 0.0
        self._heard = 0.0
        self._leave_at: float | None = None
        self._place_in_line: int | None = None
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
            due.append(self.outbox.deadline)
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
        if self.state is State.WAITING and self._place_in_line is None:
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
        if self.state is State.ONLINE:
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
            self._leave_at = now + self._dice() * data.spread_ms
        elif isinstance(data, Busy):
            self._place_in_line = data.retry_after_ms
        elif self.state is State.RESUMING:
            self._ahead.append(frame)
        elif data is not None:
            self._happened(frame, data)

    def _happened(self, frame: AnyFrame, data: Struct) -> None:
        if frame.cursor is not None:
            self.cursor = frame.cursor
        assert frame.event is not None, "only events happen"
        if EVENTS[frame.event].event_class is EventClass.ENTRY:
            self._entry(frame.event, data, frame.conversation or "", frame.seq or 0)
        else:
            self._effects.append(Event(frame.event, data, frame.conversation))

    def _entry(self, name: str, data: Struct, conversation: str, seq: int) -> None:
        if self._seen.add(conversation, seq):
            self._effects.append(Event(name, data, conversation, seq))

    def _greeted(self, hello: Hello, now: float) -> None:
        before, self.hello = self.hello, hello
        restored = before is not None and before.epoch != hello.epoch
        if restored:
            self._seen.clear()
        if self.cursor is not None and not restored:
            self._become(State.RESUMING, now)
            self._send("session.resume", Resume(self.cursor), now)
            return
        self.cursor = hello.cursor
        if restored:
            self._effects.append(Resync())
        self._go_online(now)

    # --- replies

    def _reply(self, frame: AnyFrame, now: float) -> None:
        awaited = self._awaited.pop(frame.id, None) if frame.id is not None else None
        if awaited is None or frame.id is None:
            return
        reply = frame.error or reply_data(frame, awaited.command)
        if awaited.client_id is not None:
            self._settled(awaited.client_id, reply, now)
        elif awaited.command == "session.resume":
            self._resumed(reply, now)
        elif awaited.command == "session.authenticate":
            if isinstance(reply, ErrorBody):
                self._refused_entry(reply, now)
        else:
            self._effects.append(Answered(frame.id, reply))

    def _settled(self, client_id: str, reply: Struct, now: float) -> None:
        if isinstance(reply, Sent):
            self._seen.add(reply.conversation, reply.seq)
            self.outbox.acked(client_id)
            self._effects.append(Acked(client_id, reply))
        elif isinstance(reply, ErrorBody) and self.outbox.refused(client_id, reply, now):
            self._effects.append(Refused(client_id, reply))
        self._flush(now)

    def _resumed(self, reply: Struct, now: float) -> None:
        if isinstance(reply, ErrorBody):
            if reply.then is not Then.RESYNC:
                self._refused_entry(reply, now)
                return
            self.cursor = self.hello.cursor if self.hello else None
            self._effects.append(Resync())
            self._go_online(now)
            return
        assert isinstance(reply, Resumed), "the reply to session.resume"
        self._read_page(reply)
        if reply.more:
            self._send("session.resume", Resume(reply.cursor), now)
        else:
            self._go_online(now)

    def _read_page(self, page: Resumed) -> None:
        self.cursor = page.cursor
        for changed in page.conversations:
            for entry in changed.entries:
                self._missed(entry, changed.conversation)
            for position in changed.positions:
                self._effects.append(Event("position.moved", position, changed.conversation))
        if page.account is not None:
            self._effects.append(Event("account.changed", page.account))
        if page.blocks:
            self._effects.append(Event("blocks.changed", Empty()))

    def _missed(self, entry: Entry, conversation: str) -> None:
        """Tell a missed entry as the event that it was; kinds that are unknown are ignored."""
        if entry.message is not None:
            self._entry("message.created", entry.message, conversation, entry.seq)
        elif entry.kind == "origin_closed":
            self._entry("origin.closed", OriginClosed(entry.at), conversation, entry.seq)

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
        for request in self.outbox.ready(now):
            command = "message.send" if isinstance(request, SendMessage) else "bubble.reply"
            self._send(command, request, now, request.client_id)

    def _send(
        self, command: str, request: Request, now: float, client_id: str | None = None
    ) -> int:
        self._last_id += 1
        self._awaited[self._last_id] = _Awaited(command, now, client_id)
        self._effects.append(Send(encode_command(self._last_id, command, request)))
        return self._last_id

    def _open(self, now: float) -> None:
        self._place_in_line = None
        self._become(State.OPENING, now)
        self._effects.append(Open())

    def _drop(self, now: float) -> None:
        self._effects.append(Drop())
        self._lose(1006, now)

    def _lose(self, code: int, now: float) -> None:
        """Wait for the next try with full jitter, or stop, as the close code asks."""
        if self.state is State.ONLINE and now - self._since >= STEADY_MS:
            self._failures = 0
        self._interrupt()
        behaviour = close_behaviour(code)
        if behaviour in ("stop", "log_in"):
            self._become(State.STOPPED, now)
            self._effects.append(Stopped(behaviour, code))
            return
        at_once = behaviour == "now" and self._failures == 0
        longest = min(LONGEST_WAIT_MS, 1_000 * 2**self._failures)
        if self.hello is not None:
            longest = max(longest, self.hello.reconnect_spread_ms)
        self._retry_at = now if at_once else now + self._dice() * longest
        if self._place_in_line is not None:
            self._retry_at = now + self._place_in_line
        self._failures = min(self._failures + 1, 10)
        self._become(State.WAITING, now)

    def _interrupt(self) -> None:
        """Tell whoever waits for a reply that it will not come; messages go out again."""
        awaited, self._awaited = self._awaited, {}
        for command_id, command in awaited.items():
            if command.client_id is None:
                self._effects.append(Answered(command_id, None))
        self.outbox.grounded()
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
