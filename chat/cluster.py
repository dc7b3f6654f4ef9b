"""One process alone, or one of several on the same store: what differs between the two.

Several need a broker between them, order and healing where its publications come late or not at
all, and cursors that are safe although they do (design section 5.5 to 5.7).
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

import structlog

from chat.conversations.healing import Healing
from chat.conversations.service import Conversations, log_position
from chat.realtime.broker import Broker, LocalBroker, MemoryBroker, Publication
from chat.realtime.crowds import Crowds
from chat.realtime.everywhere import Everywhere
from chat.realtime.hub import Hub
from chat.realtime.later import Later
from chat.realtime.limits import Countable, Shared
from chat.realtime.order import HOLD_SECONDS, InOrder
from chat.realtime.presence import Whereabouts
from chat.realtime.redis_broker import RedisBroker
from chat.realtime.redis_server import RedisServer
from chat.scope import Clock
from chat.settings import Settings
from chat.storage.database import Database
from chat.storage.horizon import Horizon, WriteCursor, position_before
from chat.storage.lease import Lease
from protocol.closes import CLOSES
from protocol.cursors import write_cursor

log = structlog.get_logger(__name__)

ALONE_SECONDS = 1.0
TAIL_SECONDS = 1.0
UNHEALTHY_SECONDS = 0.25
"""How often the log's tail is read while publications may not arrive."""

UNHEARD_BEATS = 6
"""Beats of a lease in a row whose holder is not heard by Redis, before something is wrong: two
that serve one database and have different Redis servers see each other there only."""

POKED_SECONDS = 0.02
"""How long to wait for more, when the tail is asked for."""


class Alone:
    """A single process: its broker hands straight to its hub, in the order of the log."""

    first_socket = 0
    once: Lease | None = None
    """Whether this process does what one does for all: alone, it does everything."""

    def __init__(self, settings: Settings, epoch: str) -> None:
        broker = MemoryBroker()
        self.hub = Hub(broker, settings.limits.sockets_per_account)
        broker.attach(self.hub.deliver)
        self.broker: Broker = broker
        self.here: Broker = broker
        self.whereabouts: Whereabouts = self.hub
        self.write_cursor: WriteCursor = partial(write_cursor, epoch)

    def start(self, conversations: Conversations, limits: Mapping[str, Countable]) -> None:
        """Nothing is to be started."""

    def poke(self) -> None:
        """Nobody else is to be told."""

    def joined(self, account: int, position: int) -> None:
        """Nobody is told anything twice."""

    @property
    def hears_all(self) -> bool:
        """There is nobody else to be heard."""
        return True

    def look_around(self) -> None:
        """Nobody else is here."""

    async def wait(self) -> None:
        """Wait until the log's tail is to be read again: another command may have written."""
        await asyncio.sleep(ALONE_SECONDS)

    async def heal(self) -> int:
        """Nothing gets lost on the way."""
        return 0

    async def close(self) -> None:
        """Nothing is to be closed."""


