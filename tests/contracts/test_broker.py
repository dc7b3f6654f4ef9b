"""The contract of every broker: what is published reaches those who follow, once and in order."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chat.realtime.broker import Broker, MemoryBroker, Publication
from chat.realtime.limits import Shared
from chat.realtime.redis_broker import FEW_MOVES, MOVED_SECONDS, RedisBroker
from chat.realtime.redis_server import BadRedisUrl, RedisServer
from loadtests.processes import free_port
from loadtests.redis_process import RedisProcess, town_of_sentinel
from tests.certificates import make_certificate

METTE, OLE, EVA = 1, 2, 3
SECONDS = 5.0
NOBODY = Shared({}, lambda: 0)


class Process:
    """A process as its broker sees it, which keeps what it is handed."""

    position = safe_position = 0

    def __init__(self) -> None:
        self.broker: Broker = MemoryBroker()
        self.got: list[Publication] = []
        self.pokes = 0
        self.gaps: list[int] = []
        self.elsewhere: set[int] = set()
        self.opened: dict[int, Sequence[int]] = {}
        self._changed = asyncio.Condition()

    def deliver(self, publication: Publication) -> None:
        self.got.append(publication)
        self._notify()

    def hear(self, publications: Sequence[Publication]) -> None:
        for publication in publications:
            self.deliver(publication)

    def poked(self) -> None:
        self.pokes += 1
        self._notify()

    def missed(self, position: int) -> None:
        self.gaps.append(position)
        self._notify()

    def crowded(self, process: str, opened: Mapping[int, Sequence[int]]) -> None:
        self.opened.update(opened)
        self._notify()

    def moved_elsewhere(self, account: int, here: bool) -> None:
        (self.elsewhere.add if here else self.elsewhere.discard)(account)
        self._notify()

    def _notify(self) -> None:
        task = asyncio.get_running_loop().create_task(self._tell())
        task.add_done_callback(lambda _: None)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what is told to make something hold."""
        async with asyncio.timeout(SECONDS), self._changed:
            await self._changed.wait_for(holds)


Company = tuple[Process, Process]


