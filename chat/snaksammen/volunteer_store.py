"""SQL of branches, services, coordinators, volunteers and invitations."""

import datetime
from dataclasses import dataclass
from typing import cast

from chat.snaksammen.onboarding import Profile, State, Steps, Volunteer
from chat.storage.database import Reader, Row, Transaction
from chat.storage.ids import new_id
from protocol.volunteering import SnakRole

COPENHAGEN = 101
"""The municipality of Copenhagen."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A local branch."""

    id: int
    name: str
    municipality: int


@dataclass(frozen=True, slots=True)
class Coordinator:
    """One who coordinates a branch, under the name that talks show."""

    account: int
    branch: int
    name: str


@dataclass(frozen=True, slots=True)
class Holder:
    """One with a part in a branch: `role` is coordinator or volunteer; `since` in UTC ms."""

    branch: str
    role: str
    account: int
    name: str
    since: int


@dataclass(frozen=True, slots=True)
class Service:
    """What is talked about and for how long; `weeks` of a course.

    After a talk its text is kept for `keep_text_minutes`, who took part for `keep_contact_hours`.
    """

    slug: str
    danish: str
    english: str
    minutes: int
    weeks: int | None
    keep_text_minutes: int = 5
    keep_contact_hours: int = 24

    @property
    def length(self) -> int:
        """How long a talk lasts, in ms."""
        return self.minutes * 60_000

    @property
    def keeps_text(self) -> int:
        """How long after a talk what was said in it is kept, in ms (domain rule 7)."""
        return self.keep_text_minutes * 60_000

    @property
    def keeps_contact(self) -> int:
        """How long after a talk links show what became of it, and names are kept, in ms."""
        return self.keep_contact_hours * 3_600_000


_SERVICE = (
    "SELECT slug, danish, english, minutes, weeks, keep_text_minutes, keep_contact_hours"
    " FROM services"
)
_VOLUNTEER = (
    "v.id, v.account_id, v.branch_id, v.state, v.name, v.words, v.languages, v.interests,"
    " v.agreement_at, v.course_at, v.certificate_until, v.since, v.call_wanted_at"
)


def read_volunteer(row: Row) -> Volunteer:
    """Make a volunteer of a row of `_VOLUNTEER`."""
    until = row["certificate_until"]
    return Volunteer(
        id=row["id"],
        account=row["account_id"],
        branch=row["branch_id"],
        state=State(row["state"]),
        profile=Profile(
            row["name"],
            row["words"],
            tuple(row["languages"].split()),
            tuple(row["interests"].split()),
        ),
        steps=Steps(
            row["agreement_at"],
            row["course_at"],
            None if until is None else datetime.date.fromisoformat(until),
        ),
        since=row["since"],
        call_wanted_at=row["call_wanted_at"],
    )


# --- services and branches ------------------------------------------------------------------------


def services(reader: Reader) -> list[Service]:
    """List every service."""
    return [Service(*row) for row in reader.all(f"{_SERVICE} ORDER BY slug")]


def service(reader: Reader, slug: str) -> Service | None:
    """Find a service."""
    row = reader.one(f"{_SERVICE} WHERE slug = ?", slug)
    return None if row is None else Service(*row)


def put_service(txn: Transaction, service: Service) -> None:
    """Add a service, or change it for what is published and ends from now on."""
    txn.run(
        "INSERT INTO services (slug, danish, english, minutes, weeks, keep_text_minutes,"
        " keep_contact_hours) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (slug) DO UPDATE SET danish = excluded.danish, english = excluded.english,"
        " minutes = excluded.minutes, weeks = excluded.weeks,"
        " keep_text_minutes = excluded.keep_text_minutes,"
        " keep_contact_hours = excluded.keep_contact_hours",
        service.slug, service.danish, service.english, service.minutes, service.weeks,
        service.keep_text_minutes, service.keep_contact_hours,
    )  # fmt: skip


def add_branch(txn: Transaction, branch: Branch) -> None:
    """Add a branch; one of the same name stays as it is."""
    txn.run(
        "INSERT INTO branches (id, name, municipality) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO NOTHING",
        branch.id, branch.name, branch.municipality,
    )  # fmt: skip


def branch_named(reader: Reader, name: str) -> Branch | None:
    """Find a branch by name."""
    row = reader.one("SELECT id, name, municipality FROM branches WHERE name = ?", name)
    return None if row is None else Branch(*row)


def branch(reader: Reader, branch_id: int) -> Branch:
    """Give a branch that must be there."""
    row = reader.one("SELECT id, name, municipality FROM branches WHERE id = ?", branch_id)
    assert row is not None, "whoever belongs to a branch refers to it"
    return Branch(*row)


