"""What calls hold of an account: given to it, and erased (G7)."""

from typing import Any

from chat.calls import store
from chat.storage.database import Reader, Transaction


class CallRights:
    """The part of `chat.rights` that calls answer for. In a talk a seat calls, and no account."""

    def export(self, reader: Reader, account: int) -> dict[str, Any]:
        """Give the calls of the last day."""
        return {"calls": store.all_of(reader, account)}

    def erase(self, txn: Transaction, account: int, now: int) -> bool:
        """Erase the calls that are over, whole; a live one is looked at by the clock at once."""
        del now
        store.forget_of(txn, account)
        return True
