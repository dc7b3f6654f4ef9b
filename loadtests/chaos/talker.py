"""One person of a chaos run: what they do, what they were told, and what the store says of it."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field

from loadtests.chaos.changes import Asked, Changed, Read, Shown
from loadtests.chaos.checker import Acked, Device, Line, Return
from loadtests.people import Person
from protocol.clients.python.client import Client, connect
from protocol.clients.python.effects import Event, Happening, Resync
from protocol.clients.python.outcome import Interrupted, Refusal
from protocol.messages import MessageChange
from protocol.requests import FetchHistory, MarkRead, OneConversation
from protocol.resources import Change, Conversation, Entry, History, Message

EDITED, DELETED, REACTED = "message_edited", "message_deleted", "message_reacted"
AFTER_MARK = " | "
"""Stands between what a message said at first and what an edit added."""

Marks = Mapping[tuple[str, int], str]
"""What acked messages said at first, by conversation and number."""


@dataclass
class Talker:
    """One person with a device, and all that they experienced."""

    person: Person
    number: int
    client: Client = field(init=False)
    conversation: str = ""
    received: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    acked: list[Acked] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    changed: list[Changed] = field(default_factory=list)
    asked: Counter[Asked] = field(default_factory=Counter)
    read: list[Read] = field(default_factory=list)
    refused: int = 0
    _states: dict[int, Message] = field(default_factory=dict)
    _place: tuple[str | None, int] = (None, 0)

    @property
    def progress(self) -> tuple[int, int]:
        """How much was acked, and how much was heard of the other."""
        return len(self.acked), len(self.received[self.conversation])

    def is_past(self, progress: tuple[int, int]) -> bool:
        """Tell whether more was acked and more was heard since."""
        acked, heard = self.progress
        return acked > progress[0] and heard > progress[1]

    @property
    def shown(self) -> dict[int, Shown]:
        """Every message that this device was told of, as it shows it."""
        return {seq: shown(message) for seq, message in self._states.items()}

    def keep_place(self) -> None:
        """Remember where the device is now; `come_back` goes on from there."""
        lines = self.received[self.conversation]
        self._place = (self.client.cursor, max((line.seq for line in lines), default=0))

    async def come_back(self, url: str) -> Return | None:
        """Connect another device, as one that was away since the place; None without a place.

        Whoever was away too long is told to read all anew, and that is no place either.
        """
        cursor, heard = self._place
        if cursor is None:
            return None
        happened: list[Happening] = []
        async with connect(
            url, self.person.token, cursor=cursor, on_event=happened.append, tells_arrivals=False
        ):
            pass  # it is online once it has been told all
        if any(isinstance(one, Resync) for one in happened):
            return None
        events = [one for one in happened if isinstance(one, Event)]
        told = (one.seq for one in events if one.conversation == self.conversation and one.seq)
        return Return(self.person.alias, self.number, heard, frozenset(told))

    def hear(self, happening: Happening) -> None:
        """Note an event as the app would show it."""
        if not isinstance(happening, Event):
            return
        data, conversation = happening.data, happening.conversation or ""
        if isinstance(data, Message):
            line = Line(data.seq, data.sender, data.text)
            self.received[conversation].append(line)
            self._note(data)
        elif isinstance(data, MessageChange):
            self.received[conversation].append(Line(happening.seq or 0, data.by, ""))
            self._note(data.message)

    def _note(self, message: Message) -> None:
        known = self._states.get(message.seq)
        if known is None or message.changed_seq >= known.changed_seq:
            self._states[message.seq] = message

    async def say(self, mark: str) -> None:
        """Send a message, and note its ack when it comes."""
        self.sent.add(mark)
        try:
            sent = await self.client.send(self.conversation, mark)
        except Refusal:
            self.refused += 1
            return
        order = len(self.acked)
        self.acked.append(Acked(sent.conversation, sent.seq, self.number, order, mark))

    async def change_something(self, turn: int) -> None:
        """Edit or take back one of one's own, react to one of the other's, or read, now and then.

        Each is asked for once, and asked again by the client until there is an answer.
        """
        if not self.acked:
            return
        own = self.acked[-1 - turn % min(len(self.acked), 5)]
        heard = [line.seq for line in self.received[self.conversation][-5:] if line.mark]
        if turn % 7 == 3:
            text = f"{own.mark}{AFTER_MARK}rettet {turn}"
            await self._change(EDITED, own.seq, self.client.edit(self.conversation, own.seq, text))
        elif turn % 13 == 5:
            await self._change(DELETED, own.seq, self.client.remove(self.conversation, own.seq))
        elif turn % 5 == 2 and heard:
            for _ in range(2):  # as someone does who taps twice
                react = self.client.react(self.conversation, heard[0], "heart")
                await self._change(REACTED, heard[0], react)
        elif turn % 5 == 4 and heard:
            await self._mark_read(heard[-1])

    async def _change(self, kind: str, target: int, asking: Awaitable[Change]) -> None:
        what = (self.conversation, kind, self.number, target)
        # However often one asks for it, a reaction is there once; each edit is another text.
        self.asked[what] = 1 if kind == REACTED else self.asked[what] + 1
        try:
            change = await asking
        except Refusal:
            return  # of one that was taken back meanwhile
        self.changed.append(Changed(self.conversation, change.seq, kind, self.number, target))

    async def _mark_read(self, seq: int) -> None:
        try:
            await self.client.ask("conversation.read", MarkRead(self.conversation, seq))
        except (Interrupted, Refusal):
            return  # not done, or not known: the next one tells more
        self.read.append(Read(self.conversation, self.number, seq))

    def device(self, marks: Marks) -> Device:
        """Give what the checker wants to know."""
        received = {
            talk: [_line(talk, line, marks) for line in lines]
            for talk, lines in self.received.items()
        }
        return Device(self.person.alias, received, {self.conversation: 1}, frozenset(self.sent))


@dataclass(frozen=True, slots=True)
class Story:
    """A conversation as the store has it."""

    entries: list[Entry]
    conversation: Conversation

    def lines(self, talk: str, marks: Marks) -> list[Line]:
        """Give every entry by its number; one that is no message has no mark."""
        return [_line(talk, _as_line(entry), marks) for entry in self.entries]

    @property
    def changes(self) -> list[Changed]:
        """Every change of a message."""
        return [
            Changed(self.conversation.id, entry.seq, entry.kind, entry.by, entry.target)
            for entry in self.entries
            if entry.target
        ]

    @property
    def shown(self) -> dict[int, Shown]:
        """Every message as it is now."""
        return {entry.seq: shown(entry.message) for entry in self.entries if entry.message}

    @property
    def read(self) -> list[Read]:
        """How far each has read."""
        members = self.conversation.members
        return [Read(self.conversation.id, one.number, one.read_seq) for one in members]


async def read_story(talker: Talker) -> Story:
    """Read a conversation whole."""
    entries: list[Entry] = []
    more = True
    while more:
        after = entries[-1].seq if entries else 0
        request = FetchHistory(talker.conversation, after=after, limit=200)
        page: History = await talker.client.http.call("history.fetch", request)
        entries += page.entries
        more = page.more
    one = OneConversation(talker.conversation)
    return Story(entries, await talker.client.http.call("conversation.get", one))


def shown(message: Message) -> Shown:
    """Give a message as people see it."""
    reactions = ", ".join(f"{one.kind} {one.members}" for one in message.reactions)
    return Shown(message.text, message.deleted, reactions)


def _as_line(entry: Entry) -> Line:
    if entry.message is None:
        return Line(entry.seq, entry.by, "")
    return Line(entry.seq, entry.message.sender, entry.message.text)


def _line(talk: str, line: Line, marks: Marks) -> Line:
    """Take a line for what it said at first, whatever became of it."""
    mark = marks.get((talk, line.seq), line.mark.partition(AFTER_MARK)[0])
    return Line(line.seq, line.sender, mark)
