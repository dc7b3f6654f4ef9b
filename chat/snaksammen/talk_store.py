"""SQL of talks, their parties and personal links, and of what is said about them afterwards."""

from dataclasses import dataclass, field
from typing import cast

from chat.snaksammen.model import AgeBand, Role
from chat.snaksammen.talk import State
from chat.storage.database import Reader, Row, Transaction
from protocol.errors import Language


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk, booked or from the line; times are UTC ms."""

    id: int
    booking: int | None
    entry: int | None
    service: str
    state: State
    volunteer: int
    branch: int
    band: AgeBand
    starts_at: int
    ends_at: int
    conversation: int | None = None
    began_at: int | None = None
    ended_at: int | None = None
    erase_at: int | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """One who takes part. A guest has an address, anyone else an account; never both."""

    talk: int
    role: Role
    account: int | None
    name: str
    language: Language
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    seat: int | None = None
    entered_at: int | None = None
    left_at: int | None = None
    reason: str | None = None
    wants_more: bool = False


_TALK = (
    "t.id, t.booking_id, t.entry_id, t.service, t.state, t.volunteer_id, t.branch_id, t.age_band,"
    " t.starts_at, t.ends_at, t.conversation_id, t.began_at, t.ended_at, t.erase_at"
)
_PARTY = (
    "p.talk_id, p.role, p.account_id, p.name, p.language, p.email, p.phone, p.seat_id,"
    " p.entered_at, p.left_at, p.reason, p.wants_more"
)


def read_talk(row: Row) -> Talk:
    """Make a talk of a row of `_TALK`."""
    return Talk(
        row["id"], row["booking_id"], row["entry_id"], row["service"], State(row["state"]),
        row["volunteer_id"], row["branch_id"], AgeBand(row["age_band"]), row["starts_at"],
        row["ends_at"], row["conversation_id"], row["began_at"], row["ended_at"], row["erase_at"],
    )  # fmt: skip


def _party(row: Row) -> Party:
    return Party(
        row["talk_id"], Role(row["role"]), row["account_id"], row["name"],
        cast("Language", row["language"]), row["email"], row["phone"], row["seat_id"],
        row["entered_at"], row["left_at"], row["reason"], bool(row["wants_more"]),
    )  # fmt: skip


# --- talks ----------------------------------------------------------------------------------------


def add(txn: Transaction, talk: Talk) -> None:
    """Add a talk."""
    txn.run(
        "INSERT INTO talks (id, booking_id, entry_id, service, state, volunteer_id, branch_id,"
        " age_band, starts_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        talk.id, talk.booking, talk.entry, talk.service, talk.state, talk.volunteer, talk.branch,
        talk.band, talk.starts_at, talk.ends_at,
    )  # fmt: skip


def save(txn: Transaction, talk: Talk) -> None:
    """Store a talk as it is now."""
    txn.run(
        "UPDATE talks SET state = ?, volunteer_id = ?, branch_id = ?, starts_at = ?, ends_at = ?,"
        " conversation_id = ?, began_at = ?, ended_at = ?, erase_at = ? WHERE id = ?",
        talk.state, talk.volunteer, talk.branch, talk.starts_at, talk.ends_at, talk.conversation,
        talk.began_at, talk.ended_at, talk.erase_at, talk.id,
    )  # fmt: skip


def find(reader: Reader, talk: int) -> Talk | None:
    """Find a talk."""
    row = reader.one(f"SELECT {_TALK} FROM talks t WHERE t.id = ?", talk)
    return None if row is None else read_talk(row)


def of_booking(reader: Reader, booking: int) -> Talk | None:
    """Find the talk of a booking."""
    row = reader.one(f"SELECT {_TALK} FROM talks t WHERE t.booking_id = ?", booking)
    return None if row is None else read_talk(row)


def of_entry(reader: Reader, entry: int) -> Talk | None:
    """Find the talk of one who waited in the line."""
    row = reader.one(f"SELECT {_TALK} FROM talks t WHERE t.entry_id = ?", entry)
    return None if row is None else read_talk(row)


def running_of(reader: Reader, volunteer: int) -> Talk | None:
    """Find the talk that a volunteer is in, or waits in, now."""
    row = reader.one(
        f"SELECT {_TALK} FROM talks t WHERE t.volunteer_id = ?"
        " AND t.state IN ('waiting', 'running') ORDER BY t.starts_at LIMIT 1",
        volunteer,
    )
    return None if row is None else read_talk(row)


def to_remind(reader: Reader, before: int, now: int, limit: int) -> list[Talk]:
    """List booked talks that begin before a moment and of which nobody was reminded."""
    rows = reader.all(
        f"SELECT {_TALK} FROM talks t WHERE t.state IN ('planned', 'waiting')"
        " AND t.starts_at > ? AND t.starts_at <= ? AND t.reminded_at IS NULL"
        " AND t.booking_id IS NOT NULL ORDER BY t.starts_at LIMIT ?",
        now, before, limit,
    )  # fmt: skip
    return [read_talk(row) for row in rows]


def set_reminded(txn: Transaction, talk: int, now: int | None) -> None:
    """Note that everyone was reminded, or that they are to be again."""
    txn.run("UPDATE talks SET reminded_at = ? WHERE id = ?", now, talk)


def overdue(reader: Reader, started_before: int, limit: int) -> list[Talk]:
    """List talks that should have begun before a moment, and in which someone is missing."""
    rows = reader.all(
        f"SELECT {_TALK} FROM talks t WHERE t.state IN ('planned', 'waiting')"
        " AND t.starts_at <= ? ORDER BY t.starts_at LIMIT ?",
        started_before, limit,
    )  # fmt: skip
    return [read_talk(row) for row in rows]


def run_out(reader: Reader, ended_before: int, limit: int) -> list[Talk]:
    """List running talks whose time was over before a moment."""
    rows = reader.all(
        f"SELECT {_TALK} FROM talks t WHERE t.state = 'running' AND t.ends_at <= ?"
        " ORDER BY t.starts_at LIMIT ?",
        ended_before, limit,
    )  # fmt: skip
    return [read_talk(row) for row in rows]


def to_erase(reader: Reader, now: int, limit: int) -> list[Talk]:
    """List talks whose text is due to be erased."""
    rows = reader.all(
        f"SELECT {_TALK} FROM talks t WHERE t.erased_at IS NULL AND t.erase_at <= ?"
        " ORDER BY t.erase_at LIMIT ?",
        now, limit,
    )  # fmt: skip
    return [read_talk(row) for row in rows]


def set_erased(txn: Transaction, talk: int, now: int) -> None:
    """Note that the text of a talk is erased."""
    txn.run("UPDATE talks SET erased_at = ?, conversation_id = NULL WHERE id = ?", now, talk)


def long_over(reader: Reader, now: int, limit: int) -> list[Party]:
    """List parties of talks that are over for as long as their service keeps who took part.

    A talk that was called off is over then, not when it would have been.
    """
    rows = reader.all(
        f"SELECT {_PARTY} FROM talk_parties p JOIN talks t ON t.id = p.talk_id"
        " JOIN services s ON s.slug = t.service"
        " WHERE t.state IN ('ended', 'cancelled', 'missed') AND p.name <> ''"
        " AND COALESCE(t.ended_at, t.ends_at) + s.keep_contact_hours * 3600000 <= ?"
        " ORDER BY t.ends_at LIMIT ?",
        now, limit,
    )  # fmt: skip
    return [_party(row) for row in rows]


# --- parties --------------------------------------------------------------------------------------


def put_party(txn: Transaction, party: Party) -> None:
    """Add one who takes part, or store them as they are now."""
    txn.run(
        "INSERT INTO talk_parties (talk_id, role, account_id, name, language, email, phone,"
        " seat_id, entered_at, left_at, reason, wants_more)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (talk_id, role) DO UPDATE SET"
        " account_id = excluded.account_id, name = excluded.name, language = excluded.language,"
        " email = excluded.email, phone = excluded.phone, seat_id = excluded.seat_id,"
        " entered_at = excluded.entered_at, left_at = excluded.left_at, reason = excluded.reason,"
        " wants_more = excluded.wants_more",
        party.talk, party.role, party.account, party.name, party.language, party.email,
        party.phone, party.seat, party.entered_at, party.left_at, party.reason,
        int(party.wants_more),
    )  # fmt: skip


def forget_party(txn: Transaction, party: Party) -> None:
    """Keep of one who took part only as what, and whether and how long; of a guest no number."""
    txn.run(
        "UPDATE talk_parties SET name = '', email = NULL, phone = NULL, account_id = NULL,"
        " seat_id = NULL WHERE talk_id = ? AND role = ?",
        party.talk, party.role,
    )  # fmt: skip
    txn.run(
        "UPDATE bookings SET guest = NULL, hold_digest = NULL"
        " WHERE id = (SELECT booking_id FROM talks WHERE id = ?)",
        party.talk,
    )
    revoke_links(txn, party.talk, party.role)


def parties(reader: Reader, talk: int) -> dict[Role, Party]:
    """Give everyone who takes part, by role."""
    rows = reader.all(f"SELECT {_PARTY} FROM talk_parties p WHERE p.talk_id = ?", talk)
    found = {Role(row["role"]): _party(row) for row in rows}
    return {role: found[role] for role in Role if role in found}


def party_in(reader: Reader, talk: int, who: int) -> Party | None:
    """Find the party that an account or a seat is in a talk."""
    row = reader.one(
        f"SELECT {_PARTY} FROM talk_parties p WHERE p.talk_id = ? AND"
        " (p.seat_id = ? OR p.account_id = ?)",
        talk, who, who,
    )  # fmt: skip
    return None if row is None else _party(row)


# --- links ----------------------------------------------------------------------------------------


def add_link(txn: Transaction, digest: bytes, talk: int, role: Role) -> None:
    """Keep the digest of a personal link."""
    txn.run("INSERT INTO talk_links (digest, talk_id, role) VALUES (?, ?, ?)", digest, talk, role)


def linked(reader: Reader, digest: bytes) -> tuple[int, Role] | None:
    """Find the talk and role that a personal link stands for."""
    row = reader.one("SELECT talk_id, role FROM talk_links WHERE digest = ?", digest)
    return None if row is None else (row["talk_id"], Role(row["role"]))


def count_links(reader: Reader, talk: int, role: Role) -> int:
    """Count the links of a party."""
    row = reader.one(
        "SELECT COUNT(*) AS count FROM talk_links WHERE talk_id = ? AND role = ?", talk, role
    )
    return 0 if row is None else int(row["count"])


def to_come_of(
    reader: Reader, email: str | None, phone: str | None, account: int | None, limit: int
) -> list[Party]:
    """List who takes part in a talk to come, or a running one, under an address or an account."""
    rows = reader.all(
        f"SELECT {_PARTY} FROM talk_parties p JOIN talks t ON t.id = p.talk_id"
        " WHERE (p.email = ? OR p.phone = ? OR p.account_id = ?) AND p.left_at IS NULL"
        " AND t.state IN ('planned', 'waiting', 'running') ORDER BY t.starts_at, t.id LIMIT ?",
        email, phone, account, limit,
    )  # fmt: skip
    return [_party(row) for row in rows]


def revoke_links(txn: Transaction, talk: int, role: Role) -> None:
    """Make every link of a party worthless."""
    txn.run("DELETE FROM talk_links WHERE talk_id = ? AND role = ?", talk, role)


# --- afterwards -----------------------------------------------------------------------------------


def set_feeling(txn: Transaction, talk: int, when: str, feeling: int) -> None:
    """Keep how one felt before or after; the last tap counts."""
    column = {"before": "before", "after": "after"}[when]
    txn.run(
        f"INSERT INTO talk_feelings (talk_id, {column}) VALUES (?, ?)"
        f" ON CONFLICT (talk_id) DO UPDATE SET {column} = excluded.{column}",
        talk, feeling,
    )  # fmt: skip


def add_debrief(txn: Transaction, talk: Talk, weight: str, *, call_wanted: bool, now: int) -> None:
    """Keep a volunteer's note; the last one counts."""
    txn.run(
        "INSERT INTO debriefs (talk_id, volunteer_id, weight, call_wanted, at)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (talk_id) DO UPDATE SET weight = excluded.weight,"
        " call_wanted = excluded.call_wanted, at = excluded.at",
        talk.id, talk.volunteer, weight, int(call_wanted), now,
    )  # fmt: skip


