"""The tail of the change log: another process's changes are heard once, in order, one's own not."""

import pytest

from chat.storage.changes import Change, add_change
from chat.storage.database import Database
from chat.storage.facts import Facts
from chat.storage.opening import open_database
from chat.storage.tail import PAGE, Tail
from loadtests.beside import Address
from protocol.errors import Refused

EVA, BO = 1, 2


class Heard:
    """A listener, that may be made to fail."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.fails: list[Exception] = []

    async def __call__(self, change: Change) -> None:
        if self.fails:
            raise self.fails.pop()
        self.changes.append(change)

    @property
    def accounts(self) -> list[int]:
        return [change.account for change in self.changes]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def tail(database: Database, heard: Heard) -> Tail:
    await database.write(add_change, "account", EVA, 0)
    tail = await Tail.from_now(database)
    tail.listen("account", heard)
    return tail


async def test_another_processes_changes_are_heard_once_and_in_order(
    database: Database, address: Address, tail: Tail, heard: Heard
) -> None:
    beside = await open_database(address, Facts(), checkpoints=False)
    for account in (BO, EVA, BO):
        await beside.write(add_change, "account", account, 0, 7)
        await beside.write(add_change, "session", account, 0)
    await beside.close()
    await tail.read()
    await tail.read()
    assert heard.accounts == [BO, EVA, BO]
    assert {(change.kind, change.account_seq) for change in heard.changes} == {("account", 7)}


async def test_what_this_process_has_acted_on_is_left_out(
    database: Database, tail: Tail, heard: Heard
) -> None:
    tail.skip(await database.write(add_change, "account", BO, 0))
    await database.write(add_change, "account", EVA, 0)
    await tail.read()
    assert heard.accounts == [EVA]


async def test_more_than_a_page_is_read_to_the_end(
    database: Database, tail: Tail, heard: Heard
) -> None:
    await database.write(
        lambda txn: [add_change(txn, "account", number, 0) for number in range(2 * PAGE + 1)]
    )
    await tail.read()
    assert heard.accounts == list(range(2 * PAGE + 1))


async def test_while_storage_is_away_nothing_is_passed_over(
    database: Database, tail: Tail, heard: Heard
) -> None:
    await database.write(add_change, "account", BO, 0)
    heard.fails = [Refused("unavailable")]
    with pytest.raises(Refused):
        await tail.read()
    await tail.read()
    assert heard.accounts == [BO]


async def test_a_listener_that_fails_hinders_nobody_else(
    database: Database, tail: Tail, heard: Heard
) -> None:
    other = Heard()
    tail.listen("account", other)
    await database.write(add_change, "account", BO, 0)
    await database.write(add_change, "account", EVA, 0)
    heard.fails = [ValueError()]
    await tail.read()
    assert (heard.accounts, other.accounts) == ([EVA], [BO, EVA])
