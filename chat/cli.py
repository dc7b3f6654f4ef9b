"""The command `samtale`: serve, demo, seed, settings, admin."""

import argparse
import asyncio
import datetime
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from chat.beside import without_a_server
from chat.commands import admin, backup, database
from chat.commands.serve import serve
from chat.delivery.webpush import Vapid
from chat.logs import set_up_logs
from chat.seed.model import BadPlan, Plan
from chat.seed.service import NotOurs, seed
from chat.settings import BadSettings, Settings, settings_from_process, without_password

DESCRIPTION = """\
Samtale, the conversation server.

  samtale demo      try it: a dozen people, their bubbles and talks, on this machine only
  samtale serve     run it
  samtale settings  show every setting with the value it has now
  samtale vapid     make a key for Web Push
  samtale seed      fill an empty database with made-up people and histories, for load tests
  samtale migrate   bring the database to this version's schema; a server does so at its start
  samtale move      move a deployment from its SQLite file to PostgreSQL
  samtale backup    copy the database while the server runs, and check the copy
  samtale restore   put a copy back
  samtale admin     accounts, subscriptions, dead letters; while the server runs or not

Settings come from the file named by SAMTALE_CONFIG and from SAMTALE_* in the environment;
samtale.example.toml explains each of them.
"""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Exit codes: 0 done, 2 wrong use or settings, 1 anything else."""
    options = _parser().parse_args(arguments)
    if options.command == "vapid":
        print(f"SAMTALE_VAPID_PRIVATE_KEY={Vapid.generated()}")
        return 0
    try:
        settings = _settings(options)
    except BadSettings as error:
        print(f"samtale: settings: {error}", file=sys.stderr)
        return 2
    if options.command == "settings":
        print(_show(settings))
        return 0
    set_up_logs(settings.log_format, settings.log_level)
    try:
        if "run" in options:
            return int(uvloop.run(options.run(settings, options)))
        if options.command == "seed":
            return uvloop.run(_seed(settings, options))
        return uvloop.run(serve(settings, options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    except BadSettings as error:
        print(f"samtale: settings: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"samtale: {error.strerror or error}", file=sys.stderr)
        return 1


async def _seed(settings: Settings, options: argparse.Namespace) -> int:
    """Fill an empty database, or go on filling it."""
    plan = Plan(options.accounts, options.messages, options.seed, options.until)
    file = options.people or Path(settings.data) / "people.json"
    try:
        async with without_a_server(settings) as database:
            seeded = await seed(database, plan, file, _Progress(plan).show)
    except (BadPlan, NotOurs) as refusal:
        print(f"samtale: {refusal}", file=sys.stderr)
        return 1
    seconds = max(seeded.seconds, 0.001)
    print(
        f"{seeded.accounts:,} accounts ({seeded.accounts / seconds:,.0f} a second) and"
        f" {seeded.messages:,} messages ({seeded.messages / seconds:,.0f} a second)"
        f" in {seconds:.1f} s; {file} is the key to all of them"
    )
    return 0


class _Progress:
    """One line on a terminal; silence anywhere else."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def show(self, accounts: int, messages: int) -> None:
        """Say how far it has got."""
        if sys.stderr.isatty():
            done = accounts / self._plan.accounts
            bar = "█" * round(30 * done) + "·" * (30 - round(30 * done))
            end = "\r\033[K" if done >= 1 else ""
            sys.stderr.write(f"\r{bar} {accounts:,} accounts, {messages:,} messages {end}")
            sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "samtale", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("serve", "run the server"),
        ("demo", "run it with demo people, for a look around; loopback only"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--host", help="address to listen on (default 127.0.0.1)")
        command.add_argument("--port", type=int, help="port to listen on (default 8000)")
        command.add_argument("--data", help="folder of the database (default ./data)")
        if name == "serve":
            several = "processes that share the port (default 1); more need redis_url"
            command.add_argument("--workers", type=int, help=several)
            command.add_argument("--worker", help=argparse.SUPPRESS)  # said by the supervisor
    admin.add(commands)
    backup.add(commands)
    database.add(commands)
    _add_seed(commands)
    commands.add_parser("settings", help="show the settings in force")
    commands.add_parser("vapid", help="make a key for Web Push")
    return parser


def _add_seed(commands: Any) -> None:
    text = "fill an empty database with made-up people and histories, for load tests"
    command = commands.add_parser("seed", help=text, description=text)
    command.add_argument("--accounts", type=int, default=10_000, help="(default 10,000)")
    command.add_argument("--messages", type=int, default=100_000, help="(default 100,000)")
    command.add_argument("--seed", type=int, default=1, help="the same seed, the same town")
    command.add_argument("--until", type=_midnight, default=_midnight(""), metavar="YYYY-MM-DD",
                         help="the day on which the histories end (default today)")  # fmt: skip
    command.add_argument(
        "--people", type=Path, help="file of the tokens (default DATA/people.json)"
    )
    command.add_argument("--data", help="folder of the database (default ./data)")


def _midnight(text: str) -> int:
    """Read a day; gives its beginning in UTC milliseconds. Empty: today."""
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.date.fromisoformat(text) if text else now.date()
    return int(datetime.datetime.combine(day, datetime.time(), datetime.UTC).timestamp()) * 1_000


def _settings(options: argparse.Namespace) -> Settings:
    if options.command == "settings":
        return settings_from_process()
    if options.command in {"admin", "seed", "backup", "restore", "migrate", "move"}:
        return settings_from_process(data=options.data)
    given = {"host": options.host, "port": options.port, "data": options.data}
    if options.command == "serve":
        given["workers"] = options.workers
    if options.command == "demo":
        given |= {
            "demo": True,
            "drain_spread_ms": 300,
            "log_format": "console",
            "log_level": "warning",
        }
        if options.data is None and "SAMTALE_DATA" not in os.environ:
            given["data"] = "demo-data"
    settings = settings_from_process(**given)
    if "SAMTALE_BASE_URL" not in os.environ and settings.base_url == Settings().base_url:
        settings = msgspec.structs.replace(settings, base_url=_own_url(settings))
    if settings.demo and settings.host not in LOOPBACK:
        raise BadSettings("demo mode listens on loopback only, for its passwords are public")
    return settings


def _own_url(settings: Settings) -> str:
    host = settings.host if settings.host in LOOPBACK else "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{settings.port}"


def _show(settings: Settings) -> str:
    values = msgspec.to_builtins(settings)
    limits = values.pop("limits")
    secret = {"redis_url", "smtp_password", "sms_token", "vapid_private_key"}
    values["database"] = without_password(values["database"])
    lines = [
        f"{name} = {'…' if name in secret and value else value!r}" for name, value in values.items()
    ]
    return "\n".join([*lines, "", "[limits]", *(f"{name} = {limits[name]}" for name in limits)])


if __name__ == "__main__":
    sys.exit(main())
