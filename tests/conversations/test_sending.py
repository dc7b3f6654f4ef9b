"""Sending: durable, once, in one order, and only where the rules allow it (G1, G3, G4, G6)."""

import asyncio
import datetime

import pytest

from chat.conversations.service import raise_rights
from chat.settings import Limits
from loadtests.beside import beside
from protocol.errors import Refused
from protocol.ids import decode_id
from protocol.requests import (
    EditMessage,
    FetchHistory,
    ListConversations,
    SaveDraft,
    SendMessage,
    UpdateConversation,
)
from tests.conversations.town import Town, new_client_id


async def texts(town: Town, person: object, conversation: str) -> list[str]:
    request = FetchHistory(conversation, limit=200)
    history = await town.conversations.fetch_history(town.scope(person), request)  # type: ignore[arg-type]
    assert [entry.seq for entry in history.entries] == list(range(1, len(history.entries) + 1))
    return [entry.message.text for entry in history.entries if entry.message]


async def test_a_first_reply_opens_one_conversation_for_both(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    sent = await town.reply(ali, mette, "Skal vi gå en tur?")
    assert (sent.seq, sent.ordinal, sent.duplicate) == (1, 1, False)
    for person, unread in ((mette, 1), (ali, 0)):
        page = await town.conversations.list_conversations(town.scope(person), ListConversations())
        (conversation,) = page.conversations
        assert conversation.id == sent.conversation
        assert conversation.unread == unread
        assert [member.alias for member in conversation.members] == ["Mette", "Ali"]
        assert [member.me for member in conversation.members] == [
            person is mette,
            person is ali,
        ]
        assert conversation.last_message is not None
        assert conversation.last_message.text == "Skal vi gå en tur?"


async def test_ten_first_replies_at_the_same_instant_are_one_conversation(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    replies = await asyncio.gather(*(town.reply(ali, mette, f"nr. {n}") for n in range(10)))
    assert len({sent.conversation for sent in replies}) == 1
    assert [sent.seq for sent in replies] == list(range(1, 11))
    assert await texts(town, mette, replies[0].conversation) == [f"nr. {n}" for n in range(10)]


async def test_a_message_sent_twice_is_stored_once_and_acked_twice(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    client_ids = [new_client_id() for _ in range(50)]
    acks = await asyncio.gather(
        *(
            town.send(mette, conversation, f"nr. {number}", client_id)
            for number, client_id in enumerate(client_ids)
            for _ in range(2)
        )
    )
    first, second = acks[::2], acks[1::2]
    assert [(ack.seq, ack.ordinal) for ack in first] == [(ack.seq, ack.ordinal) for ack in second]
    assert not any(ack.duplicate for ack in first)
    assert all(ack.duplicate for ack in second)
    stored = await texts(town, ali, conversation)
    assert stored == ["Hej", *(f"nr. {number}" for number in range(50))]
    assert len(town.events("message.created")) == 51


async def test_a_client_id_never_names_two_messages(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    other = (await town.reply(ali, mette, bubble=8)).conversation
    client_id = new_client_id()
    await town.send(ali, conversation, "den første", client_id)
    for where, text in ((conversation, "en anden"), (other, "den første")):
        with pytest.raises(Refused) as refused:
            await town.send(ali, where, text, client_id)
        assert refused.value.code == "client_id_reused"
    assert (await town.send(mette, conversation, "min egen", client_id)).seq == 3


async def test_a_stranger_meets_what_does_not_exist(town: Town) -> None:
    mette, ali, eva = town.move_in("Mette"), town.move_in("Ali"), town.move_in("Eva")
    conversation = (await town.reply(ali, mette)).conversation
    for unknown in (conversation, "0123456789abcdef"):
        with pytest.raises(Refused) as refused:
            await town.send(eva, unknown, "Hej")
        assert refused.value.code == "not_found"
        with pytest.raises(Refused) as refused:
            await town.conversations.fetch_history(town.scope(eva), FetchHistory(unknown))
        assert refused.value.code == "not_found"


async def test_a_message_reaches_both_but_not_the_socket_that_sent_it(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    town.heard.clear()
    answered: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    town.conversations.send_now(
        town.scope(ali, connection=42),
        SendMessage(conversation, new_client_id(), "fra telefonen"),
        answered.set_result,
    )
    await answered
    (publication,) = town.heard
    assert set(publication.accounts) == {mette.account, ali.account}
    assert publication.except_connection == 42


async def test_numbers_have_no_holes_when_messages_are_refused_between(town: Town) -> None:
    mette, ali, eva = town.move_in("Mette"), town.move_in("Ali"), town.move_in("Eva")
    conversation = (await town.reply(ali, mette)).conversation
    outcomes = await asyncio.gather(
        *(
            town.send(person, conversation, str(number))
            for number in range(20)
            for person in (ali, eva, mette)
        ),
        return_exceptions=True,
    )
    seqs = [outcome.seq for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert seqs == list(range(2, 42))


async def test_a_suspended_account_stops_at_once_on_both_sides(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    await town.send(mette, conversation, "Hej Ali")
    with beside(town.address) as store:
        store.run("UPDATE accounts SET suspended = 1 WHERE id = ?", ali.account)
    await town.database.write(raise_rights, ali.account)
    for person, code in ((ali, "not_active"), (mette, "conversation_closed")):
        with pytest.raises(Refused) as refused:
            await town.send(person, conversation, "?")
        assert refused.value.code == code


async def test_a_conversation_closes_at_midnight_when_one_of_them_turns_eighteen(
    town: Town,
) -> None:
    """Domain rule 2: nobody of age talks with someone under 15."""
    ida, ole = town.move_in("Ida", age=14), town.move_in("Ole", age=17)
    birthday = datetime.date(2026, 11, 22)
    with beside(town.address) as store:
        for person, years in ((ida, 14), (ole, 18)):
            born = birthday.replace(year=birthday.year - years).isoformat()
            store.run("UPDATE accounts SET born = ? WHERE id = ?", born, person.account)
    midnight = int(datetime.datetime(2026, 11, 21, 23, tzinfo=datetime.UTC).timestamp() * 1000)
    town.now = midnight - 60_000
    conversation = (await town.reply(ida, ole)).conversation
    town.now = midnight - 1
    await town.send(ole, conversation, "god aften")
    town.now = midnight
    for person in (ida, ole):
        with pytest.raises(Refused) as refused:
            await town.send(person, conversation, "godnat")
        assert refused.value.code == "conversation_closed"


@pytest.mark.parametrize(("joined_days_ago", "allowed"), [(6, 10), (8, 15)])
async def test_a_new_account_sends_fewer_messages_at_once(
    town: Town, joined_days_ago: int, allowed: int
) -> None:
    calm = Town(town.database, town.facts, town.address, limits=Limits())
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    scope = calm.scope(mette)
    joined_at = calm.now - joined_days_ago * 86_400_000
    me = type(scope.me)(mette.account, 1, True, scope.me.born, 151, joined_at)
    scope = type(scope)(calm.now, "da", me)
    for _ in range(allowed):
        await calm.conversations.send(scope, SendMessage(conversation, new_client_id(), "."))
    with pytest.raises(Refused) as refused:
        await calm.conversations.send(scope, SendMessage(conversation, new_client_id(), "."))
    assert refused.value.code == "rate_limited"
    assert refused.value.retry_after_ms


@pytest.mark.parametrize("what", ["edit", "draft", "mute"])
async def test_what_is_changed_is_limited_as_what_is_sent(town: Town, what: str) -> None:
    calm = Town(town.database, town.facts, town.address, limits=Limits())
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    talk = (await town.reply(ali, mette)).conversation
    scope, talks = calm.scope(ali), calm.conversations

    async def change(number: int) -> None:
        if what == "edit":
            await talks.changes.edit(scope, EditMessage(talk, 1, str(number)))
        elif what == "draft":
            await talks.own_sides.save_draft(scope, SaveDraft(talk, str(number)))
        else:
            await talks.own_sides.update(scope, UpdateConversation(talk, muted_until=number))

    for number in range(15):
        await change(number)
    with pytest.raises(Refused) as refused:
        await change(15)
    assert (refused.value.code, refused.value.retry_after_ms) == ("rate_limited", 1_000)


async def test_an_empty_conversation_is_never_left_behind(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    client_id = new_client_id()
    first = await town.reply(ali, mette, client_id=client_id)
    with pytest.raises(Refused):
        await town.reply(ali, mette, "andet", bubble=9, client_id=client_id)
    page = await town.conversations.list_conversations(town.scope(ali), ListConversations())
    assert [one.id for one in page.conversations] == [first.conversation]
    rows = await town.database.read(lambda reader: reader.all("SELECT id FROM conversations"))
    assert [row["id"] for row in rows] == [decode_id(first.conversation)]
