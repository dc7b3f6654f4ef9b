"""The SQL of blocks, and of partings: what leaving a conversation hides."""

from chat.storage.database import Reader, Row, Transaction

NOT_HIDDEN = (
    "{column} NOT IN (SELECT blocked_id FROM blocks WHERE account_id = ?)"
    " AND {column} NOT IN (SELECT account_id FROM blocks WHERE blocked_id = ?)"
    " AND {column} NOT IN (SELECT account_id FROM partings WHERE left_id = ?)"
)
"""Neither a block nor a parting hides the one whose id is in a column from an account, given three
times."""


BLOCKED_BY = "EXISTS (SELECT 1 FROM blocks WHERE account_id = {one} AND blocked_id = {other})"
"""The account whose id is in one column has blocked the one whose id is in another."""


def add(txn: Transaction, block: int, account: int, blocked: int, now: int) -> bool:
    """Block someone; tells False if they were blocked already."""
    added = txn.run(
        "INSERT INTO blocks (id, account_id, blocked_id, at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (account_id, blocked_id) DO NOTHING",
        block,
        account,
        blocked,
        now,
    )
    return added == 1


def find(reader: Reader, account: int, blocked: int) -> Row | None:
    """Give the block of one on another: a row of `id`, `blocked_id`, `at`."""
    return reader.one(
        "SELECT id, blocked_id, at FROM blocks WHERE account_id = ? AND blocked_id = ?",
        account,
        blocked,
    )


def of_account(reader: Reader, account: int, before: int, limit: int) -> list[Row]:
    """Give an account's blocks below an id, the newest first: rows as of `find`."""
    return reader.all(
        "SELECT id, blocked_id, at FROM blocks WHERE account_id = ? AND id < ?"
        " ORDER BY id DESC LIMIT ?",
        account,
        before,
        limit,
    )


def remove(txn: Transaction, account: int, block: int) -> int | None:
    """Lift an account's block; tells whose it was, None if there is none."""
    row = txn.one(
        "DELETE FROM blocks WHERE id = ? AND account_id = ? RETURNING blocked_id", block, account
    )
    return None if row is None else int(row["blocked_id"])


def part(txn: Transaction, account: int, left: int, now: int) -> None:
    """Note that an account has left someone."""
    txn.run(
        "INSERT INTO partings (account_id, left_id, at) VALUES (?, ?, ?)"
        " ON CONFLICT (account_id, left_id) DO NOTHING",
        account,
        left,
        now,
    )


def rejoin(txn: Transaction, account: int, left: int) -> None:
    """Forget that an account had left someone."""
    txn.run("DELETE FROM partings WHERE account_id = ? AND left_id = ?", account, left)


def hidden_from(reader: Reader, account: int) -> frozenset[int]:
    """Give everyone between whom and an account a block stands, and who has left it."""
    rows = reader.all(
        "SELECT blocked_id FROM blocks WHERE account_id = ?"
        " UNION ALL SELECT account_id FROM blocks WHERE blocked_id = ?"
        " UNION ALL SELECT account_id FROM partings WHERE left_id = ?",
        account,
        account,
        account,
    )
    return frozenset(row[0] for row in rows)
