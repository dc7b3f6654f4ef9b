"""Migrations: one numbered history of plain SQL for every engine, applied at start.

Files are `migrations/NNNN_name.sql`. Three words differ between engines and are written in
braces: `{rowid}` (an integer primary key that rows are stored by), `{blob}`, and `{clustered}`
(after a table: rows are stored by its primary key). What only one engine needs to be told is in
`NNNN_name.ENGINE.sql`; for the others that is a step in which nothing happens.
"""

import re
import secrets
from dataclasses import dataclass
from importlib.resources import files

from chat.storage.database import Reader, Transaction


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the words in braces become, and how the names of all tables are asked for."""

    engine: str
    rowid: str
    blob: str
    clustered: str
    tables: str


def statements(text: str, dialect: Dialect) -> list[str]:
    """Split a migration into statements in the words of one engine."""
    text = re.sub(r"--.*", "", text)
    for word in ("rowid", "blob", "clustered"):
        text = text.replace("{" + word + "}", getattr(dialect, word))
    return [part.strip() for part in text.split(";") if part.strip()]


def pending(reader: Reader, dialect: Dialect) -> list[str]:
    """List the migrations that are not applied yet, in their order."""
    tables = {row["name"] for row in reader.all(dialect.tables)}
    if "migrations" not in tables:
        return history()
    applied = {row["name"] for row in reader.all("SELECT name FROM migrations")}
    return [name for name in history() if name not in applied]


def migrate(txn: Transaction, dialect: Dialect) -> list[str]:
    """Bring the schema to the newest version, inside a transaction; gives what was applied."""
    names = pending(txn, dialect)
    if not names:
        return names
    txn.run("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) " + dialect.clustered)
    for name in names:
        for statement in statements(_script(name, dialect), dialect):
            txn.run(statement)
        txn.run("INSERT INTO migrations (name) VALUES (?)", name)
    if txn.one("SELECT 1 FROM deployment") is None:
        txn.run("INSERT INTO deployment (one, epoch) VALUES (1, ?)", secrets.token_hex(4))
    return names


def history() -> list[str]:
    """List every migration, in their order."""
    folder = files("chat.storage") / "migrations"
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))


def _script(name: str, dialect: Dialect) -> str:
    """Read a migration; that of another engine is empty."""
    _, *engine, _ = name.split(".")
    if engine and engine != [dialect.engine]:
        return ""
    return (files("chat.storage") / "migrations" / name).read_text(encoding="utf-8")
