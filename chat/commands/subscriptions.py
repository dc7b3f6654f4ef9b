"""`samtale admin subscriptions`: which municipality subscribes when (domain rule 1)."""

import argparse
import datetime
from pathlib import Path
from typing import Any

from chat.commands.working import Administration, say
from chat.municipalities import lists
from chat.municipalities.lists import Subscriptions
from chat.municipalities.model import Subscription
from chat.municipalities.service import Municipalities
from chat.scope import Scope

TEXT = """\
Which municipality subscribes, from when to when. The last day is the day before `to`; an empty `to`
is open ended. Dates are days in Copenhagen, and change at midnight there.

  samtale admin subscriptions list
  samtale admin subscriptions set 163 2026-03-01               Herlev, from March on
  samtale admin subscriptions set 163 2026-03-01 --to 2027-01-01
  samtale admin subscriptions end 163 2027-01-01               its first day without
  samtale admin subscriptions import list.csv --dry-run        what it would change
  samtale admin subscriptions import list.csv

A list has the columns code,from,to (others are left alone). A municipality that it names has then
exactly the subscriptions that it gives; one that it does not name keeps its own. One line that is
wrong, and nothing is changed.
"""


def add(actions: Any) -> None:
    """Add it to the command line."""
    parser = actions.add_parser(
        "subscriptions",
        help="which municipality subscribes when: list, set, end, import",
        description=TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="show all 98").set_defaults(work=_list)
    setting = verbs.add_parser("set", help="let one subscribe")
    setting.add_argument("code", type=int)
    setting.add_argument("from_date", metavar="FROM", type=datetime.date.fromisoformat)
    setting.add_argument("--to", type=datetime.date.fromisoformat, help="the first day without")
    setting.set_defaults(work=_set)
    ending = verbs.add_parser("end", help="let one leave")
    ending.add_argument("code", type=int)
    ending.add_argument("to", metavar="DATE", type=datetime.date.fromisoformat)
    ending.set_defaults(work=_end)
    importing = verbs.add_parser("import", help="take a list in, all of it or nothing")
    importing.add_argument("file", type=Path)
    importing.add_argument("--dry-run", action="store_true", help="say what it would change")
    importing.set_defaults(work=_import)


async def _list(admin: Administration, _: argparse.Namespace) -> int:
    municipalities = await Municipalities.open(admin.database)
    for code, name in municipalities.names().items():
        print(f"{code} {name:<20} {_said(municipalities.subscriptions(code))}")
    return 0


async def _set(admin: Administration, options: argparse.Namespace) -> int:
    municipalities = await Municipalities.open(admin.database)
    new = lists.checked(_known(municipalities, options.code), options.from_date, options.to)
    others = [
        one for one in municipalities.subscriptions(new.code) if one.from_date != new.from_date
    ]
    ones = sorted([*others, new], key=lambda one: one.from_date)
    if problems := lists.overlaps(ones):
        raise ValueError(problems[0])
    return await _replace(admin, municipalities, {new.code: tuple(ones)})


async def _end(admin: Administration, options: argparse.Namespace) -> int:
    municipalities = await Municipalities.open(admin.database)
    code = _known(municipalities, options.code)
    left = [
        Subscription(code, one.from_date, min(one.to_date or options.to, options.to))
        for one in municipalities.subscriptions(code)
        if one.from_date < options.to
    ]
    return await _replace(admin, municipalities, {code: tuple(left)})


async def _import(admin: Administration, options: argparse.Namespace) -> int:
    municipalities = await Municipalities.open(admin.database)
    with options.file.open(encoding="utf-8-sig", newline="") as lines:
        read = lists.read_list(lines, municipalities.codes())
    if read.problems:
        for problem in read.problems:
            say(f"{options.file}: {problem}")
        return 1
    if options.dry_run:
        _show_changes(municipalities, read.subscriptions)
        return 0
    return await _replace(admin, municipalities, read.subscriptions)


async def _replace(
    admin: Administration, municipalities: Municipalities, news: Subscriptions
) -> int:
    changed = _show_changes(municipalities, news)
    if changed:
        async with admin.audit.line("subscriptions", ",".join(map(str, changed))):
            await municipalities.replace(Scope(admin.scope.now), changed)
    return 0


def _show_changes(municipalities: Municipalities, news: Subscriptions) -> Subscriptions:
    changed = {
        code: ones for code, ones in news.items() if ones != municipalities.subscriptions(code)
    }
    names = municipalities.names()
    for code, ones in changed.items():
        print(f"{code} {names[code]}: {_said(municipalities.subscriptions(code))} -> {_said(ones)}")
    print(f"{len(changed)} of {len(news)} municipalities change")
    return changed


def _known(municipalities: Municipalities, code: int) -> int:
    if not municipalities.exists(code):
        raise ValueError(f"there is no municipality {code}")
    return code


def _said(ones: tuple[Subscription, ...]) -> str:
    return ", ".join(f"{one.from_date} to {one.to_date or '…'}" for one in ones) or "none"
