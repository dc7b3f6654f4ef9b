"""Many accounts at once, straight into the store: for `chat.seed`, load tests and tests.

Nobody registers, confirms or hashes here; the rows are what those use cases would have left.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from chat.accounts.links import digest
from chat.accounts.model import alias_key
from chat.storage.database import Reader, Transaction
from protocol.errors import Language


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An account as it is to be. Without a password hash nobody can log in with any password."""

    id: int
    email: str
    alias: str
    born: datetime.date
    municipality: int
    joined_at: int
    password_hash: str = ""
    language: Language = "da"
    consented: bool = True


@dataclass(frozen=True, slots=True)
class Login:
    """A session of an app, valid from `created_at` until `expires_at` (UTC milliseconds)."""

    id: int
    account: int
    token: str
    created_at: int
    expires_at: int


def anyone(reader: Reader) -> bool:
    """Tell whether anybody has an account here, or has asked for one."""
    return any(
        reader.one(f"SELECT 1 FROM {table} LIMIT 1") is not None
        for table in ("accounts", "registrations")
    )


def move_in(txn: Transaction, newcomers: Sequence[Newcomer]) -> None:
    """Add accounts, whose addresses and aliases nobody has."""
    txn.many(
        "INSERT INTO accounts (id, email, password_hash, alias, alias_key, born, municipality,"
        " language, consented, joined_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (one.id, one.email, one.password_hash, one.alias, alias_key(one.alias),
             one.born.isoformat(), one.municipality, one.language, int(one.consented),
             one.joined_at)
            for one in newcomers
        ),
    )  # fmt: skip


def log_in(txn: Transaction, logins: Sequence[Login]) -> None:
    """Add sessions; of their tokens only the digest is kept."""
    txn.many(
        "INSERT INTO sessions (id, digest, account_id, kind, device, created_at, last_seen_at,"
        " expires_at) VALUES (?, ?, ?, 'app', '', ?, ?, ?)",
        (
            (one.id, digest(one.token), one.account, one.created_at, one.created_at,
             one.expires_at)
            for one in logins
        ),
    )  # fmt: skip


def consent(txn: Transaction, consents: Sequence[tuple[int, str, int]]) -> None:
    """Note that parents have consented: account, the parent's address, when (domain rule 2)."""
    txn.many(
        "INSERT INTO parents (account_id, email) VALUES (?, ?)",
        ((account, email) for account, email, _ in consents),
    )
    txn.many(
        "INSERT INTO consents (account_id, number, state, at) VALUES (?, 1, 'given', ?)",
        ((account, at) for account, _, at in consents),
    )
