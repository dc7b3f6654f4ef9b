"""Accounts, registrations, consents and failed logins in the database."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from chat.accounts import model, seats
from chat.accounts.model import Failures, Standing, State
from chat.storage.database import Reader, Row, Transaction
from protocol.errors import Language


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A confirmed account."""

    id: int
    email: str
    password_hash: str
    alias: str
    born: datetime.date
    municipality: int
    language: Language
    consented: bool
    suspended: bool
    read_receipts: bool
    presence: bool
    joined_at: int
    account_seq: int

    def state(self, today: datetime.date) -> State:
        """Tell its state on a date."""
        return model.state_of(
            suspended=self.suspended, consented=self.consented, born=self.born, today=today
        )

    def active(self, today: datetime.date) -> bool:
        """Tell whether it may act on a date."""
        return self.state(today) == "active"


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """Somebody who has asked for an account and has not confirmed the address yet."""

    id: int
    email: str
    password_hash: str
    alias: str
    born: datetime.date
    municipality: int
    language: Language
    parent_email: str | None
    expires_at: int


_ACCOUNT = (
    "accounts.id, email, password_hash, alias, born, municipality, language, consented, suspended,"
    " read_receipts, presence,"
    " joined_at, account_seq"
)
_REGISTRATION = (
    "id, email, password_hash, alias, born, municipality, language, parent_email, expires_at"
)


def _account(row: Row) -> AccountRow:
    return AccountRow(
        id=row["id"],
        email=row["email"],
        password_hash=row["password_hash"],
        alias=row["alias"],
        born=datetime.date.fromisoformat(row["born"]),
        municipality=row["municipality"],
        language=cast("Language", row["language"]),
        consented=bool(row["consented"]),
        suspended=bool(row["suspended"]),
        read_receipts=bool(row["read_receipts"]),
        presence=bool(row["presence"]),
        joined_at=row["joined_at"],
        account_seq=row["account_seq"],
    )


def _registration(row: Row | None) -> RegistrationRow | None:
    if row is None:
        return None
    return RegistrationRow(
        id=row["id"],
        email=row["email"],
        password_hash=row["password_hash"],
        alias=row["alias"],
        born=datetime.date.fromisoformat(row["born"]),
        municipality=row["municipality"],
        language=cast("Language", row["language"]),
        parent_email=row["parent_email"],
        expires_at=row["expires_at"],
    )


# --- accounts -------------------------------------------------------------------------------------


def by_id(reader: Reader, account_id: int) -> AccountRow | None:
    """Find an account."""
    row = reader.one(f"SELECT {_ACCOUNT} FROM accounts WHERE id = ?", account_id)
    return None if row is None else _account(row)


def by_email(reader: Reader, email: str) -> AccountRow | None:
    """Find the account of a normalised address."""
    row = reader.one(f"SELECT {_ACCOUNT} FROM accounts WHERE email = ?", email)
    return None if row is None else _account(row)


def alias_taken(reader: Reader, key: str, account_id: int | None = None) -> bool:
    """Tell whether another account has the alias."""
    row = reader.one("SELECT id FROM accounts WHERE alias_key = ?", key)
    return row is not None and row["id"] != account_id


def standings(
    reader: Reader, account_ids: Sequence[int], today: datetime.date
) -> dict[int, Standing]:
    """Give what others' rules need to know of accounts, and of seats in talks, by id."""
    rows = reader.among(f"SELECT {_ACCOUNT} FROM accounts WHERE id {{among}}", account_ids)
    found = {row["id"]: _standing(_account(row), today) for row in rows}
    missing = [one for one in account_ids if one not in found]
    return found | seats.standings(reader, missing) if missing else found


def _standing(account: AccountRow, today: datetime.date) -> Standing:
    return Standing(
        account=account.id,
        alias=account.alias,
        born=account.born,
        municipality=account.municipality,
        active=account.active(today),
        joined_at=account.joined_at,
        language=account.language,
        read_receipts=account.read_receipts,
        presence=account.presence,
    )


def aliases(reader: Reader, account_ids: Sequence[int]) -> dict[int, str]:
    """Give the aliases of accounts and the names of seats, by id; unknown ids are left out."""
    rows = reader.among("SELECT id, alias FROM accounts WHERE id {among}", account_ids)
    found = {row["id"]: row["alias"] for row in rows}
    missing = [one for one in account_ids if one not in found]
    return found | seats.names(reader, missing) if missing else found


def add_account(txn: Transaction, registration: RegistrationRow, alias: str, now: int) -> None:
    """Make an account of a registration, under its id."""
    txn.run(
        "INSERT INTO accounts (id, email, password_hash, alias, alias_key, born, municipality,"
        " language, joined_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        registration.id,
        registration.email,
        registration.password_hash,
        alias,
        model.alias_key(alias),
        registration.born.isoformat(),
        registration.municipality,
        registration.language,
        now,
    )


def set_profile(
    txn: Transaction, account_id: int, *, alias: str, municipality: int, language: Language
) -> None:
    """Change what the owner may change freely."""
    txn.run(
        "UPDATE accounts SET alias = ?, alias_key = ?, municipality = ?, language = ? WHERE id = ?",
        alias,
        model.alias_key(alias),
        municipality,
        language,
        account_id,
    )


