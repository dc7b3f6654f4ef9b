"""Use cases of what one is told of: the matrix of kinds and channels, and the quiet hours."""

from dataclasses import replace

from msgspec import UNSET

from chat.delivery.phones import masked
from chat.notifications import reach_store, store
from chat.notifications.model import (
    CHANNELS,
    KINDS,
    Choices,
    Quiet,
    may_change,
    possible,
)
from chat.notifications.pushes import shown
from chat.notifications.teller import Teller
from chat.scope import Scope
from chat.storage.database import Database, Reader, Transaction
from protocol.errors import Refused
from protocol.notices import (
    Channel,
    NoticeChoice,
    NoticeSettings,
    QuietHours,
    UpdateNoticeSettings,
)
from protocol.requests import Nothing


class Choosing:
    """The use cases `notice_settings.get` and `notice_settings.update`.

    `push_key`: the public key that browsers subscribe with, None where there is no Web Push.
    """

    def __init__(self, database: Database, teller: Teller, push_key: str | None) -> None:
        self._database = database
        self._teller = teller
        self._push_key = push_key

    async def get(self, scope: Scope, request: Nothing) -> NoticeSettings:
        """Give what one has chosen, and how one can be reached."""
        return await self._database.read(self._shown, scope)

    async def update(self, scope: Scope, request: UpdateNoticeSettings) -> NoticeSettings:
        """Change what is given, leave the rest.

        Raises `Refused("invalid_field")`: for what cannot be chosen (field `choices`), or quiet
        hours that end as they begin (field `quiet`).
        """
        quiet = request.quiet
        if isinstance(quiet, QuietHours) and quiet.start == quiet.until:
            raise Refused("invalid_field", field="quiet")
        choices = () if request.choices is UNSET else request.choices
        if not all(may_change((one.kind, one.channel)) for one in choices):
            raise Refused("invalid_field", field="choices")
        await self._database.write(_update, scope, request)
        return await self._database.read(self._shown, scope)

    def _shown(self, reader: Reader, scope: Scope) -> NoticeSettings:
        account = scope.me.account
        chosen = store.choices(reader, account)
        phone = reach_store.phone(reader, account)
        confirmed = phone is not None and phone.confirmed_at is not None
        channels: list[Channel] = [one for one in CHANNELS if one in self._teller.available]
        return NoticeSettings(
            choices=[
                NoticeChoice(
                    kind, channel, chosen.on((kind, channel)), not may_change((kind, channel))
                )
                for kind in KINDS
                for channel in CHANNELS
                if possible((kind, channel))
            ],
            quiet=None
            if chosen.quiet is None
            else QuietHours(chosen.quiet.start, chosen.quiet.until),
            channels=channels,
            phone=masked(phone.phone) if phone is not None and confirmed else None,
            push_key=self._push_key,
            subscriptions=[shown(row, scope) for row in reach_store.pushes(reader, account)],
        )


def _update(txn: Transaction, scope: Scope, request: UpdateNoticeSettings) -> None:
    before = store.choices(txn, scope.me.account)
    chosen = dict(before.chosen)
    for one in () if request.choices is UNSET else request.choices:
        chosen[one.kind, one.channel] = one.on
    after: Choices = replace(before, chosen=chosen)
    if request.quiet is not UNSET:
        quiet = request.quiet
        after = replace(after, quiet=None if quiet is None else Quiet(quiet.start, quiet.until))
    store.set_choices(txn, scope.me.account, after)
