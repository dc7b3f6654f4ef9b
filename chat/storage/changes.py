"""The rows of the change log that are not entries: rights, sessions, account entries, blocks.

A row stands at a position of the log (`Transaction.positions`); entries of conversations are rows
of the same log in a table of their own.
"""

from typing import NamedTuple

from chat.storage.database import Reader, Transaction


class Change(NamedTuple):
    """A row of the log: what kind of thing changed, for whom, and its number if it has one."""

    position: int
    kind: str
    account: int
    account_seq: int | None


def add_change(
    txn: Transaction, kind: str, account: int, now: int, account_seq: int | None = None
) -> int:
    """Write a row; gives its position."""
    position = txn.positions()
    txn.run(
        "INSERT INTO changes (position, kind, account_id, account_seq, at) VALUES (?, ?, ?, ?, ?)",
        position,
        kind,
        account,
        account_seq,
        now,
    )
    return position


def changed_since(reader: Reader, kind: str, account: int, position: int) -> bool:
    """Tell whether an account has a row of a kind after a position of the log."""
    row = reader.one(
        "SELECT 1 FROM changes WHERE account_id = ? AND position > ? AND kind = ? LIMIT 1",
        account,
        position,
        kind,
    )
    return row is not None


def changes_after(reader: Reader, position: int, limit: int) -> list[Change]:
    """Give the rows after a position, in the order of the log."""
    rows = reader.all(
        "SELECT position, kind, account_id, account_seq FROM changes WHERE position > ?"
        " ORDER BY position LIMIT ?",
        position,
        limit,
    )
    return [Change(*row) for row in rows]


def newest_change(reader: Reader) -> int:
    """Give the position of the newest row, 0 when there is none."""
    row = reader.one("SELECT MAX(position) FROM changes")
    return 0 if row is None or row[0] is None else int(row[0])
