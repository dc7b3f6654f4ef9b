"""`samtale admin branch`: found a local branch of SnakSammen, or give one a coordinator."""

import argparse
from typing import Any

from chat.accounts.suspensions import Suspensions
from chat.commands.working import Administration, say
from chat.municipalities.service import Municipalities
from chat.snaksammen.volunteers import Volunteering
from protocol.ids import encode_id

TEXT = """\
Found a local branch with its first coordinator, or give a branch one coordinator more. The
coordinator has an account; volunteers and other coordinators they invite themselves.
"""


def add(actions: Any) -> None:
    """Add it to the command line."""
    action = actions.add_parser(
        "branch", help="found a local branch with its first coordinator", description=TEXT
    )
    action.add_argument("name", metavar="NAME", help="of the branch: Aarhus")
    action.add_argument("municipality", metavar="CODE", type=int, help="of the municipality: 751")
    action.add_argument("who", metavar="WHO", help="the coordinator's e-mail address")
    action.add_argument("shown", metavar="SHOWN", help="the name that talks show: Kirsten")
    action.set_defaults(work=_found)


async def _found(admin: Administration, options: argparse.Namespace) -> int:
    if not (await Municipalities.open(admin.database)).exists(options.municipality):
        say(f"there is no municipality with the code {options.municipality}")
        return 1
    account = await Suspensions(admin.database).account_of(options.who)
    async with admin.audit.line("branch", encode_id(account)):
        await Volunteering(admin.database, ()).found_branch(
            options.name, options.municipality, account, options.shown, admin.scope.now
        )
    print(f"{options.name}: {options.shown} coordinates")
    return 0
