"""Who serves from a database: one alone, or several that hear each other; never one of each."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import suppress

import asyncpg
import pytest

from chat.storage.tenancy import DatabaseTenancy, TakenDatabase
from loadtests.postgres import PostgresServer
from tests.patience import PATIENCE_SECONDS

END_TENANTS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'samtale tenant' AND datname = current_database()"
)


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    """A database that nobody serves from."""
    name = f"tenancy_{secrets.token_hex(6)}"
    yield postgres.create(name)
    postgres.drop(name)


def nothing() -> None:
    """Tell nobody."""


async def test_one_that_is_alone_keeps_all_others_away_until_it_ends(url: str) -> None:
    first = await DatabaseTenancy.take(url, alone=True, lost=nothing)
    for alone in (True, False):
        with pytest.raises(TakenDatabase):
            await DatabaseTenancy.take(url, alone=alone, lost=nothing)
    await first.end()
    await (await DatabaseTenancy.take(url, alone=False, lost=nothing)).end()


async def test_those_who_hear_each_other_keep_away_only_one_that_does_not(url: str) -> None:
    several = [await DatabaseTenancy.take(url, alone=False, lost=nothing) for _ in range(3)]
    with pytest.raises(TakenDatabase):
        await DatabaseTenancy.take(url, alone=True, lost=nothing)
    for one in several:
        await one.end()


async def test_whoever_loses_its_session_takes_the_lock_again(
    postgres: PostgresServer, url: str
) -> None:
    first = await DatabaseTenancy.take(url, alone=True, lost=nothing)
    before = await holder(url)
    assert before is not None
    postgres.run(END_TENANTS, database=url.rpartition("/")[2])
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await holder(url) in {None, before}:  # noqa: ASYNC110 — nobody tells
            await asyncio.sleep(0.1)
    await first.end()


async def test_whoever_finds_it_taken_meanwhile_is_told_to_stop(
    postgres: PostgresServer, url: str
) -> None:
    told = asyncio.Event()
    first = await DatabaseTenancy.take(url, alone=True, lost=told.set)
    second = None
    async with asyncio.timeout(PATIENCE_SECONDS):
        while second is None:  # until it is quicker
            postgres.run(END_TENANTS, database=url.rpartition("/")[2])
            with suppress(TakenDatabase):
                second = await DatabaseTenancy.take(url, alone=True, lost=nothing)
        await told.wait()
    assert await holder(url) is not None
    await first.end()
    assert await holder(url) is not None, "who was told to stop takes nothing from the other"
    await second.end()


async def test_no_way_to_the_database_is_said_as_such() -> None:
    with pytest.raises(OSError, match="no way to the database"):
        await DatabaseTenancy.take("postgresql://127.0.0.1:1/none", alone=True, lost=nothing)


async def holder(url: str) -> int | None:
    """Give the session that holds the lock."""
    connection = await asyncpg.connect(url)
    try:
        found: int | None = await connection.fetchval(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return found
    finally:
        await connection.close()
