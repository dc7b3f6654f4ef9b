"""SQLite alone: locks of the file, and what is in it when the process dies."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from chat.storage.changes import add_change
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from protocol.errors import Refused


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
