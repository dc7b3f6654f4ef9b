"""Somebody whose phone reads too slowly, until the server closes it as slow; then it resumes.

The person has two devices: the phone that nobody reads, and a desk from which they react to a long
message of their own again and again, so that much waits for the phone. What it missed must come by
resume, and nobody else may notice.
"""

import time

import gevent  # type: ignore[import-untyped]
from locust import task

from loadtests.oracle import Ear
from loadtests.users.known import Chat, Gone
from loadtests.users.line import Line, PlaceInLine, Unreachable
from loadtests.users.phone import Phone
from loadtests.users.resident import Resident, share_of
from protocol.closes import CLOSES
from protocol.codec import event_data
from protocol.requests import React
from protocol.resources import Message

RECEIVE_BUFFER = 4_096
SLOW_SECONDS = 40.0
"""How long nothing is read: less than the 45 s after which a server gives the silent up."""

BACK_SECONDS = 30.0
LONG_TEXT = "🫧" * 3_900
"""As heavy as a message may be: nearly 16 KiB."""

TURNS = ("reaction.add", "reaction.remove")
EXPECTED = frozenset({*(CLOSES[name].code for name in ("slow", "silent", "restarting")), None})
"""How the server may end it: by a code, or so that the code does not come through."""


class SlowReader(Resident):
    """Is closed as slow, comes back, and misses nothing."""

    weight = share_of("SlowReader")

    @task
    def live(self) -> None:
        """Be slow once."""
        desk = self.phone
        if desk is None or not desk.chats:
            gevent.sleep(1)
            return
        ear = self.load.oracle.ear(f"{self.name}/slow", self.name)
        try:
            line = Line(self.load.host, self.token, queued=1, receive_buffer=RECEIVE_BUFFER)
        except (PlaceInLine, Unreachable) as why:
            self.load.fail("slow", type(why).__name__, reached=False)
            gevent.sleep(1)
            return
        self._be_slow(desk, line, ear)
        self._come_back(line.hello.cursor, ear)
        ear.leave()
        self.think(self.around(5))

    def _be_slow(self, desk: Phone, line: Line, ear: Ear) -> None:
        """Let more and more wait for the line; then read what there is, up to its end."""
        chat = max(desk.chats.values(), key=lambda one: one.seen)
        desk.write(chat, LONG_TEXT, time.perf_counter())
        gevent.sleep(0.5)  # until it is acked
        writing = gevent.spawn(self._write_a_lot, desk, chat)
        self.think(SLOW_SECONDS)
        writing.kill()
        reading = gevent.spawn(self._read_the_rest, line, ear)
        reading.join(10)
        closed = reading.dead
        line.drop()
        reading.join(1)
        if line.close_code not in EXPECTED:
            self.load.fail("slow", f"closed with {line.close_code}")
        what = f"closed ({line.close_code or 'without a word'})" if closed else "never slow enough"
        self.load.meter.offer(time.perf_counter(), f"slow reader {what}")

    def _write_a_lot(self, desk: Phone, chat: Chat) -> None:
        """React on and off: each change brings the whole long message to every device."""
        turn = 0
        while True:
            if desk.ready.is_set() and chat.last_message:
                try:
                    desk.ask(TURNS[turn % 2], React(chat.id, chat.last_message, "heart"))
                    turn += 1
                except Gone:
                    gevent.sleep(1)  # a limit is no error for one who asks for so much
            gevent.sleep(0.01)

    def _read_the_rest(self, line: Line, ear: Ear) -> None:
        for _, _, frame in line.frames():
            if frame.seq is not None and frame.conversation is not None:
                message = event_data(frame) if frame.event == "message.created" else None
                text = message.text if isinstance(message, Message) else ""
                ear.heard(frame.conversation, frame.seq, text)

    def _come_back(self, cursor: str, ear: Ear) -> None:
        """Resume from where the line began, so that all of it is asked for again."""
        phone = Phone(self.load, self.name, self.token, cursor=cursor, ear=ear)
        if not phone.ready.wait(BACK_SECONDS):
            self.load.fail("slow", "not back in time")
        phone.leave()
