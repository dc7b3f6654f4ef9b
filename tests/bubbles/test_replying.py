"""Replying: who sees may reply; the first reply opens one conversation, the next continue it."""

import asyncio

import pytest

from protocol.errors import Refused
from tests.bubbles.village import DAY, Village, new_client_id
from tests.people import BALLERUP, HERLEV


async def test_whoever_sees_a_bubble_may_reply(village: Village) -> None:
    mette, ali = village.move_in("Mette", HERLEV), village.move_in("Ali", BALLERUP)
    sent = await village.reply(ali, await village.post(mette), "Jeg vil gerne med!")
    assert (sent.seq, sent.ordinal, sent.duplicate) == (1, 1, False)


async def test_replying_again_continues_the_conversation(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette)
    first, second = await village.reply(ali, bubble), await village.reply(ali, bubble, "Og?")
    assert second.conversation == first.conversation
    assert second.seq == 2


async def test_ten_first_replies_at_once_are_one_conversation_and_ten_messages(
    village: Village,
) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali", joined_days_ago=1)
    bubble = await village.post(mette)
    others = [await village.post(mette, f"Boble {number}") for number in range(4)]
    for other in others:
        await village.reply(ali, other)
    # The fifth conversation of a newcomer's day: all ten belong to it, none is one too many.
    replies = await asyncio.gather(*(village.reply(ali, bubble, f"{n}") for n in range(10)))
    assert len({sent.conversation for sent in replies}) == 1
    assert sorted(sent.seq for sent in replies) == list(range(1, 11))


async def test_a_reply_sent_twice_is_stored_once(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette)
    client_id = new_client_id()
    twice = await asyncio.gather(*(village.reply(ali, bubble, "Hej", client_id) for _ in range(2)))
    assert [sent.seq for sent in twice] == [1, 1]
    assert sorted(sent.duplicate for sent in twice) == [False, True]
    assert (await village.reply(ali, bubble, "Hej", client_id)).duplicate


async def test_nobody_replies_to_their_own_bubble(village: Village) -> None:
    mette = village.move_in("Mette")
    with pytest.raises(Refused, match="own_bubble"):
        await village.reply(mette, await village.post(mette))


async def test_a_hidden_bubble_and_one_that_never_was_are_answered_alike(
    village: Village,
) -> None:
    mette, ali = village.move_in("Mette", HERLEV), village.move_in("Ali", HERLEV)
    bubble = await village.post(mette)
    with pytest.raises(Refused) as hidden:
        await village.reply(ali, bubble)
    await village.database.write(lambda txn: txn.run("DELETE FROM bubbles"))
    with pytest.raises(Refused) as missing:
        await village.reply(ali, bubble)
    assert hidden.value.code == missing.value.code == "not_found"


async def test_an_adult_and_a_child_under_15_do_not_reply_to_each_other(
    village: Village,
) -> None:
    sofie, mette = village.move_in("Sofie", age=14), village.move_in("Mette")
    childs, adults = await village.post(sofie), await village.post(mette)
    for person, bubble in ((mette, childs), (sofie, adults)):
        with pytest.raises(Refused, match="not_found"):
            await village.reply(person, bubble)


async def test_a_closed_bubble_takes_no_new_replies_but_those_who_wait_write_on(
    village: Village,
) -> None:
    mette, ali, bo = (village.move_in(alias) for alias in ("Mette", "Ali", "Bo"))
    bubble = await village.post(mette)
    await village.reply(ali, bubble)
    await village.close(mette, bubble)
    with pytest.raises(Refused, match="bubble_closed"):
        await village.reply(bo, bubble)
    assert (await village.reply(ali, bubble, "Tillykke!")).seq == 3


async def test_when_a_municipality_leaves_new_replies_stop_and_conversations_go_on(
    village: Village,
) -> None:
    mette, ali, bo = (village.move_in(alias, HERLEV) for alias in ("Mette", "Ali", "Bo"))
    today = village.scope(mette).today
    await village.municipalities.subscribe(HERLEV, today)
    bubble = await village.post(mette)
    await village.reply(ali, bubble)
    await village.municipalities.unsubscribe(HERLEV, today)
    with pytest.raises(Refused, match="not_found"):
        await village.reply(bo, bubble)
    assert (await village.reply(ali, bubble, "Vi skriver videre")).seq == 2


@pytest.mark.parametrize(("joined_days_ago", "allowed"), [(6, 5), (8, 20)])
async def test_new_conversations_are_limited_by_the_day_and_more_in_the_first_week(
    village: Village, joined_days_ago: int, allowed: int
) -> None:
    ali = village.move_in("Ali", joined_days_ago=joined_days_ago)
    authors = [village.move_in(f"Forfatter {letter}") for letter in "abc"]
    bubbles = [
        await village.post(authors[number // 9], f"Boble {number}") for number in range(allowed + 1)
    ]
    first = village.now
    for bubble in bubbles[:-1]:
        await village.reply(ali, bubble)
    village.later(1_000)
    with pytest.raises(Refused, match="too_many_conversations") as refused:
        await village.reply(ali, bubbles[-1])
    assert refused.value.retry_after_ms == first + DAY - village.now
    assert (await village.reply(ali, bubbles[0], "Stadig her")).seq == 2
    village.later(refused.value.retry_after_ms)
    await village.reply(ali, bubbles[-1])
