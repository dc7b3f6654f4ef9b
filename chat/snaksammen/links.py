"""Use cases of the personal link: another one for whoever lost it, and its calendar file."""

from chat.accounts.links import digest
from chat.accounts.model import normalise_email
from chat.accounts.service import account_at
from chat.realtime.limits import Buckets, Rate
from chat.scope import Scope
from chat.snaksammen import calendars, planning, talk_store, talks
from chat.snaksammen.model import LinkAsked
from chat.snaksammen.talk_store import Party
from chat.storage.database import Database, Reader, Transaction
from protocol import resources as res
from protocol import talks as tal
from protocol.errors import Refused

ASKING = Rate(burst=5, per_minute=1)
"""Times that one network address may ask, and that one address or number may be asked for."""

LINKS_AT_MOST = 20
"""Links of one party: nobody's mailbox is flooded by asking again and again."""

TALKS_AT_MOST = 10
"""Talks to come of which links are sent, the next first."""


class Links:
    """Personal links."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asking, self._reading = Buckets(), Buckets()

    async def send(self, scope: Scope, request: tal.AskLink) -> res.Empty:
        """Send a new link for each talk to come to the address or number that was left for it.

        The answer, and the work for it, is the same whether or not there is such a talk. Raises
        `Refused`: `invalid_field` unless one of both is given, `rate_limited`.
        """
        if (request.email is None) is (request.phone is None):
            raise Refused("invalid_field", field="email")
        email = None if request.email is None else normalise_email(request.email)
        self._asking.spend(scope.address, ASKING, scope.now)
        self._asking.spend(email or request.phone or "", ASKING, scope.now)
        await self._database.write(_send, email, request.phone)
        return res.Empty()

    async def calendar(self, scope: Scope, token: str) -> bytes:
        """Give the calendar file of the talk that a personal link opens.

        Raises `Refused`: `link_expired`, `rate_limited`.
        """
        self._reading.spend(scope.address, talks.ENTERING, scope.now)

        def read(reader: Reader) -> bytes:
            found = talk_store.linked(reader, digest(token))
            planned = None if found is None else talk_store.find(reader, found[0])
            if found is None or planned is None or talks.is_past(reader, planned, scope.now):
                raise Refused("link_expired", field="token")
            parties = talk_store.parties(reader, planned.id)
            named = ", ".join(one.name for role, one in parties.items() if role is not found[1])
            what = planning.appointment(reader, planned)
            language = parties[found[1]].language
            return calendars.calendar_file(what, named, language, scope.now).encode()

        return await self._database.read(read)


def _send(txn: Transaction, email: str | None, phone: str | None) -> None:
    account = None if email is None else account_at(txn, email)
    for party in talk_store.to_come_of(txn, email, phone, account, TALKS_AT_MOST):
        _send_one(txn, party)


def _send_one(txn: Transaction, party: Party) -> None:
    planned = talk_store.find(txn, party.talk)
    if planned is None or talk_store.count_links(txn, party.talk, party.role) >= LINKS_AT_MOST:
        return
    tell = planning.told(txn, planned, links=True, roles=(party.role,))
    txn.emit(LinkAsked(planning.appointment(txn, planned), tell))
