"""SQL of what SnakSammen holds of one account, for its export and its erasure."""

from typing import Any

from chat.snaksammen.talk_store import Talk, read_talk
from chat.storage.database import Reader, Transaction

NOBODY = -1
"""The number of no volunteer."""

_TALK = (
    "t.id, t.booking_id, t.entry_id, t.service, t.state, t.volunteer_id, t.branch_id, t.age_band,"
    " t.starts_at, t.ends_at, t.conversation_id, t.began_at, t.ended_at, t.erase_at"
)

_OF_CITIZEN = {
    "bookings": "SELECT service, state, starts_at, ends_at, age_band, by_parent, language,"
    " created_at, settled_at FROM bookings WHERE account_id = ? ORDER BY starts_at, id",
    "courses": "SELECT service, state, from_date, until_date, minute, citizen_more FROM courses"
    " WHERE account_id = ? ORDER BY id",
    "line": "SELECT service, state, language, age_band, name, email, phone, interface, call_back,"
    " joined_at, shown_at, shown_low_ms, shown_high_ms, settled_at FROM line_entries"
    " WHERE account_id = ? ORDER BY place",
    "talks": "SELECT p.role, p.name, p.language, t.service, t.state, t.age_band, t.starts_at,"
    " t.ends_at, p.entered_at, p.left_at, p.reason,"
    " (SELECT COUNT(*) FROM talk_links l WHERE l.talk_id = t.id AND l.role = p.role) AS links"
    " FROM talk_parties p JOIN talks t ON t.id = p.talk_id WHERE p.account_id = ?"
    " ORDER BY t.starts_at, t.id",
    "feelings": "SELECT t.starts_at, f.before, f.after FROM talk_feelings f"
    " JOIN talks t ON t.id = f.talk_id JOIN talk_parties p ON p.talk_id = t.id"
    " WHERE p.account_id = ? AND p.role = 'citizen' ORDER BY t.starts_at",
    "reports": "SELECT r.at, r.reason, r.words FROM talk_reports r JOIN talk_parties p"
    " ON p.talk_id = r.talk_id AND p.role = r.by_role WHERE p.account_id = ? ORDER BY r.at",
    "coordinator": "SELECT b.name AS branch, c.name, c.since FROM coordinators c"
    " JOIN branches b ON b.id = c.branch_id WHERE c.account_id = ?",
    "looks": "SELECT at FROM report_looks WHERE account_id = ? ORDER BY at",
}

_OF_VOLUNTEER = {
    "volunteer": "SELECT b.name AS branch, v.state, v.name, v.words, v.languages, v.interests,"
    " v.agreement_at, v.course_at, v.certificate_until, v.since, v.call_wanted_at"
    " FROM volunteers v JOIN branches b ON b.id = v.branch_id WHERE v.id = ?",
    "times": "SELECT service, starts_at, ends_at, withdrawn_at FROM times WHERE volunteer_id = ?"
    " ORDER BY starts_at",
    "weekly_times": "SELECT service, weekday, minute, from_date, until_date, withdrawn_at"
    " FROM weekly_times WHERE volunteer_id = ? ORDER BY id",
    "bookings_as_volunteer": "SELECT service, state, starts_at, ends_at, age_band FROM bookings"
    " WHERE volunteer_id = ? ORDER BY starts_at, id",
    "courses_as_volunteer": "SELECT service, state, from_date, until_date, minute, volunteer_more"
    " FROM courses WHERE volunteer_id = ? ORDER BY id",
    "debriefs": "SELECT at, weight, call_wanted FROM debriefs WHERE volunteer_id = ? ORDER BY at",
    "duty": "SELECT since, seen_until, paused_until FROM on_duty WHERE volunteer_id = ?",
}


_LEAVE_LINE = (
    "UPDATE line_entries SET name = '', email = NULL, phone = NULL, account_id = NULL"
    " WHERE account_id = ?"
)


