"""SQL of conversations and their members."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chat.conversations.model import Opening
from chat.storage.database import Reader, Row, Transaction
from chat.storage.ids import new_id
from protocol.resources import Own

_CONVERSATION = (
    "c.id, c.kind, c.origin_kind, c.origin_id, c.title, c.symbol, c.first_seq, c.last_seq,"
    " c.last_ordinal, c.updated_at, c.closed_at, c.opened_position, c.changed_position,"
    " c.rights_version, m.number AS my_number, m.read_seq AS my_read_seq,"
    " COALESCE(m.own_position, 0) AS own_position, m.muted_until, m.archived_ordinal,"
    " m.marked_unread, m.draft"
)
_MINE = f"SELECT {_CONVERSATION} FROM members m JOIN conversations c ON c.id = m.conversation_id"


def open_conversation(txn: Transaction, opening: Opening, now: int) -> int:
    """Give the one conversation of this origin and replier, made if it is not there."""
    conversation, position = new_id(now), txn.positions()
    made = txn.run(
        "INSERT INTO conversations (id, kind, origin_kind, origin_id, opener, title, symbol,"
        " rights_version, first_seq, last_seq, last_ordinal, opened_position, changed_position,"
        " opened_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1, 0, 0, ?, ?, ?, ?)"
        " ON CONFLICT (origin_kind, origin_id, opener) DO NOTHING",
        conversation, opening.origin_kind, opening.origin_kind, opening.origin_id,
        opening.replier, opening.title, opening.symbol, position, position, now, now,
    )  # fmt: skip
    if not made:
        return of_opener(txn, opening.origin_kind, [opening.origin_id], opening.replier)[
            opening.origin_id
        ]
    add_members(txn, conversation, [(1, opening.author, "author"), (2, opening.replier, "replier")])
    return conversation


def add_members(
    txn: Transaction, conversation: int, members: Sequence[tuple[int, int, str]]
) -> None:
    """Add members to a conversation: their numbers, accounts and roles."""
    txn.many(
        "INSERT INTO members (conversation_id, number, account_id, role, delivered_seq, read_seq)"
        " VALUES (?, ?, ?, ?, 0, 0)",
        [(conversation, *member) for member in members],
    )


def of_opener(
    reader: Reader, kind: str, origins: Sequence[int], opener: int, *, left: bool = True
) -> dict[int, int]:
    """Find the conversations that an account has opened from origins, by origin."""
    rows = reader.among(
        "SELECT c.origin_id, c.id FROM conversations c JOIN members m"
        " ON m.account_id = c.opener AND m.conversation_id = c.id"
        " WHERE c.origin_id {among} AND c.origin_kind = ? AND c.opener = ?"
        " AND (m.left_at IS NULL OR ? = 1)",
        origins, kind, opener, int(left),
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}


def of_origin(reader: Reader, kind: str, origin: int) -> list[int]:
    """List every conversation that came from an origin."""
    rows = reader.all(
        "SELECT id FROM conversations WHERE origin_kind = ? AND origin_id = ? ORDER BY id",
        kind, origin,
    )  # fmt: skip
    return [row[0] for row in rows]


def count_by_origin(reader: Reader, kind: str, origins: Sequence[int]) -> dict[int, int]:
    """Count the conversations of each origin."""
    rows = reader.among(
        "SELECT origin_id, COUNT(*) FROM conversations WHERE origin_id {among}"
        " AND origin_kind = ? GROUP BY origin_id",
        origins, kind,
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}


def opened_since(reader: Reader, account: int, since: int) -> list[int]:
    """List when an account opened conversations after a moment, the oldest first."""
    rows = reader.all(
        "SELECT opened_at FROM conversations WHERE opener = ? AND opened_at > ? ORDER BY opened_at",
        account, since,
    )  # fmt: skip
    return [row[0] for row in rows]


def rename(txn: Transaction, conversation: int, title: str, symbol: str) -> None:
    """Show another title and symbol of what a conversation came from."""
    txn.run(
        "UPDATE conversations SET title = ?, symbol = ? WHERE id = ?", title, symbol, conversation
    )


def conversation_of(reader: Reader, conversation: int, account: int) -> Row | None:
    """Read a conversation as its member sees it; None to anyone else."""
    return reader.one(
        f"{_MINE} WHERE m.account_id = ? AND m.conversation_id = ? AND m.left_at IS NULL",
        account, conversation,
    )  # fmt: skip


def conversations_of(
    reader: Reader, account: int, before: tuple[int, int], limit: int
) -> list[Row]:
    """Read an account's conversations, the latest changed first, below (updated_at, id)."""
    return reader.all(
        f"{_MINE} WHERE m.account_id = ? AND m.left_at IS NULL AND c.last_seq > 0"
        " AND (c.updated_at < ? OR (c.updated_at = ? AND c.id < ?))"
        " ORDER BY c.updated_at DESC, c.id DESC LIMIT ?",
        account, before[0], before[0], before[1], limit,
    )  # fmt: skip


