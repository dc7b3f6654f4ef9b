"""The broker of several processes: an inbox for each in Redis, and a directory of who is where.

A publication goes to the inboxes of the processes that hold one of its accounts, and nowhere else;
what one turn of the loop publishes to the same inbox goes out as one message. Here it is handed
over without Redis. Nothing is stored in Redis: one that is restarted empty has lost nothing.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog

from chat.figures import SECONDS, Histogram
from chat.realtime import peers
from chat.realtime.broker import Publication
from chat.realtime.directory import Directory
from chat.realtime.limits import Shared
from chat.realtime.redis_link import RedisLink
from chat.realtime.redis_server import RedisServer

log = structlog.get_logger(__name__)

ALIVE_SECONDS = 1.0
GONE_SECONDS = 5.0
"""After how long without a word another process is taken for dead."""

SPENT_SECONDS = 0.25
MOVED_SECONDS = 0.1
FEW_MOVES = 10
"""Of who has come and gone, the others are told so many times at once in such a time; then it is a
crowd, and waits for the next: each of them hears every word."""

ROLL_PART = 50_000


class Company(Protocol):
    """The process around a broker: what it does with what the others say."""

    def deliver(self, publication: Publication) -> None:
        """Take a publication of this process for accounts that are followed here."""
        ...

    def hear(self, publications: Sequence[Publication]) -> None:
        """Take publications of another process for accounts that are followed here."""
        ...

    def poked(self) -> None:
        """Read the log's tail at once: another process has changed rights, or the link is gone."""
        ...

    def missed(self, position: int) -> None:
        """Look at everything after a position of the log: what came of it is not known."""
        ...

    def moved_elsewhere(self, account: int, here: bool) -> None:
        """Hear that an account has come to the other processes, or is in none any more."""
        ...

    def crowded(self, process: str, opened: Mapping[int, Sequence[int]]) -> None:
        """Hear when another process's sockets of accounts were opened that are here too."""
        ...

    @property
    def position(self) -> int:
        """How far in the log everything has been handed out."""
        ...

    @property
    def safe_position(self) -> int:
        """How far in the log nothing is on its way any more from a process that lives."""
        ...


