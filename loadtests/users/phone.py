"""One device of someone: stays connected as an app does, resumes from its cursor, misses nothing.

It tells the oracle all that it hears, and the meter how long everything took. Errors and close
codes are acted on as the published tables say.
"""

import time
from typing import Any

import gevent  # type: ignore[import-untyped]
from gevent.event import AsyncResult, Event  # type: ignore[import-untyped]

from loadtests.letterbox import WAITED_OUT, Letterbox
from loadtests.measures import Kind
from loadtests.oracle import Ear, Mark, marks
from loadtests.users.alarm import Bell, milliseconds
from loadtests.users.known import Chat, Gone, Letter, chat_of
from loadtests.users.line import PATIENCE_SECONDS, Came, Line, PlaceInLine, Unreachable
from loadtests.users.load import Load
from protocol.clients.python.backoff import Backoff
from protocol.clients.python.uuid7 import ClientIds
from protocol.closes import close_behaviour
from protocol.codec import event_data, reply_data
from protocol.messages import AnyFrame, Changed, Draining, Position, Resumed
from protocol.requests import (
    FetchHistory,
    ListConversations,
    MarkDelivered,
    MarkRead,
    OneConversation,
    ReplyToBubble,
    Request,
    Resume,
    SendMessage,
)
from protocol.resources import Conversation, ConversationPage, History, Message, Sent

HISTORY_PAGE = 50