def changed_since(reader: Reader, account: int, position: int) -> list[Row]:
    """Read an account's conversations that changed for it after a position of the log."""
    return reader.all(
        f"{_MINE} WHERE m.account_id = ? AND (c.changed_position > ? OR m.own_position > ?)"
        " AND m.left_at IS NULL",
        account, position, position,
    )  # fmt: skip


def members_of(reader: Reader, conversations: Sequence[int]) -> dict[int, list[Row]]:
    """Read the members of conversations, by conversation, in the order of their numbers.

    `delivered_seq` and `read_seq` are a member's own; the others are shown the `shown_` ones.
    """
    members: dict[int, list[Row]] = {conversation: [] for conversation in conversations}
    for row in reader.among(
        "SELECT conversation_id, number, account_id, role, delivered_seq, read_seq, left_at,"
        " COALESCE(shown_delivered_seq, delivered_seq) AS shown_delivered_seq,"
        " COALESCE(shown_read_seq, read_seq) AS shown_read_seq"
        " FROM members WHERE conversation_id {among} ORDER BY conversation_id, number",
        conversations,
    ):
        members[row["conversation_id"]].append(row)
    return members


def exists(reader: Reader, conversation: int) -> bool:
    """Tell whether there is such a conversation."""
    return reader.one("SELECT 1 FROM conversations WHERE id = ?", conversation) is not None


def raise_rights(txn: Transaction, account: int) -> list[int]:
    """Raise the version of the rights in an account's conversations; gives these."""
    rows = txn.all(
        "UPDATE conversations SET rights_version = rights_version + 1"
        " WHERE id IN (SELECT conversation_id FROM members WHERE account_id = ?) RETURNING id",
        account,
    )
    return [row[0] for row in rows]


def raise_rights_between(txn: Transaction, account: int, other: int) -> list[int]:
    """Raise the version of the rights in every conversation between two; gives these."""
    rows = txn.all(
        "UPDATE conversations SET rights_version = rights_version + 1 WHERE id IN"
        " (SELECT mine.conversation_id FROM members mine JOIN members theirs"
        " ON theirs.conversation_id = mine.conversation_id"
        " WHERE mine.account_id = ? AND theirs.account_id = ?) RETURNING id",
        account, other,
    )  # fmt: skip
    return [row[0] for row in rows]


def ids_of(reader: Reader, account: int) -> list[int]:
    """List every conversation of an account."""
    rows = reader.all("SELECT conversation_id FROM members WHERE account_id = ?", account)
    return [row[0] for row in rows]


def own_side(row: Mapping[str, Any] | Row, last_ordinal: int) -> Own:
    """Make the public form of one's own side of a conversation, from a member's row."""
    archived = row["archived_ordinal"]
    return Own(
        muted_until=row["muted_until"],
        archived=archived is not None and archived >= last_ordinal,
        marked_unread=bool(row["marked_unread"]),
        draft=row["draft"] or "",
    )


def save_own_side(txn: Transaction, row: Row, account: int, own: Own) -> int:
    """Store one's own side of a conversation, read as `row`; gives the position of the change."""
    position = txn.positions()
    txn.run(
        "UPDATE members SET muted_until = ?, archived_ordinal = ?, marked_unread = ?, draft = ?,"
        " own_position = ? WHERE conversation_id = ? AND account_id = ?",
        own.muted_until, row["last_ordinal"] if own.archived else None, int(own.marked_unread),
        own.draft or None, position, row["id"], account,
    )  # fmt: skip
    return position


