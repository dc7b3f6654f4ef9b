"""What is muted, left, or no message is no reason for a mail."""

import pytest

from protocol.ids import encode_id
from protocol.requests import (
    EditMessage,
    OneConversation,
    OneMessage,
    React,
    SaveDraft,
    UpdateConversation,
)
from tests.notifications.town import AWAY, SECOND, Town

FOR_EVER = 2**53 - 1


async def two(town: Town) -> tuple[int, int, int]:
    """Give the author of a bubble, one who has written to them, and their conversation."""
    hanne, bent = await town.person("Hanne"), await town.person("Bent")
    return hanne, bent, await town.reply(hanne, bent)


async def mute(town: Town, account: int, talk: int, until: int | None = FOR_EVER) -> None:
    request = UpdateConversation(encode_id(talk), muted_until=until)
    await town.talks.own_sides.update(town.scope(account), request)


async def told(town: Town) -> list[str]:
    """Give who has been mailed since the last call."""
    return sorted(name for name, _, _ in await town.mails())


async def test_nobody_is_told_of_what_they_have_muted(town: Town) -> None:
    hanne, bent, talk = await two(town)
    await mute(town, hanne, talk)
    await town.wait(AWAY)
    await town.write(bent, talk)
    await town.write(hanne, talk)
    await town.wait(AWAY)
    assert await told(town) == ["Bent"]


async def test_whoever_mutes_before_the_mail_gets_none(town: Town) -> None:
    hanne, _, talk = await two(town)
    await town.wait(8 * SECOND)
    await mute(town, hanne, talk)
    await town.wait(AWAY)
    assert await told(town) == []


async def test_other_conversations_are_not_muted_with_it(town: Town) -> None:
    hanne, _, talk = await two(town)
    await mute(town, hanne, talk)
    await town.reply(hanne, await town.person("Karen"), 8)
    await town.wait(AWAY)
    assert await told(town) == ["Hanne"]


@pytest.mark.parametrize("ended_by", ["the clock", "hand"])
async def test_what_comes_after_it_is_muted_no_more_is_told(town: Town, ended_by: str) -> None:
    hanne, bent, talk = await two(town)
    await mute(town, hanne, talk, town.now + 5 * AWAY)
    await town.wait(4 * AWAY)
    assert await told(town) == []
    if ended_by == "hand":
        await mute(town, hanne, talk, None)
    else:
        await town.wait(3 * AWAY)
    await town.write(bent, talk)
    await town.wait(AWAY)
    assert await told(town) == ["Hanne"]


async def test_whoever_has_archived_it_or_marked_it_unread_is_told_of_the_next(town: Town) -> None:
    hanne, bent, talk = await two(town)
    await town.read(hanne, talk)
    own = UpdateConversation(encode_id(talk), archived=True, marked_unread=True)
    await town.talks.own_sides.update(town.scope(hanne), own)
    await town.wait(AWAY)
    assert await told(town) == []
    await town.write(bent, talk)
    await town.wait(AWAY)
    assert await told(town) == ["Hanne"]


async def test_nothing_but_a_message_is_told_of(town: Town) -> None:
    hanne, bent, talk = await two(town)
    await town.write(hanne, talk)
    for account in (hanne, bent):
        await town.read(account, talk)
    changes, where = town.talks.changes, encode_id(talk)
    await changes.edit(town.scope(bent), EditMessage(where, 1, "Goddag"))
    await changes.add_reaction(town.scope(bent), React(where, 2, "heart"))
    await changes.pin(town.scope(bent), OneMessage(where, 2))
    await changes.delete(town.scope(bent), OneMessage(where, 1))
    await town.talks.own_sides.save_draft(town.scope(bent), SaveDraft(where, "Hej"))
    await town.wait(2 * AWAY)
    assert await told(town) == []


async def test_what_was_taken_back_in_time_is_not_told_of(town: Town) -> None:
    _, bent, talk = await two(town)
    await town.talks.changes.delete(town.scope(bent), OneMessage(encode_id(talk), 1))
    await town.wait(AWAY)
    assert await told(town) == []


async def test_a_reaction_to_the_last_message_does_not_hide_the_next_one(town: Town) -> None:
    hanne, bent, talk = await two(town)
    changes, where = town.talks.changes, encode_id(talk)
    await changes.add_reaction(town.scope(bent), React(where, 1, "heart"))
    await town.wait(AWAY)
    assert await told(town) == ["Hanne"]
    await town.read(hanne, talk, 1)  # as far as the last message
    await town.write(bent, talk)
    await town.wait(AWAY)
    assert await told(town) == ["Hanne"]


@pytest.mark.parametrize("leaves", ["Hanne", "Bent"])
async def test_nobody_is_told_of_what_one_of_them_has_left(town: Town, leaves: str) -> None:
    hanne, _, talk = await two(town)
    await town.write(hanne, talk)
    leave = OneConversation(encode_id(talk))
    await town.talks.own_sides.leave(town.scope(town.people[leaves]), leave)
    await town.wait(AWAY)
    assert await told(town) == []
