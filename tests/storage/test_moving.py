"""A deployment moves from SQLite to PostgreSQL: all of it, as it was, or with an honest refusal."""

import asyncio
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from chat.storage import mover
from chat.storage.changes import add_change
from chat.storage.database import Transaction
from chat.storage.facts import Facts
from chat.storage.mover import NotMoved, move
from chat.storage.postgres import PostgresDatabase
from chat.storage.sqlite import SQLiteDatabase
from loadtests.beside import Address, beside
from loadtests.people import move_in
from loadtests.postgres import PostgresServer

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def empty(postgres: PostgresServer, tmp_path: Path) -> str:
    """An empty database to move into."""
    return postgres.create(f"moved_{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]}")


@pytest.fixture
async def lived_in(tmp_path: Path) -> Path:
    """The file of a deployment with people, a log, and pictures larger than a chunk together."""
    path = tmp_path / "samtale.db"
    database = await SQLiteDatabase.open(path, Facts())
    for name in ("Åse", "Bo", "Üllar 🚶"):
        move_in(path, name)

    def fill(txn: Transaction) -> None:
        for number in range(50):
            add_change(txn, "account", number, 0)
        txn.many(
            "INSERT INTO picture_files (picture_id, thumb, image) VALUES (?, ?, ?)",
            [(number, b"\0", bytes([number]) * 700_000) for number in range(20)],
        )

    await database.write(fill)
    await database.close()
    return path


def contents(address: Address, but: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    with beside(address) as store:
        return {
            table: sorted(repr(row) for row in store.run(f"SELECT * FROM {table}"))
            for table in store.tables()
            if table not in but | {"migrations", "sqlite_stat1", "sqlite_sequence"}
        }


async def test_everything_arrives_as_it_was_and_goes_on_from_there(
    lived_in: Path, empty: str
) -> None:
    before = contents(lived_in)
    seen: list[tuple[str, int, int]] = []
    rows = await move(lived_in, empty, lambda *line: seen.append(line))
    assert contents(empty) == before
    assert rows == sum(map(len, before.values()))
    assert ("picture_files", 20, 20) in seen
    assert any(name == "picture_files" and 0 < moved < total for name, moved, total in seen)
    database = await PostgresDatabase.open(empty, Facts())
    assert await database.write(add_change, "account", 1, 0) == 51
    await database.close()


async def test_postgresql_knows_how_much_there_is_as_soon_as_it_is_moved(
    lived_in: Path, empty: str
) -> None:
    await move(lived_in, empty, lambda *_: None)
    with beside(empty) as store:
        counted = store.run("SELECT reltuples FROM pg_class WHERE relname = 'picture_files'")
        described = store.run("SELECT COUNT(*) FROM pg_stats WHERE tablename = 'changes'")
    assert [row[0] for row in counted] == [20]
    assert described[0][0] > 0


async def test_a_server_started_on_the_file_by_mistake_has_another_epoch(
    lived_in: Path, empty: str
) -> None:
    before = contents(lived_in)["deployment"]
    await move(lived_in, empty, lambda *_: None)
    assert contents(empty)["deployment"] == before
    assert contents(lived_in)["deployment"] != before


@pytest.mark.slow
async def test_a_move_that_was_broken_off_goes_on_where_it_stopped(
    lived_in: Path, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mover, "CHUNK_ROWS", 7)
    before = contents(lived_in)
    seen: list[tuple[str, int]] = []

    def stumble(table: str, moved: int, _: int) -> None:
        seen.append((table, moved))
        if len(seen) % 5 == 0:
            raise OSError

    for _ in range(200):
        try:
            await move(lived_in, empty, stumble)
        except OSError:
            continue
        break
    assert contents(empty) == before
    assert len(set(seen)) >= len(seen) - len(before), "no chunk was moved twice"


async def test_only_an_empty_database_is_moved_into(lived_in: Path, empty: str) -> None:
    database = await PostgresDatabase.open(empty, Facts())
    await database.close()
    before = contents(empty)
    with pytest.raises(NotMoved, match="not empty"):
        await move(lived_in, empty, lambda *_: None)
    assert contents(empty) == before


async def test_what_did_not_arrive_as_it_was_is_told(
    lived_in: Path, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(table: str, moved: int, rows: int) -> None:
        if table == "changes" and moved == rows:
            with beside(empty) as store:
                store.run("UPDATE changes SET at = 1 WHERE position = 9")

    with pytest.raises(NotMoved, match="changes did not arrive as it was"):
        await move(lived_in, empty, spoil)


def samtale(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chat.cli", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


async def test_the_command_moves_and_never_shows_a_password(lived_in: Path, empty: str) -> None:
    url = empty.replace("samtale@", "samtale:geheim@")
    done = await asyncio.to_thread(samtale, "move", "--from", str(lived_in), "--to", url)
    assert done.returncode == 0, done.stderr
    assert "rows moved to postgresql://samtale:…@" in done.stdout
    again = await asyncio.to_thread(samtale, "move", "--from", str(lived_in), "--to", url)
    assert again.returncode == 1
    assert "not empty" in again.stderr
    assert "geheim" not in done.stdout + done.stderr + again.stdout + again.stderr


def test_what_is_pending_is_listed_before_it_is_applied(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMTALE_DATA", str(tmp_path / "data"))
    for database in ("", empty):
        monkeypatch.setenv("SAMTALE_DATABASE", database)
        listed = samtale("migrate", "--check")
        assert listed.returncode == 1
        assert "0001_log.sql" in listed.stdout
        applied = samtale("migrate")
        assert applied.returncode == 0, applied.stderr
        assert applied.stdout.splitlines()[1:] == listed.stdout.splitlines()[1:]
        assert samtale("migrate", "--check").returncode == 0