def leave(txn: Transaction, conversation: int, account: int, now: int) -> int:
    """Let a member leave for good; gives the position of the change. Rights are to be raised."""
    position = txn.positions()
    txn.run(
        "UPDATE members SET left_at = ?, left_position = ?, draft = NULL"
        " WHERE conversation_id = ? AND account_id = ?",
        now, position, conversation, account,
    )  # fmt: skip
    return position


def left_since(reader: Reader, account: int, position: int) -> list[int]:
    """List the conversations that an account has left after a position of the log."""
    rows = reader.all(
        "SELECT conversation_id FROM members WHERE account_id = ? AND left_position > ?",
        account, position,
    )  # fmt: skip
    return [row[0] for row in rows]


def raise_rights_in(txn: Transaction, conversation: int) -> None:
    """Raise the version of the rights in one conversation."""
    txn.run(
        "UPDATE conversations SET rights_version = rights_version + 1 WHERE id = ?", conversation
    )


def log_head(reader: Reader) -> tuple[str, int]:
    """Read the epoch and the position of the newest change."""
    row = reader.one("SELECT epoch, position FROM deployment CROSS JOIN log_head")
    assert row is not None, "the first migration writes both rows"
    return row[0], row[1]


def changed_position(reader: Reader, conversation: int) -> int:
    """Tell the position of the log at which a conversation last changed; 0 if there is none."""
    row = reader.one("SELECT changed_position FROM conversations WHERE id = ?", conversation)
    return 0 if row is None else int(row[0])


def last_seq(reader: Reader, conversation: int) -> int:
    """Read the number of the newest entry. The conversation must exist."""
    row = reader.one("SELECT last_seq FROM conversations WHERE id = ?", conversation)
    assert row is not None, "the caller has just read the conversation"
    return int(row[0])


class Changed(NamedTuple):
    """A conversation, where in the log it last changed, and the number of its newest entry."""

    id: int
    position: int
    last_seq: int


def changed_after(reader: Reader, position: int, limit: int) -> list[Changed]:
    """List the conversations that changed after a position of the log, in its order."""
    rows = reader.all(
        "SELECT id, changed_position, last_seq FROM conversations WHERE changed_position > ?"
        " ORDER BY changed_position LIMIT ?",
        position, limit,
    )  # fmt: skip
    return [Changed(*row) for row in rows]


def own_changed(reader: Reader, accounts: Sequence[int], position: int) -> list[Row]:
    """Read accounts' own sides and marks of conversations, where they changed after a position.

    Those that they have left since too.

    It goes through all conversations of each account.
    """
    return reader.among(
        "SELECT m.conversation_id, m.account_id, m.left_at, m.own_position, m.muted_until,"
        " m.archived_ordinal, m.marked_unread, m.draft, m.number, m.delivered_seq, m.read_seq,"
        " c.last_ordinal"
        " FROM members m JOIN conversations c ON c.id = m.conversation_id"
        " WHERE m.account_id {among} AND (m.own_position > ? OR m.left_position > ?)",
        accounts, position, position,
    )  # fmt: skip


PAIRS = (1, 4, 16, 64)
"""How many entries are asked for at once: few lengths, so that few statements are prepared."""


def positions_at(reader: Reader, places: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Give by conversation the position in the log of one entry of each: (conversation, seq)."""
    found: dict[int, int] = {}
    for start in range(0, len(places), PAIRS[-1]):
        part = list(places[start : start + PAIRS[-1]])
        length = next(size for size in PAIRS if size >= len(part))
        part += part[-1:] * (length - len(part))
        either = " OR ".join(["(conversation_id = ? AND seq = ?)"] * length)
        sql = f"SELECT conversation_id, position FROM entries WHERE {either}"
        found |= {row[0]: row[1] for row in reader.all(sql, *itertools.chain(*part))}
    return found


def positions_between(reader: Reader, conversation: int, after: int, before: int) -> list[int]:
    """List the positions of the entries between two seqs, both left out, in rising order."""
    rows = reader.all(
        "SELECT position FROM entries WHERE conversation_id = ? AND seq > ? AND seq < ?"
        " ORDER BY seq",
        conversation, after, before,
    )  # fmt: skip
    return [row[0] for row in rows]
