"""The town of a chaos run: pairs who talk without pause, as real clients do (`talker.py`).

Each person is a client of `protocol.clients.python`, which reconnects, resumes and resends as any
app does. Nobody waits for a fault, and nobody knows of one.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from loadtests.chaos.changes import Asked, check_changes, check_read, check_shown
from loadtests.chaos.checker import Broken, Device, Kind, Line, check, check_return
from loadtests.chaos.talker import Marks, Story, Talker, read_story
from loadtests.people import move_in
from loadtests.processes import NotStarted, ServerProcess
from protocol.clients.python.client import connect
from protocol.requests import PostBubble
from protocol.resources import Bubble

SETTLE_SECONDS = 60.0
ARRIVE_SECONDS = 5.0
STARTS = 5
BROKEN_SERVER = "loadtests.broken_server"


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
        """Wait until everyone has a new message acked and another of the other's; in seconds.

        A server that dies at a named point may do so again meanwhile: it is started again.
        """
        started = time.monotonic()
        before = {id(talker): talker.progress for talker in self.talkers}
        for talker in self.talkers:
            talker.keep_place()
        async with asyncio.timeout(SETTLE_SECONDS):
            while behind := [one for one in self.talkers if not one.is_past(before[id(one)])]:
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
        stories = await self._stories()
        marks = self._marks()
        histories = {talk: story.lines(talk, marks) for talk, story in stories.items()}
        await self._let_everything_arrive(histories, marks)
        acks = [ack for talker in self.talkers for ack in talker.acked]
        broken = unsettled + check(histories, acks, self._devices(marks))
        broken += await self._check_returns(histories)
        return broken + self._check_changes(stories)

    async def _check_returns(self, histories: Mapping[str, Sequence[Line]]) -> list[Broken]:
        """Have everyone come back from where they were at the last strike."""
        broken: list[Broken] = []
        for talker in self.talkers:
            back = await talker.come_back(self.server.url)
            if back is not None:
                talk = talker.conversation
                broken += check_return(talk, histories[talk], back)
        return broken

    def _devices(self, marks: Marks) -> list[Device]:
        return [talker.device(marks) for talker in self.talkers]

    def _check_changes(self, stories: Mapping[str, Story]) -> list[Broken]:
        changes = [change for story in stories.values() for change in story.changes]
        acked = [change for talker in self.talkers for change in talker.changed]
        asked = sum((talker.asked for talker in self.talkers), Counter[Asked]())
        broken = check_changes(changes, acked, asked)
        for talker in self.talkers:
            story = stories[talker.conversation]
            name, shown = talker.person.alias, talker.shown
            broken += check_shown(talker.conversation, story.shown, name, shown)
        read = [mark for talker in self.talkers for mark in talker.read]
        return broken + check_read((mark for one in stories.values() for mark in one.read), read)

    async def _pair_up(self, pair: int) -> None:
        database = self.server.database
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
            await talker.change_something(count)
            count += 1

    async def _stories(self) -> dict[str, Story]:
        stories: dict[str, Story] = {}
        for talker in self.talkers:
            if talker.conversation not in stories:
                stories[talker.conversation] = await read_story(talker)
        return stories

    def _marks(self) -> dict[tuple[str, int], str]:
        """What acked messages said at first: a deleted one says nothing any more."""
        acks = (ack for talker in self.talkers for ack in talker.acked)
        return {(ack.conversation, ack.seq): ack.mark for ack in acks}

    async def _let_everything_arrive(
        self, histories: Mapping[str, Sequence[Line]], marks: Marks
    ) -> None:
        """G2 gives five seconds after the last fault; what is then missing is lost."""
        until = time.monotonic() + ARRIVE_SECONDS
        while time.monotonic() < until:
            missing = check(histories, [], self._devices(marks))
            if not any(one.kind is Kind.LOST for one in missing):
                return
            await asyncio.sleep(0.1)
