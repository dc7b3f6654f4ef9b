"""What goes with a message: marks that come together, an end of writing, and what costs nothing."""

import asyncio
from typing import Any

import pytest

from chat.conversations.service import raise_rights
from protocol import requests as ask
from protocol.errors import Refused
from protocol.resources import Empty
from tests.conversations.town import Town, new_client_id
from tests.people import Person


class Answers:
    """Waits for what is answered by a call."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[Any]] = []

    def next(self) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future.set_result

    async def all(self) -> list[Any]:
        return await asyncio.gather(*self._waiting)


def events(town: Town) -> list[str | None]:
    """Name what everyone has heard, in order."""
    return [one.event for one in town.all_events()]


async def test_marks_that_one_socket_tells_together_are_told_of_once(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    sent = await town.reply(ali, mette)
    town.heard.clear()
    positions, answers = town.conversations.positions, Answers()
    phone, computer = town.scope(mette, connection=7), town.scope(mette, connection=8)
    delivered = ask.MarkDelivered(sent.conversation, sent.seq)
    read = ask.MarkRead(sent.conversation, sent.seq)
    positions.delivered_now(phone, delivered, answers.next())
    positions.read_now(phone, read, answers.next())
    positions.delivered_now(computer, delivered, answers.next())
    assert await answers.all() == [Empty()] * 3
    [moved] = town.events("position.moved")
    assert b'"delivered_seq":1,"read_seq":1' in bytes(moved.data)
    [publication] = town.heard
    assert publication.except_connection == 7


async def test_what_arrived_beyond_what_is_read_has_arrived(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    sent = await town.reply(ali, mette)
    await town.send(mette, sent.conversation, "Ja tak")
    await town.send(ali, sent.conversation, "Godt")
    positions, answers, phone = town.conversations.positions, Answers(), town.scope(mette)
    for seq in (2, 3):
        delivered = ask.MarkDelivered(sent.conversation, seq)
        positions.delivered_now(phone, delivered, answers.next())
    positions.read_now(phone, ask.MarkRead(sent.conversation, 1), answers.next())
    assert await answers.all() == [Empty()] * 3
    *_, moved = town.events("position.moved")
    assert b'"delivered_seq":3,"read_seq":1' in bytes(moved.data)


async def test_what_has_arrived_elsewhere_is_told_again_for_nothing(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    sent = await town.reply(ali, mette)
    positions = town.conversations.positions
    delivered = ask.MarkDelivered(sent.conversation, sent.seq)
    await positions.delivered(town.scope(mette, connection=7), delivered)
    town.heard.clear()
    answered: list[object] = []
    assert positions.delivered_now(town.scope(mette, connection=8), delivered, answered.append)
    assert answered == [Empty()]  # at once: the store was not asked
    assert town.heard == []


async def test_whoever_is_no_member_is_told_so_whatever_has_arrived(town: Town) -> None:
    mette, ali, eve = town.move_in("Mette"), town.move_in("Ali"), town.move_in("Eve")
    sent = await town.reply(ali, mette)
    positions = town.conversations.positions
    delivered = ask.MarkDelivered(sent.conversation, sent.seq)
    await positions.delivered(town.scope(mette), delivered)
    with pytest.raises(Refused, match="not_found"):
        await positions.delivered(town.scope(eve), delivered)
    await town.conversations.own_sides.leave(
        town.scope(mette), ask.OneConversation(sent.conversation)
    )
    with pytest.raises(Refused, match="not_found"):
        await positions.delivered(town.scope(mette), delivered)


async def open_talk(town: Town, author: Person, replier: Person) -> str:
    """Have two talk, so that their rights are known."""
    here = (await town.reply(replier, author)).conversation
    await town.send(author, here, "Hej med dig")
    return here


async def test_a_message_takes_along_that_one_writes_no_more(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    here = await open_talk(town, mette, ali)
    town.heard.clear()
    talks, answers = town.conversations, Answers()
    stop, start = ask.OneConversation(here), ask.StartTyping(here)
    talks.typing.start_now(town.scope(ali), start, answers.next())
    talks.typing.stop_now(town.scope(ali), stop, answers.next())
    talks.send_now(town.scope(ali), ask.SendMessage(here, new_client_id(), "Hej"), answers.next())
    assert events(town) == ["typing.started"]
    await answers.all()
    assert events(town) == ["typing.started", "typing.stopped", "message.created"]


async def test_an_end_of_writing_without_a_message_is_told_in_the_same_turn(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    here = await open_talk(town, mette, ali)
    town.heard.clear()
    typing, answers = town.conversations.typing, Answers()
    typing.stop_now(town.scope(ali), ask.OneConversation(here), answers.next())
    typing.start_now(town.scope(ali), ask.StartTyping(here), answers.next())
    assert events(town) == ["typing.stopped", "typing.started"]
    typing.stop_now(town.scope(ali), ask.OneConversation(here), answers.next())
    told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(told.set_result, None)
    await told
    assert events(town) == ["typing.stopped", "typing.started", "typing.stopped"]


async def test_an_end_of_writing_is_not_told_once_rights_are_to_be_read_anew(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    here = await open_talk(town, mette, ali)
    town.heard.clear()
    talks, answers = town.conversations, Answers()
    raised = asyncio.ensure_future(town.database.write(lambda txn: raise_rights(txn, ali.account)))
    await asyncio.sleep(0)  # it waits for the writer, before the message
    talks.typing.stop_now(town.scope(ali), ask.OneConversation(here), answers.next())
    talks.send_now(town.scope(ali), ask.SendMessage(here, new_client_id(), "Hej"), answers.next())
    await raised
    await answers.all()
    assert events(town) == ["message.created"]
