"""SQLite alone: locks of the file, and what is in it when the process dies."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from chat.storage.changes import add_change
from chat.storage.database import Reader
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from protocol.errors import Refused
from tests.patience import PATIENCE_SECONDS


async def test_a_locked_database_refuses_with_a_retry_and_acks_nothing(
    database: SQLiteDatabase, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "samtale.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refused) as refused:
        await database.write(add_change, "while locked", 1, 0)
    assert refused.value.code == "unavailable"
    assert refused.value.retry_after_ms
    other.execute("ROLLBACK")
    other.close()
    assert await database.write(add_change, "after", 1, 0) == 1


async def test_short_reads_take_turns_and_a_long_one_keeps_nobody_waiting(
    database: SQLiteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.storage.sqlite.HELD_UP_SECONDS", PATIENCE_SECONDS)

    def read(_: Reader) -> int:
        return threading.get_ident()

    one_by_one = await asyncio.gather(*(database.read(read) for _ in range(3)))
    assert len(set(one_by_one)) == 1
    ends = threading.Event()

    def search(_: Reader) -> bool:
        return ends.wait(PATIENCE_SECONDS)

    monkeypatch.setattr("chat.storage.sqlite.HELD_UP_SECONDS", 0.0)
    long = asyncio.create_task(database.read(search))
    await asyncio.sleep(0.01)
    assert await database.read(read) not in one_by_one
    ends.set()
    assert await long


async def test_whoever_makes_a_file_together_with_others_waits_for_them(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "samtale.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    opening = asyncio.create_task(SQLiteDatabase.open(tmp_path / "samtale.db", Facts()))
    await asyncio.wait([opening], timeout=0.2)
    other.execute("ROLLBACK")
    other.close()
    database = await opening
    assert await database.write(add_change, "after", 1, 0) == 1
    await database.close()


async def test_what_is_acked_is_in_the_file_when_the_process_dies(
    database: SQLiteDatabase, tmp_path: Path
) -> None:
    await database.write(add_change, "acked", 1, 0)
    beside = sqlite3.connect(tmp_path / "samtale.db")
    assert beside.execute("SELECT kind FROM changes").fetchall() == [("acked",)]
    beside.close()