class RedisBroker:
    """Publishes to the other processes of a deployment; `epoch` keeps deployments apart.

    `shared` are the limits that all processes count together.
    """

    def __init__(self, server: RedisServer, epoch: str, company: Company, shared: Shared) -> None:
        self.process = secrets.token_hex(6)
        self.directory = Directory(company.moved_elsewhere)
        self.lag = Histogram(*SECONDS)
        self.dropped = 0
        """Publications that could not be sent to another process: the tail brings them."""
        self._company = company
        self._shared = shared
        self._prefix = f"samtale:{epoch}:{peers.WORDS}:"
        self._everyone = f"{self._prefix}all"
        self._inbox = self._box(self.process)
        self._mine: dict[int, None] = {}
        self._version = 0
        self._moved: dict[int, bool] = {}
        self._opened: dict[int, list[int]] = {}
        self._moves = 0
        self._moves_since = 0.0
        self._moving: asyncio.Handle | None = None
        self._outgoing: dict[str, list[Publication]] = {}
        self._words: list[tuple[str, bytes]] = []
        self._flushing = False
        self._lost_at: int | None = None
        self._probes = 0
        self._timers: list[asyncio.Task[None]] = []
        self.link = RedisLink(
            server, (self._everyone, self._inbox), self._receive, self._probe,
            self._link_came, self._link_went,
        )  # fmt: skip

    @property
    def healthy(self) -> bool:
        """Whether what other processes publish comes here, as far as one can know."""
        return self.link.up

    @property
    def reconnects(self) -> int:
        """Count how often the link to Redis was lost."""
        return self.link.reconnects

    def start(self) -> None:
        """Begin to connect, and to tell the others that this process lives."""
        self._lost_at = self._company.position
        self.link.start()
        self._timers = [
            asyncio.create_task(self._every(ALIVE_SECONDS, self._say_alive), name="alive"),
            asyncio.create_task(self._every(SPENT_SECONDS, self._say_spent), name="spent"),
        ]

    async def close(self) -> None:
        """Say goodbye."""
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)
        if self._moving is not None:
            self._moving.cancel()
        self._say(self._everyone, peers.Gone(self.process))
        self._flush()
        await self.link.close()

    # --- the broker -------------------------------------------------------------------------------

    def publish(self, publication: Publication) -> None:
        """Hand an event to the hub here, and to the processes that hold its accounts."""
        mine, where = self._mine, self.directory.where
        inboxes: tuple[str, ...] = ()
        for account in publication.accounts:
            there = where(account)
            if there is not None and there != inboxes:
                inboxes = there if not inboxes else tuple({*inboxes, *there})
        for inbox in inboxes:
            waiting = self._outgoing.get(inbox)
            if waiting is None:
                self._outgoing[inbox] = [publication]
                self._soon()
            else:
                waiting.append(publication)
        if not mine.keys().isdisjoint(publication.accounts):
            self._company.deliver(publication)

    def follow(self, account: int) -> None:
        """Ask for the publications of an account: the others are told."""
        self._mine[account] = None
        self._moved[account] = True
        self._say_moved_soon()

    def unfollow(self, account: int) -> None:
        """Ask no more for the publications of an account."""
        self._mine.pop(account, None)
        self._moved[account] = False
        self._say_moved_soon()

    def tell_opened(self, account: int, opened: list[int]) -> None:
        """Tell the others when the sockets of an account were opened that are here now (UTC ms)."""
        self._opened[account] = opened
        self._say_moved_soon()

    def poke(self) -> None:
        """Have the other processes read the log's tail at once: rights have changed."""
        self._say(self._everyone, peers.Poke(self.process))

    # --- sending ----------------------------------------------------------------------------------

    def _box(self, process: str) -> str:
        return f"{self._prefix}to:{process}"

    def _say(self, channel: str, word: peers.Word) -> None:
        self._words.append((channel, peers.encode(word)))
        self._soon()

    def _soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Send what this turn of the loop has brought: one message to each inbox."""
        self._flushing = False
        outgoing, self._outgoing = self._outgoing, {}
        messages, self._words = self._words, []
        for process, publications in outgoing.items():
            messages.append((self._box(process), peers.encode(peers.Delivery(publications))))
        if messages and not self.link.publish(messages):
            self.dropped += sum(map(len, outgoing.values()))

    def _say_moved_soon(self) -> None:
        """Say at once who has come or gone; in a crowd, together with those who come next."""
        if self._moving is not None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= self._moves_since + MOVED_SECONDS:
            self._moves, self._moves_since = 0, loop.time()
        self._moves += 1
        if self._moves <= FEW_MOVES:
            self._moving = loop.call_soon(self._say_moved)
        else:
            self._moving = loop.call_at(self._moves_since + MOVED_SECONDS, self._say_moved)

    def _say_moved(self) -> None:
        if self._moving is not None:
            self._moving.cancel()
            self._moving = None
        moved, self._moved = self._moved, {}
        came = [account for account, here in moved.items() if here]
        went = [account for account, here in moved.items() if not here]
        opened, self._opened = self._opened, {}
        self._version += 1
        self._say(self._everyone, peers.Moved(self.process, self._version, came, went, opened))

    def _say_roll(self, channel: str) -> None:
        if self._moved:
            self._say_moved()
        accounts = list(self._mine)
        starts = range(0, len(accounts), ROLL_PART) or range(1)
        for start in starts:
            part = accounts[start : start + ROLL_PART]
            last = start + ROLL_PART >= len(accounts)
            roll = peers.Roll(self.process, self._version, part, first=start == 0, last=last)
            self._say(channel, roll)

    def _say_alive(self) -> None:
        self._say(self._everyone, peers.Alive(self.process, self._version))
        # What the dead had committed and not published, nobody else publishes.
        for position in self.directory.forget_silent(time.monotonic() - GONE_SECONDS):
            self._company.missed(position)

    def _say_spent(self) -> None:
        costs = self._shared.take()
        if costs and self.directory.processes:
            self._say(self._everyone, peers.Spent(self.process, costs))

    def _probe(self) -> tuple[str, bytes]:
        self._probes += 1
        return self._inbox, peers.encode(peers.Probe(self._probes))

    # --- receiving --------------------------------------------------------------------------------

    def _receive(self, channel: bytes, data: bytes) -> None:
        try:
            word = peers.decode(data)
        except ValueError:
            log.error("redis_word_unknown")
            return
        if isinstance(word, peers.Delivery):
            self._company.hear(word.publications)
        elif isinstance(word, peers.Probe):
            if word.number == self._probes:
                self.link.heard()
                self.lag.observe(self.link.lag_seconds)
        elif word.process != self.process:
            self._hear(word)

    def _hear(self, word: peers.Word) -> None:
        """Hear what another process says of itself."""
        directory = self.directory
        assert not isinstance(word, peers.Delivery | peers.Probe), "taken before"
        process = word.process
        if isinstance(word, peers.Gone):
            directory.forget(process)
            return
        directory.heard(process, time.monotonic(), self._company.safe_position)
        if isinstance(word, peers.Moved):
            self._hear_moved(word)
        elif isinstance(word, peers.Alive):
            if directory.version(process) != word.version:
                self._say(self._box(process), peers.Ask(self.process))
        elif isinstance(word, peers.Roll):
            directory.roll(process, word.version, word.accounts, first=word.first, last=word.last)
        elif isinstance(word, peers.Ask):
            self._say_roll(self._box(process))
        elif isinstance(word, peers.Gap):
            self._company.missed(word.position)
        elif isinstance(word, peers.Poke):
            self._company.poked()
        else:
            self._shared.spend(word.costs)

    def _hear_moved(self, word: peers.Moved) -> None:
        if not self.directory.moved(word.process, word.version, word.came, word.went):
            self._say(self._box(word.process), peers.Ask(self.process))
        if word.opened:
            self._company.crowded(word.process, word.opened)

    # --- the link ---------------------------------------------------------------------------------

    def _link_came(self) -> None:
        """Join: ask everyone for their roll, say one's own, and catch up from the log."""
        log.info("redis_connected")
        self._shared.come_together()
        self.directory.spare(time.monotonic())
        self._say(self._everyone, peers.Ask(self.process))
        self._say_roll(self._everyone)
        if self._lost_at is not None:
            self._say(self._everyone, peers.Gap(self.process, self._lost_at))
            self._company.missed(self._lost_at)
            self._lost_at = None

    def _link_went(self) -> None:
        if self._lost_at is None:
            self._lost_at = self._company.position
        self._shared.fall_apart(1 + len(self.directory.processes))
        self._company.poked()

    async def _every(self, seconds: float, say: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(seconds)
            if self.link.up:
                say()
