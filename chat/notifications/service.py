"""The face of notifications: every use case, what runs by itself, and what hooks on others' facts.

Below it: `teller` puts notices into the outbox, `unread` and `talks` say what there is to tell,
`sweeper` finds whom to tell of unread messages.
"""

from collections.abc import Collection

from chat.accounts.model import SessionEnded
from chat.delivery.model import AddressGone, Channel
from chat.delivery.outbox import Outbox
from chat.notifications.choosing import Choosing
from chat.notifications.phones import Phones
from chat.notifications.pushes import Pushes, end_with_address, end_with_session
from chat.notifications.sweeper import Sweeper, settle_all
from chat.notifications.talks import TalkNotices
from chat.notifications.teller import Teller
from chat.notifications.unread import UnreadNotices
from chat.scope import Clock
from chat.settings import Settings
from chat.storage.database import Database
from chat.storage.facts import Facts

__all__ = ["Notifications", "end_what_is_over", "settle_all", "tell_of_talks"]


class Notifications:
    """Every use case of notifications, by the names of the operations that call it.

    `available`: the channels this server sends on. `push_key`: the public key that browsers
    subscribe with, None where there is no Web Push.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        available: Collection[Channel],
        push_key: str | None,
    ) -> None:
        self._teller = Teller(settings.base_url, available)

        choosing = Choosing(database, self._teller, push_key)
        self.settings = choosing.get
        self.update_settings = choosing.update

        pushes = Pushes(database, settings, there_is_push=push_key is not None)
        self.subscribe = pushes.subscribe
        self.unsubscribe = pushes.unsubscribe
        self.tidy = pushes.tidy

        phones = Phones(database, self._teller)
        self.change_phone = phones.change
        self.confirm_phone = phones.confirm
        self.remove_phone = phones.remove

        self.sweep = Sweeper(database, settings, self._teller).sweep

    def hook_on(self, facts: Facts, outbox: Outbox, clock: Clock) -> None:
        """Tell of what happens to talks, and say what is unread as it is when it goes out."""
        outbox.refresh("new_answer", UnreadNotices(self._teller).refresh)
        TalkNotices(self._teller, clock).hook_on(facts)


def tell_of_talks(
    facts: Facts, base_url: str, available: Collection[Channel], clock: Clock
) -> None:
    """Put into the outbox what happens to talks; the server sends it within a minute."""
    TalkNotices(Teller(base_url, available), clock).hook_on(facts)


def end_what_is_over(facts: Facts) -> None:
    """Let nothing more go to a browser that is logged out or gone, whichever process says so."""
    facts.in_transaction(SessionEnded, end_with_session)
    facts.in_transaction(AddressGone, end_with_address)