def recent_lengths(reader: Reader, service: str, since: int) -> list[int]:
    """List how long (ms) the last talks from the line took, at most 200."""
    rows = reader.all(
        "SELECT ended_at - starts_at AS length FROM talks WHERE entry_id IS NOT NULL"
        " AND service = ? AND state = 'ended' AND starts_at > ? ORDER BY starts_at DESC LIMIT 200",
        service, since,
    )  # fmt: skip
    return [int(row["length"]) for row in rows]


# --- reports --------------------------------------------------------------------------------------


def add_report(
    txn: Transaction,
    report_id: int,
    talk: Talk,
    role: Role,
    reason: str,
    words: str,
    evidence: str,
    now: int,
) -> None:
    """Keep a report with what was said."""
    txn.run(
        "INSERT INTO talk_reports (id, talk_id, branch_id, by_role, reason, words, evidence, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (talk_id, by_role) DO NOTHING",
        report_id, talk.id, talk.branch, role, reason, words, evidence, now,
    )  # fmt: skip


def report_by(reader: Reader, talk: int, role: Role) -> int | None:
    """Find the report that a party has made of a talk."""
    row = reader.one("SELECT id FROM talk_reports WHERE talk_id = ? AND by_role = ?", talk, role)
    return None if row is None else int(row["id"])


