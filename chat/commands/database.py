"""`samtale migrate` and `samtale move`."""

import argparse
import sqlite3
import sys
from pathlib import Path
from typing import Any

from chat.settings import Settings, without_password
from chat.storage.locks import alone_in
from chat.storage.mover import NotMoved, move
from chat.storage.opening import migrated, pending_migrations
from chat.storage.writer import StorageFailed

MIGRATE = """\
Bring the database to the schema of this version, and say what was done.

  samtale migrate            apply what is pending
  samtale migrate --check    only list it; exit code 1 if there is any

A server does so itself when it starts. This is for a role that may change the schema when the
server's may not, and for a look before an upgrade. The version before goes on running meanwhile.

Exit codes: 0 done, or nothing is pending; 1 not done, or something is pending; 2 wrong use.
"""
MOVE = """\
Move a deployment from its SQLite file to an empty PostgreSQL database.

  samtale move --from data/samtale.db --to postgresql://samtale@db.example/samtale

Stop the server first. Everything is copied in chunks, read back, and compared by counts and
checksums. When it is broken off, the same command goes on where it stopped. Clients notice
nothing: the epoch and every number stay. The file stays too, with an epoch of its own from the end
on; put it away, and set `database` before the next start.

The password is better left to PGPASSWORD or ~/.pgpass than to the command line.

Exit codes: 0 moved and checked; 1 not moved; 2 wrong use.
"""


def add(commands: Any) -> None:
    """Add both to the command line."""
    for name, text, run in (("migrate", MIGRATE, _migrate), ("move", MOVE, _move)):
        first = text.partition("\n")[0]
        command = commands.add_parser(
            name,
            help=first[0].lower() + first[1:].rstrip("."),
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=run, data=None)
        if name == "migrate":
            command.add_argument("--data", help="folder of the SQLite file (default ./data)")
            command.add_argument("--check", action="store_true", help="only list what is pending")
        else:
            command.add_argument("--from", dest="source", type=Path, required=True, metavar="FILE")
            command.add_argument("--to", dest="target", required=True, metavar="URL")


async def _migrate(settings: Settings, options: argparse.Namespace) -> int:
    address = settings.database_address
    try:
        names = await (pending_migrations if options.check else migrated)(address)
    except (OSError, sqlite3.Error, StorageFailed) as error:
        return _say(f"the database cannot be reached: {error}", 1)
    where = address if isinstance(address, Path) else without_password(address)
    print("\n".join([f"{where}: {'pending' if options.check else 'applied'} {len(names)}", *names]))
    return 1 if options.check and names else 0


async def _move(settings: Settings, options: argparse.Namespace) -> int:
    if not options.target.startswith(("postgresql://", "postgres://")):
        return _say("--to takes the URL of a PostgreSQL database", 2)
    if not options.source.is_file():
        return _say(f"{options.source}: there is no such file", 1)
    try:
        with alone_in(options.source.absolute().parent):
            rows = await move(options.source, options.target, _show)
    except (NotMoved, OSError, sqlite3.Error, StorageFailed) as error:
        return _say(str(error), 1)
    print(f"{rows:,} rows moved to {without_password(options.target)}, and compared")
    return 0


def _show(table: str, moved: int, rows: int) -> None:
    """Draw a bar on a terminal; say nothing anywhere else."""
    if sys.stderr.isatty():
        full = round(30 * moved / max(1, rows))
        sys.stderr.write(f"\r\033[K{'█' * full}{'·' * (30 - full)} {table} {moved:,} of {rows:,}")
        sys.stderr.write("\n" if moved >= rows else "")
        sys.stderr.flush()


def _say(words: str, code: int) -> int:
    print(f"samtale: {words}", file=sys.stderr)
    return code
