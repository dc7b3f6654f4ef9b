import asyncio
import re
import sqlite3
from pathlib import Path

from chat.storage.database import Transaction
from chat.storage.sqlite import SQLiteDatabase

OPERATIONS = Path(__file__).parent.parent.parent / "docs" / "operations.md"


def add(txn: Transaction, number: int) -> None:
    txn.run("INSERT INTO changes (position, kind, account_id, at) VALUES (?, 'x', 1, 0)", number)


def documented(beginning: str) -> str:
    """Give the statement of the page that begins so."""
    found = re.search(rf'"({beginning}[^"]*)"', OPERATIONS.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def back_up(database: Path, copy: Path) -> None:
    statement = re.sub(r"'.*'", f"'{copy}'", documented("VACUUM INTO"))
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.execute(statement)
    connection.close()


async def test_the_documented_backup_is_one_moment_of_a_server_at_work(
    database: SQLiteDatabase, tmp_path: Path
) -> None:
    for number in range(1, 101):
        await database.write(add, number)
    copying = asyncio.create_task(
        asyncio.to_thread(back_up, tmp_path / "samtale.db", tmp_path / "copy.db")
    )
    number = 100
    while not copying.done():
        number += 1
        await database.write(add, number)
    await copying
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        positions = [row[0] for row in copy.execute("SELECT position FROM changes ORDER BY 1")]
    copy.close()
    assert positions == list(range(1, len(positions) + 1))
    assert 100 <= len(positions) <= number


async def test_a_restored_backup_gets_an_epoch_of_its_own(
    database: SQLiteDatabase, tmp_path: Path
) -> None:
    def epoch(path: Path) -> str:
        with sqlite3.connect(path) as connection:
            found: str = connection.execute("SELECT epoch FROM deployment").fetchone()[0]
        connection.close()
        return found

    back_up(tmp_path / "samtale.db", tmp_path / "copy.db")
    before = epoch(tmp_path / "copy.db")
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        copy.execute(documented("UPDATE deployment"))
    copy.close()
    assert len(epoch(tmp_path / "copy.db")) == len(before)
    assert epoch(tmp_path / "copy.db") != before
