"""Blocks (domain rule 5): both ways, at once, everywhere, and never told."""

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from chat.accounts.profile import announce
from chat.conversations.service import Conversations, log_position
from chat.conversations.store import raise_rights
from chat.safety.service import blocks_changed
from chat.scope import copenhagen_midnight
from chat.storage.database import Database, Transaction
from protocol import requests as ask
from protocol.cursors import write_cursor
from protocol.ids import decode_id
from tests.bubbles.village import LIMITS, new_client_id
from tests.people import GLOSTRUP, HERLEV, Person
from tests.safety.quarter import EPOCH, Quarter, outcome, refusal

UNKNOWN = "0123456789abcdef"


async def now(quarter: Quarter) -> str:
    """Give a cursor."""
    return write_cursor(EPOCH, await quarter.database.read(log_position))


# --- conversations --------------------------------------------------------------------------------


async def test_every_conversation_between_the_two_closes_and_no_other(quarter: Quarter) -> None:
    mette, ole, eva = quarter.move_in("Mette"), quarter.move_in("Ole"), quarter.move_in("Eva")
    hers, his = await quarter.talk(mette, ole), await quarter.talk(ole, mette)
    beside = [await quarter.talk(mette, eva), await quarter.talk(eva, ole)]
    await quarter.block(mette, conversation=hers)
    for person in (mette, ole):
        assert await quarter.is_closed(person, hers)
        assert await quarter.is_closed(person, his)
    assert not await quarter.is_closed(mette, beside[0])
    assert not await quarter.is_closed(ole, beside[1])


async def test_what_was_written_stays_with_both(quarter: Quarter) -> None:
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    talk = await quarter.talk(mette, ole)
    await quarter.send(mette, talk, "Søndag kl. 10?")
    await quarter.block(mette, conversation=talk)
    for person in (mette, ole):
        history = await quarter.conversations.fetch_history(
            quarter.scope(person), ask.FetchHistory(talk)
        )
        assert [entry.message.text for entry in history.entries if entry.message] == [
            "Hej",
            "Søndag kl. 10?",
        ]


async def test_a_resend_of_what_was_acked_before_still_gets_its_first_ack(
    quarter: Quarter,
) -> None:
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    talk = await quarter.talk(mette, ole)
    client_id = new_client_id()
    first = await quarter.send(ole, talk, "Er du der?", client_id)
    await quarter.block(mette, conversation=talk)
    again = await quarter.send(ole, talk, "Er du der?", client_id)
    assert (again.seq, again.sent_at, again.duplicate) == (first.seq, first.sent_at, True)
    await quarter.suspensions.suspend(quarter.scope(ole), ole.account)
    assert (await quarter.send(ole, talk, "Er du der?", client_id)).duplicate


async def test_who_is_writing_reaches_the_other_no_more_though_it_did_a_moment_ago(
    quarter: Quarter,
) -> None:
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    talk = await quarter.talk(mette, ole)
    await quarter.type(ole, talk)
    assert len(quarter.events("typing.started", mette)) == 1
    block = await quarter.block(mette, conversation=talk)
    for person in (mette, ole):
        assert await refusal(quarter.type(person, talk)) == ("conversation_closed", None)
    await quarter.lift(mette, block)
    await quarter.type(ole, talk)
    assert len(quarter.events("typing.started", mette)) == 2
    assert quarter.events("typing.started", ole) == []


class LateReads:
    """A database that has read, and tells it only when it may."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.has_read, self.may_tell = asyncio.Event(), asyncio.Event()

    async def read(self, *work: Any) -> Any:
        found = await self.database.read(*work)
        self.has_read.set()
        await self.may_tell.wait()
        return found

    def shorten(self, *_: Any) -> None:
        """Nothing is written here."""


async def test_rights_that_were_read_before_the_block_are_not_used_after_it(
    quarter: Quarter,
) -> None:
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    talk = await quarter.talk(mette, ole)
    late = LateReads(quarter.database)
    quarter.conversations = Conversations(
        cast("Database", late), quarter.broker, quarter.facts, LIMITS, EPOCH
    )
    typing = asyncio.ensure_future(outcome(quarter.type(ole, talk)))
    await late.has_read.wait()
    await quarter.block(mette, conversation=talk)
    late.may_tell.set()
    assert await typing == ("conversation_closed", None)
    assert await refusal(quarter.type(ole, talk)) == ("conversation_closed", None)
    assert quarter.events("typing.started") == []


async def test_a_closed_conversation_opens_at_the_midnight_that_makes_it_so(
    quarter: Quarter,
) -> None:
    """Whoever has lost a parent's consent is active again on turning 15."""
    ida, ole = quarter.move_in("Ida", age=14), quarter.move_in("Ole", age=16)
    tomorrow = datetime.date(2026, 11, 22)
    quarter.now = copenhagen_midnight(tomorrow) - 60_000
    quarter.be_born(ida, datetime.date(2011, 11, 22))
    quarter.be_born(ole, datetime.date(2010, 5, 1))
    talk = await quarter.talk(ole, ida)
    await lose_consent(quarter, ida, talk)
    assert await refusal(quarter.type(ole, talk)) == ("conversation_closed", None)
    quarter.now = copenhagen_midnight(tomorrow)
    await quarter.type(ole, talk)
    await quarter.send(ida, talk, "Nu er jeg 15")