def reports_of(reader: Reader, branch: int) -> list[Row]:
    """List the reports of a branch, the newest first, without what was said."""
    return reader.all(
        "SELECT id, talk_id, by_role, reason, at FROM talk_reports WHERE branch_id = ?"
        " ORDER BY at DESC, id DESC LIMIT 100",
        branch,
    )


def report(reader: Reader, branch: int, report_id: int) -> Row | None:
    """Find a report of a branch, whole."""
    return reader.one(
        "SELECT id, talk_id, by_role, reason, words, evidence, at FROM talk_reports"
        " WHERE id = ? AND branch_id = ?",
        report_id, branch,
    )  # fmt: skip


def add_look(txn: Transaction, look: int, report_id: int, account: int, now: int) -> None:
    """Log that someone has looked at a report (domain rule 4)."""
    txn.run(
        "INSERT INTO report_looks (id, report_id, account_id, at) VALUES (?, ?, ?, ?)",
        look, report_id, account, now,
    )  # fmt: skip


def near(reader: Reader, branch: int, until: int) -> list[Talk]:
    """List the talks of a branch that run or begin before a moment."""
    rows = reader.all(
        f"SELECT {_TALK} FROM talks t WHERE t.branch_id = ?"
        " AND t.state IN ('planned', 'waiting', 'running') AND t.starts_at < ?"
        " ORDER BY t.starts_at LIMIT 200",
        branch, until,
    )  # fmt: skip
    return [read_talk(row) for row in rows]
