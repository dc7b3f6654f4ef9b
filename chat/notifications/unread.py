"""One notice of all that someone has not read: how much, and from how many people.

It keeps only which conversations it was caused by. How much is unread is counted when it goes out,
so that nothing is told that was read, muted, left or blocked meanwhile.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chat.accounts.service import mail_address, standing
from chat.conversations.model import Unread
from chat.conversations.service import is_open
from chat.conversations.unread import count_unread, unread_of
from chat.delivery.model import Channel, Notice, Waiting
from chat.delivery.outbox import enqueue, waiting_about, withdraw
from chat.notifications import store
from chat.notifications.model import Choices, how_much, kind_of_unread
from chat.notifications.teller import Teller, addresses
from chat.scope import copenhagen_date
from chat.storage.database import Reader, Transaction
from protocol.ids import decode_id, encode_id
from protocol.notices import NoticeKind


class UnreadNotices:
    """Tells of unread messages on the channels that are chosen for them."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def tell(self, txn: Transaction, account: int, unread: Sequence[Unread], now: int) -> None:
        """Tell an account of conversations; with what waits to go out already it is one notice."""
        person = standing(txn, account, copenhagen_date(now))
        if person is None or not person.active:
            return
        choices = store.choices(txn, account)
        for channel in sorted(self._teller.available):
            mine = [one for one in unread if choices.on((_kind(one), channel))]
            if not mine:
                continue
            about = f"unread:{account:x}:{channel}"
            earlier = waiting_about(txn, about).get("talks", "").split()
            talks = sorted({*earlier, *(encode_id(one.conversation) for one in mine)})
            withdraw(txn, about)
            at = choices.due_at(now, "unread", channel)
            for address in addresses(txn, account, channel):
                params = {"link": self._inbox, "talks": " ".join(talks)}
                notice = Notice("new_answer", address, person.language, at, params)
                enqueue(txn, replace(notice, channel=channel, account=account, about=about))

    @property
    def _inbox(self) -> str:
        return f"{self._teller.base_url}/inbox"

    def refresh(self, reader: Reader, notice: Waiting, now: int) -> Waiting | None:
        """Say it as it is now; None when nothing that caused it is unread any more."""
        if notice.account is None:
            return None
        person = standing(reader, notice.account, copenhagen_date(now))
        if person is None or not person.active:
            return None
        choices = store.choices(reader, notice.account)
        unread = _told_of(reader, notice.account, choices, notice.channel, now)
        caused_by = {decode_id(talk) for talk in notice.params.get("talks", "").split()}
        if not caused_by & {one.conversation for one in unread}:
            return None
        if notice.channel == "mail":
            address = mail_address(reader, notice.account) or notice.address
            notice = replace(notice, address=address)
        return self._in_words(reader, notice, unread)

    def _in_words(self, reader: Reader, notice: Waiting, unread: Sequence[Unread]) -> Waiting:
        link = self._inbox
        if len(unread) == 1:
            talk = encode_id(unread[0].conversation)
            link = f"{self._teller.base_url}/conversations/{talk}"
            if _kind(unread[0]) == "answer":
                return replace(notice, params={"link": link})
        messages = sum(count_unread(reader, one) for one in unread)
        params = {"link": link, **how_much(messages, len(unread), notice.language)}
        return replace(notice, kind="unread_messages", params=params)


def _told_of(
    reader: Reader, account: int, choices: Choices, channel: Channel, now: int
) -> list[Unread]:
    """List the conversations that someone was to be told of, and has still not read."""
    return [
        one
        for one in _open(reader, unread_of(reader, account, now), now)
        if choices.on((_kind(one), channel))
        and store.told_up_to(reader, account, one.conversation) > one.read_seq
    ]


def _open(reader: Reader, unread: Iterable[Unread], now: int) -> Iterable[Unread]:
    return (one for one in unread if is_open(reader, one.conversation, now))


def _kind(unread: Unread) -> NoticeKind:
    return kind_of_unread(unread.read_seq)
