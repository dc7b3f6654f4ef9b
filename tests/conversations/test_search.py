"""Search gives what reading everything of one's own would, and looks through a little at a time."""

import random
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from chat.conversations import search
from chat.settings import Limits
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from chat.terms import index_terms, query_terms
from protocol.errors import Refused
from protocol.requests import (
    EditMessage,
    FetchHistory,
    ListConversations,
    OneConversation,
    OneMessage,
    React,
    SearchMessages,
    SendMessage,
)
from protocol.resources import Found, Message
from tests.conversations.town import Town, new_client_id
from tests.people import Person

WORDS = (
    "skal vi gå en tur i skoven skov hest hesten heste kaffe café bog bøger børn barn by Aarhus"
    " århus idé søndag måske tak og så"
)
QUERIES = (
    "hest", "skov tur", "kaffe", "cafe", "bog", "børn bøger", "århus", "og", "vi gå", "sk", "hes",
    "søndag søndag", "findesikke", "ide",
)  # fmt: skip


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look through so little at once that even a short conversation takes several searches."""
    monkeypatch.setattr(search, "WORK_A_HOP", 40)
    monkeypatch.setattr(search, "HOPS", 2)


async def find(
    town: Town,
    person: Person,
    query: str,
    *,
    conversation: str | None = None,
    before: str | None = None,
    limit: int = 30,
) -> tuple[list[Found], str | None]:
    request = SearchMessages(query, conversation, before, limit)
    page = await town.conversations.searches.find(town.scope(person), request)
    return page.found, page.next


async def find_all(town: Town, person: Person, query: str, **narrowed: str) -> list[Found]:
    """Look on until the end."""
    everything: list[Found] = []
    found, before = await find(town, person, query, **narrowed)  # type: ignore[arg-type]
    everything += found
    while before is not None:
        found, before = await find(town, person, query, before=before, **narrowed)  # type: ignore[arg-type]
        everything += found
    return everything


async def everything(town: Town, person: Person) -> list[tuple[str, Message]]:
    """All of one's messages: the latest conversation first, in each the newest first."""
    messages: list[tuple[str, Message]] = []
    listed = await town.conversations.list_conversations(
        town.scope(person), ListConversations(limit=100)
    )
    for one in listed.conversations:
        history = await town.conversations.fetch_history(
            town.scope(person), FetchHistory(one.id, limit=200)
        )
        assert not history.more
        said = [entry.message for entry in reversed(history.entries) if entry.message is not None]
        messages += [(one.id, message) for message in said]
    return messages


def has_all_words(message: Message, query: str) -> bool:
    asked, there = query_terms(query, dropped=()), index_terms([message.text])
    assert asked is not None
    prefix = asked.prefix
    finished = prefix is None or any(term.startswith(prefix) for term in there)
    return not message.deleted and finished and asked.whole <= there


def naive(messages: list[tuple[str, Message]], query: str) -> list[tuple[str, Message]]:
    return [(talk, message) for talk, message in messages if has_all_words(message, query)]


def plain(found: list[Found]) -> list[tuple[str, Message]]:
    return [(one.conversation, one.message) for one in found]


