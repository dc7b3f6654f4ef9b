"""What breaks where several processes hear each other through Redis."""

import asyncio
import os
import random
import signal

from loadtests.chaos.faults import Strike, clients_that_do_not_read, reconnect_storm
from loadtests.chaos.stations import SentinelStation, Station
from loadtests.chaos.town import Town
from loadtests.chaos.versions import VersionedCluster
from loadtests.cluster import ClusterProcess

REPLACED_SECONDS = 120.0


def _cluster(town: Town) -> ClusterProcess:
    assert isinstance(town.server, ClusterProcess), "the faults of a cluster strike one"
    return town.server


def _station(town: Town) -> Station:
    station = _cluster(town).station
    assert isinstance(station, Station), "made for these faults"
    return station


async def process_killed(town: Town, dice: random.Random) -> None:
    """Kill one process; its supervisor starts another."""
    await asyncio.sleep(dice.uniform(0.02, 0.5))
    server = _cluster(town)
    workers = server.workers
    if workers:
        os.kill(dice.choice(workers), signal.SIGKILL)
    await _until_all_take_work(server)


async def all_killed(town: Town, dice: random.Random) -> None:
    """Kill every process and the supervisor, as a power cut would."""
    await asyncio.sleep(dice.uniform(0.02, 0.5))
    await asyncio.to_thread(town.server.kill)
    await town.start_again()


async def process_frozen(town: Town, dice: random.Random) -> None:
    """Stop one process for a while, as a paused machine does."""
    worker = dice.choice(_cluster(town).workers)
    os.kill(worker, signal.SIGSTOP)
    await asyncio.sleep(dice.uniform(0.5, 4.0))
    os.kill(worker, signal.SIGCONT)


async def rolling_restart(town: Town, dice: random.Random) -> None:
    """Replace every process, one after another, while people talk."""
    server = _cluster(town)
    before = set(server.workers)
    assert server.process is not None, "running"
    server.process.send_signal(signal.SIGHUP)
    async with asyncio.timeout(REPLACED_SECONDS):
        while not before.isdisjoint(server.workers):  # noqa: ASYNC110 — nobody tells
            await asyncio.sleep(0.1)
    await _until_all_take_work(server)


async def version_changed(town: Town, dice: random.Random) -> None:
    """Replace every process, one after another, by the version before, or that by this one.

    Until the last one is replaced both run side by side, on the newer schema.
    """
    server = _cluster(town)
    assert isinstance(server, VersionedCluster), "made for this fault"
    await asyncio.to_thread(server.switch)
    await rolling_restart(town, dice)


async def redis_killed(town: Town, dice: random.Random) -> None:
    """Kill Redis, and start it again, empty, after a while."""
    redis = _station(town).redis
    await asyncio.to_thread(redis.kill)
    await asyncio.sleep(dice.uniform(0.5, 3.0))
    await asyncio.to_thread(redis.start)


async def redis_restarted(town: Town, dice: random.Random) -> None:
    """Restart Redis at once: it is empty, and every link is gone."""
    redis = _station(town).redis
    await asyncio.sleep(dice.uniform(0.02, 0.3))
    await asyncio.to_thread(redis.kill)
    await asyncio.to_thread(redis.start)


async def redis_paused(town: Town, dice: random.Random) -> None:
    """Stop Redis for a while, with all connections open."""
    redis = _station(town).redis
    redis.pause()
    await asyncio.sleep(dice.uniform(0.5, 4.0))
    redis.go_on()


async def redis_clients_killed(town: Town, dice: random.Random) -> None:
    """Have Redis close the links of all processes."""
    await asyncio.sleep(dice.uniform(0.02, 0.3))
    _station(town).redis.ask("CLIENT", "KILL", "TYPE", "pubsub")


async def redis_memory_full(town: Town, dice: random.Random) -> None:
    """Leave Redis no memory for a while."""
    redis = _station(town).redis
    redis.ask("CONFIG", "SET", "maxmemory", "1")
    await asyncio.sleep(dice.uniform(0.5, 2.0))
    redis.ask("CONFIG", "SET", "maxmemory", "0")


async def redis_cut_off(town: Town, dice: random.Random) -> None:
    """Cut all processes off from Redis without a reset; what waited comes late."""
    proxy = _station(town).proxy
    proxy.freeze()
    await asyncio.sleep(dice.uniform(0.5, 4.0))
    proxy.go_on()


async def redis_half_cut_off(town: Town, dice: random.Random) -> None:
    """Cut some of the processes off from Redis without a reset, for a while."""
    proxy = _station(town).proxy
    proxy.freeze_some()
    await asyncio.sleep(dice.uniform(0.5, 4.0))
    proxy.go_on()


async def redis_failed_over(town: Town, dice: random.Random) -> None:
    """Kill the master; Sentinel makes its replica the master."""
    station = _cluster(town).station
    assert isinstance(station, SentinelStation), "made for this fault"
    await asyncio.sleep(dice.uniform(0.02, 0.3))
    await asyncio.to_thread(station.fail_over)


async def _until_all_take_work(server: ClusterProcess) -> None:
    async with asyncio.timeout(REPLACED_SECONDS):
        while not await asyncio.to_thread(server.is_ready):  # noqa: ASYNC110 — nobody tells
            await asyncio.sleep(0.05)


FAULTS: dict[str, Strike] = {
    "process_killed": process_killed,
    "all_killed": all_killed,
    "process_frozen": process_frozen,
    "rolling_restart": rolling_restart,
    "version_changed": version_changed,
    "redis_killed": redis_killed,
    "redis_restarted": redis_restarted,
    "redis_paused": redis_paused,
    "redis_clients_killed": redis_clients_killed,
    "redis_memory_full": redis_memory_full,
    "redis_cut_off": redis_cut_off,
    "redis_half_cut_off": redis_half_cut_off,
    "redis_failed_over": redis_failed_over,
    "reconnect_storm": reconnect_storm,
    "deaf_clients": clients_that_do_not_read,
}
