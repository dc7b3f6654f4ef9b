"""Who has not read what: SQL for those who tell people that are away.

What one's own devices show as unread is read with the conversation, in `views`.
"""

from chat.conversations import entries
from chat.conversations.model import Behind, Unread
from chat.storage.database import Reader

# Fifty from either end are looked through, so that nobody who writes on and on makes every look
# longer (G8). An answer amid fifty of one's own on both sides is told of with the next.
_ENDS = " UNION ALL ".join(
    "SELECT * FROM (SELECT e.seq, e.kind, e.sender, e.deleted FROM entries e"
    " WHERE e.conversation_id = c.id AND e.seq > m.read_seq"
    f" ORDER BY e.seq {order} LIMIT 50) AS {name}"
    for name, order in (("newest", "DESC"), ("oldest", "ASC"))
)
_UNREAD = (
    "SELECT * FROM (SELECT m.account_id, c.id, m.read_seq, (SELECT MAX(ends.seq) FROM"
    f" ({_ENDS}) AS ends WHERE ends.kind = 1 AND ends.sender <> m.number AND ends.deleted = 0)"
    " AS unread_seq, c.updated_at, c.changed_position"
    " FROM conversations c JOIN members m ON m.conversation_id = c.id"
    " WHERE m.read_seq < c.last_seq AND m.left_at IS NULL"
    " AND (m.muted_until IS NULL OR m.muted_until <= ?) AND {which}) AS found"
    " WHERE unread_seq IS NOT NULL"
)


def behind_since(reader: Reader, position: int, quiet_before: int, limit: int) -> list[Behind]:
    """List who has read less than there is in conversations changed after a position of the log.

    Only where the newest entry came before `quiet_before`, and of those who had not muted it then;
    in rising order of change. What they have not read may be their own.
    """
    rows = reader.all(
        "SELECT c.id, m.account_id, m.read_seq, c.changed_position"
        " FROM conversations c JOIN members m ON m.conversation_id = c.id"
        " WHERE c.changed_position > ? AND c.updated_at < ?"
        " AND m.read_seq < c.last_seq AND m.left_at IS NULL"
        " AND (m.muted_until IS NULL OR m.muted_until <= ?)"
        " ORDER BY c.changed_position LIMIT ?",
        position, quiet_before, quiet_before, limit,
    )  # fmt: skip
    return [Behind(*row) for row in rows]


def unread_in(reader: Reader, conversation: int, now: int) -> list[Unread]:
    """List who has unread messages in one conversation, and has not muted it."""
    rows = reader.all(_UNREAD.format(which="c.id = ?"), now, conversation)
    return [Unread(*row) for row in rows]


def unread_of(reader: Reader, account: int, now: int) -> list[Unread]:
    """List where someone has unread messages, in conversations that they have not muted."""
    rows = reader.all(_UNREAD.format(which="m.account_id = ?"), now, account)
    return [Unread(*row) for row in rows]


def count_unread(reader: Reader, unread: Unread) -> int:
    """Count what someone has not read in a conversation; 1,000 means that many or more."""
    row = reader.one(
        "SELECT number FROM members WHERE conversation_id = ? AND account_id = ?",
        unread.conversation, unread.account,
    )  # fmt: skip
    if row is None:
        return 0
    return entries.unread(reader, unread.conversation, row["number"], unread.read_seq)
