"""The outbox in the database."""

import json

from chat.delivery.model import DeadNotice, Notice
from chat.storage.database import Reader, Row, Transaction


def add(txn: Transaction, notice_id: int, notice: Notice) -> bool:
    """Add a notice; tells whether it was new."""
    return (
        txn.run(
            "INSERT INTO notices (id, kind, address, language, params, dedupe, state, created_at,"
            " due_at) VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?) ON CONFLICT (dedupe) DO NOTHING",
            notice_id,
            notice.kind,
            notice.address,
            notice.language,
            json.dumps(dict(notice.params), ensure_ascii=False),
            notice.dedupe,
            notice.at,
            notice.at,
        )
        == 1
    )


def next_due(reader: Reader) -> int | None:
    """Tell when the next notice is due."""
    row = reader.one("SELECT MIN(due_at) AS due_at FROM notices WHERE state = 'waiting'")
    return None if row is None or row["due_at"] is None else int(row["due_at"])


def claim(txn: Transaction, now: int, until: int, count: int) -> list[Row]:
    """Take notices that are due, the longest due first; they are due again at `until`.

    The attempt is counted now, so that a mail that kills its process is not tried for ever.
    """
    rows = txn.all(
        "SELECT id, kind, address, language, params, attempts + 1 AS attempts, created_at"
        " FROM notices WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?",
        now,
        count,
    )
    txn.many(
        "UPDATE notices SET attempts = attempts + 1, due_at = ? WHERE id = ?",
        [(until, row["id"]) for row in rows],
    )
    return rows


def release(txn: Transaction, notice_ids: list[int], now: int) -> None:
    """Give claimed notices back as if they had not been taken."""
    txn.many(
        "UPDATE notices SET attempts = attempts - 1, due_at = ? WHERE id = ? AND state = 'waiting'",
        [(now, notice_id) for notice_id in notice_ids],
    )


def settle_sent(txn: Transaction, notice_id: int, now: int) -> None:
    """Record that a notice was accepted; what it said and to whom is erased at once."""
    txn.run(
        "UPDATE notices SET state = 'sent', settled_at = ?, address = NULL, params = NULL,"
        " failure = NULL WHERE id = ?",
        now,
        notice_id,
    )


def settle_dead(txn: Transaction, notice_id: int, now: int, failure: str) -> None:
    """Record that a notice will not be tried again."""
    txn.run(
        "UPDATE notices SET state = 'dead', settled_at = ?, failure = ? WHERE id = ?",
        now,
        failure,
        notice_id,
    )


def drop(txn: Transaction, notice_id: int) -> None:
    """Forget a notice that is not to go out any more."""
    txn.run("DELETE FROM notices WHERE id = ?", notice_id)


def defer(txn: Transaction, notice_id: int, due_at: int, failure: str) -> None:
    """Record a failure that may pass."""
    txn.run("UPDATE notices SET due_at = ?, failure = ? WHERE id = ?", due_at, failure, notice_id)


def tidy(txn: Transaction, erase_before: int, forget_before: int) -> None:
    """Erase what dead notices said and to whom; forget those settled long ago."""
    txn.run(
        "UPDATE notices SET address = NULL, params = NULL"
        " WHERE settled_at < ? AND address IS NOT NULL",
        erase_before,
    )
    txn.run("DELETE FROM notices WHERE settled_at < ?", forget_before)


def dead(reader: Reader) -> list[DeadNotice]:
    """Give the notices that will not be tried again, the latest first."""
    return [
        DeadNotice(row["id"], row["kind"], row["attempts"], row["failure"], row["settled_at"])
        for row in reader.all(
            "SELECT id, kind, attempts, failure, settled_at FROM notices"
            " WHERE state = 'dead' ORDER BY settled_at DESC"
        )
    ]