def all_of(reader: Reader, account: int, volunteer: int | None) -> dict[str, Any]:
    """Give every row about an account, by kind; of the others in a talk nothing."""
    asked = [(name, sql, account) for name, sql in _OF_CITIZEN.items()]
    if volunteer is not None:
        asked += [(name, sql, volunteer) for name, sql in _OF_VOLUNTEER.items()]
    return {name: [_plain(row) for row in reader.all(sql, who)] for name, sql, who in asked}


def _plain(row: Any) -> dict[str, Any]:
    return {key: row[key] for key in row.keys()}  # noqa: SIM118 — a row is no dict


def open_talks(reader: Reader, account: int, limit: int) -> list[Talk]:
    """List the talks to come and the running ones that an account takes part in."""
    rows = reader.all(
        f"SELECT {_TALK} FROM talk_parties p JOIN talks t ON t.id = p.talk_id"
        " WHERE p.account_id = ? AND p.left_at IS NULL"
        " AND t.state IN ('planned', 'waiting', 'running') ORDER BY t.starts_at LIMIT ?",
        account, limit,
    )  # fmt: skip
    return [read_talk(row) for row in rows]


def forget_parties(txn: Transaction, account: int) -> list[int]:
    """Keep of an account in talks only what it was in them; gives the seats it leaves behind."""
    rows = txn.all("SELECT talk_id, role, seat_id FROM talk_parties WHERE account_id = ?", account)
    keys = [(row["talk_id"], row["role"]) for row in rows]
    txn.many("DELETE FROM talk_links WHERE talk_id = ? AND role = ?", keys)
    citizen = [(talk,) for talk, role in keys if role == "citizen"]
    txn.many("DELETE FROM talk_feelings WHERE talk_id = ?", citizen)
    txn.run(
        "UPDATE talk_parties SET name = '', account_id = NULL, email = NULL, phone = NULL,"
        " seat_id = NULL, reason = NULL WHERE account_id = ?",
        account,
    )
    return [row["seat_id"] for row in rows if row["seat_id"] is not None]


def forget_citizen(txn: Transaction, account: int) -> None:
    """Let bookings, places in the line and courses lead to no account."""
    txn.run(
        "UPDATE bookings SET course_id = NULL WHERE course_id IN"
        " (SELECT id FROM courses WHERE account_id = ?)",
        account,
    )
    for sql in (
        "DELETE FROM courses WHERE account_id = ?",
        "UPDATE bookings SET account_id = NULL, hold_digest = NULL WHERE account_id = ?",
        _LEAVE_LINE,
        "DELETE FROM occupied WHERE side = 2 AND who = ?",
    ):
        txn.run(sql, account)


def forget_coordinator(txn: Transaction, account: int) -> None:
    """Let an account coordinate no branch any more."""
    txn.run("DELETE FROM coordinators WHERE account_id = ?", account)
    txn.run("DELETE FROM branch_invitations WHERE used_by = ?", account)


def release_coordinator(txn: Transaction, account: int) -> None:
    """Let no booking name an account as its coordinator."""
    txn.run("UPDATE bookings SET coordinator_id = NULL WHERE coordinator_id = ?", account)
    txn.run("DELETE FROM occupied WHERE side = 4 AND who = ?", account)


def forget_volunteer(txn: Transaction, volunteer: int) -> None:
    """Erase a volunteer with their times and notes; what they did keeps a number of nobody."""
    txn.run(
        "UPDATE bookings SET course_id = NULL WHERE course_id IN"
        " (SELECT id FROM courses WHERE volunteer_id = ?)",
        volunteer,
    )
    for sql in (
        "DELETE FROM courses WHERE volunteer_id = ?",
        "DELETE FROM debriefs WHERE volunteer_id = ?",
        "UPDATE alerts SET volunteer_id = NULL WHERE volunteer_id = ?",
        "UPDATE offers SET taken_by = NULL WHERE taken_by = ?",
        "DELETE FROM occupied WHERE side = 1 AND who = ?",
        "DELETE FROM volunteers WHERE id = ?",
    ):
        txn.run(sql, volunteer)
