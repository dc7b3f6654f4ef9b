"""`samtale admin roles`: who coordinates and who volunteers, and an end to coordinating."""

import argparse
from typing import Any

from chat.accounts.suspensions import Suspensions
from chat.commands.accounts import WHO, account_of
from chat.commands.working import Administration, datetime_of, say
from chat.snaksammen.volunteers import Volunteering
from protocol.errors import Refused
from protocol.ids import encode_id

TEXT = """\
Who has a part in SnakSammen's branches beyond that of a citizen.

  samtale admin roles list
  samtale admin roles revoke eva@example.dk

Revoking ends coordinating, and every session of the account: its sockets close within two seconds.
A coordinator is made by `samtale admin branch`; a volunteer is invited, paused and ended by their
coordinator, on the branch's page.
"""


def add(actions: Any) -> None:
    """Add it to the command line."""
    parser = actions.add_parser(
        "roles",
        help="who coordinates and who volunteers; end coordinating",
        description=TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="show them by branch").set_defaults(work=_list)
    revoke = verbs.add_parser("revoke", help="let a coordinator coordinate no more")
    revoke.add_argument("who", metavar="WHO", help=WHO)
    revoke.set_defaults(work=_revoke)


async def _list(admin: Administration, options: argparse.Namespace) -> int:
    for one in await Volunteering(admin.database, ()).roles():
        account, since = encode_id(one.account), datetime_of(one.since)
        print(f"{one.branch}  {one.role}  {account}  {one.name}  since {since}")
    return 0


async def _revoke(admin: Administration, options: argparse.Namespace) -> int:
    accounts = Suspensions(admin.database)
    account = await account_of(accounts, options.who)
    async with admin.audit.line("roles revoke", encode_id(account)):
        try:
            await Volunteering(admin.database, ()).dismiss(account, admin.scope.now)
        except Refused as refused:
            if refused.code != "not_now":
                raise
            say(
                "nothing was changed: another must coordinate the branch first"
                " (samtale admin branch), and have the talks to come handed over"
            )
            return 1
        await accounts.log_out(admin.scope, account)
    print("done; a running server acts on it within two seconds")
    return 0
