"""A copy is one whole moment of a server at work; a restore puts it back and says so to clients."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from chat.storage import backup
from chat.storage.database import Transaction
from chat.storage.sqlite import SQLiteDatabase
from loadtests.people import move_in
from loadtests.processes import ServerProcess
from protocol.clients.python import Client, connect
from tests.flows.test_replies import post_bubble
from tests.gauges import value
from tests.patience import PATIENCE_SECONDS


def add(txn: Transaction, number: int) -> None:
    txn.run("INSERT INTO changes (position, kind, account_id, at) VALUES (?, 'x', 1, 0)", number)


def samtale(*arguments: str | Path) -> tuple[int, str]:
    """Run the command line as an operator does; gives its exit code and what it says."""
    command = [sys.executable, "-m", "chat.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


# --- the copy -------------------------------------------------------------------------------------


async def test_a_copy_is_one_moment_of_a_database_at_work(
    database: SQLiteDatabase, tmp_path: Path
) -> None:
    for number in range(1, 101):
        await database.write(add, number)
    copying = asyncio.create_task(
        asyncio.to_thread(backup.back_up, tmp_path / "samtale.db", tmp_path / "copy.db")
    )
    number = 100
    while not copying.done():
        number += 1
        await database.write(add, number)
    copy = await copying
    with closing(sqlite3.connect(copy.file)) as opened:
        positions = [row[0] for row in opened.execute("SELECT position FROM changes ORDER BY 1")]
    assert positions == list(range(1, len(positions) + 1))
    assert 100 <= len(positions) <= number
    assert copy.file.stat().st_mode & 0o777 == 0o600


async def test_a_copy_replaces_no_other_and_a_failed_one_leaves_nothing(
    database: SQLiteDatabase, tmp_path: Path
) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    backup.back_up(tmp_path / "samtale.db", folder / "a.db")
    with pytest.raises(backup.BadBackup, match="exists already"):
        backup.back_up(tmp_path / "samtale.db", folder / "a.db")
    (tmp_path / "torn.db").write_bytes((folder / "a.db").read_bytes()[:9_000])
    with pytest.raises(backup.BadBackup, match=r"damaged|not a database"):
        backup.back_up(tmp_path / "torn.db", folder / "b.db")
    assert [path.name for path in folder.iterdir()] == ["a.db"]


async def test_only_the_newest_copies_are_kept_and_nothing_else_is_touched(
    database: SQLiteDatabase, tmp_path: Path
) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    for name in ("samtale-20250101-000000.db", "samtale-20250102-000000.db", "friday.db"):
        (folder / name).touch()
    code, said = samtale("backup", folder, "--keep", "2", "--data", tmp_path)
    assert code == 0, said
    kept = sorted(path.name for path in folder.iterdir())
    assert kept[:2] == ["friday.db", "samtale-20250102-000000.db"]
    assert len(kept) == 3


# --- the restore ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "beginning", [b"", b"no database at all", b"SQLite format 3\0" + b"x" * 99]
)
def test_what_is_no_copy_is_not_restored(tmp_path: Path, beginning: bytes) -> None:
    odd = tmp_path / "odd.db"
    odd.write_bytes(beginning)
    with pytest.raises(backup.BadBackup):
        backup.restore(odd, tmp_path / "new" / "samtale.db")
    assert not list((tmp_path / "new").iterdir())


async def test_a_copy_of_a_newer_release_is_not_restored(
    database: SQLiteDatabase, tmp_path: Path
) -> None:
    def learn(txn: Transaction) -> None:
        txn.run("INSERT INTO migrations (name) VALUES ('9999_telepathy.sql')")

    await database.write(learn)
    with pytest.raises(backup.BadBackup, match="newer release"):
        backup.back_up(tmp_path / "samtale.db", tmp_path / "copy.db")


async def test_sessions_and_waiting_mail_are_left_out_on_demand(
    database: SQLiteDatabase, tmp_path: Path
) -> None:
    move_in(tmp_path / "samtale.db", "Mette")
    backup.back_up(tmp_path / "samtale.db", tmp_path / "copy.db")
    for folder, wish, left in (("as", {}, 1), ("without", {"end_sessions": True}, 0)):
        restored = backup.restore(tmp_path / "copy.db", tmp_path / folder / "samtale.db", **wish)
        with closing(sqlite3.connect(restored.file)) as opened:
            assert opened.execute("SELECT COUNT(*) FROM sessions").fetchone()[0] == left


# --- with a server and clients --------------------------------------------------------------------


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A server that stops at once."""
    server = ServerProcess(tmp_path / "data", SAMTALE_DRAIN_SPREAD_MS="1").start()
    yield server
    await asyncio.to_thread(server.stop)


async def heard(client: Client, texts: list[str]) -> list[str]:
    """Wait for messages with these texts."""
    found: list[str] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for happening in client.events():
            text = getattr(getattr(happening, "data", None), "text", None)
            found += [text] if text else []
            if found[-len(texts) :] == texts:
                return found
    return found


async def test_clients_that_saw_more_than_the_copy_holds_read_anew_and_go_on(
    running: ServerProcess, tmp_path: Path
) -> None:
    mette, ali = (move_in(running.data / "samtale.db", name) for name in ("Mette", "Ali"))
    async with httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as api:
        bubble = await post_bubble(api, mette)
    async with connect(running.url, ali.token) as phone, connect(running.url, mette.token) as at:
        conversation = (await phone.reply(bubble, "et")).conversation
        await phone.send(conversation, "to")
        copy = tmp_path / "copy.db"
        code, said = await asyncio.to_thread(samtale, "backup", copy, "--data", running.data)
        assert code == 0, said
        assert value(running, "samtale_last_backup_timestamp_seconds") > 1_700_000_000
        await phone.send(conversation, "tabt 3")
        await phone.send(conversation, "tabt 4")
        assert (await heard(at, ["tabt 3", "tabt 4"]))[:2] == ["et", "to"]

        code, said = await asyncio.to_thread(samtale, "restore", copy, "--data", running.data)
        assert (code, "a server uses" in said) == (1, True)
        await asyncio.to_thread(running.stop)
        code, said = await asyncio.to_thread(samtale, "restore", copy, "--data", running.data)
        assert (code, "move it away" in said) == (1, True)
        for path in running.data.glob("samtale.db*"):
            path.rename(tmp_path / path.name)
        code, said = await asyncio.to_thread(samtale, "restore", copy, "--data", running.data)
        assert code == 0, said
        await asyncio.to_thread(running.start)

        for client in (phone, at):
            client.wake()
        assert (await phone.send(conversation, "igen 3")).seq == 3
        assert (await phone.send(conversation, "igen 4")).seq == 4
        assert (await heard(at, ["igen 3", "igen 4"]))[-2:] == ["igen 3", "igen 4"]
        page = await at.history(conversation)
        said_now = [entry.message.text for entry in page.entries if entry.message]
        assert said_now == ["et", "to", "igen 3", "igen 4"]
