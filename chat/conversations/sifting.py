"""SQL of search: which conversations there were, and which entries are worth a closer look."""

from collections.abc import Sequence

from msgspec import Struct

from chat.conversations.entries import (
    CALL_ENDED,
    CALL_STARTED,
    MESSAGE,
    ORIGIN_CLOSED,
    first_with,
)
from chat.storage.database import Reader, Row
from chat.terms import Sieve


class Talk(Struct, frozen=True):
    """A conversation as it was at a position of the log.

    Its entries were those from `first` to below `end`; it was last heard of at `said_at`.
    """

    said_at: int
    conversation: int
    first: int
    end: int


def talks_at(reader: Reader, account: int, head: int, only: int | None) -> list[Talk]:
    """List an account's conversations, or only one, as they were at a position of the log.

    The latest heard of first. One that has changed since costs some lookups more.
    """
    narrowed, params = ("", ()) if only is None else (" AND c.id = ?", (only,))
    rows = reader.all(
        "SELECT c.id, c.first_seq, c.last_seq, c.updated_at, c.changed_position FROM members m"
        " JOIN conversations c ON c.id = m.conversation_id"
        " WHERE m.account_id = ? AND m.left_at IS NULL AND c.last_seq > 0"
        f" AND c.opened_position <= ?{narrowed}",
        account, head, *params,
    )  # fmt: skip
    talks = [_talk_at(reader, row, head) for row in rows]
    return sorted(talks, key=lambda talk: (talk.said_at, talk.conversation), reverse=True)


def _talk_at(reader: Reader, row: Row, head: int) -> Talk:
    conversation, first, last, said_at, changed = row
    if changed <= head:
        return Talk(said_at, conversation, first, last + 1)
    end = first_with(reader, conversation, "position", head + 1)
    said = reader.one(
        "SELECT at FROM entries WHERE conversation_id = ? AND seq < ? AND kind IN (?, ?, ?, ?)"
        " ORDER BY seq DESC LIMIT 1",
        conversation, end, MESSAGE, ORIGIN_CLOSED, CALL_STARTED, CALL_ENDED,
    )  # fmt: skip
    return Talk(0 if said is None else said[0], conversation, first, end)


def sifted(
    reader: Reader, sieve: Sieve, conversation: int, first: int, before: int, limit: int
) -> Sequence[Row]:
    """Read (seq, text) of the messages in a stretch that a sieve lets through, newest first."""
    disguises = " OR text LIKE ?" * len(sieve.disguises)
    return reader.all(
        "SELECT seq, text FROM entries WHERE conversation_id = ? AND seq >= ? AND seq < ?"
        f" AND kind = ? AND deleted = 0 AND (text LIKE ?{disguises})"
        " ORDER BY seq DESC LIMIT ?",
        conversation, first, before, MESSAGE, sieve.pattern,
        *(f"%{sign}%" for sign in sieve.disguises), limit,
    )  # fmt: skip