class Phone:
    """Connects in the background; `ready` is set while it is online and has caught up."""

    def __init__(
        self,
        load: Load,
        name: str,
        token: str,
        *,
        reads: bool = False,
        cursor: str = "",
        ear: Ear | None = None,
    ) -> None:
        """Begin; `cursor` and `ear` are of an earlier connection of the same device."""
        self.name = name
        self.chats: dict[str, Chat] = {}
        self.ready = Event()
        self.cursor = cursor
        self.line: Line | None = None
        self.connections = 0
        self._load = load
        self._token = token
        self._reads = reads
        self.ear = load.oracle.ear(f"{name}/{id(self):x}", name) if ear is None else ear
        self._asked: dict[int, AsyncResult] = {}
        self._letterbox = Letterbox[Letter](self._hand_in, milliseconds, Bell().ring_in)
        self._client_ids = ClientIds()
        self._last_id = 0
        self._backoff = Backoff(load.dice.random)
        self._life = gevent.spawn(self._live)
        load.phones.add(self)

    # --- what its owner does

    def ask(self, command: str, request: Request) -> Any:
        """Ask and wait for the answer. Raises `Gone`."""
        answer: AsyncResult = AsyncResult()
        self._asked[self._send(command, request)] = answer
        try:
            frame = answer.get(timeout=PATIENCE_SECONDS)
        except gevent.Timeout:
            raise Gone("no answer") from None
        if frame.error is not None:
            raise Gone(frame.error.code)
        return reply_data(frame, command)

    def tell(self, command: str, request: Request) -> None:
        """Send what is worth sending only now, and look no further."""
        if self.ready.is_set():
            self._send(command, request, waits=False)

    def write(self, chat: Chat, text: str, intended: float) -> None:
        """Send a message whose moment this is; times count from `intended`."""
        voice = self._load.voice(self.name, chat.other)
        request = SendMessage(chat.id, self._client_ids.make(), f"{voice.mark()}{text}")
        self._post(Letter("message.send", request, chat.other, voice.number, intended))

    def reply(self, bubble: str, author: str, text: str, intended: float) -> None:
        """Write to the author of a bubble."""
        voice = self._load.voice(self.name, author)
        request = ReplyToBubble(bubble, self._client_ids.make(), f"{voice.mark()}{text}")
        self._post(Letter("bubble.reply", request, author, voice.number, intended))

    def tunnel(self) -> None:
        """Lose the network; it comes back by itself when `_live` says so."""
        if self.line is not None:
            self.line.drop()

    def leave(self) -> None:
        """Go for good; what its owner would still have written is not."""
        self.ear.leave()
        self._load.phones.discard(self)
        if self.line is not None:
            self.line.hang_up()
        self._life.kill()
        self._offline()
        self._load.unacked -= len(self._letterbox)  # nobody is left to send them
        messages = self._load.sight.messages
        for key in [one for one in messages if one[0].endswith(f">{self.name}")]:
            del messages[key]  # nobody is left to hear it

    # --- messages of one's own

    def _post(self, letter: Letter) -> None:
        load = self._load
        if self not in load.phones:
            return
        load.meter.offer(letter.intended)
        load.unacked += 1
        if load.sight.listening[letter.other]:
            key = (f"{self.name}>{letter.other}", letter.number)
            load.sight.messages[key] = letter
        self._letterbox.put(letter.request.client_id, letter.lane, letter)

    def _hand_in(self, letter: Letter) -> int:
        number = self._send(letter.command, letter.request)
        if self.line is not None:
            letter.sent = letter.sent or self.line.sent_at
        return number

    def _answered(self, at: float, frame: AnyFrame, letter: Letter) -> None:
        load = self._load
        load.unacked -= 1
        if frame.error is not None:
            load.fail(Kind.ACK, frame.error.code, letter.intended)
            load.sight.messages.pop((f"{self.name}>{letter.other}", letter.number), None)
            return
        sent = reply_data(frame, letter.command)
        assert isinstance(sent, Sent), "both commands are answered so"
        load.note(Kind.ACK, letter.intended, letter.sent, at)
        load.voice(self.name, letter.other).acked(sent.conversation, letter.number, sent.seq)
        self.ear.own(sent.conversation, sent.seq, resent=sent.duplicate)
        self._saw(sent.conversation, sent.seq)
        if sent.conversation in self.chats:
            self.chats[sent.conversation].last_message = sent.seq
        else:
            self._meet(sent.conversation)

    # --- the connection

    def _live(self) -> None:
        while True:
            behaviour = self._connected()
            self._offline()
            if behaviour in {"stop", "log_in"}:
                return
            gevent.sleep(self._backoff.retry_at(0.0, at_once=behaviour == "now") / 1_000)

    def _connected(self) -> str:
        """Be connected once; gives what the end asks for (`protocol.errors`)."""
        self._backoff.place_in_line = None
        try:
            line = Line(self._load.host, self._token)
        except PlaceInLine as place:
            self._backoff.place_in_line = place.milliseconds
            return "backoff"
        except Unreachable as why:
            self._load.fail(Kind.CONNECT, str(why), reached=False)
            return "backoff"
        self._backoff.spread_ms = line.hello.reconnect_spread_ms
        self._load.note(Kind.CONNECT, line.began, line.began, line.upgraded)
        self._load.note(Kind.AUTHENTICATE, line.upgraded, line.upgraded, line.greeted)
        self.line = line
        self.connections += 1
        self._load.sight.listening[self.name] += 1
        catching_up = gevent.spawn(self._catch_up, line)
        for came in line.frames():
            self._take(came)
        catching_up.kill()
        behaviour = close_behaviour(line.close_code or 0)
        if behaviour in {"stop", "log_in"}:
            self._load.fail(Kind.CONNECT, f"closed with {line.close_code}")
        return behaviour

    def _offline(self) -> None:
        if self.line is None:
            return
        self.line = None
        self.ready.clear()
        self._load.sight.listening[self.name] -= 1
        self._letterbox.close()
        for answer in self._asked.values():
            answer.set_exception(Gone("the line broke"))
        self._asked.clear()

    def _send(self, command: str, request: Request, *, waits: bool = True) -> int:
        if self.line is None:
            raise Gone("offline")
        self._last_id += 1
        self.line.send(self._last_id if waits else None, command, request)
        return self._last_id

    # --- what was missed

    def _catch_up(self, line: Line) -> None:
        try:
            if self.cursor:
                self.ear.reconnected()
                self._resume()
            else:
                self._look_around()
            self._letterbox.open()
            self.ready.set()
            self._backoff.steady()
        except Gone as why:
            if self.line is line:
                if str(why) not in {"offline", "the line broke"}:
                    self._load.fail(Kind.RESUME, str(why))
                line.drop()

    def _look_around(self) -> None:
        """Read one's conversations: what an app shows first."""
        page: ConversationPage = self.ask("conversation.list", ListConversations())
        for conversation in page.conversations:
            self._know(conversation)
        self.cursor = page.cursor

    def _resume(self) -> None:
        began = time.perf_counter()
        while True:
            try:
                missed: Resumed = self.ask("session.resume", Resume(self.cursor))
            except Gone as why:
                if str(why) != "resync_required":
                    raise
                return self._start_over()
            for changed in missed.conversations:
                self._catch_up_in(changed)
            self.cursor = missed.cursor
            if not missed.more:
                break
        self._load.note(Kind.RESUME, began, began, time.perf_counter())
        return None

    def _catch_up_in(self, changed: Changed) -> None:
        if changed.conversation not in self.chats:
            self.get_to_know(changed.conversation)
        for entry in changed.entries:
            fresh = entry.message if entry.kind == "message" else None
            self.ear.resumed(changed.conversation, entry.seq, fresh.text if fresh else "")
            self._saw(changed.conversation, entry.seq)
            if fresh is not None:
                self._arrived(marks.read(self._load.oracle.run, fresh.text), None)
        if changed.opened:
            self._read_on(changed.conversation, 0)

    def _start_over(self) -> None:
        """Too much has happened: read a fresh snapshot, and what is missing of what is known."""
        before = {chat.id: chat.seen for chat in self.chats.values()}
        self._look_around()
        for conversation, seen in before.items():
            self._read_on(conversation, seen)

    def _read_on(self, conversation: str, seen: int) -> None:
        more = True
        while more:
            page = self.page(FetchHistory(conversation, after=seen, limit=200))
            more = page.more and bool(page.entries)
            seen = page.entries[-1].seq if page.entries else seen

    def page(self, request: FetchHistory) -> History:
        """Read a page of history. Raises `Gone`."""
        began = time.perf_counter()
        page: History = self.ask("history.fetch", request)
        self._load.note(Kind.HISTORY, began, began, time.perf_counter())
        for entry in page.entries:
            text = entry.message.text if entry.message else ""
            self.ear.fetched(request.conversation, entry.seq, text)
            self._saw(request.conversation, entry.seq)
        return page

    # --- what comes

    def _take(self, came: Came) -> None:
        at, frame = came.read, came.frame
        self._load.watch.late_reading(at - came.arrived)
        if frame.event is None:
            self._take_reply(at, frame)
            return
        if self.ready.is_set() and frame.cursor:
            self.cursor = frame.cursor
        if frame.seq is not None and frame.conversation is not None:
            self._take_entry(came, frame.conversation, frame.seq)
            return
        data = event_data(frame) if frame.event in _LOOKED_AT else None
        if isinstance(data, Position):
            self._moved(at, frame.conversation or "", data)
        elif isinstance(data, Draining):
            gevent.spawn_later(self._load.dice.random() * data.spread_ms / 1_000, self._move_on)

    def _take_reply(self, at: float, frame: AnyFrame) -> None:
        number = frame.id or 0
        if number in self._letterbox:
            letter = self._letterbox.answered(number, frame.error)
            if letter is not None:
                self._answered(at, frame, letter)
            return
        answer = self._asked.pop(number, None)
        if answer is not None:
            answer.set(frame)
        elif frame.error is not None and frame.error.code != WAITED_OUT:
            # Without a number goes what may be shed: typing, once in three seconds.
            self._load.fail("answer", frame.error.code)

    def _take_entry(self, came: Came, conversation: str, seq: int) -> None:
        message = event_data(came.frame) if came.frame.event == "message.created" else None
        text = message.text if isinstance(message, Message) else ""
        mark = self.ear.heard(conversation, seq, text)
        self._saw(conversation, seq)
        if not isinstance(message, Message):
            return
        self._arrived(mark, came)
        chat = self.chats.get(conversation)
        if chat is None:
            self._meet(conversation)
        else:
            chat.last_message = seq
        if self.ready.is_set():
            self._send("conversation.delivered", MarkDelivered(conversation, seq), waits=False)
            if self._reads and chat is not None:
                self._load.sight.reads[conversation, chat.me] = (seq, time.perf_counter())
                self._send("conversation.read", MarkRead(conversation, seq))

    def _arrived(self, mark: Mark | None, came: Came | None) -> None:
        """Time a message of this run that has reached this device.

        What came by resume (`came` is None) waited for the device: that says nothing of the server.
        """
        if mark is None or mark.recipient != self.name:
            return
        key = (f"{mark.sender}>{mark.recipient}", mark.number)
        letter = self._load.sight.messages.pop(key, None)
        if letter is not None and came is not None:
            self._load.note(Kind.DELIVERED, letter.intended, letter.sent, came.read)
            self._load.meter.record(Kind.ARRIVED, letter.sent, letter.sent, came.arrived)

    def _moved(self, at: float, conversation: str, moved: Position) -> None:
        chat = self.chats.get(conversation)
        if chat is None or moved.member == chat.me:
            return
        seq, told = self._load.sight.reads.get((conversation, moved.member), (0, 0.0))
        if seq and moved.read_seq >= seq:
            del self._load.sight.reads[conversation, moved.member]
            self._load.note(Kind.READ, told, told, at)

    def _move_on(self) -> None:
        """Leave a server that is about to stop, at one's own moment of its spread."""
        if self.line is not None:
            self.line.hang_up()

    # --- what is known

    def _saw(self, conversation: str, seq: int) -> None:
        chat = self.chats.get(conversation)
        if chat is not None:
            chat.seen = max(chat.seen, seq)

    def _meet(self, conversation: str) -> None:
        """Learn who is in a conversation that one hears of for the first time."""
        gevent.spawn(self._introduce, conversation)

    def get_to_know(self, conversation: str) -> None:
        """Learn who is in a conversation that one is let into. Raises `Gone`."""
        self._know(self.ask("conversation.get", OneConversation(conversation)))

    def _introduce(self, conversation: str) -> None:
        try:
            self.get_to_know(conversation)
        except Gone as why:
            if str(why) not in {"offline", "the line broke"}:
                self._load.fail("conversation.get", str(why))

    def _know(self, conversation: Conversation) -> None:
        chat = chat_of(conversation)
        if chat is not None and chat.id not in self.chats:
            self.ear.follow(chat.id, chat.seen)
            self.chats[chat.id] = chat


_LOOKED_AT = frozenset({"position.moved", "server.draining"})
