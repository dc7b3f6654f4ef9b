"""A conversation of 100,000 messages opens, jumps and turns its pages as a short one does (G8)."""

import datetime
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat.conversations.service import Conversations
from chat.realtime.broker import MemoryBroker
from chat.scope import Actor, Scope
from chat.settings import Limits
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteReader
from loadtests.beside import beside
from loadtests.people import Person
from loadtests.processes import ServerProcess
from loadtests.seed import Talk, Town, new_database
from protocol import requests as ask
from tests.flows.meeting import Side
from tests.patience import PATIENCE_SECONDS
from tests.wire import wire

LONG, SHORT, UNREAD = 100_000, 400, 100
READ = LONG - UNREAD
"""How far both have read the long one."""


@dataclass(frozen=True)
class Street:
    """A server on which two talk of old."""

    server: ServerProcess
    long: Talk
    short: Talk

    @property
    def mette(self) -> Person:
        """The author of both."""
        return Person(self.long.author.account, "author 0", self.long.author.token)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    data = tmp_path_factory.mktemp("street")
    with Town(new_database(data)) as town:
        (author,), repliers = town.people("author", 1), town.people("replier", 2)
        talks = town.talks([(author, replier) for replier in repliers])
        for talk, count in zip(talks, (LONG, SHORT), strict=True):
            town.write([talk], count)
            talk.read_seq = count - UNREAD
    server = ServerProcess(data).start()
    yield Street(server, *talks)
    server.stop()


@pytest.fixture
async def mette(street: Street) -> AsyncIterator[Side]:
    """The author of the bubble, at one device."""
    async with (
        httpx.AsyncClient(base_url=street.server.url, timeout=PATIENCE_SECONDS) as api,
        wire(street.server, street.mette.headers) as phone,
    ):
        yield Side(api, street.mette, [phone])


async def page(mette: Side, talk: Talk, **place: int) -> tuple[list[int], bool]:
    """Fetch a page of history over both interfaces; gives the seqs, and whether there are more."""
    asked = {"conversation": talk.public_id, **place}
    by_socket = await mette.phone.do("history.fetch", **asked)
    assert by_socket == await mette.http("history.fetch", **asked)
    return [entry["seq"] for entry in by_socket["entries"]], by_socket["more"]