def set_shown(txn: Transaction, account_id: int, *, read_receipts: bool, presence: bool) -> None:
    """Change what others see of what an account does."""
    txn.run(
        "UPDATE accounts SET read_receipts = ?, presence = ? WHERE id = ?",
        int(read_receipts), int(presence), account_id,
    )  # fmt: skip


def set_email(txn: Transaction, account_id: int, email: str) -> None:
    """Change the address."""
    txn.run("UPDATE accounts SET email = ? WHERE id = ?", email, account_id)


def set_password(txn: Transaction, account_id: int, password_hash: str) -> None:
    """Change the password."""
    txn.run("UPDATE accounts SET password_hash = ? WHERE id = ?", password_hash, account_id)


def set_consented(txn: Transaction, account_id: int, *, consented: bool) -> None:
    """Change whether a parent consents at present."""
    txn.run("UPDATE accounts SET consented = ? WHERE id = ?", int(consented), account_id)


def set_suspended(txn: Transaction, account_id: int, *, suspended: bool) -> None:
    """Change whether an account is suspended."""
    txn.run("UPDATE accounts SET suspended = ? WHERE id = ?", int(suspended), account_id)


def next_account_seq(txn: Transaction, account_id: int) -> int:
    """Number an account entry: 1 and up, without holes."""
    row = txn.one(
        "UPDATE accounts SET account_seq = account_seq + 1 WHERE id = ? RETURNING account_seq",
        account_id,
    )
    if row is None:
        raise KeyError(account_id)
    return int(row["account_seq"])


# --- registrations --------------------------------------------------------------------------------


def put_registration(txn: Transaction, registration: RegistrationRow) -> None:
    """Add a registration in place of an earlier one of the same address, links included."""
    remove_registration(txn, registration.email)
    txn.run(
        f"INSERT INTO registrations ({_REGISTRATION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        registration.id,
        registration.email,
        registration.password_hash,
        registration.alias,
        registration.born.isoformat(),
        registration.municipality,
        registration.language,
        registration.parent_email,
        registration.expires_at,
    )


def remove_registration(txn: Transaction, email: str) -> None:
    """Remove the registration of an address and its links."""
    txn.run(
        "DELETE FROM links WHERE purpose = 'confirm'"
        " AND account_id IN (SELECT id FROM registrations WHERE email = ?)",
        email,
    )
    txn.run("DELETE FROM registrations WHERE email = ?", email)


def registration(reader: Reader, registration_id: int) -> RegistrationRow | None:
    """Find a registration."""
    return _registration(
        reader.one(f"SELECT {_REGISTRATION} FROM registrations WHERE id = ?", registration_id)
    )


def registration_of(reader: Reader, email: str, now: int) -> RegistrationRow | None:
    """Find the registration of an address, unless it has expired."""
    return _registration(
        reader.one(
            f"SELECT {_REGISTRATION} FROM registrations WHERE email = ? AND expires_at > ?",
            email,
            now,
        )
    )


# --- consent --------------------------------------------------------------------------------------


def set_parent(txn: Transaction, account_id: int, email: str) -> None:
    """Remember where a child's parent is reached."""
    txn.run("INSERT INTO parents (account_id, email) VALUES (?, ?)", account_id, email)


def add_consent(txn: Transaction, account_id: int, state: str, now: int) -> None:
    """Record that a parent was asked, or what they answered."""
    recorded = txn.all("SELECT number FROM consents WHERE account_id = ?", account_id)
    txn.run(
        "INSERT INTO consents (account_id, number, state, at) VALUES (?, ?, ?, ?)",
        account_id,
        len(recorded) + 1,
        state,
        now,
    )


def consent(reader: Reader, account_id: int) -> str | None:
    """Tell what a parent was asked or has answered last."""
    row = reader.one(
        "SELECT state FROM consents WHERE account_id = ? ORDER BY number DESC LIMIT 1", account_id
    )
    return None if row is None else str(row["state"])


# --- failed logins --------------------------------------------------------------------------------


def failures(reader: Reader, digest: bytes) -> Failures:
    """Give the failed logins to an address, by its digest."""
    row = reader.one("SELECT failures, since, last FROM login_failures WHERE digest = ?", digest)
    return model.NO_FAILURES if row is None else Failures(row[0], row[1], row[2])


def set_failures(txn: Transaction, digest: bytes, counted: Failures) -> None:
    """Record the failed logins to an address."""
    txn.run(
        "INSERT INTO login_failures (digest, failures, since, last) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (digest) DO UPDATE"
        " SET failures = excluded.failures, since = excluded.since, last = excluded.last",
        digest,
        counted.count,
        counted.since,
        counted.last,
    )


def forget_failures(txn: Transaction, digest: bytes) -> None:
    """Start again at none."""
    txn.run("DELETE FROM login_failures WHERE digest = ?", digest)


def sweep(txn: Transaction, now: int, failures_before: int) -> None:
    """Delete what has expired: registrations, links, failed logins."""
    txn.run("DELETE FROM registrations WHERE expires_at <= ?", now)
    txn.run("DELETE FROM links WHERE expires_at <= ?", now)
    txn.run("DELETE FROM login_failures WHERE last <= ?", failures_before)
