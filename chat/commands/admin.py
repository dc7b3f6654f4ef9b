"""`samtale admin`: what operators do to accounts, subscriptions and notices, with an audit."""

import argparse
import getpass
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from chat.app import wall_clock
from chat.beside import beside_the_server
from chat.commands import accounts, branches, letters, rights, roles, subscriptions
from chat.commands.working import Administration, datetime_of
from chat.operations.audit import Audit
from chat.scope import Scope
from chat.settings import Settings
from chat.storage.database import Database, Transaction
from protocol.errors import Refused

TEXT = """\
Change what no page does, while the server runs or not: a running one acts on it within two seconds.

  samtale admin find eva@example.dk           what there is to know of an account
  samtale admin suspend eva@example.dk        it may log in and read, and reach nobody
  samtale admin reinstate eva@example.dk
  samtale admin log-out eva@example.dk        end all its sessions, on every device
  samtale admin subscriptions list            which municipality subscribes, and since when
  samtale admin subscriptions import new.csv --dry-run
  samtale admin branch Aarhus 751 eva@example.dk Eva
  samtale admin roles list                    who coordinates and who volunteers, where
  samtale admin roles revoke eva@example.dk   she coordinates no more, and is logged out
  samtale admin dead-letters list             mail, SMS and push that were given up
  samtale admin rights export eva@example.dk  what is kept of someone about talks; or `erase`
  samtale admin audit                         who did what here
  samtale admin new-epoch                     after restoring PostgreSQL to an earlier moment

Each has a --help of its own. It works on the database of the settings in force (or of the folder
--data): use the release of samtale that the server runs. What changes something writes a line of
the audit first, with the name of who is logged in on this machine.

Exit codes: 0 done; 1 not done, and why is said; 2 wrong use.
"""
TRIES = 10

Work = Callable[[Administration, argparse.Namespace], Awaitable[int]]


def add(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "admin",
        help="accounts, subscriptions, dead letters; while the server runs or not",
        description=TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", help="folder of the database (default ./data)")
    parser.set_defaults(run=_run)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    accounts.add(actions)
    subscriptions.add(actions)
    letters.add(actions)
    branches.add(actions)
    rights.add(actions)
    roles.add(actions)
    _add_rest(actions)
    _take_data_last(actions)


def _take_data_last(actions: Any) -> None:
    """Let `--data` stand at the end of the line as well."""
    for action in actions.choices.values():
        inner = [one for one in action._actions if isinstance(one, argparse._SubParsersAction)]  # noqa: SLF001
        for one in inner:
            _take_data_last(one)
        if not inner:
            action.add_argument("--data", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _add_rest(actions: Any) -> None:
    text = "show the latest lines of the audit, the newest first"
    audit = actions.add_parser("audit", help=text, description=text)
    audit.add_argument("--lines", type=int, default=50, help="(default 50)")
    audit.set_defaults(work=_show_audit)
    text = "have every client read everything anew: after restoring PostgreSQL to an earlier moment"
    epoch = actions.add_parser("new-epoch", help=text, description=text)
    epoch.set_defaults(work=_new_epoch)


async def _run(settings: Settings, options: argparse.Namespace) -> int:
    try:
        return await _try(settings, options)
    except Refused as refused:
        print(f"samtale: {refused.error.english}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"samtale: {error}", file=sys.stderr)
        return 2


async def _try(settings: Settings, options: argparse.Namespace) -> int:
    """Try until the server lets go of the database for a moment."""
    work: Work = options.work
    for remaining in reversed(range(TRIES)):
        try:
            async with beside_the_server(settings) as database:
                return await work(_administration(database), options)
        except Refused as refused:
            if refused.code != "unavailable" or not remaining:
                raise
    return 1


def _administration(database: Database) -> Administration:
    operator = os.environ.get("SUDO_USER") or getpass.getuser()
    return Administration(database, Audit(database, operator, wall_clock), Scope(wall_clock()))


async def _show_audit(admin: Administration, options: argparse.Namespace) -> int:
    for one in await admin.audit.latest(options.lines):
        print(f"{datetime_of(one.at)}  {one.operator:<12} {one.action} {one.target}: {one.outcome}")
    return 0


async def _new_epoch(admin: Administration, _: argparse.Namespace) -> int:
    async with admin.audit.line("new-epoch", ""):
        epoch = await admin.database.write(_renew_epoch)
    print(f"the epoch is {epoch}; a server takes it at its next start")
    return 0


def _renew_epoch(txn: Transaction) -> str:
    epoch = os.urandom(4).hex()
    txn.run("UPDATE deployment SET epoch = ?", epoch)
    return epoch
