"""Sessions and socket tickets in the database; of a token only its digest is kept."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from chat.accounts import model, seats
from chat.scope import Actor
from chat.storage.database import Reader, Row, Transaction

Kind = Literal["browser", "app"]


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A login."""

    id: int
    device: str
    created_at: int
    last_seen_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Presented:
    """A valid session, and the account behind it as it is now."""

    actor: Actor
    last_seen_at: int
    expires_at: int


def add(txn: Transaction, session: SessionRow, account_id: int, kind: Kind, digest: bytes) -> None:
    """Add a session."""
    txn.run(
        "INSERT INTO sessions (id, digest, account_id, kind, device, created_at, last_seen_at,"
        " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        session.id,
        digest,
        account_id,
        kind,
        session.device,
        session.created_at,
        session.last_seen_at,
        session.expires_at,
    )


_PRESENTED = (
    "SELECT sessions.id AS session_id, last_seen_at, expires_at, accounts.id, born, municipality,"
    " consented, suspended, joined_at"
    " FROM sessions JOIN accounts ON accounts.id = sessions.account_id"
)


def by_digest(reader: Reader, digest: bytes, now: int, today: datetime.date) -> Presented | None:
    """Find the session of a token, and its account or seat: one read."""
    row = reader.one(f"{_PRESENTED} WHERE digest = ? AND expires_at > ?", digest, now)
    if row is not None:
        return _presented(row, today)
    seated = seats.actor_of(reader, digest, now)
    # A seat's session is never prolonged: it ends with its talk.
    return None if seated is None else Presented(seated[0], now, seated[1])


def by_id(reader: Reader, session_id: int, now: int, today: datetime.date) -> Presented | None:
    """Find a session by its id, and its account."""
    row = reader.one(f"{_PRESENTED} WHERE sessions.id = ? AND expires_at > ?", session_id, now)
    return None if row is None else _presented(row, today)


def _presented(row: Row, today: datetime.date) -> Presented:
    born = datetime.date.fromisoformat(row["born"])
    state = model.state_of(
        suspended=bool(row["suspended"]), consented=bool(row["consented"]), born=born, today=today
    )
    actor = Actor(
        account=row["id"],
        session=row["session_id"],
        active=state == "active",
        born=born,
        municipality=row["municipality"],
        joined_at=row["joined_at"],
    )
    return Presented(actor, row["last_seen_at"], row["expires_at"])


def of_account(reader: Reader, account_id: int, now: int) -> list[SessionRow]:
    """Give the sessions of an account, the latest used first."""
    return [
        SessionRow(
            row["id"], row["device"], row["created_at"], row["last_seen_at"], row["expires_at"]
        )
        for row in reader.all(
            "SELECT id, device, created_at, last_seen_at, expires_at FROM sessions"
            " WHERE account_id = ? AND expires_at > ? ORDER BY last_seen_at DESC, id DESC",
            account_id,
            now,
        )
    ]


def alive(reader: Reader, sessions: Collection[int]) -> set[int]:
    """Give those sessions that have not been ended."""
    rows = reader.among("SELECT id FROM sessions WHERE id {among}", list(sessions))
    return {row["id"] for row in rows} | seats.alive(reader, sessions)


def created_at(reader: Reader, session_id: int) -> int | None:
    """Tell when a session began; None for a seat's, and for one that has ended."""
    row = reader.one("SELECT created_at FROM sessions WHERE id = ?", session_id)
    return None if row is None else int(row["created_at"])


def touch(txn: Transaction, session_id: int, now: int, expires_at: int) -> None:
    """Note that a session is used now, and until when it lives."""
    txn.run(
        "UPDATE sessions SET last_seen_at = ?, expires_at = ? WHERE id = ? AND last_seen_at < ?",
        now,
        expires_at,
        session_id,
        now,
    )


def end(txn: Transaction, account_id: int, session_id: int) -> bool:
    """End one session of an account; tells whether there was one."""
    return (
        txn.run("DELETE FROM sessions WHERE id = ? AND account_id = ?", session_id, account_id) == 1
    )


def end_all(txn: Transaction, account_id: int, keep: int | None) -> None:
    """End every session of an account but one."""
    txn.run(
        "DELETE FROM sessions WHERE account_id = ? AND id <> ?",
        account_id,
        -1 if keep is None else keep,
    )


def add_ticket(txn: Transaction, digest: bytes, session_id: int, expires_at: int) -> None:
    """Add a ticket for a socket."""
    txn.run(
        "INSERT INTO socket_tickets (digest, session_id, expires_at) VALUES (?, ?, ?)",
        digest,
        session_id,
        expires_at,
    )


def take_ticket(txn: Transaction, digest: bytes, now: int) -> int | None:
    """Use a ticket up; gives the session it is good for."""
    row = txn.one(
        "DELETE FROM socket_tickets WHERE digest = ? RETURNING session_id, expires_at", digest
    )
    return None if row is None or row["expires_at"] <= now else int(row["session_id"])


def expired(reader: Reader, now: int, limit: int) -> list[tuple[int, int]]:
    """List sessions whose time is over: account and session, the longest over first."""
    rows = reader.all(
        "SELECT account_id, id FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ?",
        now, limit,
    )  # fmt: skip
    return [(row["account_id"], row["id"]) for row in rows]


def sweep(txn: Transaction, now: int) -> None:
    """Delete tickets, and sessions of seats, that have expired."""
    txn.run("DELETE FROM socket_tickets WHERE expires_at <= ?", now)
    seats.sweep(txn, now)