# --- coordinators ---------------------------------------------------------------------------------


def put_coordinator(txn: Transaction, who: Coordinator, now: int) -> None:
    """Let an account coordinate a branch, in place of another."""
    txn.run(
        "INSERT INTO coordinators (account_id, branch_id, name, since) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (account_id) DO UPDATE SET branch_id = excluded.branch_id,"
        " name = excluded.name",
        who.account, who.branch, who.name, now,
    )  # fmt: skip


def coordinator(reader: Reader, account: int) -> Coordinator | None:
    """Find who coordinates by account."""
    row = reader.one(
        "SELECT account_id, branch_id, name FROM coordinators WHERE account_id = ?", account
    )
    return None if row is None else Coordinator(*row)


def roles_of(reader: Reader, account: int) -> list[SnakRole]:
    """Tell what an account is to SnakSammen besides a citizen."""
    rows = reader.all(
        "SELECT 'volunteer' AS role FROM volunteers WHERE account_id = ? AND state <> 'ended'"
        " UNION ALL SELECT 'coordinator' AS role FROM coordinators WHERE account_id = ?",
        account, account,
    )  # fmt: skip
    return [cast("SnakRole", row["role"]) for row in rows]


def coordinators_of(reader: Reader, branch_id: int) -> list[Coordinator]:
    """List the coordinators of a branch, the longest there first."""
    rows = reader.all(
        "SELECT account_id, branch_id, name FROM coordinators WHERE branch_id = ?"
        " ORDER BY since, account_id",
        branch_id,
    )
    return [Coordinator(*row) for row in rows]


def roles(reader: Reader) -> list[Holder]:
    """List everyone with a part in a branch, coordinators first; who has ended has none."""
    rows = reader.all(
        "SELECT b.name AS branch, 'coordinator' AS role, c.account_id, c.name, c.since"
        " FROM coordinators c JOIN branches b ON b.id = c.branch_id"
        " UNION ALL SELECT b.name, 'volunteer', v.account_id, v.name, v.since"
        " FROM volunteers v JOIN branches b ON b.id = v.branch_id WHERE v.state != 'ended'"
        " ORDER BY 1, 2, 5, 3"
    )
    return [Holder(*row) for row in rows]


def coordinates_to_come(reader: Reader, account: int, now: int) -> int:
    """Count the talks to come that name an account as their coordinator."""
    row = reader.one(
        "SELECT COUNT(*) FROM bookings WHERE coordinator_id = ? AND state = 'confirmed'"
        " AND starts_at > ?",
        account, now,
    )  # fmt: skip
    return int(row[0]) if row else 0


def dismiss(txn: Transaction, account: int) -> None:
    """Let an account coordinate no branch any more."""
    txn.run("DELETE FROM coordinators WHERE account_id = ?", account)


# --- volunteers -----------------------------------------------------------------------------------


def add_volunteer(txn: Transaction, one: Volunteer) -> None:
    """Add a volunteer; one who has ended begins anew, under the old id."""
    txn.run(
        "INSERT INTO volunteers (id, account_id, branch_id, state, name, words, languages,"
        " interests, agreement_at, course_at, certificate_until, since)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET"
        " branch_id = excluded.branch_id, state = excluded.state, name = excluded.name,"
        " agreement_at = NULL, course_at = NULL, since = excluded.since"
        " WHERE volunteers.state = 'ended'",
        one.id, one.account, one.branch, one.state, one.profile.name, one.profile.words,
        " ".join(one.profile.languages), " ".join(one.profile.interests),
        one.steps.agreement_at, one.steps.course_at, _date(one.steps.certificate_until), one.since,
    )  # fmt: skip


def save_volunteer(txn: Transaction, one: Volunteer) -> None:
    """Store a volunteer as they are now."""
    txn.run(
        "UPDATE volunteers SET state = ?, name = ?, words = ?, languages = ?, interests = ?,"
        " agreement_at = ?, course_at = ?, certificate_until = ?, call_wanted_at = ? WHERE id = ?",
        one.state, one.profile.name, one.profile.words, " ".join(one.profile.languages),
        " ".join(one.profile.interests), one.steps.agreement_at, one.steps.course_at,
        _date(one.steps.certificate_until), one.call_wanted_at, one.id,
    )  # fmt: skip


def volunteer(reader: Reader, volunteer_id: int) -> Volunteer | None:
    """Find a volunteer."""
    row = reader.one(f"SELECT {_VOLUNTEER} FROM volunteers v WHERE v.id = ?", volunteer_id)
    return None if row is None else read_volunteer(row)


