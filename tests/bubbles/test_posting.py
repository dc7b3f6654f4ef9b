"""Posting, editing and closing, with the parts that they meet."""

import asyncio

import pytest

from chat.accounts.service import standing
from chat.bubbles.model import BubbleClosed, BubbleEdited, BubblePosted, State
from chat.bubbles.service import unanswered
from chat.storage.database import Transaction
from protocol import requests as ask
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id
from tests.bubbles.village import DAY, HOUR, Village
from tests.people import BALLERUP, HERLEV, Person

PHONE = "Ring til mig på 29 18 47 33, så finder vi en dag."


async def entries(village: Village, person: Person, conversation: str) -> list[str]:
    request = ask.FetchHistory(conversation)
    history = await village.conversations.fetch_history(village.scope(person), request)
    return [entry.kind for entry in history.entries]


async def test_a_posted_bubble_is_shown_as_it_was_written(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    posted = await village.bubbles.post(
        village.scope(mette),
        ask.PostBubble(" Gåtur  på lørdag", "Vi ses ved søen.\n", ["walks"], "🚶"),
    )
    seen = await village.get(ali, posted)
    assert (seen.title, seen.text) == ("Gåtur på lørdag", "Vi ses ved søen.")
    assert (seen.interests, seen.symbol, seen.picture) == (["walks"], "🚶", None)
    assert (seen.author, seen.municipality) == ("Mette", BALLERUP)
    assert (seen.state, seen.created_at, seen.edited_at) == ("open", village.now, None)
    assert (seen.mine, posted.mine) == (False, True)


async def test_only_the_author_sees_how_many_have_answered(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette)
    assert (await village.get(mette, bubble)).answers == 0
    sent = await village.reply(ali, bubble)
    assert (await village.get(mette, bubble)).answers == 1
    seen = await village.get(ali, bubble)
    assert (seen.answers, seen.conversation) == (None, sent.conversation)


async def test_a_held_bubble_is_seen_by_its_author_alone_and_says_why(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette, "Kaffe", PHONE)
    assert bubble.state == "held"
    assert bubble.held is not None
    assert "telefonnummer" in bubble.held
    assert await village.titles(ali) == []
    with pytest.raises(Refused, match="not_found"):
        await village.get(ali, bubble)
    with pytest.raises(Refused, match="not_found"):
        await village.reply(ali, bubble)


async def test_a_held_bubble_opens_when_its_author_edits_it(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette, "Kaffe", PHONE)
    edited = await village.edit(mette, bubble, text="Skriv her, så finder vi en dag.")
    assert (edited.state, edited.held) == ("open", None)
    assert await village.titles(ali) == ["Kaffe"]


async def test_an_edit_that_is_held_hides_the_bubble_but_not_its_conversations(
    village: Village,
) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette, "Kaffe")
    sent = await village.reply(ali, bubble)
    await village.edit(mette, bubble, title="Kaffe, 29 18 47 33")
    assert await village.titles(ali) == []
    request = ask.OneConversation(sent.conversation)
    conversation = await village.conversations.get_conversation(village.scope(ali), request)
    assert conversation.origin.title == "Kaffe"
    assert (await village.reply(ali, bubble, "Er du der?")).seq == 2


async def test_an_edited_title_is_shown_in_its_conversations(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette, "Kaffe")
    sent = await village.reply(ali, bubble)
    await village.edit(mette, bubble, title="Te og scones", symbol="🫖")
    request = ask.OneConversation(sent.conversation)
    origin = (await village.conversations.get_conversation(village.scope(ali), request)).origin
    assert (origin.title, origin.symbol) == ("Te og scones", "🫖")


async def test_an_edit_changes_what_it_names_and_leaves_the_rest(village: Village) -> None:
    mette = village.move_in("Mette")
    bubble = await village.post(mette, "Kaffe", "En god kop kaffe?", ("coffee",))
    village.later(1_000)
    edited = await village.edit(mette, bubble, interests=["coffee", "talk"])
    assert (edited.title, edited.text) == (bubble.title, bubble.text)
    assert edited.interests == ["coffee", "talk"]
    assert (edited.created_at, edited.edited_at) == (bubble.created_at, village.now)


async def test_two_edits_at_the_same_instant_both_count(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette, "Kaffe", "En god kop kaffe?")
    await asyncio.gather(
        village.edit(mette, bubble, title="Te og scones"),
        village.edit(mette, bubble, text="En god kop te i haven?"),
    )
    seen = await village.get(ali, bubble)
    assert (seen.title, seen.text) == ("Te og scones", "En god kop te i haven?")
    assert await village.titles(ali, query="scones haven") == ["Te og scones"]


async def test_someone_elses_bubble_is_neither_edited_nor_closed(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette)
    with pytest.raises(Refused, match="not_found"):
        await village.edit(ali, bubble, title="Min boble")
    with pytest.raises(Refused, match="not_found"):
        await village.close(ali, bubble)


async def test_closing_tells_every_waiting_conversation_once(village: Village) -> None:
    mette, ali, bo = (village.move_in(alias) for alias in ("Mette", "Ali", "Bo"))
    bubble = await village.post(mette)
    sent = [await village.reply(person, bubble) for person in (ali, bo)]
    assert (await village.close(mette, bubble)).state == "closed"
    assert (await village.close(mette, bubble)).state == "closed"
    for person, reply in zip((ali, bo), sent, strict=True):
        assert await entries(village, person, reply.conversation) == ["message", "origin_closed"]


async def test_a_closed_bubble_is_not_edited(village: Village) -> None:
    mette = village.move_in("Mette")
    bubble = await village.post(mette)
    await village.close(mette, bubble)
    with pytest.raises(Refused, match="bubble_closed"):
        await village.edit(mette, bubble, title="Alligevel")


