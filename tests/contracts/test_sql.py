"""One text of SQL means the same on every engine."""

import pytest

from chat.storage.database import Database, Reader, Transaction

INSERT = "INSERT INTO changes (position, kind, account_id, account_seq, at) VALUES (?, ?, ?, ?, 0)"


async def fill(database: Database, count: int, kind: str = "x") -> None:
    rows = [(number, kind, number, None) for number in range(1, count + 1)]
    await database.write(lambda txn: txn.many(INSERT, rows))


def seqs(reader: Reader) -> list[tuple[int, int | None]]:
    rows = reader.all("SELECT account_id, account_seq FROM changes ORDER BY position")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 300])
async def test_any_number_of_rows_is_written_with_constants_and_nulls(
    database: Database, count: int
) -> None:
    await fill(database, count)
    assert await database.read(seqs) == [(number, None) for number in range(1, count + 1)]


async def test_rows_that_change_the_same_row_are_taken_in_order(database: Database) -> None:
    await fill(database, 3)
    changes = [(5, 1), (6, 2), (7, 1), (None, 3), (8, 2)]
    await database.write(
        lambda txn: txn.many("UPDATE changes SET account_seq = ? WHERE account_id = ?", changes)
    )
    assert await database.read(seqs) == [(1, 7), (2, 8), (3, None)]


async def test_rows_that_change_different_rows_change_them_all(database: Database) -> None:
    await fill(database, 30)

    def change(txn: Transaction) -> None:
        txn.many(
            "UPDATE changes SET account_seq = ?, at = at + ? WHERE account_id = ? AND position = ?",
            [(number * 2, 1, number, number) for number in range(1, 21)],
        )
        txn.many(
            "DELETE FROM changes WHERE account_id = ? AND kind = ?",
            [(number, "x") for number in range(21, 31)],
        )

    await database.write(change)
    assert await database.read(seqs) == [(number, number * 2) for number in range(1, 21)]


async def test_rows_that_are_there_already_are_passed_over(database: Database) -> None:
    term = "INSERT INTO bubble_terms (term, bubble_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
    rows = [(f"ord {number}", number) for number in range(40)]
    await database.write(lambda txn: txn.many(term, rows[:20]))
    await database.write(lambda txn: txn.many(term, rows))
    counted = await database.read(lambda reader: reader.one("SELECT COUNT(*) FROM bubble_terms"))
    assert counted is not None
    assert counted[0] == 40


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("%sko_%", {"Skov", "SKOVTUR"}),
        ("100%", {"100% ren"}),
        (r"a\%", {r"a\b"}),
        ("%\\", {"bag\\"}),
        ("%ø%", {"køb"}),
        ("%'?%", {"hva'?"}),
    ],
)
async def test_like_ignores_the_case_of_plain_letters_and_has_no_escape(
    database: Database, pattern: str, found: set[str]
) -> None:
    for number, text in enumerate(("Skov", "SKOVTUR", "100% ren", r"a\b", "bag\\", "køb", "hva'?")):
        await database.write(
            lambda txn, place, words: txn.run(INSERT, place, words, 1, None), number + 1, text
        )

    def matching(reader: Reader) -> set[str]:
        rows = reader.all(
            "SELECT kind FROM changes WHERE account_id = ? AND kind LIKE ?", 1, pattern
        )
        return {row["kind"] for row in rows}

    assert await database.read(matching) == found


async def test_a_sum_is_a_whole_number_and_a_mark_in_quotes_is_none(database: Database) -> None:
    await fill(database, 4, kind="?")

    def added(reader: Reader) -> object:
        row = reader.one("SELECT SUM(account_id) FROM changes WHERE kind = '?' AND at = ?", 0)
        return None if row is None else row[0]

    total = await database.read(added)
    assert (total, type(total)) == (10, int)


async def test_a_change_tells_how_many_rows_it_met(database: Database) -> None:
    await fill(database, 7)

    def change(txn: Transaction) -> tuple[int, int, int]:
        return (
            txn.run("UPDATE changes SET at = 1 WHERE account_id > ?", 4),
            txn.run("DELETE FROM changes WHERE account_id = ?", 99),
            txn.run(INSERT, 100, "x", 1, None),
        )

    assert await database.write(change) == (3, 0, 1)
