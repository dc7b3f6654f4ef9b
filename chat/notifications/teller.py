"""Puts notices into the outbox: to accounts as they have chosen, to guests as they left word.

Every function runs in the transaction that causes the notice, so that neither is without the other.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from chat.accounts.service import mail_address, standing
from chat.delivery.model import Channel, Kind, Notice
from chat.delivery.outbox import enqueue
from chat.notifications import reach_store, store
from chat.scope import copenhagen_date
from chat.storage.database import Reader, Transaction
from protocol.errors import Language
from protocol.notices import NoticeKind


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell: its words, what it is about, and until when it is of use.

    `params` by language: they fill the words of `words`.
    """

    kind: NoticeKind
    words: Kind
    params: Mapping[Language, Mapping[str, str]]
    about: str | None = None
    expires_at: int | None = None


class Teller:
    """Knows on which channels this server sends."""

    def __init__(self, base_url: str, available: Collection[Channel]) -> None:
        self.base_url = base_url
        self._available = frozenset(available)

    @property
    def available(self) -> frozenset[Channel]:
        """The channels that are set up, and mail, which waits until it is."""
        return self._available | {"mail"}

    def tell(self, txn: Transaction, account: int, news: News, now: int) -> None:
        """Tell an account on the channels it has chosen, in its language.

        Not one that is gone or may not act at present.
        """
        person = standing(txn, account, copenhagen_date(now))
        if person is None or not person.active:
            return
        choices = store.choices(txn, account)
        for channel in choices.channels(news.kind, self.available):
            at = choices.due_at(now, news.kind, channel)
            for address in addresses(txn, account, channel):
                self._enqueue(txn, news, channel, address, person.language, at, account)

    def tell_guest(
        self,
        txn: Transaction,
        news: News,
        language: Language,
        now: int,
        *,
        email: str | None,
        phone: str | None,
    ) -> None:
        """Tell one who has no account, at the address or the number that they left."""
        if email:
            self._enqueue(txn, news, "mail", email, language, now)
        if phone and "sms" in self._available:
            self._enqueue(txn, news, "sms", phone, language, now)

    def _enqueue(
        self,
        txn: Transaction,
        news: News,
        channel: Channel,
        address: str,
        language: Language,
        at: int,
        account: int | None = None,
    ) -> None:
        enqueue(
            txn,
            Notice(
                news.words,
                address,
                language,
                at,
                news.params[language],
                channel=channel,
                account=account,
                about=news.about,
                expires_at=news.expires_at,
            ),
        )


def addresses(reader: Reader, account: int, channel: Channel) -> list[str]:
    """Give where an account is reached on a channel: nowhere, once, or on each of its browsers."""
    if channel == "push":
        return [one.address for one in reach_store.pushes(reader, account)]
    if channel == "sms":
        phone = reach_store.phone(reader, account)
        return [phone.phone] if phone is not None and phone.confirmed_at is not None else []
    address = mail_address(reader, account)
    return [] if address is None else [address]
