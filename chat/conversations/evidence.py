"""SQL of what messages said before they were changed: evidence for reports, for a stated time."""

from chat.conversations.changing import words
from chat.storage.database import Transaction
from protocol.resources import Message


def keep_earlier(
    txn: Transaction, conversation: int, message: Message, changed_seq: int, until: int
) -> None:
    """Keep what a message said before entry `changed_seq`, as evidence until a moment."""
    txn.run(
        "INSERT INTO earlier_texts (conversation_id, seq, changed_seq, text, description, until)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        conversation, message.seq, changed_seq, *words(message), until,
    )  # fmt: skip


def forget_earlier(txn: Transaction, now: int, limit: int) -> int:
    """Erase kept texts whose time is over, the oldest first; gives how many (G7)."""
    rows = txn.all(
        "SELECT conversation_id, seq, changed_seq FROM earlier_texts WHERE until <= ?"
        " ORDER BY until LIMIT ?",
        now, limit,
    )  # fmt: skip
    txn.many(
        "DELETE FROM earlier_texts WHERE conversation_id = ? AND seq = ? AND changed_seq = ?",
        [tuple(row) for row in rows],
    )
    return len(rows)