async def test_one_reads_on_by_oneself(quarter: Quarter) -> None:
    """One's own devices know how far one has read; the other is shown what it was."""
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    talk = await quarter.talk(mette, ole)
    await quarter.read(mette, talk, 1)
    await quarter.send(ole, talk, "Er du der?")
    block = await quarter.block(mette, conversation=talk)
    cursor = await now(quarter)
    quarter.heard.clear()
    await quarter.read(mette, talk, 2)
    assert [one.accounts for one in quarter.heard] == [(mette.account,)]
    hers, his = await quarter.conversation(mette, talk), await quarter.conversation(ole, talk)
    assert (hers.unread, hers.members[0].read_seq, his.members[0].read_seq) == (0, 2, 1)
    (change,) = (await quarter.resumed(mette, cursor)).conversations
    assert [one.read_seq for one in change.positions if one.member == 1] == [2]
    assert (await quarter.resumed(ole, cursor)).conversations == []

    await quarter.lift(mette, block)
    assert (await quarter.conversation(ole, talk)).members[0].read_seq == 1
    await quarter.send(ole, talk, "Nu igen")
    await quarter.read(mette, talk, 3)
    assert (await quarter.conversation(ole, talk)).members[0].read_seq == 3
    assert len(quarter.events("position.moved", ole)) == 1


# --- bubbles --------------------------------------------------------------------------------------


async def test_bubbles_are_hidden_both_ways_those_of_later_too(quarter: Quarter) -> None:
    mette, ole, eva = quarter.move_in("Mette"), quarter.move_in("Ole"), quarter.move_in("Eva")
    bubbles = {mette.alias: await quarter.post(mette, "Mettes første")}
    await quarter.block(ole, bubble=bubbles[mette.alias].id)
    bubbles[ole.alias] = await quarter.post(ole, "Oles bagefter")
    await quarter.post(mette, "Mettes bagefter")
    theirs = ["Mettes bagefter", "Mettes første"]
    for person, others, own in ((mette, ole, theirs), (ole, mette, ["Oles bagefter"])):
        for narrowed in ({}, {"query": "bagefter"}, {"municipality": 151}):
            shown = await quarter.titles(person, **narrowed)
            assert shown == [title for title in own if "query" not in narrowed or "bag" in title]
        hidden = bubbles[others.alias]
        assert await refusal(quarter.get(person, hidden)) == ("not_found", None)
        assert await refusal(quarter.reply(person, hidden)) == ("not_found", None)
        seen = quarter.bubbles.may_see
        assert not await quarter.database.read(seen, quarter.scope(person), decode_id(hidden.id))
    assert await quarter.titles(eva) == ["Mettes bagefter", "Oles bagefter", "Mettes første"]


async def test_whoever_has_replied_before_meets_the_closed_conversation(quarter: Quarter) -> None:
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    bubble = await quarter.post(mette)
    talk = (await quarter.reply(ole, bubble)).conversation
    await quarter.block(mette, conversation=talk)
    assert await refusal(quarter.reply(ole, bubble, "Hallo?")) == ("conversation_closed", None)


# --- the blocked one is not told ------------------------------------------------------------------


async def block(quarter: Quarter, person: Person, talk: str) -> None:
    await quarter.block(person, conversation=talk)


async def be_suspended(quarter: Quarter, person: Person, _: str) -> None:
    await quarter.suspensions.suspend(quarter.scope(person), person.account)


async def lose_consent(quarter: Quarter, person: Person, _: str) -> None:
    def unit(txn: Transaction) -> None:
        txn.run("UPDATE accounts SET consented = 0 WHERE id = ?", person.account)
        announce(txn, person.account, quarter.scope(person))

    await quarter.database.write(unit)


