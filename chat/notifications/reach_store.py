"""The SQL of how people are reached: their telephones and the browsers that take push messages."""

from dataclasses import dataclass, field

from chat.storage.database import Reader, Row, Transaction


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone, and the code that is on its way to it, if one is."""

    phone: str = field(repr=False)
    confirmed_at: int | None
    code_hash: str | None
    code_until: int | None
    tries: int
    asked: int
    asked_since: int


def phone(reader: Reader, account: int) -> Phone | None:
    """Read someone's telephone."""
    row = reader.one(
        "SELECT phone, confirmed_at, code_hash, code_until, tries, asked, asked_since"
        " FROM phones WHERE account_id = ?",
        account,
    )
    return None if row is None else Phone(*row)


def set_phone(txn: Transaction, account: int, phone: Phone) -> None:
    """Write someone's telephone."""
    txn.run(
        "INSERT INTO phones (account_id, phone, confirmed_at, code_hash, code_until, tries, asked,"
        " asked_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET"
        " phone = excluded.phone, confirmed_at = excluded.confirmed_at,"
        " code_hash = excluded.code_hash, code_until = excluded.code_until,"
        " tries = excluded.tries, asked = excluded.asked, asked_since = excluded.asked_since",
        account,
        phone.phone,
        phone.confirmed_at,
        phone.code_hash,
        phone.code_until,
        phone.tries,
        phone.asked,
        phone.asked_since,
    )


def asked_of(reader: Reader, phone: str, besides: int, since: int) -> int:
    """Count the codes that others have asked for to a number since a moment."""
    row = reader.one(
        "SELECT COALESCE(SUM(asked), 0) AS asked FROM phones"
        " WHERE phone = ? AND account_id <> ? AND asked_since > ?",
        phone,
        besides,
        since,
    )
    return 0 if row is None else int(row["asked"])


@dataclass(frozen=True, slots=True)
class PushRow:
    """A subscription; `address` is what a notice to it is addressed to."""

    id: int
    account: int
    session: int
    endpoint: str = field(repr=False)
    address: str = field(repr=False)


_PUSH = "SELECT id, account_id, session_id, endpoint, address FROM push_subscriptions"


def pushes(reader: Reader, account: int) -> list[PushRow]:
    """Read someone's subscriptions, the oldest first."""
    return [_push(row) for row in reader.all(f"{_PUSH} WHERE account_id = ? ORDER BY id", account)]


def pushes_after(reader: Reader, after: int, limit: int) -> list[PushRow]:
    """Read everybody's subscriptions, by rising id."""
    return [
        _push(row) for row in reader.all(f"{_PUSH} WHERE id > ? ORDER BY id LIMIT ?", after, limit)
    ]


def push_at(reader: Reader, endpoint: str) -> PushRow | None:
    """Read the subscription of an endpoint."""
    row = reader.one(f"{_PUSH} WHERE endpoint = ?", endpoint)
    return None if row is None else _push(row)


def push_of_address(reader: Reader, address: str) -> PushRow | None:
    """Read the subscription that a notice was addressed to."""
    row = reader.one(f"{_PUSH} WHERE address = ?", address)
    return None if row is None else _push(row)


def add_push(txn: Transaction, row: PushRow, now: int) -> None:
    """Add a subscription."""
    txn.run(
        "INSERT INTO push_subscriptions (id, account_id, session_id, endpoint, address, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        row.id,
        row.account,
        row.session,
        row.endpoint,
        row.address,
        now,
    )


def delete_push(txn: Transaction, subscription: int) -> None:
    """Forget a subscription."""
    txn.run("DELETE FROM push_subscriptions WHERE id = ?", subscription)


def _push(row: Row) -> PushRow:
    return PushRow(*row)


def all_of(reader: Reader, account: int) -> dict[str, list[dict[str, object]]]:
    """Give all that is kept of how someone is reached."""
    phones = reader.all("SELECT phone, confirmed_at FROM phones WHERE account_id = ?", account)
    browsers = reader.all(
        "SELECT endpoint, created_at FROM push_subscriptions WHERE account_id = ? ORDER BY id",
        account,
    )
    return {
        "phones": [{"phone": row["phone"], "confirmed_at": row["confirmed_at"]} for row in phones],
        "browsers": [
            {"endpoint": row["endpoint"], "created_at": row["created_at"]} for row in browsers
        ],
    }


def forget(txn: Transaction, account: int) -> None:
    """Forget someone's telephone and browsers."""
    txn.run("DELETE FROM phones WHERE account_id = ?", account)
    txn.run("DELETE FROM push_subscriptions WHERE account_id = ?", account)
