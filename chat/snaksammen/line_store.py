"""SQL of the line, offers and duty. What holds a place is a row, never a socket."""

from dataclasses import dataclass, field
from typing import cast

from chat.snaksammen.line import State
from chat.snaksammen.model import AgeBand
from chat.storage.database import Reader, Row, Transaction
from protocol.errors import Language


@dataclass(frozen=True, slots=True)
class Entry:
    """One in the line. A guest has a seat, and an address once they ask to be called back."""

    id: int
    place: int
    service: str
    state: State
    language: str
    band: AgeBand
    account: int | None
    seat: int | None
    name: str
    interface: Language
    email: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    call_back: bool
    joined_at: int
    seen_until: int


@dataclass(frozen=True, slots=True)
class Duty:
    """A volunteer on duty."""

    volunteer: int
    since: int
    seen_until: int
    paused_until: int


@dataclass(frozen=True, slots=True)
class Offer:
    """An open offer of one in the line to whoever is free."""

    id: int
    entry: int
    made_at: int
    expires_at: int


_ENTRY = (
    "e.id, e.place, e.service, e.state, e.language, e.age_band, e.account_id, e.seat_id, e.name,"
    " e.interface, e.email, e.phone, e.call_back, e.joined_at, e.seen_until"
)


def _entry(row: Row) -> Entry:
    return Entry(
        row["id"], row["place"], row["service"], State(row["state"]), row["language"],
        AgeBand(row["age_band"]), row["account_id"], row["seat_id"], row["name"],
        cast("Language", row["interface"]), row["email"], row["phone"], bool(row["call_back"]),
        row["joined_at"], row["seen_until"],
    )  # fmt: skip


# --- the line -------------------------------------------------------------------------------------


def join(txn: Transaction, entry: Entry) -> None:
    """Add one at the end of the line."""
    txn.run(
        "INSERT INTO line_entries (id, place, service, state, language, age_band, account_id,"
        " seat_id, name, interface, email, phone, call_back, joined_at, seen_until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        entry.id, entry.place, entry.service, entry.state, entry.language, entry.band,
        entry.account, entry.seat, entry.name, entry.interface, entry.email, entry.phone,
        int(entry.call_back), entry.joined_at, entry.seen_until,
    )  # fmt: skip


def of_person(reader: Reader, who: int) -> Entry | None:
    """Find the newest entry of an account or a guest's seat."""
    row = reader.one(
        f"SELECT {_ENTRY} FROM line_entries e WHERE e.account_id = ? OR e.seat_id = ?"
        " ORDER BY e.place DESC LIMIT 1",
        who, who,
    )  # fmt: skip
    return None if row is None else _entry(row)


def find(reader: Reader, entry: int) -> Entry | None:
    """Find an entry."""
    row = reader.one(f"SELECT {_ENTRY} FROM line_entries e WHERE e.id = ?", entry)
    return None if row is None else _entry(row)


def waiting(reader: Reader, service: str | None = None) -> list[Entry]:
    """List who waits, in order of place; of one service or of all."""
    narrowed = "" if service is None else " AND e.service = ?"
    rows = reader.all(
        f"SELECT {_ENTRY} FROM line_entries e WHERE e.state = 'waiting'{narrowed} ORDER BY e.place",
        *(() if service is None else (service,)),
    )
    return [_entry(row) for row in rows]


def count_waiting(reader: Reader, service: str) -> int:
    """Count who waits for a service."""
    row = reader.one(
        "SELECT COUNT(*) FROM line_entries WHERE state = 'waiting' AND service = ?", service
    )
    return int(row[0]) if row else 0


def count_before(reader: Reader, entry: Entry) -> int:
    """Count who waits for the same service and came before."""
    row = reader.one(
        "SELECT COUNT(*) FROM line_entries"
        " WHERE state = 'waiting' AND service = ? AND place < ?",
        entry.service, entry.place,
    )  # fmt: skip
    return int(row[0]) if row else 0