async def test_it_opens_at_the_first_that_is_unread(street: Street, mette: Side) -> None:
    talk = street.long
    shown = await mette.phone.do("conversation.get", conversation=talk.public_id)
    me = next(one for one in shown["members"] if one["me"])
    assert (shown["last_seq"], shown["unread"], me["read_seq"]) == (LONG, UNREAD // 2, READ)
    assert shown["last_message"]["seq"] == LONG
    seqs, more = await page(mette, talk, around=me["read_seq"] + 1, limit=50)
    assert (seqs, more) == (list(range(READ - 24, READ + 26)), True)


@pytest.mark.parametrize("place", [1, 2, 777, 50_000, LONG])
async def test_it_opens_around_any_message(street: Street, mette: Side, place: int) -> None:
    seqs, more = await page(mette, street.long, around=place, limit=40)
    before = min(20, place - 1)
    assert seqs == list(range(place - before, min(LONG, place + 39 - before) + 1))
    assert more is (seqs[-1] < LONG)


async def test_it_jumps_to_the_first_message_since_a_moment(street: Street, mette: Side) -> None:
    talk = street.long
    for seq in (1, 2, 4_321, 77_777, LONG):
        (entry,) = (
            await mette.http("history.fetch", conversation=talk.public_id, after=seq - 1, limit=1)
        )["entries"]
        seqs, _ = await page(mette, talk, since=entry["at"], limit=1)
        assert seqs == [seq]
        seqs, _ = await page(mette, talk, since=entry["at"], limit=10)
        assert seqs == list(range(max(1, seq - 5), min(LONG, seqs[0] + 9) + 1))
    assert (await page(mette, talk, since=0, limit=3))[0] == [1, 2, 3]
    seqs, more = await page(mette, talk, since=2**53 - 1, limit=6)
    assert (seqs, more) == ([LONG - 2, LONG - 1, LONG], False)


async def test_its_pages_go_on_both_ways_to_both_ends(street: Street, mette: Side) -> None:
    talk = street.long
    seqs, _ = await page(mette, talk, around=50_000, limit=200)

    async def turn(**place: int) -> tuple[list[int], bool]:
        """Fetch a page unchecked: a thousand of them would take half a minute to check."""
        answer = await mette.api.get(
            f"/api/v1/conversations/{talk.public_id}/entries",
            params={"limit": 200, **place}, headers=mette.person.headers,
        )  # fmt: skip
        found = answer.json()
        return [entry["seq"] for entry in found["entries"]], found["more"]

    pages, more = 1, True
    while more:
        older, more = await turn(before=seqs[0])
        seqs, pages = older + seqs, pages + 1
    more = True
    while more:
        newer, more = await turn(after=seqs[-1])
        seqs, pages = seqs + newer, pages + 1
    assert seqs == list(range(1, LONG + 1))
    assert pages <= LONG // 200 + 2


async def test_what_is_unread_is_counted_to_a_thousand(street: Street, mette: Side) -> None:
    ole = Side(mette.api, Person(street.short.replier.account, "", street.short.replier.token), [])
    shown = await ole.http("conversation.get", conversation=street.short.public_id)
    assert shown["unread"] == UNREAD // 2
    for read, unread in (
        (LONG - 1_998, 999),
        (LONG - 2_000, 1_000),
        (5, 1_000),
        (READ, UNREAD // 2),
    ):
        with beside(street.server.database) as store:
            store.run(
                "UPDATE members SET read_seq = ? WHERE conversation_id = ?", read, street.long.id
            )
        shown = await mette.http("conversation.get", conversation=street.long.public_id)
        assert shown["unread"] == unread


# --- the work -------------------------------------------------------------------------------------

NOW = 1_795_000_000_000
STEP = 50
"""Instructions of the database's engine between two counts."""


class Counted:
    """A database that is only read, and counts what its engine does."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path)
        self.connection.row_factory = sqlite3.Row
        self.connection.set_progress_handler(self._count, STEP)
        self.steps = 0

    def _count(self) -> None:
        self.steps += 1

    async def read(self, work: Callable[..., Any], *given: Any) -> Any:
        return work(SQLiteReader(self.connection), *given)

    def shorten(self, *_: Any) -> None:
        """Nothing is written here."""


def questions(talk: Talk, cursor: str) -> dict[str, Callable[[Conversations, Scope], Any]]:
    """Everything that reads a conversation, of a length of which it must not take notice."""
    conversation, last, middle = talk.public_id, talk.last_seq, talk.last_seq // 2

    def fetch(**place: int) -> Callable[[Conversations, Scope], Any]:
        request = ask.FetchHistory(conversation, **place)
        return lambda talks, scope: talks.fetch_history(scope, request)

    return {
        "open": lambda talks, scope: talks.get_conversation(
            scope, ask.OneConversation(conversation)
        ),
        "newest": fetch(),
        "before": fetch(before=middle),
        "after": fetch(after=middle),
        "around": fetch(around=middle),
        "since": fetch(since=1),
        "since the end": fetch(since=2**53 - 1),
        "the end": fetch(after=last - 10),
        "resume": lambda talks, scope: talks.resume(scope, cursor),
    }


async def test_the_work_does_not_grow_with_it(street: Street, mette: Side) -> None:
    listed = await mette.http("conversation.list")
    database = Counted(street.server.data / "samtale.db")
    epoch = listed["cursor"].partition("-")[0]
    talks = Conversations(database, MemoryBroker(), Facts(), Limits(), epoch)  # type: ignore[arg-type]
    account = street.mette.account
    born = datetime.date(1980, 1, 1)
    scope = Scope(NOW, "da", Actor(account, account, True, born, 151, joined_at=0))
    work: dict[str, list[int]] = {}
    for talk in (street.short, street.long):
        for name, question in questions(talk, listed["cursor"]).items():
            before = database.steps
            await question(talks, scope)
            work.setdefault(name, []).append(database.steps - before)
    database.connection.close()
    for name, (short, long) in work.items():
        assert long <= 2 * short + 20, f"{name}: {short} and {long} times {STEP} instructions"


async def test_what_is_changed_far_back_stands_where_it_stood(street: Street, mette: Side) -> None:
    talk, old = {"conversation": street.long.public_id}, 10
    cursor = (await mette.http("conversation.list"))["cursor"]
    for command, change in (
        ("message.edit", {"text": "Det er længe siden"}), ("message.pin", {}),
    ):  # fmt: skip
        await mette.phone.do(command, **talk, seq=old, **change)
    shown = await mette.http("conversation.get", **talk)
    assert [(one["seq"], one["text"]) for one in shown["pinned"]] == [(old, "Det er længe siden")]
    assert (shown["last_seq"], shown["last_message"]["seq"]) == (LONG + 2, LONG)
    (changed,) = (await mette.phone.do("session.resume", cursor=cursor))["conversations"]
    assert [(one["seq"], one["target"]) for one in changed["entries"]] == [
        (LONG + 1, old), (LONG + 2, old),
    ]  # fmt: skip
    assert [one["message"] for one in changed["entries"]] == shown["pinned"] * 2