def volunteer_of(reader: Reader, account: int) -> Volunteer | None:
    """Find the volunteer of an account, for that account alone."""
    row = reader.one(f"SELECT {_VOLUNTEER} FROM volunteers v WHERE v.account_id = ?", account)
    return None if row is None else read_volunteer(row)


def volunteers_of(reader: Reader, branch_id: int) -> list[Volunteer]:
    """List the volunteers of a branch, by name."""
    rows = reader.all(
        f"SELECT {_VOLUNTEER} FROM volunteers v WHERE v.branch_id = ? ORDER BY v.name, v.id",
        branch_id,
    )
    return [read_volunteer(row) for row in rows]


def volunteers_by_id(reader: Reader, ids: list[int]) -> dict[int, Volunteer]:
    """Give volunteers, by id."""
    rows = reader.among(f"SELECT {_VOLUNTEER} FROM volunteers v WHERE v.id {{among}}", ids)
    return {row["id"]: read_volunteer(row) for row in rows}


# --- invitations ----------------------------------------------------------------------------------


def add_invitation(
    txn: Transaction, digest: bytes, branch_id: int, role: str, name: str, expires_at: int
) -> None:
    """Keep the digest of a link that makes one a volunteer or coordinator."""
    txn.run(
        "INSERT INTO branch_invitations (digest, branch_id, role, name, expires_at)"
        " VALUES (?, ?, ?, ?, ?)",
        digest, branch_id, role, name, expires_at,
    )  # fmt: skip


def invitation(reader: Reader, digest: bytes, now: int) -> Row | None:
    """Find an invitation that has not expired: `branch_id`, `role`, `name`, `used_by`."""
    return reader.one(
        "SELECT branch_id, role, name, used_by FROM branch_invitations"
        " WHERE digest = ? AND expires_at > ?",
        digest, now,
    )  # fmt: skip


def use_invitation(txn: Transaction, digest: bytes, account: int) -> None:
    """Mark an invitation as used by an account; followed again, it answers it as it did."""
    txn.run("UPDATE branch_invitations SET used_by = ? WHERE digest = ?", account, digest)


def tidy_invitations(txn: Transaction, now: int) -> None:
    """Forget invitations that have expired."""
    txn.run("DELETE FROM branch_invitations WHERE expires_at <= ?", now)


def _date(date: datetime.date | None) -> str | None:
    return None if date is None else date.isoformat()


# --- alerts ---------------------------------------------------------------------------------------


def add_alert(
    txn: Transaction, branch_id: int, kind: str, talk: int | None, one: int | None, now: int
) -> int:
    """Alert the coordinators of a branch; gives the alert's id."""
    alert = new_id(now)
    txn.run(
        "INSERT INTO alerts (id, branch_id, kind, talk_id, volunteer_id, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        alert, branch_id, kind, talk, one, now,
    )  # fmt: skip
    return alert


def open_alerts(reader: Reader, branch_id: int) -> list[Row]:
    """List what nobody has seen to yet: `id`, `kind`, `talk_id`, `volunteer_id`, `at`."""
    return reader.all(
        "SELECT id, kind, talk_id, volunteer_id, at FROM alerts"
        " WHERE branch_id = ? AND settled_at IS NULL ORDER BY at DESC LIMIT 100",
        branch_id,
    )


def settle_alert(txn: Transaction, branch_id: int, alert: int, now: int) -> bool:
    """Note that an alert was seen to; tells whether it is the branch's."""
    changed = txn.run(
        "UPDATE alerts SET settled_at = ? WHERE id = ? AND branch_id = ?",
        now,
        alert,
        branch_id,
    )
    return changed == 1


def was_alerted(reader: Reader, kind: str, talk: int) -> bool:
    """Tell whether there was an alert of a kind about a talk."""
    row = reader.one("SELECT 1 FROM alerts WHERE talk_id = ? AND kind = ? LIMIT 1", talk, kind)
    return row is not None


def count_alerts(reader: Reader, branch_id: int, kind: str, since: int) -> int:
    """Count what a branch was alerted of since a moment."""
    row = reader.one(
        "SELECT COUNT(*) FROM alerts WHERE branch_id = ? AND kind = ? AND at > ?",
        branch_id, kind, since,
    )  # fmt: skip
    return int(row[0]) if row else 0


def any_municipality(reader: Reader) -> int:
    """Give the municipality of the oldest branch, for a guest who has told none."""
    row = reader.one("SELECT municipality FROM branches ORDER BY id LIMIT 1")
    return COPENHAGEN if row is None else int(row["municipality"])
