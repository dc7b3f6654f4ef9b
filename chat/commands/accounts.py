"""`samtale admin find`, `suspend`, `reinstate` and `log-out`."""

import argparse
import re
from typing import Any

from chat.accounts.suspensions import Suspensions
from chat.commands.working import Administration, datetime_of
from chat.municipalities.service import Municipalities
from protocol.ids import decode_id, encode_id

WHO = "its e-mail address, or its id"
ACTIONS = {
    "find": "show what there is to know of an account: no address, no birthday, nothing written",
    "suspend": "let an account log in, read and export, and reach nobody; nobody is told by mail",
    "reinstate": "lift a suspension; a child still needs a parent's consent",
    "log-out": "end every session of an account; its sockets close within two seconds",
}
ID = re.compile(r"[0-9a-f]{16}")


def add(actions: Any) -> None:
    """Add them to the command line."""
    for name, text in ACTIONS.items():
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("who", metavar="WHO", help=WHO)
        action.set_defaults(work=_find if name == "find" else _change)


async def account_of(accounts: Suspensions, who: str) -> int:
    """Find an account by its address or id. Raises `Refused("not_found")`."""
    return decode_id(who) if ID.fullmatch(who) else await accounts.account_of(who)


async def _find(admin: Administration, options: argparse.Namespace) -> int:
    accounts = Suspensions(admin.database)
    account = await account_of(accounts, options.who)
    async with admin.audit.line("find", encode_id(account)):
        card = await accounts.card(admin.scope, account)
    names = (await Municipalities.open(admin.database)).names()
    print(f"id            {encode_id(card.account)}")
    print(f"alias         {card.alias}")
    print(f"state         {card.state}")
    print(f"municipality  {card.municipality} {names.get(card.municipality, '')}")
    print(f"language      {card.language}")
    print(f"joined        {datetime_of(card.joined_at)}")
    print(f"sessions      {card.sessions}")
    return 0


async def _change(admin: Administration, options: argparse.Namespace) -> int:
    accounts = Suspensions(admin.database)
    act = {
        "suspend": accounts.suspend,
        "reinstate": accounts.reinstate,
        "log-out": accounts.log_out,
    }[options.action]
    account = await account_of(accounts, options.who)
    async with admin.audit.line(options.action, encode_id(account)):
        await act(admin.scope, account)
    print("done; a running server acts on it within two seconds")
    return 0