async def until(holds: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for what nobody tells of."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 — nobody tells
            await asyncio.sleep(0.01)


@asynccontextmanager
async def one_process() -> AsyncIterator[Company]:
    """Both ends are the same process."""
    process = Process()
    broker = MemoryBroker()
    broker.attach(process.deliver)
    process.broker = broker
    yield process, process


@asynccontextmanager
async def processes(*urls: str) -> AsyncIterator[list[Process]]:
    """Processes over Redis, each by its own URL, that know each other."""
    found = [Process() for _ in urls]
    brokers = []
    for process, url in zip(found, urls, strict=True):
        broker = RedisBroker(RedisServer(url), "epoch", process, Shared({}, lambda: 0))
        process.broker = broker
        broker.start()
        brokers.append(broker)
    await until(lambda: all(len(one.directory.processes) == len(urls) - 1 for one in brokers))
    try:
        yield found
    finally:
        for broker in brokers:
            await broker.close()


@pytest.fixture(params=["memory", "redis"])
async def company(request: pytest.FixtureRequest) -> AsyncIterator[Company]:
    """Who publishes and who follows."""
    if request.param == "memory":
        async with one_process() as both:
            yield both
    else:
        redis: RedisProcess = request.getfixturevalue("redis")
        async with processes(redis.url, redis.url) as (one, other):
            yield one, other


def said(text: str, *accounts: int, **more: Any) -> Publication:
    return Publication(accounts, text.encode(), **more)


async def followed(follower: Process, publisher: Process, *accounts: int) -> None:
    """Follow accounts, and wait until the publisher knows."""
    for account in accounts:
        follower.broker.follow(account)
    if follower is not publisher:
        await publisher.until(lambda: publisher.elsewhere.issuperset(accounts))


async def test_what_is_published_reaches_whoever_follows_one_of_its_accounts_once(
    company: Company,
) -> None:
    publisher, follower = company
    await followed(follower, publisher, METTE, OLE)
    publisher.broker.publish(said("to both", METTE, OLE, seq=7, conversation=9, position=11))
    publisher.broker.publish(said("to one", OLE, EVA))
    await follower.until(lambda: len(follower.got) == 2)
    assert [one.frame for one in follower.got] == [b"to both", b"to one"]
    assert (follower.got[0].conversation, follower.got[0].seq) == (9, 7)


async def test_nothing_reaches_a_process_that_follows_none_of_its_accounts(
    company: Company,
) -> None:
    publisher, follower = company
    await followed(follower, publisher, METTE)
    publisher.broker.publish(said("to Eva", EVA))
    publisher.broker.publish(said("to Mette", METTE))
    await follower.until(lambda: bool(follower.got))
    assert [one.frame for one in follower.got] == [b"to Mette"]


async def test_what_one_process_publishes_comes_in_its_order(company: Company) -> None:
    publisher, follower = company
    await followed(follower, publisher, METTE)
    for number in range(1_000):
        publisher.broker.publish(said(f"{number}", METTE))
        if number % 100 == 0:
            await asyncio.sleep(0)
    await follower.until(lambda: len(follower.got) == 1_000)
    assert [int(one.frame) for one in follower.got] == list(range(1_000))


async def test_who_is_followed_no_more_is_heard_no_more(company: Company) -> None:
    publisher, follower = company
    await followed(follower, publisher, METTE, OLE)
    follower.broker.unfollow(METTE)
    if follower is not publisher:
        await publisher.until(lambda: METTE not in publisher.elsewhere)
    publisher.broker.publish(said("to Mette", METTE))
    publisher.broker.publish(said("to Ole", OLE))
    await follower.until(lambda: bool(follower.got))
    assert [one.frame for one in follower.got] == [b"to Ole"]


# --- Redis alone ----------------------------------------------------------------------------------


@pytest.fixture
def own_redis() -> Iterator[RedisProcess]:
    """A Redis to be broken."""
    process = RedisProcess().start()
    yield process
    process.stop()


def redis_of(process: Process) -> RedisBroker:
    assert isinstance(process.broker, RedisBroker)
    return process.broker


async def test_publishing_while_redis_is_away_neither_waits_nor_raises(
    own_redis: RedisProcess,
) -> None:
    async with processes(own_redis.url, own_redis.url) as (one, other):
        await followed(other, one, METTE)
        one.broker.follow(OLE)
        own_redis.kill()
        await one.until(lambda: not redis_of(one).healthy)
        one.broker.publish(said("here and there", METTE, OLE))
        assert [said.frame for said in one.got] == [b"here and there"]
        await asyncio.sleep(0)
        assert (redis_of(one).dropped, redis_of(one).reconnects) == (1, 1)


@pytest.mark.parametrize("fault", ["restarted_empty", "clients_killed", "paused"])
async def test_after_a_gap_each_looks_at_the_log_and_hears_the_others_again(
    own_redis: RedisProcess, fault: str
) -> None:
    async with processes(own_redis.url, own_redis.url) as (one, other):
        await followed(other, one, METTE)
        other.gaps.clear()
        other.position = one.position = 41
        if fault == "restarted_empty":
            own_redis.kill()
            own_redis.start()
        elif fault == "clients_killed":
            own_redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
        else:
            own_redis.pause()
            await other.until(lambda: not redis_of(other).healthy)
            own_redis.go_on()
        await other.until(lambda: 41 in other.gaps)
        other.broker.follow(EVA)
        await one.until(lambda: one.elsewhere.issuperset({METTE, EVA}))
        one.broker.publish(said("back", METTE))
        await other.until(lambda: bool(other.got))
        assert [said.frame for said in other.got] == [b"back"]


async def test_a_process_that_says_nothing_any_more_is_dead_and_what_it_may_not_have_told_is_read(
    redis: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.realtime.redis_broker.GONE_SECONDS", 1.5)
    async with processes(redis.url, redis.url) as (one, other):
        one.safe_position = 7
        await followed(other, one, METTE)
        for timer in redis_of(other)._timers:
            timer.cancel()
        await one.until(lambda: 7 in one.gaps)
        assert METTE not in one.elsewhere
        assert redis_of(one).directory.processes == []


async def test_a_crowd_that_comes_is_told_of_in_a_few_words(redis: RedisProcess) -> None:
    crowd = range(1, 2_001)
    async with processes(redis.url, redis.url) as (full, other):
        directory, name = redis_of(other).directory, redis_of(full).process
        await until(lambda: directory.version(name) >= 0)
        before, began = directory.version(name), time.monotonic()
        for account in crowd:
            full.broker.follow(account)
            await asyncio.sleep(0)  # each comes in a turn of its own
        await other.until(lambda: other.elsewhere.issuperset(crowd))
        words = directory.version(name) - before
        spans = 2 + (time.monotonic() - began) / MOVED_SECONDS
        assert words <= spans * (FEW_MOVES + 1)


async def test_a_poke_reaches_the_others_and_not_oneself(redis: RedisProcess) -> None:
    async with processes(redis.url, redis.url) as (one, other):
        redis_of(one).poke()
        await other.until(lambda: other.pokes == 1)
        assert one.pokes == 0


async def test_a_user_who_may_do_no_more_than_this_is_enough() -> None:
    may = "resetkeys resetchannels &samtale:* nocommands +hello +subscribe +publish +role"
    words = f"--user samtale on >hemmeligt {may} --user default off"
    redis = RedisProcess(*words.split()).start()
    try:
        url = f"redis://samtale:hemmeligt@127.0.0.1:{redis.port}"
        async with processes(url, url) as (one, other):
            await followed(other, one, METTE)
            one.broker.publish(said("to Mette", METTE))
            await other.until(lambda: bool(other.got))
            assert [said.frame for said in other.got] == [b"to Mette"]
    finally:
        redis.stop()


async def test_over_tls_the_certificate_must_be_the_servers(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    port = free_port()
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key))
    tls = ("--tls-port", str(port), "--tls-auth-clients", "no", "--tls-ca-cert-file")
    redis = RedisProcess(*tls, str(certificate), *files).start()
    try:
        url = f"rediss://localhost:{port}?ssl_ca_certs={certificate}"
        async with processes(url, url) as (one, other):
            await followed(other, one, METTE)
            one.broker.publish(said("to Mette", METTE))
            await other.until(lambda: bool(other.got))
        stranger = RedisBroker(RedisServer(f"rediss://localhost:{port}"), "e", Process(), NOBODY)
        stranger.start()
        await asyncio.sleep(0.3)  # it must not have let itself be fooled by now
        assert not stranger.healthy
        await stranger.close()
    finally:
        redis.stop()


async def test_sentinel_names_another_master_and_everyone_goes_there() -> None:
    async with town_of_sentinel() as (sentinel, master):
        url = f"sentinel://127.0.0.1:{sentinel.port}/town"
        async with processes(url, url) as (one, other):
            await followed(other, one, METTE)
            master.kill()
            await other.until(lambda: not redis_of(other).healthy)
            await until(lambda: redis_of(one).healthy and redis_of(other).healthy)
            other.broker.follow(EVA)
            await one.until(lambda: EVA in one.elsewhere)
            one.broker.publish(said("to the new one", EVA))
            await other.until(lambda: bool(other.got))
            assert [said.frame for said in other.got] == [b"to the new one"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1", "sentinel://127.0.0.1/town", "sentinel://127.0.0.1:26379"]
)
def test_what_is_no_url_of_redis_is_refused_without_a_word_of_its_password(url: str) -> None:
    with pytest.raises(BadRedisUrl) as refused:
        RedisServer(url.replace("//", "//name:hemmeligt@"))
    assert "hemmeligt" not in str(refused.value)
