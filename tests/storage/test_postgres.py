"""PostgreSQL that goes away and comes back: nothing false is acked, and it heals by itself (G1)."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from chat.storage.changes import add_change, newest_change
from chat.storage.database import Reader, Transaction
from chat.storage.facts import Facts
from chat.storage.postgres import WRITE_LOCK, PostgresDatabase
from chat.storage.sessions import Session
from loadtests.chaos.commit_cut import CommitCut
from loadtests.postgres import PostgresServer
from protocol.errors import Refused

EVA = 7


@pytest.fixture(scope="module")
def fragile() -> Iterator[PostgresServer]:
    """A server that may be broken, and syncs what it commits."""
    server = PostgresServer().start()
    yield server
    server.remove()


@pytest.fixture
async def kept(fragile: PostgresServer) -> AsyncIterator[PostgresDatabase]:
    fragile.drop("kept")
    database = await PostgresDatabase.open(fragile.create("kept"), Facts())
    yield database
    await database.close()


def accounts(reader: Reader) -> list[int]:
    return [row[0] for row in reader.all("SELECT account_id FROM changes ORDER BY position")]


async def until_it_works(database: PostgresDatabase) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await database.write(add_change, "account", EVA, 0)
            except Refused as refused:
                if refused.code != "unavailable" or not refused.retry_after_ms:
                    raise
                await asyncio.sleep(0.05)
            else:
                return


def end_sessions(server: PostgresServer) -> None:
    server.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'samtale' AND datname = 'kept'"
    )


async def test_sessions_that_were_ended_while_idle_are_replaced_unnoticed(
    kept: PostgresDatabase, fragile: PostgresServer
) -> None:
    for _ in range(3):
        await asyncio.gather(*(kept.read(newest_change) for _ in range(8)))
        end_sessions(fragile)
        await kept.write(add_change, "account", EVA, 0)
        end_sessions(fragile)
        assert len(await kept.read(accounts))
    assert await kept.read(accounts) == [EVA] * 3


async def test_a_restart_refuses_with_a_retry_and_loses_nothing_that_was_acked(
    kept: PostgresDatabase, fragile: PostgresServer
) -> None:
    acked: list[int] = []

    async def write_for_ever() -> None:
        number = 0
        while True:
            number += 1
            try:
                await kept.write(add_change, "account", number, 0)
                acked.append(number)
            except Refused:
                await asyncio.sleep(0.02)

    writing = asyncio.create_task(write_for_ever())
    for stop in (fragile.stop, fragile.kill):
        await until_it_works(kept)
        await asyncio.to_thread(stop)
        acked_before = list(acked)
        await asyncio.to_thread(fragile.start)
        await until_it_works(kept)
        assert set(acked_before) <= set(await kept.read(accounts))
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)


async def test_a_commit_whose_answer_is_lost_is_unavailable_and_yet_done(
    fragile: PostgresServer, kept: PostgresDatabase
) -> None:
    proxy = CommitCut(fragile.port)
    listening = await proxy.listen()
    port = listening.sockets[0].getsockname()[1]
    beyond = PostgresDatabase(fragile.url("kept").replace(str(fragile.port), str(port)), Facts())
    await beyond.write(add_change, "account", 1, 0)
    proxy.arm()
    with pytest.raises(Refused) as refused:
        await beyond.write(add_change, "account", 2, 0)
    assert refused.value.code == "unavailable"
    assert proxy.cut == 1
    assert await kept.read(accounts) == [1, 2]
    await beyond.write(add_change, "account", 3, 0)
    assert await kept.read(accounts) == [1, 2, 3]
    await beyond.close()
    listening.close()


@pytest.mark.slow
@pytest.mark.faults
async def test_a_server_that_hangs_refuses_and_goes_on_when_it_wakes(
    kept: PostgresDatabase, fragile: PostgresServer
) -> None:
    await kept.write(add_change, "account", EVA, 0)
    fragile.pause()
    try:
        async with asyncio.timeout(15):
            with pytest.raises(Refused):
                await kept.write(add_change, "account", EVA, 0)
            with pytest.raises(Refused):
                await kept.read(newest_change)
    finally:
        fragile.resume()
    async with asyncio.timeout(5):
        await until_it_works(kept)


@pytest.mark.slow
@pytest.mark.faults
async def test_whoever_is_stopped_amid_a_unit_of_work_holds_up_the_others_no_longer_than_it_may(
    kept: PostgresDatabase, fragile: PostgresServer
) -> None:
    """The lock of all writers is let go of by the server, when its holder says nothing more."""
    stopped = await Session.open(fragile.url("kept"))
    await stopped.control(f"BEGIN; SELECT pg_advisory_xact_lock({WRITE_LOCK})")
    async with asyncio.timeout(5):
        await kept.write(add_change, "account", EVA, 0)
    assert await kept.read(accounts) == [EVA]
    await stopped.close()


async def test_a_statement_that_fails_leaves_its_unit_of_work_undone_and_no_other(
    kept: PostgresDatabase,
) -> None:
    def twice(txn: Transaction) -> None:
        position = add_change(txn, "account", EVA, 0)
        txn.run(
            "INSERT INTO changes (position, kind, account_id, at) VALUES (?, 'x', 1, 0)", position
        )

    outcomes = await asyncio.gather(
        kept.write(add_change, "account", 1, 0),
        kept.write(twice),
        kept.write(add_change, "account", 2, 0),
        return_exceptions=True,
    )
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "int", "UniqueViolationError", "int",
    ]  # fmt: skip
    assert await kept.read(accounts) == [1, 2]


async def test_a_query_has_no_processes_started_to_help_it_and_tables_are_sampled_lightly(
    kept: PostgresDatabase,
) -> None:
    def ask(reader: Reader) -> tuple[str, list[int]]:
        helpers = reader.one("SELECT current_setting('max_parallel_workers_per_gather')")
        assert helpers is not None
        targets = reader.all(
            "SELECT DISTINCT attstattarget FROM pg_attribute WHERE attnum > 0"
            " AND attrelid IN ('entries'::regclass, 'conversations'::regclass)"
        )
        return helpers[0], [row[0] for row in targets]

    assert await kept.read(ask) == ("0", [10])
