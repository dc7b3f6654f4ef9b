"""`samtale admin dead-letters`: notices that were given up."""

import argparse
from typing import Any

from chat.commands.working import Administration, datetime_of
from chat.delivery.dead_letters import DeadLetters
from chat.delivery.model import DeadNotice
from protocol.errors import Refused

TEXT = """\
Mail, SMS and push notices that were refused for good, or twenty times: to whom and what they say is
shown nowhere, and erased after a day; until then they can be sent again.

  samtale admin dead-letters list
  samtale admin dead-letters show 1897…        one of them
  samtale admin dead-letters replay 1897…      try it anew, with all its attempts before it
  samtale admin dead-letters replay all        all that can be
  samtale admin dead-letters drop 1897…        forget it
"""


def add(actions: Any) -> None:
    """Add it to the command line."""
    parser = actions.add_parser(
        "dead-letters",
        help="mail, SMS and push that were given up: list, show, replay, drop",
        description=TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="show all, the latest first").set_defaults(work=_list)
    show = verbs.add_parser("show", help="show one")
    show.add_argument("number", type=int)
    show.set_defaults(work=_show)
    for name, text in (("replay", "try it anew, or `all`"), ("drop", "forget it, or `all`")):
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("number", metavar="NUMBER|all")
        verb.set_defaults(work=_settle)


def _line(one: DeadNotice) -> str:
    fate = "replayable" if one.replayable else "erased"
    return (
        f"{one.id}  {datetime_of(one.settled_at)}  {one.channel:<5} {one.kind:<20}"
        f" {one.attempts:>2} attempts, {fate}: {one.failure}"
    )


async def _list(admin: Administration, _: argparse.Namespace) -> int:
    for one in await DeadLetters(admin.database).list():
        print(_line(one))
    return 0


async def _show(admin: Administration, options: argparse.Namespace) -> int:
    print(_line(await DeadLetters(admin.database).show(options.number)))
    return 0


async def _settle(admin: Administration, options: argparse.Namespace) -> int:
    letters = DeadLetters(admin.database)
    done = 0
    for number in await _wanted(letters, options):
        async with admin.audit.line(f"dead-letters {options.verb}", str(number)):
            if options.verb == "drop":
                await letters.drop(number)
            else:
                await letters.replay(number, admin.scope.now)
        done += 1
    print(f"{done} done")
    return 0


async def _wanted(letters: DeadLetters, options: argparse.Namespace) -> list[int]:
    if options.number != "all":
        if not options.number.isdecimal():
            raise ValueError(f"{options.number!r} is no number of a dead letter, nor `all`")
        return [int(options.number)]
    found = [one.id for one in await letters.list() if one.replayable or options.verb == "drop"]
    if not found:
        raise Refused("not_found")
    return found
