"""History comes in pages that a reader can take: so many entries, and so much text (G8)."""

import pytest

from chat.conversations.entries import NEWEST, PAGE_CHARACTERS
from protocol.requests import FetchHistory, OneConversation, React
from tests.conversations.town import Town

LONG = "🚶" * 4_000
FIT = PAGE_CHARACTERS // len(LONG)


async def test_long_messages_make_shorter_pages_that_add_up(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    for _ in range(2 * FIT):
        await town.send(ali, conversation, LONG)
    everything = list(range(1, 2 * FIT + 2))

    async def page(before: int | None = None, after: int | None = None) -> tuple[list[int], bool]:
        ask = FetchHistory(conversation, before=before, after=after, limit=200)
        history = await town.conversations.fetch_history(town.scope(mette), ask)
        return [entry.seq for entry in history.entries], history.more

    newest, more = await page()
    assert (newest, more) == (everything[-FIT:], True)
    backwards = newest
    while more:
        older, more = await page(before=backwards[0])
        assert older
        backwards = older + backwards
    assert backwards == everything
    forwards: list[int] = []
    more = True
    while more:
        newer, more = await page(after=forwards[-1] if forwards else 0)
        assert newer
        forwards += newer
    assert forwards == everything


async def test_a_page_around_a_place_is_no_larger_than_any_other(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    for _ in range(4 * FIT):
        await town.send(ali, conversation, LONG)

    async def around(seq: int, limit: int) -> list[int]:
        ask = FetchHistory(conversation, around=seq, limit=limit)
        history = await town.conversations.fetch_history(town.scope(mette), ask)
        return [entry.seq for entry in history.entries]

    last, middle, half = 4 * FIT + 1, 2 * FIT, FIT // 2
    assert await around(middle, 200) == list(range(middle - half, middle + half))
    assert await around(middle, 1) == [middle]
    assert await around(middle, 2) == [middle - 1, middle]
    assert await around(middle, 5) == list(range(middle - 2, middle + 3))
    assert await around(1, 3) == [1, 2, 3]
    assert await around(last, 4) == [last - 2, last - 1, last]
    assert await around(last + 10, 2) == [last]


@pytest.mark.parametrize("reactions", [0, NEWEST - 1, NEWEST, NEWEST + 1, 5 * NEWEST])
async def test_the_newest_message_is_found_behind_any_number_of_changes(
    town: Town, reactions: int
) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    for text in ("den næstsidste", "den sidste"):
        await town.send(ali, conversation, text)
    changes = town.conversations.changes
    for number in range(reactions):
        react = changes.remove_reaction if number % 2 else changes.add_reaction
        await react(town.scope(mette), React(conversation, 1, "heart"))
    shown = await town.conversations.get_conversation(
        town.scope(mette), OneConversation(conversation)
    )
    assert shown.last_seq == 3 + reactions
    assert shown.last_message is not None
    assert (shown.last_message.seq, shown.last_message.text) == (3, "den sidste")