async def leave(quarter: Quarter, person: Person, talk: str) -> None:
    def unit(txn: Transaction) -> None:
        txn.run(
            "UPDATE members SET left_at = ? WHERE conversation_id = ? AND account_id = ?",
            quarter.now,
            decode_id(talk),
            person.account,
        )
        raise_rights(txn, person.account)

    await quarter.database.write(unit)


Part = Callable[[Quarter, Person, str], Awaitable[None]]


@pytest.mark.parametrize("part", [block, be_suspended, lose_consent])
async def test_nothing_that_one_is_shown_changes_then_or_by_what_the_other_does_later(
    quarter: Quarter, part: Part
) -> None:
    ida, ole = quarter.move_in("Ida", age=14), quarter.move_in("Ole", age=16)
    bubble = await quarter.post(ida)
    talk = (await quarter.reply(ole, bubble)).conversation
    other = await quarter.talk(ole, ida, "Oles egen")
    await quarter.send(ida, talk, "Hej Ole")
    await quarter.send(ole, talk, "Hej igen")
    cursor = await now(quarter)
    before = await quarter.view(ole, cursor)

    await part(quarter, ida, talk)
    await quarter.read(ida, talk, 3)
    await quarter.read(ida, other, 1)
    for conversation in (talk, other):
        assert await refusal(quarter.type(ida, conversation))
        assert await refusal(quarter.send(ida, conversation))
    if part is block:
        await quarter.edit(ida, bubble, title="En anden tur", symbol="🚲")
        await quarter.close(ida, bubble)
    assert await quarter.view(ole, cursor) == before


@pytest.mark.parametrize("part", [block, be_suspended, lose_consent, leave])
async def test_writing_on_meets_one_answer_whatever_closed_it(quarter: Quarter, part: Part) -> None:
    ida, ole = quarter.move_in("Ida", age=14), quarter.move_in("Ole", age=16)
    talk = await quarter.talk(ida, ole)
    await quarter.send(ole, talk)
    await part(quarter, ida, talk)
    assert await refusal(quarter.send(ole, talk)) == ("conversation_closed", None)
    assert await refusal(quarter.type(ole, talk)) == ("conversation_closed", None)


async def test_only_ones_own_devices_hear_of_a_block(quarter: Quarter) -> None:
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    talk = await quarter.talk(mette, ole)
    cursor = await now(quarter)
    quarter.heard.clear()
    block = await quarter.block(mette, conversation=talk)
    await quarter.lift(mette, block)
    assert [one.accounts for one in quarter.heard] == [(mette.account,)] * 2
    events = quarter.events("blocks.changed")
    assert [event.account_seq for event in events] == [1, 2]
    position = int(cursor.partition("-")[2], 16)
    for person, changed in ((mette, True), (ole, False)):
        scope = quarter.scope(person)
        assert await quarter.database.read(blocks_changed, scope, position) is changed
    later = int((events[-1].cursor or "").partition("-")[2], 16)
    assert not await quarter.database.read(blocks_changed, quarter.scope(mette), later)


# --- blocking, listing, lifting -------------------------------------------------------------------


async def test_ten_blocks_at_once_are_one(quarter: Quarter) -> None:
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    bubble = await quarter.post(ole)
    talk = (await quarter.reply(mette, bubble)).conversation
    named = [{"bubble": bubble.id}, {"conversation": talk}] * 5
    blocks = await asyncio.gather(*(quarter.block(mette, **one) for one in named))
    assert len({block.id for block in blocks}) == 1
    assert await quarter.blocked(mette) == [blocks[0]]
    assert len(quarter.events("blocks.changed")) == 1


async def test_blocking_again_is_the_same_answer_whoever_has_blocked_whom(
    quarter: Quarter,
) -> None:
    """What one has blocked is hidden already, and whether the other blocks back is not told."""
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    bubble = await quarter.post(ole)
    talk = (await quarter.reply(mette, bubble)).conversation
    first = await quarter.block(mette, bubble=bubble.id)
    assert await quarter.block(mette, bubble=bubble.id) == first
    await quarter.block(ole, conversation=talk)
    assert await quarter.block(mette, bubble=bubble.id) == first
    assert await quarter.block(mette, conversation=talk) == first
    assert await quarter.blocked(mette) == [first]


