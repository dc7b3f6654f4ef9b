"""Resume: whatever was missed since a cursor, once, in order, or an honest resync (G5)."""

import asyncio

import pytest

from chat.conversations.entries import PAGE_CHARACTERS
from chat.conversations.service import close_origin
from chat.settings import Limits
from protocol import requests as ask
from protocol.cursors import write_cursor
from protocol.errors import Refused
from protocol.resources import Own
from tests.conversations.town import EPOCH, Town


async def test_everything_missed_comes_in_every_conversation_new_ones_included(
    town: Town,
) -> None:
    mette, ali, eva = town.move_in("Mette"), town.move_in("Ali"), town.move_in("Eva")
    known = (await town.reply(ali, mette)).conversation
    cursor = await town.cursor()
    for number in range(100):
        await town.send(ali, known, f"nr. {number}")
    new = (await town.reply(eva, mette, "Goddag")).conversation
    resumed = await town.conversations.resume(town.scope(mette), cursor)
    changes = {change.conversation: change for change in resumed.conversations}
    assert set(changes) == {known, new}
    assert [entry.seq for entry in changes[known].entries] == list(range(2, 102))
    assert changes[known].unread == 101
    assert not changes[known].opened
    assert changes[new].opened
    assert not resumed.more
    again = await town.conversations.resume(town.scope(mette), resumed.cursor)
    assert again.conversations == []


async def test_pages_of_a_resume_add_up_to_all_that_was_missed(town: Town) -> None:
    small = Town(
        town.database,
        town.facts,
        town.address,
        limits=Limits(messages_per_minute=100_000, messages_burst=100_000,
                      resume_entries_per_page=7),
    )  # fmt: skip
    mette, people = small.move_in("Mette"), [small.move_in(f"P{n}") for n in range(5)]
    cursor = await small.cursor()
    opened = [await small.reply(person, mette) for person in people]
    await asyncio.gather(
        *(
            small.send(person, sent.conversation, str(number))
            for number in range(10)
            for person, sent in zip(people, opened, strict=True)
        )
    )
    received: dict[str, list[int]] = {}
    more, pages = True, 0
    while more:
        page = await small.conversations.resume(small.scope(mette), cursor)
        assert sum(len(change.entries) for change in page.conversations) <= 7
        for change in page.conversations:
            received.setdefault(change.conversation, []).extend(e.seq for e in change.entries)
        cursor, more, pages = page.cursor, page.more, pages + 1
    assert pages == 8
    assert received == {sent.conversation: list(range(1, 12)) for sent in opened}


@pytest.mark.parametrize("over", [False, True])
async def test_more_than_a_resume_may_send_asks_for_a_resync(town: Town, over: bool) -> None:
    few = Town(
        town.database,
        town.facts,
        town.address,
        limits=Limits(messages_per_minute=100_000, messages_burst=100_000,
                      resume_entries_at_most=20),
    )  # fmt: skip
    mette, ali = few.move_in("Mette"), few.move_in("Ali")
    cursor = await few.cursor()
    conversation = (await few.reply(ali, mette)).conversation
    for _ in range(20 if over else 19):
        await few.send(ali, conversation, "x")
    if over:
        with pytest.raises(Refused) as refused:
            await few.conversations.resume(few.scope(mette), cursor)
        assert refused.value.code == "resync_required"
    else:
        resumed = await few.conversations.resume(few.scope(mette), cursor)
        assert len(resumed.conversations[0].entries) == 20


@pytest.mark.parametrize("cursor", ["", "nonsense", "ffffffff-1", write_cursor(EPOCH, 99_999)])
async def test_a_cursor_of_another_epoch_or_the_future_asks_for_a_resync(
    town: Town, cursor: str
) -> None:
    mette = town.move_in("Mette")
    with pytest.raises(Refused) as refused:
        await town.conversations.resume(town.scope(mette), cursor)
    assert refused.value.code == "resync_required"


async def test_nobody_else_hears_of_it(town: Town) -> None:
    mette, ali, eva = town.move_in("Mette"), town.move_in("Ali"), town.move_in("Eva")
    cursor = await town.cursor()
    await town.reply(ali, mette)
    resumed = await town.conversations.resume(town.scope(eva), cursor)
    assert resumed.conversations == []


