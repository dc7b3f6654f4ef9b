"""Use cases of one's telephone number: it counts once the code that was sent to it comes back."""

import hashlib
import hmac
import secrets
from dataclasses import replace

from chat.accounts.service import standing
from chat.delivery.model import Notice
from chat.delivery.outbox import enqueue, withdraw_from
from chat.delivery.phones import normalise_phone
from chat.notifications import reach_store
from chat.notifications.reach_store import Phone
from chat.notifications.teller import Teller
from chat.scope import Scope
from chat.storage.database import Database, Transaction
from protocol import resources as res
from protocol.errors import Refused
from protocol.notices import ChangePhone, ConfirmPhone
from protocol.requests import Nothing

CODE_MS = 600_000
TRIES = 5
CODES = 3
"""Codes to one number, and by one account, within an hour: no stranger's telephone is flooded."""

HOUR_MS = 3_600_000


class Phones:
    """The use cases `phone.change`, `phone.confirm` and `phone.remove`."""

    def __init__(self, database: Database, teller: Teller) -> None:
        self._database = database
        self._teller = teller

    async def change(self, scope: Scope, request: ChangePhone) -> res.Empty:
        """Send a code to a number; until it comes back no notice goes there.

        Raises `Refused`: `invalid_field`, `rate_limited`, `not_found` where no SMS is sent.
        """
        if "sms" not in self._teller.available:
            raise Refused("not_found")
        phone = normalise_phone(request.phone)
        code = f"{secrets.randbelow(1_000_000):06}"
        await self._database.write(_ask, scope, phone, code)
        return res.Empty()

    async def confirm(self, scope: Scope, request: ConfirmPhone) -> res.Empty:
        """Let a number count from now on.

        Raises `Refused`: `invalid_field` for another code, `link_expired` after ten minutes or five
        tries, so that one asks for a new one.
        """
        code = "".join(request.code.split())
        if not await self._database.write(_confirm, scope, code):
            raise Refused("invalid_field", field="code")
        return res.Empty()

    async def remove(self, scope: Scope, request: Nothing) -> res.Empty:
        """Forget one's number; what waits to go there does not go."""
        await self._database.write(_remove, scope)
        return res.Empty()


def _ask(txn: Transaction, scope: Scope, phone: str, code: str) -> None:
    account, now = scope.me.account, scope.now
    before = reach_store.phone(txn, account)
    asked, since = 0, now
    if before is not None and now - before.asked_since < HOUR_MS:
        asked, since = before.asked, before.asked_since
    there = reach_store.asked_of(txn, phone, account, now - HOUR_MS)
    if asked >= CODES or there >= CODES:
        raise Refused("rate_limited", retry_after_ms=max(1_000, since + HOUR_MS - now))
    _withdraw(txn, account)
    digest, until = _digest(account, code), now + CODE_MS
    reach_store.set_phone(txn, account, Phone(phone, None, digest, until, 0, asked + 1, since))
    person = standing(txn, account, scope.today)
    language = scope.language if person is None else person.language
    notice = Notice("phone_code", phone, language, now, {"code": code}, channel="sms")
    enqueue(txn, replace(notice, account=account, expires_at=until))


def _confirm(txn: Transaction, scope: Scope, code: str) -> bool:
    account = scope.me.account
    phone = reach_store.phone(txn, account)
    if (
        phone is None
        or phone.code_hash is None
        or scope.now >= (phone.code_until or 0)
        or phone.tries >= TRIES
    ):
        raise Refused("link_expired", field="code")
    right = hmac.compare_digest(phone.code_hash, _digest(account, code))
    changed = (
        replace(phone, confirmed_at=scope.now, code_hash=None, code_until=None)
        if right
        else replace(phone, tries=phone.tries + 1)
    )
    reach_store.set_phone(txn, account, changed)
    return right


def _remove(txn: Transaction, scope: Scope) -> None:
    account = scope.me.account
    phone = reach_store.phone(txn, account)
    if phone is None:
        return
    _withdraw(txn, account)
    # The count stays, or whoever removes and asks again could ask without end.
    forgotten = replace(phone, phone="", confirmed_at=None, code_hash=None, code_until=None)
    reach_store.set_phone(txn, account, forgotten)


def _withdraw(txn: Transaction, account: int) -> None:
    withdraw_from(txn, account, "sms")


def _digest(account: int, code: str) -> str:
    return hashlib.sha256(f"{account}:{code}".encode()).hexdigest()
