"""SQL of calls and those who are in them."""

from chat.calls.model import Call, Party, State
from chat.storage.database import Reader, Row, Transaction

_CALL = (
    "SELECT id, conversation_id, version, state, started_by, started_at, expires_at, ends_at,"
    " warned, extensions, ended_at, reason FROM calls"
)


def call_by_id(reader: Reader, call: int) -> Call | None:
    """Read a call, ended ones too."""
    row = reader.one(f"{_CALL} WHERE id = ?", call)
    return None if row is None else _read(reader, row)


def live_in(reader: Reader, conversation: int) -> Call | None:
    """Read the live call of a conversation."""
    row = reader.one(f"{_CALL} WHERE conversation_id = ? AND ended_at IS NULL", conversation)
    return None if row is None else _read(reader, row)


def take(txn: Transaction, call: int) -> Call:
    """Read a call, and keep it from being changed by others until the commit. It must exist."""
    txn.run("UPDATE calls SET version = version WHERE id = ?", call)
    found = call_by_id(txn, call)
    assert found is not None, "the caller has just read it, and ended ones stay for a day"
    return found


def hasten(txn: Transaction, conversations: tuple[int, ...]) -> None:
    """Have the clock look at the live calls of conversations now."""
    live = txn.among(
        "SELECT id FROM calls WHERE conversation_id {among} AND ended_at IS NULL", conversations
    )
    txn.many("UPDATE calls SET due_at = 0 WHERE id = ?", [tuple(row) for row in live])


def due(reader: Reader, now: int, limit: int) -> list[int]:
    """List the calls that the clock moves on by now, the longest due first."""
    rows = reader.all(
        "SELECT id FROM calls WHERE ended_at IS NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
        now, limit,
    )  # fmt: skip
    return [row[0] for row in rows]


def insert(txn: Transaction, call: Call, due_at: int | None) -> bool:
    """Store a new call; False if the conversation has a live one."""
    made = txn.run(
        "INSERT INTO calls (id, conversation_id, version, state, started_by, started_at,"
        " expires_at, ends_at, warned, extensions, due_at) VALUES"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        call.id, call.conversation, call.version, call.state.value, call.started_by,
        call.started_at, call.expires_at, call.ends_at, int(call.warned), call.extensions, due_at,
    )  # fmt: skip
    if made:
        _save_parties(txn, call)
    return bool(made)


def save(txn: Transaction, call: Call, due_at: int | None) -> None:
    """Store a call as it is now."""
    txn.run(
        "UPDATE calls SET version = ?, state = ?, expires_at = ?, ends_at = ?, warned = ?,"
        " extensions = ?, due_at = ?, ended_at = ?, reason = ? WHERE id = ?",
        call.version, call.state.value, call.expires_at, call.ends_at, int(call.warned),
        call.extensions, due_at, call.ended_at, call.reason, call.id,
    )  # fmt: skip
    _save_parties(txn, call)


def forget(txn: Transaction, before: int, limit: int) -> int:
    """Erase calls that ended before a moment, the oldest first; gives how many (G7)."""
    rows = txn.all(
        "SELECT id FROM calls WHERE ended_at IS NOT NULL AND ended_at < ?"
        " ORDER BY ended_at LIMIT ?",
        before, limit,
    )  # fmt: skip
    gone = [(row[0],) for row in rows]
    txn.many("DELETE FROM call_parties WHERE call_id = ?", gone)
    txn.many("DELETE FROM calls WHERE id = ?", gone)
    return len(gone)


def _save_parties(txn: Transaction, call: Call) -> None:
    txn.many(
        "INSERT INTO call_parties (call_id, number, account_id, device, medium, direct, connected,"
        " wants_more, here) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (call_id, number) DO UPDATE SET device = excluded.device,"
        " medium = excluded.medium, direct = excluded.direct, connected = excluded.connected,"
        " wants_more = excluded.wants_more, here = excluded.here",
        [
            (call.id, one.number, one.account, one.device, one.medium, int(one.direct),
             int(one.connected), int(one.wants_more), int(one.here))
            for one in call.parties
        ],
    )  # fmt: skip


def _read(reader: Reader, row: Row) -> Call:
    parties = reader.all(
        "SELECT number, account_id, device, medium, direct, connected, wants_more, here"
        " FROM call_parties WHERE call_id = ? ORDER BY number",
        row["id"],
    )
    return Call(
        id=row["id"],
        conversation=row["conversation_id"],
        state=State(row["state"]),
        started_by=row["started_by"],
        started_at=row["started_at"],
        parties=tuple(
            Party(one[0], one[1], one[2], one[3], *(bool(flag) for flag in list(one)[4:]))
            for one in parties
        ),
        expires_at=row["expires_at"],
        ends_at=row["ends_at"],
        warned=bool(row["warned"]),
        extensions=row["extensions"],
        ended_at=row["ended_at"],
        reason=row["reason"],
        version=row["version"],
    )


def all_of(reader: Reader, account: int) -> list[dict[str, int | str | None]]:
    """Give the calls that an account was in, and nothing of the others in them."""
    rows = reader.all(
        "SELECT c.started_at, c.ended_at, c.reason, p.medium, p.direct FROM call_parties p"
        " JOIN calls c ON c.id = p.call_id WHERE p.account_id = ? ORDER BY c.started_at",
        account,
    )
    names = ("started_at", "ended_at", "reason", "medium", "direct")
    return [{name: row[name] for name in names} for row in rows]


def forget_of(txn: Transaction, account: int) -> None:
    """Erase the ended calls of an account, and have the clock look at its live ones now."""
    rows = txn.all(
        "SELECT c.id, c.ended_at FROM calls c JOIN call_parties p ON p.call_id = c.id"
        " WHERE p.account_id = ?",
        account,
    )
    gone = [(row["id"],) for row in rows if row["ended_at"] is not None]
    txn.many("DELETE FROM call_parties WHERE call_id = ?", gone)
    txn.many("DELETE FROM calls WHERE id = ?", gone)
    live = [(row["id"],) for row in rows if row["ended_at"] is None]
    txn.many("UPDATE calls SET due_at = 0 WHERE id = ?", live)