def keep(txn: Transaction, entry: int, until: int) -> None:
    """Keep a place until a moment; it is never shortened."""
    txn.run(
        "UPDATE line_entries SET seen_until = ? WHERE id = ? AND seen_until < ?"
        " AND state = 'waiting'",
        until, entry, until,
    )  # fmt: skip


def set_call_back(
    txn: Transaction, entry: int, email: str | None, phone: str | None, until: int
) -> None:
    """Let one go away and be told; the place is kept until a moment."""
    txn.run(
        "UPDATE line_entries SET call_back = 1, email = ?, phone = ?, seen_until = ?"
        " WHERE id = ? AND state = 'waiting'",
        email, phone, until, entry,
    )  # fmt: skip


def set_shown(txn: Transaction, entry: int, low: int, high: int, now: int) -> None:
    """Note the first range of waiting time that one was shown, to measure how well it held."""
    txn.run(
        "UPDATE line_entries SET shown_at = ?, shown_low_ms = ?, shown_high_ms = ?"
        " WHERE id = ? AND shown_at IS NULL",
        now, low, high, entry,
    )  # fmt: skip


def settle(txn: Transaction, entry: int, state: State, now: int) -> bool:
    """End one's waiting; tells whether they waited. Of two that do it, one is told so."""
    changed = txn.run(
        "UPDATE line_entries SET state = ?, settled_at = ? WHERE id = ? AND state = 'waiting'",
        state,
        now,
        entry,
    )
    return changed == 1


def unseen(reader: Reader, now: int, limit: int) -> list[Entry]:
    """List who waits and has not been seen for too long."""
    rows = reader.all(
        f"SELECT {_ENTRY} FROM line_entries e WHERE e.state = 'waiting' AND e.seen_until <= ?"
        " ORDER BY e.place LIMIT ?",
        now, limit,
    )  # fmt: skip
    return [_entry(row) for row in rows]


def recent_waits(reader: Reader, since: int) -> list[int]:
    """List how long (ms) those waited whom a volunteer has taken since a moment, rising."""
    rows = reader.all(
        "SELECT settled_at - joined_at AS wait FROM line_entries"
        " WHERE state = 'taken' AND settled_at > ? ORDER BY settled_at - joined_at LIMIT 10000",
        since,
    )
    return [int(row["wait"]) for row in rows]


def recent_endings(reader: Reader, since: int) -> tuple[int, int]:
    """Count of the last thousand whose waiting ended: who was taken, and who had gone."""
    row = reader.one(
        "SELECT COUNT(*) AS ended, SUM(CASE WHEN last.state = 'taken' THEN 1 ELSE 0 END) AS taken"
        " FROM (SELECT state FROM line_entries WHERE settled_at > ? ORDER BY settled_at DESC"
        " LIMIT 1000) AS last",
        since,
    )
    taken = 0 if row is None else int(row["taken"] or 0)
    return taken, (0 if row is None else int(row["ended"])) - taken


def shown_and_waited(reader: Reader, since: int) -> tuple[int, int]:
    """Count who was shown a range and then taken, and of how many of them it held."""
    row = reader.one(
        "SELECT COUNT(*) AS shown, SUM(CASE WHEN settled_at - shown_at >= shown_low_ms"
        " AND settled_at - shown_at <= shown_high_ms THEN 1 ELSE 0 END) AS held"
        " FROM line_entries WHERE state = 'taken' AND settled_at > ? AND shown_at IS NOT NULL",
        since,
    )
    return (0, 0) if row is None else (int(row["shown"]), int(row["held"] or 0))


def seats_without_talk(reader: Reader, service: str, before: int) -> list[int]:
    """List the seats of guests who left the line, or were not seen, before a moment."""
    rows = reader.all(
        "SELECT seat_id FROM line_entries WHERE settled_at <= ? AND service = ?"
        " AND seat_id IS NOT NULL AND state IN ('left', 'lapsed')",
        before,
        service,
    )
    return [int(row["seat_id"]) for row in rows]