class Cluster:
    """One of several processes. Use `open`, then `start` once the features are there."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        epoch: str,
        position: int,
        safe: int,
    ) -> None:
        self._database = database
        self._clock = clock
        self._poke = asyncio.Event()
        self._healing: Healing | None = None
        self._start_position = position
        self._limits: dict[str, Countable] = {}
        self._joined: dict[int, int] = {}
        self._unheard = 0
        self._horizon = Horizon(epoch, safe)
        server = RedisServer(settings.redis_url)
        shared = Shared(self._limits, clock)
        self.redis = RedisBroker(server, epoch, self, shared)
        self.broker: Broker = self.redis
        self.hub = Hub(self.redis, settings.limits.sockets_per_account)
        self.order = InOrder(self.hub.deliver, self.hub.connected)
        self._later = Later(self.order)
        self.here: Broker = LocalBroker(self.hub.deliver)
        self.once: Lease | None = Lease(database, "rounds", self.redis.process)
        self._everywhere = Everywhere(self.hub, self.redis.directory.has)
        self.whereabouts: Whereabouts = self._everywhere
        self._crowds = Crowds(self.redis.process, settings.limits.sockets_per_account)
        self._unplaced: set[tuple[int, str]] = set()
        """Accounts of which a process has told before it was known that they are there."""
        self.write_cursor: WriteCursor = self._horizon.write
        # What a socket is called must differ between processes: the one that got an ack is left
        # out of the event, wherever that is handed out.
        self.first_socket = secrets.randbits(30) << 32

    @classmethod
    async def open(
        cls, settings: Settings, database: Database, clock: Clock, epoch: str
    ) -> "Cluster":
        """Begin where the log is now. Raises `BadRedisUrl`."""
        position = await database.read(log_position)
        safe = await database.read(position_before, clock())
        return cls(settings, database, clock, epoch, position, safe)

    def start(self, conversations: Conversations, limits: Mapping[str, Countable]) -> None:
        """Begin to hear the others."""
        self._healing = Healing(
            self._database,
            conversations.events,
            self.order,
            self._horizon,
            self.hub.deliver,
            self.hub.connected,
            self.hub.accounts,
            self._joined_at,
            self._later.brings,
            self._let_arrive,
            self._clock,
            self._start_position,
        )
        for name, limit in limits.items():
            limit.share()
            self._limits[name] = limit
        self.hub.left = self._forget
        self.hub.moved = self._moved_here
        self.redis.start()

    @property
    def healthy(self) -> bool:
        """Whether publications of others come here, as far as one can know."""
        return self.redis.healthy

    @property
    def hears_all(self) -> bool:
        """Whether no other process is known to serve this database that is not heard by Redis."""
        return self._unheard < UNHEARD_BEATS

    def look_around(self) -> None:
        """See whether the process that holds the lease is heard; call it after every look at it."""
        assert self.once is not None, "one of several"
        holder, redis = self.once.raised_by, self.redis
        if not redis.healthy or holder == redis.process or holder in redis.directory.processes:
            self._unheard = 0
        elif holder:
            self._unheard += 1
            if self._unheard == UNHEARD_BEATS:
                log.error("another_process_is_not_heard", process=holder)

    def poke(self) -> None:
        """Have the others read the log's tail at once: rights have changed."""
        self.redis.poke()

    async def wait(self) -> None:
        """Wait until the log's tail is to be read again."""
        seconds = TAIL_SECONDS if self.healthy else UNHEALTHY_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._poke.wait()
            await asyncio.sleep(POKED_SECONDS)
        self._poke.clear()

    async def _let_arrive(self) -> None:
        """Give publications time; none where they do not come, or the tail is asked for again."""
        if self.healthy and not self._horizon.is_late:
            with suppress(TimeoutError):
                async with asyncio.timeout(HOLD_SECONDS):
                    await self._poke.wait()

    async def heal(self) -> int:
        """Hand out what publications have not brought; tells how many entries since the last time.

        Raises `Refused("unavailable")`.
        """
        assert self._healing is not None, "started"
        self._place()
        await self._healing.round()
        self._later.hand_out()
        healed, self.order.mended = self.order.mended, 0
        return healed

    async def close(self) -> None:
        """Say goodbye to the others."""
        await self.redis.close()

    def joined(self, account: int, position: int) -> None:
        """Note how far the log had got when an account came: healing need not read before it."""
        self._joined.setdefault(account, position)

    def _joined_at(self, account: int) -> int:
        return self._joined.get(account, 0)

    def _forget(self, account: int) -> None:
        self._joined.pop(account, None)
        self.order.forget(account)

    # --- sockets of an account that is in several processes ---------------------------------------

    def _moved_here(self, account: int) -> None:
        if self.redis.directory.has(account):
            self._tell_opened(account)
            self._close_oldest(account)

    def _opened(self, account: int) -> dict[int, int]:
        return {one.id: one.opened_at for one in self.hub.sockets(account)}

    def _tell_opened(self, account: int) -> None:
        self.redis.tell_opened(account, list(self._opened(account).values()))

    def _close_oldest(self, account: int) -> None:
        where = self.redis.directory.where(account) or ()
        surplus = self._crowds.too_many(account, self._opened(account), where)
        for one in self.hub.sockets(account) if surplus else ():
            if one.id in surplus:
                one.close(CLOSES["replaced"])

    def _place(self) -> None:
        """Look again at accounts in processes whose roll had not come when they told of them."""
        directory = self.redis.directory
        for account, process in tuple(self._unplaced):
            placed = process in (directory.where(account) or ())
            if placed or process not in directory.processes:
                self._unplaced.discard((account, process))
                self._close_oldest(account)

    # --- what the broker asks for -----------------------------------------------------------------

    def deliver(self, publication: Publication) -> None:
        """Take a publication, in its order."""
        self.order.deliver(publication)

    def hear(self, publications: Sequence[Publication]) -> None:
        """Take what another process has published; it waits while the tail is late."""
        if not self._horizon.is_late:
            for publication in publications:
                self.order.deliver(publication)
            return
        self._poke.set()
        if not self._later.add(publications):
            self.missed(self.position)

    def poked(self) -> None:
        """Read the log's tail at once."""
        self._poke.set()

    def missed(self, position: int) -> None:
        """Look at everything after a position once more."""
        if self._healing is not None:
            self._healing.missed(position)
            self._poke.set()

    def moved_elsewhere(self, account: int, here: bool) -> None:
        """Hear who comes to the other processes, and leaves them."""
        self._everywhere.moved_elsewhere(account, here)
        if not here:
            self._crowds.forget(account)
        elif self.hub.connected(account):
            self._tell_opened(account)
            self._close_oldest(account)

    def crowded(self, process: str, opened: Mapping[int, Sequence[int]]) -> None:
        """Hear when another process's sockets of accounts were opened that are here too."""
        for account, times in opened.items():
            is_new = self._crowds.there(account, process, times)
            if process not in (self.redis.directory.where(account) or ()):
                self._unplaced.add((account, process))
            if self.hub.connected(account):
                if is_new:
                    self._tell_opened(account)
                self._close_oldest(account)

    @property
    def position(self) -> int:
        """How far in the log everything has been handed out."""
        return self._start_position if self._healing is None else self._healing.position

    @property
    def safe_position(self) -> int:
        """How far in the log nothing is on its way any more from a process that lives."""
        return self._horizon.position
