"""What notifications hold of an account: given to it, and erased (G7)."""

from typing import Any

from chat.delivery import outbox
from chat.notifications import reach_store, store
from chat.storage.database import Reader, Transaction


class NoticeRights:
    """The part of `chat.rights` that notifications answer for.

    Erased last: the features before tell the others of it through the outbox, and what they had to
    say to this one goes with the rest.
    """

    def export(self, reader: Reader, account: int) -> dict[str, Any]:
        """Give the telephone, the browsers, what was chosen, and the notices that are kept."""
        return {
            **reach_store.all_of(reader, account),
            **store.all_of(reader, account),
            "notices": outbox.all_of(reader, account),
        }

    def erase(self, txn: Transaction, account: int, now: int) -> bool:
        """Forget how one is reached, and what waits to be said to one."""
        del now
        reach_store.forget(txn, account)
        store.forget(txn, account)
        outbox.erase(txn, account)
        return True