@dataclass
class Village:
    """Mette, whom many have written to, and others whose talks are none of hers."""

    town: Town
    dice: random.Random

    def __post_init__(self) -> None:
        self.mette = self.town.move_in("Mette")
        self.others = [self.town.move_in(f"Nabo {number}") for number in range(6)]
        self.talks: list[tuple[str, Person]] = []

    def text(self) -> str:
        return " ".join(self.dice.choices(WORDS.split(), k=self.dice.randint(1, 8)))

    def pass_time(self) -> None:
        """Let as little as nothing or as much as a minute go by."""
        self.town.now += self.dice.choice((0, 0, 1, 60_000))

    async def open_talks(self) -> None:
        for bubble, other in enumerate(self.others):
            sent = await self.town.reply(other, self.mette, self.text(), bubble=bubble)
            self.talks.append((sent.conversation, other))
            self.pass_time()
        stranger = await self.town.reply(self.others[0], self.others[1], "hest", bubble=99)
        await self.town.send(self.others[1], stranger.conversation, "skov tur kaffe bog")

    async def write(self, count: int) -> None:
        for _ in range(count):
            talk, other = self.dice.choice(self.talks)
            await self.town.send(self.dice.choice((self.mette, other)), talk, self.text())
            self.pass_time()

    async def change(self, count: int) -> None:
        """Edit and delete messages, and react to some, anywhere."""
        changes = self.town.conversations.changes
        for _ in range(count):
            talk, other = self.dice.choice(self.talks)
            seq = self.dice.randint(1, 4)
            for person in (self.mette, other):
                scope = self.town.scope(person)
                try:
                    match self.dice.randrange(3):
                        case 0:
                            await changes.edit(scope, EditMessage(talk, seq, self.text()))
                        case 1:
                            await changes.delete(scope, OneMessage(talk, seq))
                        case _:
                            await changes.add_reaction(scope, React(talk, seq, "heart"))
                except Refused:
                    continue  # it is the other's, no message, or there is none yet


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("seed", range(4))
async def test_search_gives_what_reading_everything_would(town: Town, seed: int) -> None:
    village = Village(town, random.Random(seed))
    await village.open_talks()
    await village.write(60)
    await village.change(20)
    messages = await everything(town, village.mette)
    assert len(messages) == 66
    for query in QUERIES:
        expected = naive(messages, query)
        assert plain(await find_all(town, village.mette, query)) == expected
        talk = village.dice.choice(village.talks)[0]
        in_one = [one for one in expected if one[0] == talk]
        assert plain(await find_all(town, village.mette, query, conversation=talk)) == in_one


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("seed", range(4))
async def test_a_search_goes_on_where_it_stopped_whatever_is_written_meanwhile(
    town: Town, seed: int
) -> None:
    village = Village(town, random.Random(seed))
    await village.open_talks()
    await village.write(60)
    for query in ("hest", "vi gå", "søndag"):
        expected = naive(await everything(town, village.mette), query)
        found, before = await find(town, village.mette, query, limit=2)
        pages = 1
        while before is not None:
            await village.write(3)
            newcomer = town.move_in(f"{query} {pages}")
            await town.reply(newcomer, village.mette, "vi gå hest søndag", bubble=100)
            more, before = await find(town, village.mette, query, limit=2, before=before)
            assert len(more) <= 2
            found += more
            pages += 1
        assert plain(found) == expected
        assert pages >= len(expected) / 2


@pytest.mark.usefixtures("small_steps")
async def test_a_search_that_has_found_nothing_yet_says_where_to_go_on(town: Town) -> None:
    mette, ole = town.move_in("Mette"), town.move_in("Ole")
    talk = (await town.reply(ole, mette, "den første hest")).conversation
    for number in range(300):
        await town.send(mette, talk, f"nummer {number}")
    found, before = await find(town, mette, "hest")
    assert (found, before is None) == ([], False)
    assert [one.message.seq for one in await find_all(town, mette, "hest")] == [1]


async def test_it_shows_where_the_words_stand_and_the_message_as_history_does(town: Town) -> None:
    mette, ole = town.move_in("Mette"), town.move_in("Ole")
    talk = (await town.reply(ole, mette, "Har du set hestene? 🐎")).conversation
    answer = SendMessage(talk, new_client_id(), "🐎🐎 Ja! Hestene, og en hest til", reply_to=1)
    await town.conversations.send(town.scope(mette), answer)
    await town.conversations.changes.pin(town.scope(ole), OneMessage(talk, 2))
    (newest, _), _ = await find(town, ole, "hest")
    assert newest.highlights == [(7, 7), (22, 4)]
    history = await town.conversations.fetch_history(town.scope(ole), FetchHistory(talk))
    assert newest.message == history.entries[1].message
    assert newest.message.quote is not None
    assert newest.message.pinned


