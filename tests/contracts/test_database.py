"""The contract of a database, on every engine: units of work, batches, positions, facts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from chat.storage.database import Database, Reader, Transaction
from chat.storage.facts import Fact, Facts
from chat.storage.opening import open_database
from loadtests.beside import Address


@dataclass(frozen=True)
class Noted(Fact):
    what: str


class Refusal(Exception):
    pass


def note(txn: Transaction, what: str) -> int:
    position = txn.positions()
    txn.run(
        "INSERT INTO changes (position, kind, account_id, at) VALUES (?, ?, 1, 0)", position, what
    )
    txn.emit(Noted(what))
    return position


def note_and_refuse(txn: Transaction, what: str) -> int:
    note(txn, what)
    raise Refusal(what)


def note_all(txn: Transaction, items: Sequence[str]) -> Sequence[int | Exception]:
    if "poison" in items:
        raise Refusal("the whole batch")
    return [Refusal(item) if item == "bad" else note(txn, item) for item in items]


def noted(reader: Reader) -> list[tuple[int, str]]:
    rows = reader.all("SELECT position, kind FROM changes ORDER BY position")
    return [(row["position"], row["kind"]) for row in rows]


async def submit_all(database: Database, items: Sequence[str]) -> list[object]:
    answers: list[object] = []
    everyone = asyncio.Event()

    def answer(outcome: object) -> None:
        answers.append(outcome)
        if len(answers) == len(items):
            everyone.set()

    for item in items:
        database.submit(note_all, item, answer)
    await asyncio.wait_for(everyone.wait(), 5)
    return answers


async def test_a_unit_of_work_that_raises_leaves_nothing_and_harms_no_neighbour(
    database: Database,
) -> None:
    outcomes = await asyncio.gather(
        database.write(note, "first"),
        database.write(note_and_refuse, "second"),
        database.write(note, "third"),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [int, Refusal, int]
    assert await database.read(noted) == [(1, "first"), (2, "third")]


async def test_a_look_sees_what_was_stored_before_it_and_may_be_refused(
    database: Database,
) -> None:
    def refuse(reader: Reader) -> None:
        raise Refusal

    for number, what in enumerate(("first", "second"), 1):
        await database.write(note, what)
        assert (await database.look(noted))[-1] == (number, what)
        with pytest.raises(Refusal):
            await database.look(refuse)


async def test_items_are_answered_in_the_order_of_submission(database: Database) -> None:
    answers = await submit_all(database, [str(number) for number in range(100)])
    assert answers == list(range(1, 101))


async def test_a_refused_item_takes_no_position(database: Database) -> None:
    answers = await submit_all(database, ["a", "bad", "b"])
    assert [type(answer) for answer in answers] == [int, Refusal, int]
    assert await database.read(noted) == [(1, "a"), (2, "b")]


async def test_a_poisoned_batch_is_tried_again_one_by_one(database: Database) -> None:
    answers = await submit_all(database, ["a", "poison", "b"])
    assert [type(answer) for answer in answers] == [int, Refusal, int]
    assert [what for _, what in await database.read(noted)] == ["a", "b"]


async def test_a_poisoned_batch_harms_nothing_that_shares_its_commit(
    database: Database, facts: Facts
) -> None:
    after: list[str] = []
    facts.after_commit(Noted, lambda fact: after.append(fact.what))
    *units, answers = await asyncio.gather(
        database.write(note, "first"),
        database.write(note_and_refuse, "undone"),
        database.write(note, "second"),
        submit_all(database, ["a", "poison", "b"]),
        return_exceptions=True,
    )
    assert [type(unit) for unit in units] == [int, Refusal, int]
    assert isinstance(answers, list)
    assert [type(answer) for answer in answers] == [int, Refusal, int]
    kept = ["first", "second", "a", "b"]
    assert await database.read(noted) == list(enumerate(kept, 1))
    assert after == kept


async def test_positions_go_on_after_a_restart(address: Address) -> None:
    for expected in (1, 2, 3):
        database = await open_database(address, Facts())
        assert await database.write(note, "once") == expected
        await database.close()


async def test_hooks_run_inside_and_after_but_never_for_what_was_undone(
    database: Database, facts: Facts
) -> None:
    inside: list[str] = []
    after: list[str] = []
    facts.in_transaction(Noted, lambda fact, txn: inside.append(fact.what))
    facts.after_commit(Noted, lambda fact: after.append(fact.what))
    await asyncio.gather(
        database.write(note, "kept"),
        database.write(note_and_refuse, "undone"),
        return_exceptions=True,
    )
    assert inside == ["kept", "undone"]
    assert after == ["kept"]


async def test_a_hook_that_raises_undoes_the_unit_of_work(database: Database, facts: Facts) -> None:
    def forbid(fact: Noted, txn: Transaction) -> None:
        raise Refusal(fact.what)

    facts.in_transaction(Noted, forbid)
    with pytest.raises(Refusal):
        await database.write(note, "forbidden")
    assert await database.read(noted) == []


async def test_a_listener_that_fails_after_the_commit_ends_nobodys_writing(
    database: Database, facts: Facts
) -> None:
    def fail(_: object) -> None:
        raise Refusal("too late to undo anything")

    facts.after_commit(Noted, fail)
    assert await database.write(note, "first") == 1
    database.submit(note_all, "second", fail)
    assert await database.write(note, "third") == 3
    assert await database.read(noted) == [(1, "first"), (2, "second"), (3, "third")]


async def test_among_finds_any_number_of_values(database: Database) -> None:
    await asyncio.gather(*(database.write(note, str(number)) for number in range(50)))

    def kinds(reader: Reader, wanted: list[str]) -> set[str]:
        query = "SELECT kind FROM changes WHERE kind {among} AND account_id = ?"
        return {row["kind"] for row in reader.among(query, wanted, 1)}

    for count in (0, 1, 2, 5, 50, 3_000):
        wanted = [str(number) for number in range(count)]
        assert await database.read(kinds, wanted) == set(wanted[:50])


async def test_several_processes_write_in_one_order_and_a_reader_never_misses_a_late_one(
    database: Database, address: Address
) -> None:
    """What a reader has seen the end of it has seen all of (design section 5.7)."""
    others = [await open_database(address, Facts(), checkpoints=False) for _ in range(2)]
    looks = 0

    async def write(one: Database, name: str) -> None:
        for number in range(30):
            await one.write(note, f"{name} {number}")

    async def look_on() -> None:
        nonlocal looks
        while True:
            positions = [position for position, _ in await database.read(noted)]
            assert positions == list(range(1, len(positions) + 1))
            looks += 1

    looking = asyncio.create_task(look_on())
    await asyncio.gather(*(write(one, str(name)) for name, one in enumerate([database, *others])))
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert looks > 3
    kinds = [what for _, what in await database.read(noted)]
    assert len(kinds) == 90
    for name in range(3):
        assert [kind for kind in kinds if kind.startswith(f"{name} ")] == [
            f"{name} {number}" for number in range(30)
        ]
    for one in others:
        await one.close()
