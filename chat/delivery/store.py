"""The outbox in the database."""

import json
from typing import Any

from chat.delivery.model import Backlog, Channel, DeadNotice, Notice, Waiting
from chat.storage.database import Reader, Row, Transaction


def add(txn: Transaction, notice_id: int, notice: Notice) -> bool:
    """Add a notice; tells whether it was new."""
    return (
        txn.run(
            "INSERT INTO notices (id, kind, address, language, params, dedupe, state, created_at,"
            " due_at, channel, account_id, about, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (dedupe) DO NOTHING",
            notice_id,
            notice.kind,
            notice.address,
            notice.language,
            json.dumps(dict(notice.params), ensure_ascii=False),
            notice.dedupe,
            notice.at,
            notice.at,
            notice.channel,
            notice.account,
            notice.about,
            notice.expires_at,
        )
        == 1
    )


def next_due(reader: Reader, channel: Channel) -> int | None:
    """Tell when the next notice of a channel is due."""
    row = reader.one(
        "SELECT MIN(due_at) AS due_at FROM notices WHERE state = 'waiting' AND channel = ?", channel
    )
    return None if row is None or row["due_at"] is None else int(row["due_at"])


def claim(txn: Transaction, channel: Channel, now: int, until: int, count: int) -> list[Waiting]:
    """Take notices that are due, the longest due first; they are due again at `until`.

    One statement that looks again at what it changes, so that of two processes one has each row.
    The attempt is counted now, so that a notice that kills its process is not tried for ever.
    """
    rows = txn.all(
        "UPDATE notices SET attempts = attempts + 1, due_at = ?"
        " WHERE state = 'waiting' AND due_at <= ? AND id IN (SELECT id FROM notices"
        " WHERE state = 'waiting' AND channel = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?)"
        " RETURNING id, channel, kind, account_id, address, language, params, attempts,"
        " created_at, expires_at",
        until,
        now,
        channel,
        now,
        count,
    )
    return sorted(map(_waiting, rows), key=lambda notice: notice.id)


def _waiting(row: Row) -> Waiting:
    return Waiting(
        row["id"],
        row["channel"],
        row["kind"],
        row["account_id"],
        row["address"],
        row["language"],
        json.loads(row["params"]),
        row["attempts"],
        row["created_at"],
        row["expires_at"],
    )


def release(txn: Transaction, notices: list[Waiting], now: int) -> None:
    """Give claimed notices back as if they had not been taken; none that another took since."""
    txn.many(
        "UPDATE notices SET attempts = attempts - 1, due_at = ?"
        " WHERE id = ? AND state = 'waiting' AND attempts = ?",
        [(now, notice.id, notice.attempts) for notice in notices],
    )


def settle_sent(txn: Transaction, notice_id: int, now: int) -> None:
    """Record that a notice was accepted; what it said and to whom is erased at once."""
    txn.run(
        "UPDATE notices SET state = 'sent', settled_at = ?, address = NULL, params = NULL,"
        " failure = NULL WHERE id = ?",
        now,
        notice_id,
    )


def set_failed(txn: Transaction, notice_id: int, now: int, failure: str) -> bool:
    """Record that an SMS that was accepted did not arrive; tells whether there was one."""
    changed = txn.run(
        "UPDATE notices SET state = 'dead', settled_at = ?, failure = ?"
        " WHERE id = ? AND channel = 'sms' AND state = 'sent'",
        now,
        failure,
        notice_id,
    )
    return changed == 1


def settle_dead(txn: Transaction, notice_id: int, now: int, failure: str) -> None:
    """Record that a notice will not be tried again."""
    txn.run(
        "UPDATE notices SET state = 'dead', settled_at = ?, failure = ?"
        " WHERE id = ? AND state = 'waiting'",
        now,
        failure,
        notice_id,
    )


def drop(txn: Transaction, notice_id: int) -> None:
    """Forget a notice that is not to go out any more."""
    txn.run("DELETE FROM notices WHERE id = ?", notice_id)


