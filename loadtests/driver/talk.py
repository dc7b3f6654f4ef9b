"""A conversation between two phones, each of which writes, listens, goes away and comes back.

Every message is watched by the oracle from both ends and timed by the meter, from its intended
moment. A phone that was away resumes from its cursor, as every client does, and sends again what
was never answered: one message after the other, and none sooner than the server allows.
"""

import asyncio
import time
import zlib
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from msgspec.json import Decoder

from loadtests.driver import wire
from loadtests.driver.driver import Driver
from loadtests.driver.socket import Socket
from loadtests.measures import Kind, Meter
from loadtests.oracle import Oracle
from loadtests.validity import Watch
from protocol.messages import Resumed
from protocol.resources import History

OTHER_COMMANDS = 2**31
"""Ids of commands that are no message begin here."""

decode_resumed = Decoder(Resumed).decode
decode_history = Decoder(History).decode


@dataclass(frozen=True, slots=True)
class Site:
    """What all phones of a process share. Every `read_every`th message is read, if not 0.

    `lost` is told of a phone that was cut off.
    """

    driver: Driver
    meter: Meter
    watch: Watch
    oracle: Oracle
    lost: Callable[["Phone"], None]
    text_bytes: int = 200
    read_every: int = 0


def _unheard(payload: bytes) -> None:
    """Take what comes on a connection that nobody listens to any more."""


