"""The tables of bubbles: one by one. Lists and searches are `chat.bubbles.listing`."""

import datetime
from collections.abc import Iterable

from chat.bubbles.model import Author, Bubble, Content, State
from chat.storage.database import Reader, Row, Transaction

COLUMNS = (
    "b.id, b.account_id, b.state, b.author_active, b.author_municipality, b.author_born,"
    " b.author_alias, b.held, b.created_at, b.edited_at, b.picture_id, b.symbol, b.interests,"
    " b.title, b.text"
)


def read_bubble(row: Row) -> Bubble:
    """Make a bubble of a row of `COLUMNS`."""
    return Bubble(
        id=row["id"],
        author=Author(
            account=row["account_id"],
            alias=row["author_alias"],
            municipality=row["author_municipality"],
            born=datetime.date.fromisoformat(row["author_born"]),
            active=bool(row["author_active"]),
        ),
        content=Content(
            title=row["title"],
            text=row["text"],
            interests=tuple(row["interests"].split()),
            symbol=row["symbol"],
            picture=row["picture_id"],
        ),
        state=State(row["state"]),
        held=row["held"],
        created_at=row["created_at"],
        edited_at=row["edited_at"],
    )


def find(reader: Reader, bubble: int) -> Bubble | None:
    """Give a bubble, whoever may see it."""
    row = reader.one(f"SELECT {COLUMNS} FROM bubbles b WHERE b.id = ?", bubble)
    return None if row is None else read_bubble(row)


def add(txn: Transaction, bubble: Bubble, terms: Iterable[str]) -> None:
    """Add a new bubble and the terms it is found by."""
    author, content = bubble.author, bubble.content
    txn.run(
        "INSERT INTO bubbles (id, account_id, state, author_active, author_municipality,"
        " author_born, author_alias, held, created_at, edited_at, picture_id, symbol, interests,"
        " title, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        bubble.id, author.account, bubble.state, int(author.active), author.municipality,
        author.born.isoformat(), author.alias, bubble.held, bubble.created_at, bubble.edited_at,
        content.picture, content.symbol, " ".join(content.interests), content.title, content.text,
    )  # fmt: skip
    _add_terms(txn, bubble.id, terms)


def change(txn: Transaction, bubble: Bubble, terms: Iterable[str]) -> None:
    """Store another content, state and reason of a bubble, and its terms."""
    content = bubble.content
    txn.run(
        "UPDATE bubbles SET state = ?, held = ?, edited_at = ?, picture_id = ?, symbol = ?,"
        " interests = ?, title = ?, text = ? WHERE id = ?",
        bubble.state, bubble.held, bubble.edited_at, content.picture, content.symbol,
        " ".join(content.interests), content.title, content.text, bubble.id,
    )  # fmt: skip
    txn.run("DELETE FROM bubble_terms WHERE bubble_id = ?", bubble.id)
    _add_terms(txn, bubble.id, terms)


def close(txn: Transaction, bubble: int) -> None:
    """Close a bubble; what held it no longer matters."""
    txn.run("UPDATE bubbles SET state = ?, held = NULL WHERE id = ?", State.CLOSED, bubble)


def posted_since(reader: Reader, account: int, since: int) -> list[int]:
    """List when an account posted bubbles after a moment (ms), the oldest first."""
    rows = reader.all(
        "SELECT created_at FROM bubbles WHERE account_id = ? AND created_at > ?"
        " ORDER BY created_at",
        account,
        since,
    )
    return [row["created_at"] for row in rows]


def copy_author(txn: Transaction, author: Author) -> None:
    """Keep the copies of an account in its bubbles true."""
    txn.run(
        "UPDATE bubbles SET author_alias = ?, author_municipality = ?, author_born = ?,"
        " author_active = ? WHERE account_id = ?",
        author.alias, author.municipality, author.born.isoformat(), int(author.active),
        author.account,
    )  # fmt: skip


def open_between(reader: Reader, after: int, before_ms: int, limit: int) -> list[Bubble]:
    """Give open bubbles with an id above `after` that were posted before a moment, oldest first."""
    rows = reader.all(
        f"SELECT {COLUMNS} FROM bubbles b WHERE b.state = 'open' AND b.author_active = 1"
        " AND b.id > ? AND b.created_at < ? ORDER BY b.id LIMIT ?",
        after,
        before_ms,
        limit,
    )
    return [read_bubble(row) for row in rows]


def _add_terms(txn: Transaction, bubble: int, terms: Iterable[str]) -> None:
    txn.many(
        "INSERT INTO bubble_terms (term, bubble_id) VALUES (?, ?)",
        [(term, bubble) for term in sorted(terms)],
    )
