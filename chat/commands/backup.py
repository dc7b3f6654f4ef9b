"""`samtale backup` and `samtale restore`."""

import argparse
import datetime
import re
import sys
from pathlib import Path
from typing import Any

from chat.app import wall_clock
from chat.beside import beside_the_server
from chat.settings import Settings
from chat.storage import backup
from chat.storage.database import Transaction
from chat.storage.locks import alone_in
from protocol.errors import Refused

BACKUP = """\
Copy the database while the server runs, or while none does, and check the copy.

  samtale backup /backup                a file with the date and time in the folder /backup
  samtale backup /backup --keep 48      and keep only the 48 newest there
  samtale backup /backup/friday.db      this file, which may not exist yet

The copy is one moment of the database, whole and checked, and without what had been erased. It
holds every conversation: it is made readable for its owner only. Take it to another machine.

With PostgreSQL the database's own tools do this (pg_basebackup with archived logs, or pg_dump);
docs/operations.md shows how.

Exit codes: 0 done; 1 not done, nothing was left behind; 2 wrong use.
"""
RESTORE = """\
Put a copy back as the database, with no server running and no database in the folder.

  mv data/samtale.db* /somewhere/safe/
  samtale restore /backup/samtale-20260301-040000.db
  samtale serve

The database gets a new epoch, so that clients which have seen more than the copy holds read
everything anew; what they had not had acked they send again. The copy stays as it is.

  --end-sessions   everyone logs in again: sessions that were ended since the copy was made live
                   again without it
  --drop-notices   send nothing of the mail that waited then: most of it has gone out since

Accounts erased since the copy was made are back: erase them again.

With PostgreSQL restore by its own tools, then run `samtale admin new-epoch` before the start.

Exit codes: 0 done; 1 not done, nothing was changed; 2 wrong use.
"""
NAME = re.compile(r"samtale-\d{8}-\d{6}\.db")


def add(commands: Any) -> None:
    """Add both to the command line."""
    for name, text, run in (("backup", BACKUP, _back_up), ("restore", RESTORE, _restore)):
        first = text.partition("\n")[0]
        command = commands.add_parser(
            name,
            help=first[0].lower() + first[1:].rstrip("."),
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument("--data", help="folder of the database (default ./data)")
        command.set_defaults(run=run)
        if name == "backup":
            command.add_argument("to", type=Path, metavar="TO", help="a folder, or a new file")
            command.add_argument("--keep", type=int, metavar="N", help="keep only the N newest")
        else:
            command.add_argument("source", type=Path, metavar="FROM", help="a copy")
            command.add_argument("--end-sessions", action="store_true")
            command.add_argument("--drop-notices", action="store_true")


async def _back_up(settings: Settings, options: argparse.Namespace) -> int:
    database = sqlite_file(settings)
    if database is None:
        return _say("a PostgreSQL database is copied by its own tools: see docs/operations.md", 2)
    if options.keep is not None and (options.keep < 1 or not options.to.is_dir()):
        return _say("--keep takes a number over 0, and a folder to keep copies in", 2)
    now = datetime.datetime.now(datetime.UTC)
    target = options.to
    if target.is_dir():
        target = target / f"samtale-{now:%Y%m%d-%H%M%S}.db"
    try:
        copy = backup.back_up(database, target)
        await _note(settings)
        for old in _too_old(target.parent, options.keep):
            old.unlink()
    except (backup.BadBackup, OSError) as error:
        return _say(str(error), 1)
    print(f"{copy.file}: {copy.bytes:,} bytes, whole, epoch {copy.epoch}")
    return 0


def sqlite_file(settings: Settings) -> Path | None:
    """Give the file of the database; None when it is no file."""
    address = settings.database_address
    return address if isinstance(address, Path) else None


async def _note(settings: Settings) -> None:
    """Write down when, for the metric of the newest copy's age."""
    try:
        async with beside_the_server(settings) as database:
            await database.write(_set_backed_up, wall_clock())
    except Refused:
        _say("the copy is made; its time could not be noted, for the database is busy", 0)


def _set_backed_up(txn: Transaction, now: int) -> None:
    txn.run("UPDATE deployment SET backed_up_at = ?", now)


def _too_old(folder: Path, keep: int | None) -> list[Path]:
    if keep is None:
        return []
    copies = sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))
    return copies[:-keep]


async def _restore(settings: Settings, options: argparse.Namespace) -> int:
    database = sqlite_file(settings)
    if database is None:
        return _say("a PostgreSQL database is restored by its own tools: see docs/operations.md", 2)
    try:
        with alone_in(database.parent):
            copy = backup.restore(
                options.source,
                database,
                end_sessions=options.end_sessions,
                drop_notices=options.drop_notices,
            )
    except (backup.BadBackup, OSError) as error:
        return _say(str(error), 1)
    print(f"{copy.file}: restored, with the new epoch {copy.epoch}")
    return 0


def _say(what: str, code: int) -> int:
    print(f"samtale: {what}", file=sys.stderr)
    return code
