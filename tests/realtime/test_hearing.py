"""Two that serve one database by different Redis servers do not hear each other, and say so."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chat.app import wall_clock
from chat.cluster import UNHEARD_BEATS, Cluster
from chat.realtime.redis_broker import RedisBroker
from chat.rounds import running
from chat.settings import Settings
from chat.storage.opening import OpenDatabase
from loadtests.redis_process import RedisProcess
from tests.patience import PATIENCE_SECONDS


async def test_who_has_another_redis_is_degraded_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.rounds.BEAT_SECONDS", 0.05)
    async with AsyncExitStack() as stack:
        servers = []
        for redis in (RedisProcess().start(), RedisProcess().start()):
            stack.callback(redis.stop)
            settings = Settings(data=str(tmp_path), redis_url=redis.url)
            servers.append(await stack.enter_async_context(running(settings)))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while all(one.company.hears_all for one in servers):  # noqa: ASYNC110 — no event says so
                await asyncio.sleep(0.02)
        (deaf,) = [one for one in servers if not one.company.hears_all]
        report = await deaf.readiness.report()
        (broker,) = [check for check in report.checks if check.name == "broker"]
        assert (report.state, broker.ok) == ("degraded", False)
        assert "another redis_url" in broker.says


async def test_one_that_is_heard_late_is_no_stranger(
    database: OpenDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RedisBroker, "healthy", True)
    settings = Settings(redis_url="redis://127.0.0.1:1")
    cluster = await Cluster.open(settings, database, wall_clock, "0123abcd")
    assert cluster.once is not None
    cluster.once.raised_by = "another"
    for _ in range(UNHEARD_BEATS - 1):
        cluster.look_around()
    assert cluster.hears_all
    cluster.redis.directory.heard("another", 0.0, 0)
    cluster.look_around()
    cluster.redis.directory.forget("another")
    for beats in range(1, UNHEARD_BEATS + 1):
        assert cluster.hears_all, beats
        cluster.look_around()
    assert not cluster.hears_all
    cluster.redis.directory.heard("another", 0.0, 0)
    cluster.look_around()
    assert cluster.hears_all
