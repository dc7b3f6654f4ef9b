"""Seeding fills an empty database, goes on where it stopped, and leaves all others alone."""

import dataclasses
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat.app import Server
from chat.beside import without_a_server
from chat.cli import main
from chat.rounds import running
from chat.scope import Scope
from chat.seed.model import DAY_MS, Plan
from chat.seed.people import People, is_volunteer
from chat.seed.service import NotOurs, Seeded, seed
from chat.settings import Settings
from chat.storage.database import Reader, Row
from chat.storage.opening import OpenDatabase
from loadtests.people import move_in
from protocol import requests as ask

PLAN = Plan(accounts=250, messages=3_000, seed=5, until=time.time_ns() // 1_000_000 - DAY_MS)


async def fill(folder: Path, plan: Plan = PLAN, stop_after: int | None = None) -> Seeded:
    class Stopped(Exception):
        pass

    def progress(accounts: int, messages: int) -> None:
        if stop_after is not None and accounts >= stop_after:
            raise Stopped

    async with without_a_server(Settings(data=str(folder))) as database:
        try:
            return await seed(database, plan, folder / "people.json", progress)
        except Stopped:
            return Seeded(0, 0, 0)


def rows(folder: Path, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "samtale.db")
    try:
        return connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
    finally:
        connection.close()


def whole(reader: Reader, table: str) -> list[Row]:
    return reader.all(f"SELECT * FROM {table}")


TABLES = (
    "accounts", "bubbles", "bubble_terms", "conversations", "members", "entries", "settled",
    "consents", "log_head",
)  # fmt: skip


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    await fill(tmp_path)
    async with running(Settings(data=str(tmp_path))) as server:
        yield server


async def test_the_same_seed_makes_the_same_rows(tmp_path: Path) -> None:
    for name in ("one", "other"):
        await fill(tmp_path / name)
    for table in TABLES:
        columns = "one, position" if table == "log_head" else "*"
        assert rows(tmp_path / "one", table, columns) == rows(tmp_path / "other", table, columns)
    keys = [People.read(tmp_path / name / "people.json").key for name in ("one", "other")]
    assert keys[0] != keys[1]


async def test_either_engine_holds_the_same_town(database: OpenDatabase, tmp_path: Path) -> None:
    await fill(tmp_path / "sqlite")
    await seed(database, PLAN, tmp_path / "people.json")
    for table in TABLES[:-1]:
        found = await database.read(whole, table)
        assert sorted(map(str, map(tuple, found))) == sorted(
            map(str, rows(tmp_path / "sqlite", table))
        )


async def test_an_interrupted_seeding_goes_on_to_the_same_end(tmp_path: Path) -> None:
    big = dataclasses.replace(PLAN, accounts=600, messages=30_000)
    await fill(tmp_path / "whole", big)
    await fill(tmp_path / "cut", big, stop_after=150)
    assert 0 < len(rows(tmp_path / "cut", "accounts", "id, email")) < 600
    tomorrow = dataclasses.replace(big, until=big.until + DAY_MS)
    added = await fill(tmp_path / "cut", tomorrow)
    assert 0 < added.accounts < 600
    for table in TABLES[:-1]:
        assert rows(tmp_path / "cut", table) == rows(tmp_path / "whole", table)
    assert (await fill(tmp_path / "cut", big)).accounts == 0


async def test_a_database_with_people_in_it_is_left_alone(tmp_path: Path) -> None:
    async with without_a_server(Settings(data=str(tmp_path))):
        pass
    move_in(tmp_path / "samtale.db", "Mette")
    with pytest.raises(NotOurs, match="people live in this database"):
        await fill(tmp_path)
    assert len(rows(tmp_path, "accounts", "id, email")) == 1
    assert not (tmp_path / "people.json").exists()


async def test_another_town_is_not_added_to_one(tmp_path: Path) -> None:
    await fill(tmp_path)
    with pytest.raises(NotOurs, match="--accounts 250 --messages 3000 --seed 5"):
        await fill(tmp_path, dataclasses.replace(PLAN, seed=6))


async def test_everybody_is_logged_in_and_reads_their_history(
    server: Server, tmp_path: Path
) -> None:
    people, now, talked = People.read(tmp_path / "people.json"), server.clock(), 0
    for number in range(0, people.accounts, 10):
        actor = await server.accounts.actor(people.token(number), now)
        assert actor is not None
        assert actor.active
        scope = Scope(now, actor=actor)
        mine = await server.conversations.list_conversations(scope, ask.ListConversations())
        for one in mine.conversations:
            history = await server.conversations.fetch_history(
                scope, ask.FetchHistory(one.id, after=0, limit=200)
            )
            seqs = [entry.seq for entry in history.entries]
            assert seqs == list(range(1, min(200, one.last_seq) + 1))
            assert {entry.message.sender for entry in history.entries if entry.message} == {1, 2}
            talked += 1
    assert talked > 10


@pytest.mark.parametrize("days", [0, 1, 364])
async def test_everybody_stays_logged_in_for_a_year_volunteers_too(
    server: Server, tmp_path: Path, days: int
) -> None:
    people, at = People.read(tmp_path / "people.json"), PLAN.until + days * DAY_MS
    assert any(is_volunteer(number) for number in range(people.accounts))
    for number in range(people.accounts):
        for later in (0, DAY_MS - 1):
            assert await server.accounts.actor(people.token(number), at + later) is not None


async def test_nobody_is_mailed_of_what_was_seeded(server: Server, tmp_path: Path) -> None:
    await server.notifications.sweep(server.clock(), lambda _: False)
    assert rows(tmp_path, "notices", "id, kind") == []


def test_the_command_says_what_it_made_and_refuses_kindly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = ["seed", "--data", str(tmp_path), "--accounts", "40", "--messages", "100"]
    assert main(wish) == 0
    assert "40 accounts" in capsys.readouterr().out
    assert (tmp_path / "people.json").stat().st_mode & 0o777 == 0o600
    assert main([*wish, "--seed", "9"]) == 1
    assert "take an empty one" in capsys.readouterr().err