class Phone:
    """One end of a talk: a device of one person."""

    __slots__ = (
        "_asked", "_backlog", "_bell", "_conversation", "_cursor", "_heard", "_last_id",
        "_not_before", "_reading", "_site", "_template", "_token", "connected", "ear", "other",
        "socket", "unacked", "unheard", "voice", "wanted",
    )  # fmt: skip

    def __init__(
        self, site: Site, token: str, names: tuple[str, str], conversation: str, last_seq: int
    ) -> None:
        mine, others = names
        self._site, self._token, self._conversation = site, token, conversation
        self.voice = site.oracle.voice(mine, others)
        self.ear = site.oracle.ear(f"{mine}'s phone", mine)
        self.ear.follow(conversation, last_seq)
        number = zlib.crc32(f"{site.oracle.run}/{mine}".encode()) & 0xFFFF
        self._template = wire.Template(conversation, number, site.text_bytes, self.voice.head)
        self._cursor = ""
        self._last_id = OTHER_COMMANDS
        self._asked = self._heard = 0
        self._reading: dict[int, float] = {}
        self._backlog: deque[int] = deque()
        """Numbers that go out one at a time, in order: the first is under way, or has to wait."""
        self._not_before = 0.0
        self._bell: asyncio.TimerHandle | None = None
        self.unacked: dict[int, tuple[float, float, int]] = {}
        """Intended, sent, and the milliseconds that date its client id, by number."""
        self.unheard: dict[int, tuple[float, float]] = {}
        """Intended and sent, of what the other phone has not heard yet."""
        self.socket: Socket | None = None
        self.other: Phone = self
        self.connected = False
        self.wanted = False

    @property
    def at_rest(self) -> bool:
        """Whether everything it wrote or asked for was answered."""
        return not self.unacked and not self._asked

    async def connect(self) -> None:
        """Connect, resume if it was there before, and send again what was never answered.

        Comes back when the server says so if there are too many. Raises `Refusal`, `OSError`.
        """
        self.wanted = True
        began = time.perf_counter()
        socket, hello = await self._site.driver.enter(self._token, stamped=True)
        done = time.perf_counter()
        self._site.meter.record(Kind.CONNECT, began, began, socket.upgraded)
        self._site.meter.record(Kind.AUTHENTICATE, socket.upgraded, socket.upgraded, done)
        self.socket = socket
        socket.lost = self._lost
        self.ear.reconnected()
        socket.take = self._take
        if self._cursor:
            with ExitStack() as undo:
                undo.callback(self._hang_up)
                await self._resume(socket)
                undo.pop_all()
        else:
            self._cursor = wire.decode_hello(hello).cursor
        self.connected = True
        self._backlog = deque(self.unacked)
        self._go_on()

    def disconnect(self) -> None:
        """Go away; nothing is expected of it until it comes back."""
        self.wanted = False
        self._hang_up()

    def _hang_up(self) -> None:
        """Hear nothing of a connection any more, nor of its end: there is another one by then."""
        self.connected = False
        socket, self.socket = self.socket, None
        if socket is not None:
            socket.lost = None
            socket.take = _unheard
            self._site.driver.forget(socket)

    def write(self, intended: float) -> None:
        """Send a message now that was due at a moment; if it is cut off, when it is back.

        While nothing waits, messages go out without waiting for the answers before them.
        """
        number = self.voice.next()
        milliseconds = time.time_ns() // 1_000_000
        sent = time.perf_counter()
        self.unacked[number] = (intended, sent, milliseconds)
        self.unheard[number] = (intended, sent)
        self._site.meter.offer(intended)
        if self._backlog:
            self._backlog.append(number)
        else:
            self._send(number)

    def _send(self, number: int) -> None:
        if self.connected and self.socket is not None:
            self.socket.send(self._template.fill(number, self.unacked[number][2]))
            self.socket.flush()

    def _go_on(self) -> None:
        """Send the first of the backlog, once it may go out."""
        if self._bell is not None:
            self._bell.cancel()
            self._bell = None
        if not self._backlog:
            return
        wait = self._not_before - time.perf_counter()
        if wait > 0:
            self._bell = asyncio.get_running_loop().call_later(wait, self._go_on)
        else:
            self._send(self._backlog[0])

    def _waits_out(self, number: int, refusal: wire.ErrorData) -> bool:
        """Take a refusal: a limit is no failure, so the same goes out again when it may.

        It can only if nothing is on its way behind it, or it would come after its successor.
        """
        if refusal.code != "rate_limited":
            return False
        if not self._backlog and number == next(reversed(self.unacked)):
            self._backlog.append(number)
        if not self._backlog or self._backlog[0] != number:
            return False
        self._not_before = time.perf_counter() + refusal.retry_after_ms / 1_000
        self._go_on()
        return True

    async def page(self, intended: float) -> None:
        """Fetch the newest page of history. Raises `Refusal`."""
        if self.socket is None:
            return
        self._last_id += 1
        sent = time.perf_counter()
        self._asked += 1
        try:
            reply = await self.socket.ask(
                self._last_id, "history.fetch", {"conversation": self._conversation}
            )
        finally:
            self._asked -= 1
        self._site.meter.record(Kind.HISTORY, intended, sent, time.perf_counter())
        for entry in decode_history(reply).entries:
            if entry.message is not None:
                self.ear.fetched(self._conversation, entry.seq, entry.message.text)

    async def _resume(self, socket: Socket) -> None:
        began = time.perf_counter()
        more = True
        while more:
            self._last_id += 1
            reply = await socket.ask(self._last_id, "session.resume", {"cursor": self._cursor})
            resumed = decode_resumed(reply)
            for changed in resumed.conversations:
                for entry in changed.entries:
                    text = entry.message.text if entry.message is not None else ""
                    self.ear.resumed(changed.conversation, entry.seq, text)
            self._cursor, more = resumed.cursor, resumed.more
        self._site.meter.record(Kind.RESUME, began, began, time.perf_counter())
        # What came meanwhile says nothing about delivery.
        self.other.unheard.clear()

    def _lost(self) -> None:
        if self.wanted and self.connected:
            closed = self.socket.closed if self.socket is not None else ""
            self._site.meter.error(f"connection lost: {closed}")
            self._site.lost(self)
        self.connected = False
        self.socket = None

    def _take(self, payload: bytes) -> None:
        frame = wire.decode_chat(payload)
        if frame.id is not None:
            if frame.id < OTHER_COMMANDS:
                self._answered(frame.id, frame)
            elif self.socket is not None:
                self.socket.take_reply(payload)
            return
        if frame.cursor:
            self._cursor = frame.cursor
        if frame.event == "message.created" and frame.data is not None:
            mark = self.ear.heard(frame.conversation, frame.seq, frame.data.text)
            times = self.other.unheard.pop(mark.number, None) if mark is not None else None
            if times is not None:
                self._delivered(*times)
                self._read_some(frame.seq)
        elif frame.event == "position.moved" and frame.data is not None:
            self._see_read(frame.data.read_seq)
        elif frame.seq:
            self.ear.heard(frame.conversation, frame.seq)

    def _delivered(self, intended: float, sent: float) -> None:
        now = time.perf_counter()
        arrived = now
        if self.socket is not None and self.socket.arrived:
            arrived = self.socket.arrived
            self._site.watch.late_reading(now - arrived)
        self._site.meter.record(Kind.DELIVERED, intended, sent, now)
        self._site.meter.record(Kind.ARRIVED, sent, sent, arrived)

    def _read_some(self, seq: int) -> None:
        """Say, now and then, that everything up to a message was read."""
        self._heard += 1
        if self._site.read_every and self._heard % self._site.read_every == 0 and self.socket:
            self.other.expect_read(seq)
            self._last_id += 1
            mark = {"conversation": self._conversation, "seq": seq}
            self.socket.send(wire.command(self._last_id, "conversation.read", mark))

    def expect_read(self, seq: int) -> None:
        """Look out for the other's read mark, which is being sent now."""
        self._reading[seq] = time.perf_counter()

    def _see_read(self, read_seq: int) -> None:
        for seq in [one for one in self._reading if one <= read_seq]:
            began = self._reading.pop(seq)
            self._site.meter.record(Kind.READ, began, began, time.perf_counter())

    def _answered(self, number: int, frame: wire.ChatFrame) -> None:
        if number not in self.unacked:
            return
        refusal = None if frame.ok else wire.decode_error(frame.error)
        if refusal is not None and self._waits_out(number, refusal):
            return
        times = self.unacked.pop(number)
        if self._backlog and self._backlog[0] == number:
            self._backlog.popleft()
            self._go_on()
        if refusal is None and frame.data is not None:
            self._site.meter.record(Kind.ACK, times[0], times[1], time.perf_counter())
            self.voice.acked(self._conversation, number, frame.data.seq)
            self.ear.own(self._conversation, frame.data.seq, resent=frame.data.duplicate)
        elif refusal is not None:
            self.unheard.pop(number, None)
            self._site.meter.error(refusal.code, times[0])
