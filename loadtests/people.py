"""People for tests and load, straight into the store: active, with a session, no hash made."""

import datetime
import hashlib
import secrets
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

BALLERUP, GLADSAXE, HERLEV, GLOSTRUP = 151, 159, 163, 161
YEAR_MS = 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account and a bearer token."""

    account: int
    alias: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """Say who asks."""
        return {"Authorization": f"Bearer {self.token}"}


def move_in(
    database: Path,
    alias: str,
    *,
    municipality: int = BALLERUP,
    age: int = 40,
    consented: bool = True,
) -> Person:
    """Make one person, as old as told today, who joined a year ago."""
    now = time.time_ns() // 1_000_000
    account = now << 20 | secrets.randbits(20)
    token = secrets.token_urlsafe(32)
    today = datetime.date.today()  # noqa: DTZ011 — whole years: the zone makes no difference
    born = today.replace(year=today.year - age, day=1).isoformat()
    with sqlite3.connect(database, timeout=10) as connection:
        connection.execute(
            "INSERT INTO accounts (id, email, password_hash, alias, alias_key, born, municipality,"
            " language, consented, joined_at) VALUES (?, ?, '', ?, ?, ?, ?, 'da', ?, ?)",
            (account, f"{account}@people.example", alias, alias.casefold(), born, municipality,
             consented, now - YEAR_MS),
        )  # fmt: skip
        connection.execute(
            "INSERT INTO sessions (id, digest, account_id, kind, device, created_at, last_seen_at,"
            " expires_at) VALUES (?, ?, ?, 'app', '', ?, ?, ?)",
            (account, hashlib.sha256(token.encode()).digest(), account, now, now, now + YEAR_MS),
        )
    connection.close()
    return Person(account, alias, token)
