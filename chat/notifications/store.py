"""The SQL of notifications: who was told of what, and what they have chosen."""

import json
from typing import Any, cast

from chat.notifications.model import Cell, Choices, Quiet
from chat.storage.database import Reader, Transaction


def told_up_to(reader: Reader, account: int, conversation: int) -> int:
    """Give the seq up to which someone was told, 0 if never."""
    row = reader.one(
        "SELECT up_to_seq FROM told WHERE account_id = ? AND conversation_id = ?",
        account,
        conversation,
    )
    return row["up_to_seq"] if row else 0


def set_told(txn: Transaction, account: int, conversation: int, up_to_seq: int) -> None:
    """Note that someone was told."""
    txn.run(
        "INSERT INTO told (account_id, conversation_id, up_to_seq) VALUES (?, ?, ?)"
        " ON CONFLICT (account_id, conversation_id) DO UPDATE SET up_to_seq = excluded.up_to_seq",
        account,
        conversation,
        up_to_seq,
    )


def settled(reader: Reader, what: str) -> int:
    """Give the point up to which everything of a kind is settled, 0 at first."""
    row = reader.one("SELECT up_to FROM settled WHERE what = ?", what)
    return row["up_to"] if row else 0


def settle(txn: Transaction, what: str, up_to: int) -> None:
    """Note that everything of a kind is settled up to a point; it never goes back."""
    txn.run(
        "INSERT INTO settled (what, up_to) VALUES (?, ?) ON CONFLICT (what) DO UPDATE"
        " SET up_to = excluded.up_to WHERE excluded.up_to > settled.up_to",
        what,
        up_to,
    )


# --- choices --------------------------------------------------------------------------------------


def choices(reader: Reader, account: int) -> Choices:
    """Read what someone has chosen."""
    row = reader.one(
        "SELECT choices, quiet_from, quiet_until FROM notice_settings WHERE account_id = ?", account
    )
    if row is None:
        return Choices()
    chosen = {
        cast("Cell", tuple(cell.split(":"))): on for cell, on in json.loads(row["choices"]).items()
    }
    start, until = row["quiet_from"], row["quiet_until"]
    return Choices(chosen, None if start is None else Quiet(start, until))


def set_choices(txn: Transaction, account: int, choices: Choices) -> None:
    """Write what someone has chosen."""
    chosen = {":".join(cell): on for cell, on in sorted(choices.chosen.items())}
    quiet = choices.quiet
    txn.run(
        "INSERT INTO notice_settings (account_id, choices, quiet_from, quiet_until)"
        " VALUES (?, ?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET choices = excluded.choices,"
        " quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until",
        account,
        json.dumps(chosen),
        None if quiet is None else quiet.start,
        None if quiet is None else quiet.until,
    )


# --- rights ---------------------------------------------------------------------------------------


def all_of(reader: Reader, account: int) -> dict[str, Any]:
    """Give what someone has chosen, and in how many conversations they were told of something."""
    chosen = choices(reader, account)
    row = reader.one("SELECT COUNT(*) AS count FROM told WHERE account_id = ?", account)
    quiet = chosen.quiet
    return {
        "choices": {":".join(cell): on for cell, on in sorted(chosen.chosen.items())},
        "quiet_hours": None if quiet is None else [quiet.start, quiet.until],
        "conversations_told_of": 0 if row is None else row["count"],
    }


def forget(txn: Transaction, account: int) -> None:
    """Forget what someone has chosen and was told of."""
    txn.run("DELETE FROM notice_settings WHERE account_id = ?", account)
    txn.run("DELETE FROM told WHERE account_id = ?", account)
