"""People for tests and load, straight into the store: active, with a session, no hash made."""

import datetime
import secrets
import time
from dataclasses import dataclass

from chat.accounts import bulk
from chat.storage.database import Transaction
from loadtests.beside import Address, write_beside

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
    database: Address,
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
    born = today.replace(year=today.year - age, day=1)
    newcomer = bulk.Newcomer(
        account, f"{account}@people.example", alias, born, municipality, now - YEAR_MS,
        consented=consented,
    )  # fmt: skip
    write_beside(database, _move_in, newcomer, token, now)
    return Person(account, alias, token)


def _move_in(txn: Transaction, newcomer: bulk.Newcomer, token: str, now: int) -> None:
    bulk.move_in(txn, [newcomer])
    bulk.log_in(txn, [bulk.Login(newcomer.id, newcomer.id, token, now, now + YEAR_MS)])
