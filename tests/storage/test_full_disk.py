"""A full disk refuses with a retryable error, acks nothing false, and heals by itself (G1, G8)."""

import asyncio
from pathlib import Path

import pytest

from chat.storage.database import Reader, Transaction
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from protocol.errors import Refused


def fill(txn: Transaction, number: int) -> int:
    txn.run(
        "INSERT INTO changes (position, kind, account_id, at) VALUES (?, ?, ?, 0)",
        txn.positions(), "x" * 3_000, number,
    )  # fmt: skip
    return number


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.glob("private.db*")}


def leave_pages(txn: Transaction, pages: int) -> None:
    # SQLite answers a reached page limit exactly as it answers a disk without space.
    row = txn.one("PRAGMA page_count")
    assert row is not None
    txn.one(f"PRAGMA max_page_count = {row[0] + pages}")


async def test_a_full_disk_acks_nothing_false_and_heals(tmp_path: Path) -> None:
    database = await SQLiteDatabase.open(tmp_path / "full.db", Facts())
    await database.write(leave_pages, 60)
    acked: set[int] = set()
    refused: list[Refused] = []
    for first in range(0, 300, 10):
        outcomes = await asyncio.gather(
            *(database.write(fill, number) for number in range(first, first + 10)),
            return_exceptions=True,
        )
        acked |= {outcome for outcome in outcomes if isinstance(outcome, int)}
        refused += [outcome for outcome in outcomes if isinstance(outcome, Refused)]

    def stored(reader: Reader) -> set[int]:
        return {row[0] for row in reader.all("SELECT account_id FROM changes")}

    assert acked
    assert refused
    assert {one.code for one in refused} == {"unavailable"}
    assert await database.read(stored) == acked

    await database.write(leave_pages, 1_000_000)
    assert await database.write(fill, 1_000) == 1_000
    await database.close()


async def test_a_closed_database_commits_what_waits(tmp_path: Path) -> None:
    database = await SQLiteDatabase.open(tmp_path / "closing.db", Facts())
    waiting = [asyncio.ensure_future(database.write(fill, number)) for number in range(20)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*waiting) == list(range(20))


@pytest.mark.parametrize("name", ["a.db", "folder/b.db"])
async def test_a_missing_file_and_folder_are_made(tmp_path: Path, name: str) -> None:
    database = await SQLiteDatabase.open(tmp_path / name, Facts())
    await database.close()
    assert (tmp_path / name).exists()


async def test_nobody_else_on_the_machine_may_read_what_people_wrote(tmp_path: Path) -> None:
    database = await SQLiteDatabase.open(tmp_path / "private.db", Facts())
    await database.write(fill, 1)
    readable_by = modes(tmp_path)
    await database.close()
    assert readable_by == {"private.db": 0o600, "private.db-wal": 0o600, "private.db-shm": 0o600}
