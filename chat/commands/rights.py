"""`samtale admin rights`: give someone what is kept of them about talks, or erase it."""

import argparse
import json
from typing import Any

from chat.accounts.suspensions import Suspensions
from chat.app import rights_of
from chat.commands.accounts import WHO, account_of
from chat.commands.working import Administration, datetime_of, say
from protocol.ids import encode_id

TEXT = """\
What SnakSammen, calls and notifications keep of an account (GDPR art. 15, 17, 20).

  samtale admin rights export eva@example.dk > eva.json
  samtale admin rights erase eva@example.dk --yes

Erasing calls off what is booked, tells the others, leaves the line, and forgets bookings, links,
feelings, notes, times, the telephone, browsers and notices. What others said is in neither. The
account itself, with its bubbles and its other conversations, stays. A report that was made of a
talk is kept, with who looked at it.
"""


def add(actions: Any) -> None:
    """Add it to the command line."""
    parser = actions.add_parser(
        "rights",
        help="export or erase what is kept of someone about talks, calls and notices",
        description=TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    export = verbs.add_parser("export", help="print it, as JSON")
    export.add_argument("who", metavar="WHO", help=WHO)
    export.set_defaults(work=_export)
    erase = verbs.add_parser("erase", help="erase it for good")
    erase.add_argument("who", metavar="WHO", help=WHO)
    erase.add_argument("--yes", action="store_true", help="do it: it cannot be undone")
    erase.set_defaults(work=_erase)


async def _export(admin: Administration, options: argparse.Namespace) -> int:
    account = await account_of(Suspensions(admin.database), options.who)
    async with admin.audit.line("rights export", encode_id(account)):
        found = await rights_of(admin.database).export(account)
    made = {"account": encode_id(account), "made": datetime_of(admin.scope.now), **found}
    print(json.dumps(made, ensure_ascii=False, indent=2))
    return 0


async def _erase(admin: Administration, options: argparse.Namespace) -> int:
    account = await account_of(Suspensions(admin.database), options.who)
    if not options.yes:
        say("nothing was erased: say --yes, for it cannot be undone")
        return 1
    async with admin.audit.line("rights erase", encode_id(account)):
        await rights_of(admin.database).erase(account, admin.scope.now)
    print("erased; the others in what was booked are told")
    return 0