async def test_a_childs_municipality_is_shown_to_itself_alone(village: Village) -> None:
    sofie, noah = village.move_in("Sofie", age=14), village.move_in("Noah", age=16)
    bubble = await village.post(sofie)
    assert (await village.get(sofie, bubble)).municipality == BALLERUP
    assert (await village.get(noah, bubble)).municipality is None


async def test_ten_bubbles_a_day_and_the_eleventh_when_the_first_is_a_day_old(
    village: Village,
) -> None:
    mette = village.move_in("Mette")
    first = village.now + 1_000
    for number in range(10):
        await village.post(mette, f"Boble {number}")
    with pytest.raises(Refused, match="rate_limited") as refused:
        await village.post(mette)
    assert refused.value.retry_after_ms == first + DAY - village.now
    village.later(refused.value.retry_after_ms)
    await village.post(mette)


async def test_thirty_edits_at_once_and_the_next_a_little_later(village: Village) -> None:
    mette = village.move_in("Mette")
    bubble = await village.post(mette)
    for number in range(30):
        await village.edit(mette, bubble, title=f"Udgave {number}")
    with pytest.raises(Refused, match="rate_limited") as refused:
        await village.edit(mette, bubble, title="Udgave 31")
    assert refused.value.retry_after_ms == 2_000
    village.later(refused.value.retry_after_ms)
    await village.edit(mette, bubble, title="Udgave 31")


async def test_whoever_is_suspended_posts_nothing_whatever_their_session_knew(
    village: Village,
) -> None:
    mette = village.move_in("Mette")
    bubble = await village.post(mette)
    await village.change(mette, active=False)
    for refused in (village.post(mette), village.edit(mette, bubble, title="Ny titel")):
        with pytest.raises(Refused, match="not_active"):
            await refused


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", "  a  "), ("text", " " * 20), ("interests", ["dating"]), ("symbol", "29184733")],
)
async def test_what_is_not_filled_in_well_is_named(
    village: Village, field: str, value: object
) -> None:
    mette = village.move_in("Mette")
    fields: dict[str, object] = {"title": "Kaffe", "text": "En god kop kaffe?", field: value}
    with pytest.raises(Refused) as refused:
        await village.bubbles.post(village.scope(mette), ask.PostBubble(**fields))  # type: ignore[arg-type]
    assert refused.value.field == field


async def test_a_picture_is_shown_only_by_whoever_has_uploaded_it(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    picture = encode_id(village.now << 20)

    def upload(txn: Transaction) -> None:
        txn.run(
            "INSERT INTO pictures (id, account_id, digest, width, height, unclaimed_since)"
            " VALUES (?, ?, ?, 10, 10, ?)",
            village.now << 20, mette.account, b"digest", village.now,
        )  # fmt: skip

    await village.database.write(upload)
    request = ask.PostBubble("Mit maleri", "Se, hvad jeg har malet.", [], "🎨", picture)
    with pytest.raises(Refused) as refused:
        await village.bubbles.post(village.scope(ali), request)
    assert refused.value.field == "picture"
    bubble = await village.bubbles.post(village.scope(mette), request)
    assert (await village.get(ali, bubble)).picture == picture
    assert (await village.edit(mette, bubble, picture=None)).picture is None
    with pytest.raises(Refused):  # nothing shows it any more, so it is gone
        await village.edit(mette, bubble, picture=picture)


async def test_a_bubbles_picture_is_for_those_who_see_the_bubble(village: Village) -> None:
    mette, ali = village.move_in("Mette", HERLEV), village.move_in("Ali", HERLEV)
    bo = village.move_in("Bo", BALLERUP)
    bubble = decode_id((await village.post(mette)).id)
    gate = village.bubbles.may_see
    assert await village.database.read(gate, village.scope(bo), bubble)
    assert await village.database.read(gate, village.scope(mette), bubble)
    assert not await village.database.read(gate, village.scope(ali), bubble)
    assert not await village.database.read(gate, village.scope(ali), bubble + 1)


async def test_what_happens_to_a_bubble_is_told_as_facts(village: Village) -> None:
    told: list[object] = []
    for kind in (BubblePosted, BubbleEdited, BubbleClosed):
        village.facts.after_commit(kind, told.append)
    mette = village.move_in("Mette")
    bubble = await village.post(mette)
    await village.edit(mette, bubble, text=PHONE)
    await village.close(mette, bubble)
    number = decode_id(bubble.id)
    assert told == [
        BubblePosted(number, mette.account, State.OPEN),
        BubbleEdited(number, mette.account, State.HELD),
        BubbleClosed(number, mette.account),
    ]


async def test_only_open_bubbles_that_nobody_has_answered_are_unanswered(
    village: Village,
) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    old = [await village.post(mette, f"Boble {number}") for number in range(4)]
    await village.reply(ali, old[0])
    await village.close(mette, old[1])
    village.later(HOUR)
    edge = village.now
    await village.post(mette, "Ny boble")
    found = await village.database.read(unanswered, edge, 1)
    assert [one.bubble for one in found] == [decode_id(old[2].id)]
    assert (found[0].account, found[0].title) == (mette.account, "Boble 2")
    onward = await village.database.read(unanswered, edge, 10, found[0].bubble)
    assert [one.bubble for one in onward] == [decode_id(old[3].id)]


async def test_the_author_of_a_bubble_is_kept_as_the_account_is(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette)
    await village.change(mette, municipality=HERLEV)
    person = await village.database.read(standing, mette.account, village.scope(mette).today)
    assert person is not None
    assert (await village.get(ali, bubble)).municipality == person.municipality
