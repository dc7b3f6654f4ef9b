"""Messages stored by one statement: numbered like all others, whoever else writes (G3, G4)."""

import asyncio
from collections.abc import Sequence
from functools import partial

import pytest

from chat.conversations.model import Outgoing, Stored
from chat.conversations.sending import store_messages
from chat.conversations.sending_at_once import MessagesAtOnce
from chat.conversations.service import raise_rights
from chat.storage.database import Row
from chat.storage.facts import Facts
from chat.storage.opening import open_database
from loadtests.beside import Address
from protocol.errors import Refused
from protocol.requests import FetchHistory, OneConversation
from protocol.resources import Sent
from tests.conversations.town import Town, new_client_id
from tests.people import Person


class Watched(MessagesAtOnce):
    """Counts what was stored by the one statement, and what it left to the long way."""

    def __init__(self) -> None:
        self.stored = self.left = 0

    def outcomes(self, items: Sequence[Outgoing], rows: Sequence[Row]) -> Sequence[Stored | None]:
        found = super().outcomes(items, rows)
        self.left += found.count(None)
        self.stored += len(found) - found.count(None)
        return found


def watch(town: Town) -> Watched:
    watched = Watched()
    town.database.shorten(store_messages, watched)
    return watched


async def history(town: Town, person: Person, conversation: str) -> list[str]:
    page = await town.conversations.fetch_history(
        town.scope(person), FetchHistory(conversation, limit=200)
    )
    assert [entry.seq for entry in page.entries] == list(range(1, len(page.entries) + 1))
    return [entry.message.text for entry in page.entries if entry.message]


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
async def test_two_processes_that_write_to_each_other_at_once_leave_no_hole(
    town: Town, address: Address
) -> None:
    other = Town(await open_database(address, Facts(), checkpoints=False), Facts(), address)
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversations = [(await town.reply(ali, mette, bubble=n)).conversation for n in range(3)]

    async def write(process: Town, person: Person, conversation: str) -> list[int]:
        texts = [f"{person.account} {number}" for number in range(15)]
        return [(await process.send(person, conversation, text)).seq for text in texts]

    seqs = await asyncio.gather(
        *(
            write(process, person, conversation)
            for conversation in conversations
            for process, person in ((town, mette), (other, ali))
        )
    )
    for number, conversation in enumerate(conversations):
        assert sorted(seqs[2 * number] + seqs[2 * number + 1]) == list(range(2, 32))
        texts = await history(town, mette, conversation)
        for person in (mette, ali):
            mine = [text for text in texts if text.startswith(f"{person.account} ")]
            assert mine == [f"{person.account} {number}" for number in range(15)]
    positions = [event.cursor for event in town.events("message.created")]
    assert len(set(positions)) == len(positions)
    await other.database.close()


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
async def test_plain_messages_are_stored_by_one_statement_and_a_resend_is_answered_as_ever(
    town: Town,
) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    await town.send(mette, conversation, "nu kendes rettighederne")
    watched = watch(town)
    client_ids = [new_client_id() for _ in range(20)]
    send = partial(town.send, mette, conversation)
    first = await asyncio.gather(*(send(f"nr. {n}", one) for n, one in enumerate(client_ids)))
    assert [ack.seq for ack in first] == list(range(3, 23))
    assert watched.stored == 20
    again = await asyncio.gather(
        *(send(f"nr. {n}", one) for n, one in enumerate(client_ids)), send("og en til")
    )
    assert [ack.seq for ack in again] == [*range(3, 23), 23]
    assert [ack.duplicate for ack in again] == [True] * 20 + [False]
    assert (await history(town, ali, conversation))[-1] == "og en til"


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
async def test_rights_that_another_process_has_raised_are_worked_out_anew_in_order(
    town: Town, address: Address
) -> None:
    mette, ali, eva = town.move_in("Mette"), town.move_in("Ali"), town.move_in("Eva")
    conversation = (await town.reply(ali, mette)).conversation
    quiet = (await town.reply(eva, mette, bubble=8)).conversation
    for one in (conversation, quiet):
        await town.send(mette, one, "nu kendes rettighederne")
    watched = watch(town)
    other = await open_database(address, Facts(), checkpoints=False)
    await other.write(raise_rights, ali.account)
    await other.close()
    acks = await asyncio.gather(
        *(town.send(mette, one, str(n)) for n in range(5) for one in (conversation, quiet))
    )
    assert [ack.seq for ack in acks] == [seq for seq in range(3, 8) for _ in range(2)]
    assert (watched.stored, watched.left) == (5, 5)
    assert (await history(town, ali, conversation))[2:] == [str(n) for n in range(5)]


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
async def test_the_first_messages_of_a_process_are_stored_so_too_for_whoever_may_write(
    town: Town, address: Address
) -> None:
    mette, *others = (town.move_in(name) for name in ("Mette", "Ali", "Eva", "Ole"))
    talks = [
        (await town.reply(one, mette, bubble=number)).conversation
        for number, one in enumerate(others)
    ]
    await town.conversations.own_sides.leave(town.scope(others[2]), OneConversation(talks[2]))
    newcomer = Town(await open_database(address, Facts(), checkpoints=False), Facts(), address)
    watched = watch(newcomer)
    sent = await asyncio.gather(
        *(newcomer.send(mette, one, str(n)) for n in range(3) for one in talks),
        return_exceptions=True,
    )
    await newcomer.database.close()
    acks = [one.seq for one in sent if isinstance(one, Sent)]
    refused = [one.code for one in sent if isinstance(one, Refused)]
    assert acks == [seq for seq in range(2, 5) for _ in range(2)]
    assert refused == ["conversation_closed"] * 3
    assert (watched.stored, watched.left) == (6, 3)
