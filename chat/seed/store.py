"""How far a seeding has got: the one row that says that a database is the seed's own."""

from chat.storage.database import Reader, Transaction


def progress(reader: Reader) -> tuple[str, int] | None:
    """Give the plan that fills this database, and how many circles are in it; None if none does."""
    row = reader.one("SELECT plan, done FROM seeded")
    return None if row is None else (row["plan"], row["done"])


def begin(txn: Transaction, plan: str) -> None:
    """Note what is being made."""
    txn.run("INSERT INTO seeded (one, plan, done) VALUES (1, ?, 0)", plan)


def advance(txn: Transaction, done: int) -> None:
    """Note how many circles are in the database."""
    txn.run("UPDATE seeded SET done = ?", done)