async def test_what_one_cannot_see_one_cannot_block_by(quarter: Quarter) -> None:
    mette, ole, eva = quarter.move_in("Mette"), quarter.move_in("Ole"), quarter.move_in("Eva")
    far = quarter.move_in("Finn", municipality=GLOSTRUP)
    beside = quarter.move_in("Hans", municipality=HERLEV)
    theirs = await quarter.talk(ole, eva)
    hidden = await quarter.post(far)
    assert await refusal(quarter.block(mette, conversation=theirs)) == ("not_found", None)
    assert await refusal(quarter.block(mette, conversation=UNKNOWN)) == ("not_found", None)
    assert await refusal(quarter.block(beside, bubble=hidden.id)) == ("not_found", None)
    assert await refusal(quarter.block(beside, bubble=UNKNOWN)) == ("not_found", None)
    await quarter.block(far, conversation=await quarter.talk(eva, far))
    assert await refusal(quarter.block(eva, bubble=hidden.id)) == ("not_found", None)
    assert await quarter.blocked(mette) == await quarter.blocked(beside) == []


async def test_one_names_one_other(quarter: Quarter) -> None:
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    bubble = await quarter.post(mette)
    talk = (await quarter.reply(ole, bubble)).conversation
    own = quarter.block(mette, bubble=bubble.id)
    assert await refusal(own) == ("invalid_field", "bubble")
    both = quarter.block(ole, bubble=bubble.id, conversation=talk)
    assert await refusal(both) == ("invalid_field", "bubble")
    assert await refusal(quarter.block(ole)) == ("invalid_field", "conversation")


async def test_blocks_are_listed_newest_first_in_pages(quarter: Quarter) -> None:
    mette, people = quarter.move_in("Mette"), [quarter.move_in(f"Nr. {n}") for n in range(5)]
    for person in people:
        quarter.later(1)
        await quarter.block(mette, bubble=(await quarter.post(person)).id)
    scope, before, aliases = quarter.scope(mette), None, []
    for _ in range(3):
        page = await quarter.blocks.list(scope, ask.ListBlocks(before, limit=2))
        aliases += [block.alias for block in page.blocks]
        before = page.next
    assert aliases == [f"Nr. {n}" for n in (4, 3, 2, 1, 0)]
    assert before is None
    wrong = quarter.blocks.list(scope, ask.ListBlocks("nonsense"))
    assert await refusal(wrong) == ("invalid_field", "before")


async def test_a_lifted_block_gives_everything_back(quarter: Quarter) -> None:
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    bubble = await quarter.post(ole)
    talk = await quarter.talk(mette, ole)
    block = await quarter.block(mette, conversation=talk)
    await quarter.lift(mette, block)
    assert await quarter.blocked(mette) == []
    for person in (mette, ole):
        assert not await quarter.is_closed(person, talk)
    assert (await quarter.get(mette, bubble)).author == "Ole"
    assert (await quarter.reply(mette, bubble)).seq == 1
    assert await refusal(quarter.lift(mette, block)) == ("not_found", None)


async def test_each_lifts_ones_own(quarter: Quarter) -> None:
    mette, ole = quarter.move_in("Mette"), quarter.move_in("Ole")
    talk = await quarter.talk(mette, ole)
    hers = await quarter.block(mette, conversation=talk)
    his = await quarter.block(ole, conversation=talk)
    assert await refusal(quarter.lift(ole, hers)) == ("not_found", None)
    await quarter.lift(mette, hers)
    assert await quarter.is_closed(mette, talk)
    assert await quarter.titles(mette, query="skoven") == ["Gåtur i skoven"]
    assert await quarter.titles(ole, query="skoven") == []
    await quarter.lift(ole, his)
    assert not await quarter.is_closed(mette, talk)


async def test_a_suspension_closes_what_it_should_and_its_end_opens_it(quarter: Quarter) -> None:
    mette, ole, eva = quarter.move_in("Mette"), quarter.move_in("Ole"), quarter.move_in("Eva")
    talk, beside = await quarter.talk(mette, ole), await quarter.talk(mette, eva)
    await quarter.suspensions.suspend(quarter.scope(mette), mette.account)
    assert await refusal(quarter.send(mette, talk)) == ("not_active", None)
    assert await quarter.is_closed(ole, talk)
    assert await quarter.is_closed(eva, beside)
    assert await quarter.titles(ole) == []
    block = await quarter.block(mette, conversation=talk)  # one may still protect oneself
    await quarter.lift(mette, block)
    await quarter.suspensions.reinstate(quarter.scope(mette), mette.account)
    assert not await quarter.is_closed(ole, talk)
    assert not await quarter.is_closed(mette, talk)
    assert len(await quarter.titles(ole)) == 2
