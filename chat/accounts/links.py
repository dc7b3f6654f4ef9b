"""Links sent by mail: a token of 256 bits that only its receiver has; we keep its digest."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from chat.storage.database import Reader, Row, Transaction
from protocol.errors import Refused

HOUR_MS = 3_600_000
CONFIRM_MS = 48 * HOUR_MS


class Purpose(StrEnum):
    """What a link is good for."""

    CONFIRM = "confirm"
    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105 — the name of a purpose
    CONSENT = "consent"


_LIFETIME_MS: dict[Purpose, int | None] = {
    Purpose.CONFIRM: CONFIRM_MS,
    Purpose.EMAIL: CONFIRM_MS,
    Purpose.PASSWORD: HOUR_MS,
    Purpose.CONSENT: None,  # as long as the account: withdrawable at any time (domain rule 2)
}
_PAGE = {
    Purpose.CONFIRM: "confirm",
    Purpose.EMAIL: "confirm",
    Purpose.PASSWORD: "reset",
    Purpose.CONSENT: "consent",
}


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for."""

    digest: bytes
    purpose: Purpose
    account: int
    email: str | None
    used: bool


def digest(token: str) -> bytes:
    """Give what is kept of a token; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    """Make a token of 256 random bits."""
    return secrets.token_urlsafe(32)


class Links:
    """Makes links to pages of the web client, and finds what a token stands for."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def page(self, path: str = "") -> str:
        """Give the address of a page."""
        return f"{self._base_url}/{path}"

    def issue(
        self,
        txn: Transaction,
        purpose: Purpose,
        account: int,
        now: int,
        email: str | None = None,
    ) -> str:
        """Make a link; the token is in its fragment, which no server's log ever sees."""
        token = new_token()
        lifetime = _LIFETIME_MS[purpose]
        txn.run(
            "INSERT INTO links (digest, purpose, account_id, email, expires_at)"
            " VALUES (?, ?, ?, ?, ?)",
            digest(token),
            purpose.value,
            account,
            email,
            None if lifetime is None else now + lifetime,
        )
        return f"{self.page(_PAGE[purpose])}#token={token}"


def find(reader: Reader, token: str, now: int, *purposes: Purpose) -> Link:
    """Find what a token stands for, used or not.

    Raises `Refused("link_expired")` for one that is unknown, too old or for something else.
    """
    row = reader.one(
        "SELECT digest, purpose, account_id, email, used_at FROM links"
        " WHERE digest = ? AND (expires_at IS NULL OR expires_at > ?)",
        digest(token),
        now,
    )
    if row is None or row["purpose"] not in purposes:
        raise Refused("link_expired", field="token")
    return _link(row)


def use(txn: Transaction, link: Link, now: int) -> None:
    """Mark a link as used. Raises `Refused("link_expired")` if it was."""
    if (
        txn.run(
            "UPDATE links SET used_at = ? WHERE digest = ? AND used_at IS NULL", now, link.digest
        )
        != 1
    ):
        raise Refused("link_expired", field="token")


def void(txn: Transaction, account: int, purpose: Purpose) -> None:
    """Make every link of an account for a purpose worthless."""
    txn.run("DELETE FROM links WHERE account_id = ? AND purpose = ?", account, purpose.value)


def _link(row: Row) -> Link:
    return Link(
        row["digest"],
        Purpose(row["purpose"]),
        row["account_id"],
        row["email"],
        row["used_at"] is not None,
    )