async def test_read_marks_only_rise_and_come_with_the_resume(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    for number in range(5):
        await town.send(ali, conversation, str(number))
    cursor = await town.cursor()
    for seq in (4, 2, 1_000):
        await town.conversations.positions.read(town.scope(mette), ask.MarkRead(conversation, seq))
    moved = [frame.data for frame in town.events("position.moved")]
    assert len(moved) == 2
    resumed = await town.conversations.resume(town.scope(ali), cursor)
    (change,) = resumed.conversations
    assert change.entries == []
    assert [(one.member, one.read_seq) for one in change.positions] == [(1, 6), (2, 0)]


async def test_a_closed_bubble_tells_every_conversation_kindly(town: Town) -> None:
    mette, ali, eva = town.move_in("Mette"), town.move_in("Ali"), town.move_in("Eva")
    for person in (ali, eva):
        await town.reply(person, mette, bubble=7)
    elsewhere = await town.reply(ali, mette, bubble=8)
    await town.database.write(close_origin, town.scope(mette), "bubble", 7)
    closed = town.events("origin.closed")
    assert [frame.seq for frame in closed] == [2, 2]
    assert elsewhere.conversation not in {frame.conversation for frame in closed}
    assert (await town.send(ali, elsewhere.conversation, "vi taler videre")).seq == 2


async def test_what_was_changed_comes_as_it_is_now_however_often_it_was_changed(
    town: Town,
) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    talk = (await town.reply(ali, mette)).conversation
    old = (await town.send(ali, talk, "den gamle")).seq
    cursor = await town.cursor()
    changes = town.conversations.changes
    await changes.add_reaction(town.scope(mette), ask.React(talk, old, "laugh"))
    for text in ("nyere", "nyest"):
        await changes.edit(town.scope(ali), ask.EditMessage(talk, old, text))
    new = (await town.send(mette, talk, "den nye")).seq
    await changes.delete(town.scope(mette), ask.OneMessage(talk, new))
    (change,) = (await town.conversations.resume(town.scope(mette), cursor)).conversations
    kinds = [(one.seq, one.kind, one.target) for one in change.entries]
    assert kinds == [
        (3, "message_reacted", old), (4, "message_edited", old), (5, "message_edited", old),
        (6, "message", 0), (7, "message_deleted", new),
    ]  # fmt: skip
    texts = [one.message.text for one in change.entries if one.message]
    assert texts == ["nyest", "nyest", "nyest", "", ""]
    first = change.entries[0].message
    assert first is not None
    assert (first.seq, first.changed_seq, [one.kind for one in first.reactions]) == (
        old, 5, ["laugh"],
    )  # fmt: skip
    assert change.unread == 2


async def test_ones_own_side_and_what_one_has_left_come_to_oneself_only(town: Town) -> None:
    small = Town(
        town.database, town.facts, town.address,
        limits=Limits(messages_per_minute=100_000, messages_burst=100_000,
                      resume_entries_per_page=3),
    )  # fmt: skip
    mette, ali = small.move_in("Mette"), small.move_in("Ali")
    talks = [(await small.reply(ali, mette, bubble=one)).conversation for one in range(4)]
    cursor = await small.cursor()
    own = small.conversations.own_sides
    await own.update(small.scope(mette), ask.UpdateConversation(talks[0], archived=True))
    for number in range(5):
        await small.send(ali, talks[1], str(number))
    await own.save_draft(small.scope(mette), ask.SaveDraft(talks[2], "Kære Ali"))
    await own.leave(small.scope(mette), ask.OneConversation(talks[3]))
    seen: dict[str, dict[str, object]] = {}
    for person in (mette, ali):
        more, at = True, cursor
        found: dict[str, object] = {}
        while more:
            page = await small.conversations.resume(small.scope(person), at)
            found |= {one.conversation: one.own for one in page.conversations}
            assert page.left == ([talks[3]] if person is mette else [])
            at, more = page.cursor, page.more
        seen[person.alias] = found
    assert seen["Mette"] == {
        talks[0]: Own(archived=True), talks[1]: Own(), talks[2]: Own(draft="Kære Ali"),
    }  # fmt: skip
    assert seen["Ali"] == {talks[1]: Own()}


@pytest.mark.parametrize("way", ["long messages", "changes of one"])
async def test_a_page_of_a_resume_holds_so_much_text_and_the_pages_add_up(
    town: Town, way: str
) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    long = "å" * 4_000
    first = await town.send(ali, conversation, long)
    cursor, most = await town.cursor(), PAGE_CHARACTERS // len(long)
    for number in range(2 * most):
        if way == "long messages":
            await town.send(ali, conversation, long)
        else:
            edit = ask.EditMessage(conversation, first.seq, f"{number} {long[10:]}")
            await town.conversations.changes.edit(town.scope(ali), edit)
    received: list[int] = []
    more, pages = True, 0
    while more:
        page = await town.conversations.resume(town.scope(mette), cursor)
        (change,) = page.conversations
        assert 0 < len(change.entries) <= most + 1
        received += [entry.seq for entry in change.entries]
        cursor, more, pages = page.cursor, page.more, pages + 1
    assert received == list(range(first.seq + 1, first.seq + 1 + 2 * most))
    assert pages > 1
