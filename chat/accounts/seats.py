"""Seats: who one is in one talk, whether guest, citizen or volunteer.

A seat has a name, a language and an age, and leads to no account: so no block, alias or payload of
a talk shows that a volunteer is a citizen too (domain rule 3), and a guest needs no account. Its
sessions come by the talk's link and are good for that talk alone, on several devices at once.
"""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

from chat.accounts.links import digest, new_token
from chat.accounts.model import SessionEnded, Standing
from chat.scope import Actor
from chat.storage.changes import add_change
from chat.storage.database import Reader, Row, Transaction
from chat.storage.ids import new_id
from protocol import resources as res
from protocol.errors import Language
from protocol.ids import encode_id

DEVICES = 5
"""Sessions of one seat; one more ends the oldest."""


_SEAT = "id, name, language, born, municipality, opened_at"


@dataclass(frozen=True, slots=True)
class Seat:
    """Who one is in one talk. `born` is exact, or the youngest that a stated age allows."""

    id: int
    name: str
    language: Language
    born: datetime.date
    municipality: int
    opened_at: int


def open_seat(
    txn: Transaction,
    *,
    name: str,
    language: Language,
    born: datetime.date,
    municipality: int,
    now: int,
) -> int:
    """Make a seat; gives its id, which stands where an account's would in a conversation."""
    seat = new_id(now)
    txn.run(
        "INSERT INTO seats (id, name, language, born, municipality, opened_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        seat, name, language, born.isoformat(), municipality, now,
    )  # fmt: skip
    return seat


def take_seat(txn: Transaction, seat: int, now: int, until: int) -> str:
    """Start a session of a seat, good until a moment; gives its token."""
    sessions = txn.all("SELECT digest FROM seat_sessions WHERE seat_id = ? ORDER BY id", seat)
    for row in sessions[: max(0, len(sessions) - DEVICES + 1)]:
        txn.run("DELETE FROM seat_sessions WHERE digest = ?", row["digest"])
    token = new_token()
    txn.run(
        "INSERT INTO seat_sessions (digest, id, seat_id, expires_at) VALUES (?, ?, ?, ?)",
        digest(token), new_id(now), seat, until,
    )  # fmt: skip
    return token


def clear_seat(txn: Transaction, seat: int, now: int) -> None:
    """End every session of a seat, on open connections of every process too (G6)."""
    if txn.run("DELETE FROM seat_sessions WHERE seat_id = ?", seat):
        add_change(txn, "session", seat, now)
        txn.emit(SessionEnded(seat, None))


def remove_seat(txn: Transaction, seat: int, now: int) -> None:
    """Erase a seat with its sessions (G7)."""
    clear_seat(txn, seat, now)
    txn.run("DELETE FROM seats WHERE id = ?", seat)


def find(reader: Reader, seat: int) -> Seat | None:
    """Find a seat."""
    row = reader.one(f"SELECT {_SEAT} FROM seats WHERE id = ?", seat)
    return None if row is None else _seat(row)


def standings(reader: Reader, seats: Sequence[int]) -> dict[int, Standing]:
    """Give what rules need to know of seats, by id: each may act for as long as it is there."""
    rows = reader.among(f"SELECT {_SEAT} FROM seats WHERE id {{among}}", seats)
    return {row["id"]: _standing(_seat(row)) for row in rows}


def _standing(found: Seat) -> Standing:
    return Standing(
        account=found.id,
        alias=found.name,
        born=found.born,
        municipality=found.municipality,
        active=True,
        joined_at=0,
        language=found.language,
        read_receipts=True,
        presence=True,
    )


def names(reader: Reader, seats: Sequence[int]) -> dict[int, str]:
    """Give the names of seats, by id; unknown ids are left out."""
    rows = reader.among("SELECT id, name FROM seats WHERE id {among}", seats)
    return {row["id"]: row["name"] for row in rows}


def actor_of(reader: Reader, token_digest: bytes, now: int) -> tuple[Actor, int] | None:
    """Tell who acts under the token of a seat's session, and until when it is good."""
    row = reader.one(
        "SELECT s.id, s.born, s.municipality, t.id AS session_id, t.expires_at"
        " FROM seat_sessions t JOIN seats s ON s.id = t.seat_id"
        " WHERE t.digest = ? AND t.expires_at > ?",
        token_digest, now,
    )  # fmt: skip
    if row is None:
        return None
    actor = Actor(
        account=row["id"],
        session=row["session_id"],
        active=True,
        born=datetime.date.fromisoformat(row["born"]),
        municipality=row["municipality"],
        joined_at=0,
        guest=True,
    )
    return actor, int(row["expires_at"])


def alive(reader: Reader, sessions: Collection[int]) -> set[int]:
    """Give those sessions of seats that have not been ended."""
    rows = reader.among("SELECT id FROM seat_sessions WHERE id {among}", list(sessions))
    return {row["id"] for row in rows}


def shown(seat: Seat) -> res.Account:
    """Show a seat to whoever sits in it."""
    return res.Account(
        id=encode_id(seat.id),
        email="",
        alias=seat.name,
        born=seat.born,
        municipality=seat.municipality,
        language=seat.language,
        state="active",
        read_receipts=True,
        presence=True,
    )


def sweep(txn: Transaction, now: int) -> None:
    """Delete sessions that have expired."""
    txn.run("DELETE FROM seat_sessions WHERE expires_at <= ?", now)


def _seat(row: Row) -> Seat:
    return Seat(
        id=row["id"],
        name=row["name"],
        language=cast("Language", row["language"]),
        born=datetime.date.fromisoformat(row["born"]),
        municipality=row["municipality"],
        opened_at=row["opened_at"],
    )
