"""Migrations: one numbered history of plain SQL for every engine, applied at start.

Files are `migrations/NNNN_name.sql`. Three words differ between engines and are written in
braces: `{rowid}` (an integer primary key that rows are stored by), `{blob}`, and `{clustered}`
(after a table: rows are stored by its primary key).
"""

import re
import secrets
import sqlite3
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the words in braces become."""

    rowid: str
    blob: str
    clustered: str


def statements(text: str, dialect: Dialect) -> list[str]:
    """Split a migration into statements in the words of one engine."""
    text = re.sub(r"--.*", "", text)
    for word in ("rowid", "blob", "clustered"):
        text = text.replace("{" + word + "}", getattr(dialect, word))
    return [part.strip() for part in text.split(";") if part.strip()]


def migrate(connection: sqlite3.Connection, dialect: Dialect) -> None:
    """Bring the schema to the newest version, inside the caller's transaction."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) " + dialect.clustered
    )
    applied = {row[0] for row in connection.execute("SELECT name FROM migrations")}
    folder = files("chat.storage") / "migrations"
    for script in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not script.name.endswith(".sql") or script.name in applied:
            continue
        for statement in statements(script.read_text(encoding="utf-8"), dialect):
            connection.execute(statement)
        connection.execute("INSERT INTO migrations (name) VALUES (?)", (script.name,))
    if connection.execute("SELECT 1 FROM deployment").fetchone() is None:
        connection.execute(
            "INSERT INTO deployment (one, epoch) VALUES (1, ?)", (secrets.token_hex(4),)
        )
