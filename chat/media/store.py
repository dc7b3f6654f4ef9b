"""The SQL of pictures."""

from collections.abc import Sequence

from chat.media.model import Reencoded
from chat.storage.database import Reader, Row, Transaction


def again(txn: Transaction, account: int, digest: bytes, now: int) -> Row | None:
    """Give the account's picture made from the same upload, and let an unclaimed one live on."""
    row = txn.one(
        "SELECT id, width, height FROM pictures WHERE account_id = ? AND digest = ?",
        account,
        digest,
    )
    if row is not None:
        txn.run(
            "UPDATE pictures SET unclaimed_since = ? WHERE id = ? AND unclaimed_since IS NOT NULL",
            now,
            row["id"],
        )
    return row


def oldest_unclaimed(reader: Reader, account: int, after_newest: int) -> int | None:
    """Tell when the account's unclaimed picture number `after_newest` (from 0) was uploaded."""
    row = reader.one(
        "SELECT unclaimed_since FROM pictures WHERE account_id = ? AND unclaimed_since IS NOT NULL"
        " ORDER BY unclaimed_since DESC LIMIT 1 OFFSET ?",
        account,
        after_newest,
    )
    return row["unclaimed_since"] if row else None


def add(
    txn: Transaction, picture: int, account: int, digest: bytes, made: Reencoded, now: int
) -> bool:
    """Store a picture; tells False if the same upload has come in meanwhile."""
    added = txn.run(
        "INSERT INTO pictures (id, account_id, digest, width, height, unclaimed_since)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (account_id, digest) DO NOTHING",
        picture,
        account,
        digest,
        made.width,
        made.height,
        now,
    )
    if added:
        txn.run(
            "INSERT INTO picture_files (picture_id, thumb, image) VALUES (?, ?, ?)",
            picture,
            made.thumb,
            made.image,
        )
    return bool(added)


def sizes(reader: Reader, pictures: Sequence[int]) -> list[Row]:
    """Read the sizes of pictures: rows of `id`, `width`, `height`."""
    return reader.among("SELECT id, width, height FROM pictures WHERE id {among}", pictures)


def owner(reader: Reader, picture: int) -> int | None:
    """Tell who uploaded a picture."""
    row = reader.one("SELECT account_id FROM pictures WHERE id = ?", picture)
    return row["account_id"] if row else None


def file(reader: Reader, picture: int, thumb: bool) -> bytes:
    """Read one of a picture's two files."""
    column = "thumb" if thumb else "image"
    row = reader.one(f"SELECT {column} FROM picture_files WHERE picture_id = ?", picture)
    return bytes(row[0]) if row else b""


def claims(reader: Reader, picture: int) -> list[Row]:
    """List what shows a picture: rows of `kind`, `of_id`."""
    return reader.all("SELECT kind, of_id FROM picture_claims WHERE picture_id = ?", picture)


def descriptions(reader: Reader, kind: str, of: Sequence[int]) -> dict[int, str]:
    """Read what is said of the pictures that things of a kind show, by those."""
    rows = reader.among(
        "SELECT of_id, description FROM picture_claims WHERE of_id {among} AND kind = ?"
        " AND description <> ''",
        of,
        kind,
    )
    return {row["of_id"]: row["description"] for row in rows}


def claim(txn: Transaction, picture: int, kind: str, of: int, description: str) -> None:
    """Note that something shows a picture, and what is said of it there."""
    txn.run(
        "INSERT INTO picture_claims (picture_id, kind, of_id, description) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        picture,
        kind,
        of,
        description,
    )
    txn.run("UPDATE pictures SET unclaimed_since = NULL WHERE id = ?", picture)


def unclaim(txn: Transaction, picture: int, kind: str, of: int) -> None:
    """Note that something no longer shows a picture."""
    txn.run(
        "DELETE FROM picture_claims WHERE picture_id = ? AND kind = ? AND of_id = ?",
        picture,
        kind,
        of,
    )


def erase(txn: Transaction, picture: int) -> None:
    """Erase a picture that nothing shows."""
    txn.run("DELETE FROM picture_files WHERE picture_id = ?", picture)
    txn.run("DELETE FROM pictures WHERE id = ?", picture)


def lapsed(reader: Reader, before: int, limit: int) -> list[int]:
    """List pictures that have been unclaimed since before a moment, the oldest first."""
    rows = reader.all(
        "SELECT id FROM pictures WHERE unclaimed_since < ? ORDER BY unclaimed_since LIMIT ?",
        before,
        limit,
    )
    return [row["id"] for row in rows]
