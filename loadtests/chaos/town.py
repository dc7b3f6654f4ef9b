"""The town of a chaos run: pairs who talk without pause, as real clients do.

Each person is a client of `protocol.clients.python`, which reconnects, resumes and resends as any
app does. Nobody waits for a fault, and nobody knows of one.
"""

import asyncio
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from loadtests.chaos.checker import Acked, Broken, Device, Kind, Line, check
from loadtests.people import Person, move_in
from loadtests.processes import NotStarted, ServerProcess
from protocol.clients.python.client import Client, Happening, connect
from protocol.clients.python.effects import Event
from protocol.clients.python.outcome import Refusal
from protocol.requests import FetchHistory, PostBubble
from protocol.resources import Bubble, History, Message

SETTLE_SECONDS = 60.0
ARRIVE_SECONDS = 5.0
STARTS = 5
BROKEN_SERVER = "loadtests.broken_server"


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
    refused: int = 0

    def hear(self, happening: Happening) -> None:
        """Note an event as the app would show it."""
        if isinstance(happening, Event) and isinstance(happening.data, Message):
            message = happening.data
            line = Line(message.seq, message.sender, message.text)
            self.received[happening.conversation or ""].append(line)

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

    def device(self) -> Device:
        """Give what the checker wants to know."""
        received = {talk: list(lines) for talk, lines in self.received.items()}
        return Device(self.person.alias, received, {self.conversation: 1}, frozenset(self.sent))


class Town:
    """Pairs in conversation over one server. Use in an `async with`.

    With `talk` they talk without pause until `settle`. `broken` is how the server breaks by itself
    once they have moved in, as `broken_server` names it.
    """

    def __init__(
        self, server: ServerProcess, pairs: int, *, talk: bool = True, broken: str = ""
    ) -> None:
        self.server = server
        self._broken = broken
        self._talk_on = talk
        self.talkers: list[Talker] = []
        self._pairs = pairs
        self._stack = AsyncExitStack()
        self._talking: list[asyncio.Task[None]] = []
        self._stopping = False

    async def __aenter__(self) -> "Town":
        await asyncio.to_thread(self.server.start)
        for pair in range(self._pairs):
            await self._pair_up(pair)
        if self._broken:
            await asyncio.to_thread(self.server.spoil, BROKEN_SERVER, self._broken)
            await self.start_again()
        if self._talk_on:
            self._talking = [asyncio.create_task(self._talk(one)) for one in self.talkers]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)
        await self._stack.aclose()
        await asyncio.to_thread(self.server.kill)

    @property
    def acked(self) -> int:
        """Count the messages that the server said it has."""
        return sum(len(talker.acked) for talker in self.talkers)

    async def start_again(self) -> None:
        """Start the server; one that dies at a named point may do so before it is ready."""
        for _ in range(STARTS):
            try:
                await asyncio.to_thread(self.server.start)
            except NotStarted:
                if not self.server.has_died:
                    raise
            else:
                return
        raise NotStarted(f"it died {STARTS} times before it was ready")

    async def heal(self) -> float:
        """Wait until everyone is in step and has a new message acked; gives the seconds.

        A server that dies at a named point may do so again meanwhile: it is started again.
        """
        started = time.monotonic()
        before = {id(talker): len(talker.acked) for talker in self.talkers}
        async with asyncio.timeout(SETTLE_SECONDS):
            while behind := [one for one in self.talkers if len(one.acked) == before[id(one)]]:
                if self.server.has_died:
                    await self.start_again()
                for talker in behind:
                    talker.client.wake()
                await asyncio.sleep(0.01)
        return time.monotonic() - started

    async def settle(self) -> list[Broken]:
        """Let everyone finish their sentence, and name every broken promise."""
        self._stopping = True
        for talker in self.talkers:
            talker.client.wake()
        unsettled = []
        _, late = await asyncio.wait(self._talking, timeout=SETTLE_SECONDS)
        if late:
            unsettled.append(Broken(Kind.LOST, "", f"{len(late)} people wait for an answer"))
        histories = await self._histories()
        await self._let_everything_arrive(histories)
        acks = [ack for talker in self.talkers for ack in talker.acked]
        return unsettled + check(histories, acks, self._devices())

    def _devices(self) -> list[Device]:
        return [talker.device() for talker in self.talkers]

    async def _pair_up(self, pair: int) -> None:
        database = self.server.data / "samtale.db"
        couple = []
        for number, name in ((1, "Forfatter"), (2, "Svarer")):
            talker = Talker(move_in(database, f"{name} {pair}"), number)
            talker.client = await self._stack.enter_async_context(
                connect(self.server.url, talker.person.token, on_event=talker.hear)
            )
            couple.append(talker)
        author, replier = couple
        bubble = PostBubble(title=f"Boble {pair}", text="Vi taler sammen, hvad der end sker.")
        posted: Bubble = await author.client.http.call("bubble.post", bubble)
        sent = await replier.client.reply(posted.id, f"hej {pair}")
        replier.sent.add(f"hej {pair}")
        for talker in couple:
            talker.conversation = sent.conversation
        self.talkers += couple

    async def _talk(self, talker: Talker) -> None:
        count = 0
        while not self._stopping:
            await talker.say(f"{talker.person.alias} {count}")
            count += 1

    async def _histories(self) -> dict[str, list[Line]]:
        histories: dict[str, list[Line]] = {}
        for talker in self.talkers:
            if talker.conversation not in histories:
                histories[talker.conversation] = await _history(talker)
        return histories

    async def _let_everything_arrive(self, histories: dict[str, list[Line]]) -> None:
        """G2 gives five seconds after the last fault; what is then missing is lost."""
        until = time.monotonic() + ARRIVE_SECONDS
        while time.monotonic() < until:
            missing = check(histories, [], self._devices())
            if not any(one.kind is Kind.LOST for one in missing):
                return
            await asyncio.sleep(0.1)


async def _history(talker: Talker) -> list[Line]:
    lines: list[Line] = []
    after, more = 0, True
    while more:
        request = FetchHistory(talker.conversation, after=after, limit=200)
        page: History = await talker.client.http.call("history.fetch", request)
        lines += [
            Line(entry.seq, entry.message.sender, entry.message.text)
            for entry in page.entries
            if entry.message is not None
        ]
        after, more = page.entries[-1].seq, page.more
    return lines