def defer(txn: Transaction, notice: Waiting, due_at: int, failure: str) -> None:
    """Record a failure that may pass, unless another process has taken it since."""
    txn.run(
        "UPDATE notices SET due_at = ?, failure = ?"
        " WHERE id = ? AND state = 'waiting' AND attempts = ?",
        due_at,
        failure,
        notice.id,
        notice.attempts,
    )


# --- withdrawing and forgetting -------------------------------------------------------------------


def forget_about(txn: Transaction, about: str) -> None:
    """Forget what waits to be said of something."""
    txn.run("DELETE FROM notices WHERE about = ? AND state = 'waiting'", about)


def forget_address(txn: Transaction, account: int, channel: Channel, address: str | None) -> None:
    """Forget what waits for an account on a channel, at one address or at all."""
    txn.run(
        "DELETE FROM notices WHERE account_id = ? AND channel = ?"
        " AND address = COALESCE(?, address) AND state = 'waiting'",
        account,
        channel,
        address,
    )


def forget_account(txn: Transaction, account: int) -> None:
    """Forget every notice of an account, whatever became of it."""
    txn.run("DELETE FROM notices WHERE account_id = ?", account)


def all_of(reader: Reader, account: int) -> list[dict[str, Any]]:
    """Give every notice of an account that is kept."""
    rows = reader.all(
        "SELECT channel, kind, address, created_at, state, settled_at FROM notices"
        " WHERE account_id = ? ORDER BY id",
        account,
    )
    names = ("channel", "kind", "address", "created_at", "state", "settled_at")
    return [{name: row[name] for name in names} for row in rows]


def waiting_about(reader: Reader, about: str) -> dict[str, str]:
    """Give the params of the newest notice that waits to be said of something; empty for none."""
    row = reader.one(
        "SELECT params FROM notices WHERE about = ? AND state = 'waiting' ORDER BY id DESC LIMIT 1",
        about,
    )
    params: dict[str, str] = {} if row is None else json.loads(row["params"])
    return params


def tidy(txn: Transaction, erase_before: int, forget_before: int) -> None:
    """Erase what dead notices said and to whom; forget those settled long ago."""
    txn.run(
        "UPDATE notices SET address = NULL, params = NULL"
        " WHERE settled_at < ? AND address IS NOT NULL",
        erase_before,
    )
    txn.run("DELETE FROM notices WHERE settled_at < ?", forget_before)


def backlog(reader: Reader) -> list[Backlog]:
    """Count what waits and what was given up, by channel, with the earliest that is due."""
    rows = reader.all(
        "SELECT channel, state, COUNT(*) AS count, MIN(due_at) AS due_at FROM notices"
        " WHERE state IN ('waiting', 'dead') GROUP BY channel, state"
    )
    return [Backlog(row["channel"], row["state"], row["count"], row["due_at"]) for row in rows]


# --- dead letters ---------------------------------------------------------------------------------


def dead(reader: Reader) -> list[DeadNotice]:
    """Give the notices that will not be tried again, the latest first."""
    return [
        DeadNotice(
            row["id"],
            row["channel"],
            row["kind"],
            row["attempts"],
            row["failure"],
            row["settled_at"],
            row["address"] is not None,
        )
        for row in reader.all(
            "SELECT id, channel, kind, attempts, failure, settled_at, address FROM notices"
            " WHERE state = 'dead' ORDER BY settled_at DESC, id DESC"
        )
    ]


def revive(txn: Transaction, notice_id: int, now: int) -> bool:
    """Let a dead notice be tried anew; tells whether there was one with its words."""
    return (
        txn.run(
            "UPDATE notices SET state = 'waiting', attempts = 0, due_at = ?, settled_at = NULL"
            " WHERE id = ? AND state = 'dead' AND address IS NOT NULL",
            now,
            notice_id,
        )
        == 1
    )


def drop_dead(txn: Transaction, notice_id: int) -> bool:
    """Forget a dead notice; tells whether there was one."""
    return txn.run("DELETE FROM notices WHERE id = ? AND state = 'dead'", notice_id) == 1
