"""What breaks where the processes write to PostgreSQL and hear each other through Redis."""

import asyncio
import random

from loadtests.chaos import cluster_faults
from loadtests.chaos.faults import Strike, clients_that_do_not_read, reconnect_storm
from loadtests.chaos.stations import PostgresStation
from loadtests.chaos.town import Town
from loadtests.cluster import ClusterProcess


def _station(town: Town) -> PostgresStation:
    server = town.server
    assert isinstance(server, ClusterProcess), "the faults of a cluster strike one"
    assert isinstance(server.station, PostgresStation), "made for these faults"
    return server.station


async def postgres_restarted(town: Town, dice: random.Random) -> None:
    """Restart PostgreSQL in order."""
    postgres = _station(town).postgres
    await asyncio.sleep(dice.uniform(0.02, 0.5))
    await asyncio.to_thread(postgres.stop)
    await asyncio.to_thread(postgres.start)


async def postgres_killed(town: Town, dice: random.Random) -> None:
    """Kill PostgreSQL as a power cut would; it recovers from its log."""
    postgres = _station(town).postgres
    await asyncio.sleep(dice.uniform(0.02, 0.5))
    await asyncio.to_thread(postgres.kill)
    await asyncio.sleep(dice.uniform(0.0, 1.0))
    await asyncio.to_thread(postgres.start)


async def postgres_paused(town: Town, dice: random.Random) -> None:
    """Stop PostgreSQL for a while, with all connections open: longer than a statement may take."""
    postgres = _station(town).postgres
    postgres.pause()
    await asyncio.sleep(dice.uniform(0.5, 8.0))
    postgres.resume()


async def connections_terminated(town: Town, dice: random.Random) -> None:
    """Have PostgreSQL end every session, amid whatever it does."""
    station = _station(town)
    for _ in range(3):
        await asyncio.sleep(dice.uniform(0.02, 0.3))
        await asyncio.to_thread(station.end_sessions)


async def commit_answer_lost(town: Town, dice: random.Random) -> None:
    """Cut the link between COMMIT and its answer: nobody knows whether it is committed."""
    station = _station(town)
    for _ in range(5):
        await asyncio.sleep(dice.uniform(0.02, 0.3))
        station.lose_an_answer()


async def postgres_cut_off(town: Town, dice: random.Random) -> None:
    """Cut all processes off from PostgreSQL without a reset."""
    way = _station(town).way_to_postgres
    way.freeze()
    await asyncio.sleep(dice.uniform(0.5, 5.0))
    way.go_on()


async def postgres_half_cut_off(town: Town, dice: random.Random) -> None:
    """Cut some connections off from PostgreSQL without a reset; one may hold everyone's lock."""
    way = _station(town).way_to_postgres
    way.freeze_some()
    await asyncio.sleep(dice.uniform(0.5, 5.0))
    way.go_on()


async def all_cut_off(town: Town, dice: random.Random) -> None:
    """Cut all processes off from PostgreSQL and from Redis without a reset."""
    station = _station(town)
    station.proxy.freeze()
    station.way_to_postgres.freeze()
    await asyncio.sleep(dice.uniform(0.5, 5.0))
    station.way_to_postgres.go_on()
    station.proxy.go_on()


FAULTS: dict[str, Strike] = {
    "process_killed": cluster_faults.process_killed,
    "all_killed": cluster_faults.all_killed,
    "process_frozen": cluster_faults.process_frozen,
    "rolling_restart": cluster_faults.rolling_restart,
    "version_changed": cluster_faults.version_changed,
    "redis_killed": cluster_faults.redis_killed,
    "redis_memory_full": cluster_faults.redis_memory_full,
    "redis_half_cut_off": cluster_faults.redis_half_cut_off,
    "redis_failed_over": cluster_faults.redis_failed_over,
    "postgres_restarted": postgres_restarted,
    "postgres_killed": postgres_killed,
    "postgres_paused": postgres_paused,
    "connections_terminated": connections_terminated,
    "commit_answer_lost": commit_answer_lost,
    "postgres_cut_off": postgres_cut_off,
    "postgres_half_cut_off": postgres_half_cut_off,
    "all_cut_off": all_cut_off,
    "reconnect_storm": reconnect_storm,
    "deaf_clients": clients_that_do_not_read,
}
