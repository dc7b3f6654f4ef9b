"""Chaos: people talk while the server is killed, over and over; then every promise is checked.

    python -m loadtests.chaos --kills 300 --messages 200000

Each person is a real client (`protocol.clients.python`) that reconnects, resumes and resends as
any app does. Nothing waits for a kill and nothing knows of it.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from loadtests.checker import Acked, Broken, Device, Kind, Line, check
from loadtests.people import Person, move_in
from loadtests.processes import ServerProcess
from protocol.clients.python.client import Client, Happening, connect
from protocol.clients.python.effects import Event
from protocol.requests import FetchHistory, PostBubble
from protocol.resources import Bubble, History, Message

PLENTY = {
    "SAMTALE_LIMITS_MESSAGES_PER_MINUTE": "10000000",
    "SAMTALE_LIMITS_MESSAGES_BURST": "10000000",
    "SAMTALE_LOG_LEVEL": "warning",
}
SETTLE_SECONDS = 30.0


@dataclass
class Talker:
    """One person with a device, and all that they experienced."""

    person: Person
    number: int
    conversation: str = ""
    client: Client | None = None
    received: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    acked: list[Acked] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)

    def hear(self, happening: Happening) -> None:
        """Note an event as the app would show it."""
        if isinstance(happening, Event) and isinstance(happening.data, Message):
            message = happening.data
            line = Line(message.seq, message.sender, message.text)
            self.received[happening.conversation or ""].append(line)

    async def say(self, mark: str) -> None:
        """Send a message, and note its ack when it comes."""
        assert self.client is not None, "connected first"
        self.sent.add(mark)
        sent = await self.client.send(self.conversation, mark)
        self.acked.append(Acked(sent.conversation, sent.seq, self.number, len(self.acked), mark))

    def device(self) -> Device:
        """Give what the checker wants to know."""
        return Device(
            self.person.alias, dict(self.received), {self.conversation: 1}, frozenset(self.sent)
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    kills: int
    acked: int
    broken: list[Broken]
    heal_s_max: float


class Chaos:
    """A town of pairs who talk over one server that is killed at random moments."""

    def __init__(self, folder: Path, pairs: int, seed: int) -> None:
        self._server = ServerProcess(folder, **PLENTY)
        self._database = folder / "samtale.db"
        self._pairs = pairs
        self._dice = random.Random(seed)
        self._talkers: list[Talker] = []
        self._stopping = False
        self._healing: list[float] = []

    async def run(self, kills: int, messages: int) -> Outcome:
        """Talk until both numbers are reached, and check."""
        await asyncio.to_thread(self._server.start)
        try:
            async with AsyncExitStack() as stack:
                await self._gather_people(stack)
                talking = [asyncio.create_task(self._talk(talker)) for talker in self._talkers]
                done = await self._kill(kills, messages)
                self._stopping = True
                await asyncio.wait_for(asyncio.gather(*talking), SETTLE_SECONDS)
                histories = await self._histories()
                await self._let_everything_arrive(histories)
                broken = check(
                    histories,
                    [ack for talker in self._talkers for ack in talker.acked],
                    [talker.device() for talker in self._talkers],
                )
            return Outcome(done, self._acked, broken, max(self._healing, default=0.0))
        finally:
            await asyncio.to_thread(self._server.stop)

    @property
    def _acked(self) -> int:
        return sum(len(talker.acked) for talker in self._talkers)

    async def _gather_people(self, stack: AsyncExitStack) -> None:
        for pair in range(self._pairs):
            author, replier = (
                Talker(move_in(self._database, f"{name} {pair}"), number)
                for number, name in ((1, "Forfatter"), (2, "Svarer"))
            )
            for talker in (author, replier):
                talker.client = await stack.enter_async_context(
                    connect(self._server.url, talker.person.token, on_event=talker.hear)
                )
            assert author.client is not None, "just connected"
            assert replier.client is not None, "just connected"
            posted = await author.client.http.call("bubble.post", _bubble(pair))
            assert isinstance(posted, Bubble), "the table says so"
            sent = await replier.client.reply(posted.id, f"hej {pair}")
            for talker in (author, replier):
                talker.conversation = sent.conversation
            replier.sent.add(f"hej {pair}")
            self._talkers += [author, replier]

    async def _talk(self, talker: Talker) -> None:
        count = 0
        while not self._stopping:
            await talker.say(f"{talker.person.alias} {count}")
            count += 1

    async def _kill(self, kills: int, messages: int) -> int:
        done = 0
        while done < kills or self._acked < messages:
            await asyncio.sleep(self._dice.uniform(0.02, 0.6))
            if done >= kills:
                continue
            await asyncio.to_thread(self._server.kill)
            await asyncio.to_thread(self._server.start)
            done += 1
            await self._heal()
            _progress(done, kills, self._acked, messages)
        return done

    async def _heal(self) -> None:
        """Wait until everyone is in step again; the network tells phones that it is back."""
        started = time.monotonic()
        for talker in self._talkers:
            if talker.client is not None:
                talker.client.wake()
        await asyncio.gather(
            *(talker.client.online() for talker in self._talkers if talker.client is not None)
        )
        self._healing.append(time.monotonic() - started)

    async def _histories(self) -> dict[str, list[Line]]:
        histories: dict[str, list[Line]] = {}
        for talker in self._talkers:
            if talker.conversation not in histories:
                histories[talker.conversation] = await self._history(talker)
        return histories

    async def _history(self, talker: Talker) -> list[Line]:
        assert talker.client is not None, "connected first"
        lines: list[Line] = []
        after, more = 0, True
        while more:
            request = FetchHistory(talker.conversation, after=after, limit=200)
            page = await talker.client.http.call("history.fetch", request)
            assert isinstance(page, History), "the table says so"
            lines += [
                Line(entry.seq, entry.message.sender, entry.message.text)
                for entry in page.entries
                if entry.message is not None
            ]
            after, more = page.entries[-1].seq, page.more
        return lines

    async def _let_everything_arrive(self, histories: dict[str, list[Line]]) -> None:
        """G2 gives five seconds after the last fault; what is then missing is lost."""
        until = time.monotonic() + 5.0
        while time.monotonic() < until:
            devices = [talker.device() for talker in self._talkers]
            if not any(one.kind is Kind.LOST for one in check(histories, [], devices)):
                return
            await asyncio.sleep(0.1)


def _bubble(pair: int) -> PostBubble:
    return PostBubble(title=f"Boble {pair}", text="Vi taler sammen, hvad der end sker.")


def _progress(kills: int, all_kills: int, acked: int, messages: int) -> None:
    if sys.stderr.isatty():
        line = f"\r{kills}/{all_kills} kills, {acked}/{messages} messages acked"
        print(line, end="", file=sys.stderr, flush=True)


def main() -> int:
    """Run from the command line. Exit code 1 when a promise was broken."""
    parser = argparse.ArgumentParser("loadtests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("build/chaos.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="samtale-chaos-") as folder:
        chaos = Chaos(Path(folder), options.pairs, options.seed)
        outcome = asyncio.run(chaos.run(options.kills, options.messages))
    write_report(options.output, outcome)
    for broken in outcome.broken[:20]:
        print(f"{broken.kind}: {broken.conversation}: {broken.what}", file=sys.stderr)
    print(f"\n{outcome.kills} kills, {outcome.acked} acked, {len(outcome.broken)} broken promises")
    return 1 if outcome.broken else 0


def write_report(path: Path, outcome: Outcome) -> None:
    """Write what a machine reads."""
    counts = {
        str(kind): sum(1 for broken in outcome.broken if broken.kind is kind) for kind in Kind
    }
    setup = {
        "name": "SQLite, memory, one process",
        "kills": outcome.kills,
        "acked": outcome.acked,
        "faults": [{"kind": "kill", "runs": outcome.kills, "heal_s_max": outcome.heal_s_max}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {"acked": outcome.acked, **counts, "setups": [setup]}
    path.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