def forget_settled(txn: Transaction, service: str, before: int) -> None:
    """Keep of those who waited long ago only how long they did."""
    txn.run(
        "UPDATE line_entries SET name = '', email = NULL, phone = NULL, account_id = NULL,"
        " seat_id = NULL WHERE settled_at <= ? AND service = ? AND name <> ''",
        before,
        service,
    )


# --- offers ---------------------------------------------------------------------------------------


def open_offers(reader: Reader) -> list[Offer]:
    """List open offers, by the place of whom they offer."""
    rows = reader.all(
        "SELECT o.id, o.entry_id, o.made_at, o.expires_at FROM offers o"
        " JOIN line_entries e ON e.id = o.entry_id WHERE o.state = 'open' ORDER BY e.place"
    )
    return [Offer(*row) for row in rows]


def add_offer(txn: Transaction, offer: Offer) -> bool:
    """Offer one in the line; tells False if that is offered already."""
    changed = txn.run(
        "INSERT INTO offers (id, entry_id, state, made_at, expires_at)"
        " VALUES (?, ?, 'open', ?, ?) ON CONFLICT (entry_id) WHERE state = 'open' DO NOTHING",
        offer.id,
        offer.entry,
        offer.made_at,
        offer.expires_at,
    )
    return changed == 1


def offer_state(reader: Reader, offer: int) -> str | None:
    """Tell where an offer is; None if there is none."""
    row = reader.one("SELECT state FROM offers WHERE id = ?", offer)
    return None if row is None else str(row["state"])


def close_offers(txn: Transaction, entry: int, state: str, by: int | None = None) -> None:
    """Close what is open for one in the line."""
    txn.run(
        "UPDATE offers SET state = ?, taken_by = ? WHERE entry_id = ? AND state = 'open'",
        state, by, entry,
    )  # fmt: skip


def expire_offers(txn: Transaction, now: int) -> int:
    """Close offers that nobody has taken in time; tells how many."""
    return txn.run(
        "UPDATE offers SET state = 'expired' WHERE state = 'open' AND expires_at <= ?", now
    )


def taken_by(reader: Reader, offer: int) -> int | None:
    """Tell which volunteer has taken an offer."""
    row = reader.one("SELECT taken_by FROM offers WHERE id = ?", offer)
    return None if row is None else row["taken_by"]


# --- duty -----------------------------------------------------------------------------------------


def put_duty(txn: Transaction, duty: Duty) -> None:
    """Let a volunteer be on duty, or stay so."""
    txn.run(
        "INSERT INTO on_duty (volunteer_id, since, seen_until, paused_until) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (volunteer_id) DO UPDATE SET seen_until = excluded.seen_until,"
        " paused_until = excluded.paused_until",
        duty.volunteer, duty.since, duty.seen_until, duty.paused_until,
    )  # fmt: skip


def end_duty(txn: Transaction, volunteer: int) -> None:
    """Let a volunteer be off duty."""
    txn.run("DELETE FROM on_duty WHERE volunteer_id = ?", volunteer)


def duty_of(reader: Reader, volunteer: int, now: int) -> Duty | None:
    """Give a volunteer's duty if it is not over."""
    row = reader.one(
        "SELECT volunteer_id, since, seen_until, paused_until FROM on_duty"
        " WHERE volunteer_id = ? AND seen_until > ?",
        volunteer, now,
    )  # fmt: skip
    return None if row is None else Duty(*row)


def on_duty(reader: Reader, now: int) -> list[Duty]:
    """List who is on duty."""
    rows = reader.all(
        "SELECT d.volunteer_id, d.since, d.seen_until, d.paused_until FROM on_duty d"
        " JOIN volunteers v ON v.id = d.volunteer_id"
        " WHERE d.seen_until > ? AND v.state = 'active' ORDER BY d.since, d.volunteer_id",
        now,
    )
    return [Duty(*row) for row in rows]


def tidy_duty(txn: Transaction, now: int) -> None:
    """Forget duty that was not renewed."""
    txn.run("DELETE FROM on_duty WHERE seen_until <= ?", now)