async def test_what_was_deleted_or_left_is_not_found_and_what_was_edited_as_it_is_now(
    town: Town,
) -> None:
    mette, ole = town.move_in("Mette"), town.move_in("Ole")
    talk = (await town.reply(ole, mette, "hest")).conversation
    await town.send(ole, talk, "hest")
    await town.conversations.changes.edit(town.scope(ole), EditMessage(talk, 1, "kaffe"))
    await town.conversations.changes.delete(town.scope(ole), OneMessage(talk, 2))
    for person in (mette, ole):
        assert await find_all(town, person, "hest") == []
        assert len(await find_all(town, person, "kaffe")) == 1
    await town.conversations.own_sides.leave(town.scope(mette), OneConversation(talk))
    assert await find_all(town, mette, "kaffe") == []
    with pytest.raises(Refused, match="not_found"):
        await find(town, mette, "kaffe", conversation=talk)
    assert len(await find_all(town, ole, "kaffe")) == 1


async def test_a_page_holds_no_more_text_than_a_page_of_history(town: Town) -> None:
    mette, ole = town.move_in("Mette"), town.move_in("Ole")
    talk = (await town.reply(ole, mette, "hest")).conversation
    for _ in range(40):
        await town.send(ole, talk, "hest " * 800)
    found, before = await find(town, mette, "hest", limit=100)
    assert sum(len(one.message.text) for one in found) < 70_000
    assert before is not None
    assert len(await find_all(town, mette, "hest")) == 41


async def test_no_place_that_a_client_makes_up_shows_it_more(town: Town) -> None:
    mette, ole, eva = town.move_in("Mette"), town.move_in("Ole"), town.move_in("Eva")
    talk = (await town.reply(ole, mette, "hest")).conversation
    theirs = (await town.reply(ole, eva, "hest", bubble=8)).conversation
    for before in ("", "x", "1-2-3", "1-2-3-4-5", "-1-2-3-4", "1-2-3-" + "f" * 16, "1-2-3-4\n"):
        with pytest.raises(Refused, match="invalid_field") as refused:
            await find(town, mette, "hest", before=before)
        assert refused.value.field == "before"
    most = "7" + "f" * 15
    for before in (f"{most}-{most}-{theirs}-{most}", f"{most}-{most}-{most}-{most}", "0-0-0-0"):
        found, _ = await find(town, mette, "hest", before=before)
        assert {one.conversation for one in found} <= {talk}
    for stranger in (theirs, "0" * 16):
        with pytest.raises(Refused, match="not_found"):
            await find(town, mette, "hest", conversation=stranger)


async def test_a_query_without_a_word_finds_nothing(town: Town) -> None:
    mette, ole = town.move_in("Mette"), town.move_in("Ole")
    await town.reply(ole, mette, "%% __ 🐎🐎 '' \\\\")
    for query in ("%%", "__", "🐎🐎", "''", "\\\\", "  "):
        assert await find(town, mette, query) == ([], None)


async def test_an_account_searches_so_often_a_minute_and_no_other_pays_for_it(town: Town) -> None:
    patient = Town(town.database, town.facts, town.address, Limits(searches_per_minute=30))
    mette, ole = patient.move_in("Mette"), patient.move_in("Ole")
    for _ in range(10):  # a third of them at once
        await find(patient, mette, "hest")
    with pytest.raises(Refused, match="rate_limited") as refused:
        await find(patient, mette, "hest")
    assert refused.value.retry_after_ms == 2_000
    await find(patient, ole, "hest")
    patient.now += 2_000
    await find(patient, mette, "hest")


async def test_a_stretch_is_read_by_the_index_that_history_has(tmp_path: Path) -> None:
    database = await SQLiteDatabase.open(tmp_path / "samtale.db", Facts())
    await database.close()
    with sqlite3.connect(tmp_path / "samtale.db") as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT seq, text FROM entries WHERE conversation_id = 1"
            " AND seq >= 1 AND seq < 9 AND kind = 1 AND deleted = 0 AND (text LIKE '%a%')"
            " ORDER BY seq DESC LIMIT 100"
        ).fetchall()
    connection.close()
    assert [row[3] for row in plan] == [
        "SEARCH entries USING INDEX entries_by_seq (conversation_id=? AND seq>? AND seq<?)"
    ]
