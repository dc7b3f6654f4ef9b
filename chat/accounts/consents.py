"""A parent's consent to the account of a child of 13 or 14 (domain rule 2)."""

from typing import Literal, cast

from chat.accounts import links, store
from chat.accounts.links import Links, Purpose
from chat.accounts.profile import announce
from chat.delivery.model import Notice
from chat.delivery.outbox import enqueue
from chat.scope import Scope
from chat.storage.changes import add_change
from chat.storage.database import Database, Reader, Transaction
from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused

Answer = Literal["given", "withdrawn"]


class Consents:
    """The use cases `consent.show`, `consent.give` and `consent.withdraw`.

    The link in the parent's mail is good for as long as the account.
    """

    def __init__(self, database: Database, links_: Links) -> None:
        self._database = database
        self._links = links_

    async def show(self, scope: Scope, request: ask.UseToken) -> res.Consent:
        """Show what is asked and what was answered. Raises `Refused("link_expired")`."""
        return await self._database.read(_show, request.token, scope.now)

    async def give(self, scope: Scope, request: ask.UseToken) -> res.Consent:
        """Consent; doing it twice is kind. Raises `Refused("link_expired")`."""
        return await self._database.write(self._answer, scope, request.token, "given")

    async def withdraw(self, scope: Scope, request: ask.UseToken) -> res.Consent:
        """Withdraw consent: the account is inactive at once, unless its owner has turned 15.

        Raises `Refused("link_expired")`.
        """
        return await self._database.write(self._answer, scope, request.token, "withdrawn")

    def _answer(self, txn: Transaction, scope: Scope, token: str, answer: Answer) -> res.Consent:
        before = _show(txn, token, scope.now)
        if before.state == answer or (before.state, answer) == ("asked", "withdrawn"):
            return before
        link = links.find(txn, token, scope.now, Purpose.CONSENT)
        store.add_consent(txn, link.account, answer, scope.now)
        store.set_consented(txn, link.account, consented=answer == "given")
        add_change(txn, "rights", link.account, scope.now)
        announce(txn, link.account, scope)
        self._tell_child(txn, scope, link.account, answer)
        return _show(txn, token, scope.now)

    def _tell_child(self, txn: Transaction, scope: Scope, account_id: int, answer: Answer) -> None:
        child = store.by_id(txn, account_id)
        assert child is not None  # its consent was just answered
        params = {"alias": child.alias, "link": self._links.page()}
        kind: Literal["consent_given", "consent_withdrawn"] = (
            "consent_given" if answer == "given" else "consent_withdrawn"
        )
        enqueue(txn, Notice(kind, child.email, child.language, scope.now, params))


def _show(reader: Reader, token: str, now: int) -> res.Consent:
    link = links.find(reader, token, now, Purpose.CONSENT)
    account = store.by_id(reader, link.account)
    state = store.consent(reader, link.account)
    if account is None or state is None:
        raise Refused("link_expired", field="token")
    return res.Consent(account.alias, cast("Literal['asked', 'given', 'withdrawn']", state))
