"""The Python client and the real server: nothing acked is lost, nothing comes twice (G1 to G5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from loadtests.people import HERLEV, Person, move_in
from loadtests.processes import ServerProcess
from protocol.clients.python import (
    FOR_EVER,
    Client,
    Conversations,
    Event,
    Http,
    Inbox,
    Refusal,
    connect,
)
from protocol.requests import (
    FetchHistory,
    ListBubbles,
    ListConversations,
    MarkDelivered,
    PostBubble,
    UpdateAccount,
)
from protocol.resources import BubblePage, ConversationPage, History, Message, Reaction
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
async def fragile(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A server of one's own, to be killed."""
    limits = Path(__file__).with_name("limits.toml")
    server = ServerProcess(tmp_path, SAMTALE_CONFIG=str(limits)).start()
    yield server
    await asyncio.to_thread(server.kill)


def two_people(server: ServerProcess) -> tuple[Person, Person]:
    database = server.database
    return move_in(database, "Anna"), move_in(database, "Bo", municipality=HERLEV)


async def talk(server: ServerProcess, anna: Person, bo: Person) -> str:
    """Bo posts a bubble, Anna finds it and replies; gives the conversation."""
    http = Http(server.url, bo.token)
    await http.call("bubble.post", PostBubble("Gåtur i skoven", "Hver torsdag, i al slags vejr."))
    page: BubblePage = await Http(server.url, anna.token).call(
        "bubble.list", ListBubbles(query="gåture", municipality=HERLEV)
    )
    async with connect(server.url, anna.token) as client:
        return (await client.reply(page.bubbles[0].id, "Hej Bo")).conversation


async def heard_by(client: Client, count: int) -> list[Message]:
    """Wait for so many messages."""
    messages: list[Message] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in client.events():
            if isinstance(event, Event) and isinstance(event.data, Message):
                messages.append(event.data)
            if len(messages) == count:
                break
    return messages


async def test_two_people_talk(fragile: ServerProcess) -> None:
    anna, bo = two_people(fragile)
    conversation = await talk(fragile, anna, bo)
    async with (
        connect(fragile.url, anna.token) as at_anna,
        connect(fragile.url, bo.token) as at_bo,
    ):
        assert (await at_anna.send(conversation, "Er du der?")).seq == 2
        assert [message.text for message in await heard_by(at_bo, 1)] == ["Er du der?"]
        assert (await at_bo.send(conversation, "Ja!")).seq == 3
        assert [message.text for message in await heard_by(at_anna, 1)] == ["Ja!"]


async def test_what_one_may_not_see_is_refused_alike_over_both_ways(
    fragile: ServerProcess,
) -> None:
    anna, bo = two_people(fragile)
    conversation = await talk(fragile, anna, bo)
    stranger = move_in(fragile.database, "Else")
    fetch = FetchHistory(conversation)
    async with connect(fragile.url, stranger.token) as client:
        for ask in (client.command, client.http.call):
            with pytest.raises(Refusal) as refused:
                await ask("history.fetch", fetch)
            assert refused.value.code == "not_found"
        with pytest.raises(Refusal) as unsent:
            await client.send(conversation, "Hej?")
    assert unsent.value.code == "not_found"


async def test_a_talk_goes_on_over_kills_of_the_server(fragile: ServerProcess) -> None:
    anna, bo = two_people(fragile)
    conversation = await talk(fragile, anna, bo)
    texts = [f"nummer {number}" for number in range(60)]
    async with (
        connect(fragile.url, anna.token) as at_anna,
        connect(fragile.url, bo.token) as at_bo,
    ):
        hearing = asyncio.create_task(heard_by(at_bo, len(texts)))
        sending = [asyncio.create_task(at_anna.send(conversation, text)) for text in texts]
        for acked in (10, 30):
            await sending[acked]
            await asyncio.to_thread(fragile.kill)
            await asyncio.to_thread(fragile.start)
            at_anna.wake()
            at_bo.wake()
        async with asyncio.timeout(PATIENCE_SECONDS):
            acks = await asyncio.gather(*sending)
        heard = await hearing
        history: History = await at_bo.command(
            "history.fetch", FetchHistory(conversation, limit=200)
        )
    assert [ack.seq for ack in acks] == list(range(2, 62))
    assert [message.text for message in heard] == texts
    kept = [entry.message.text for entry in history.entries if entry.message]
    assert kept == ["Hej Bo", *texts]


class Pocket:
    """A device: a client and its inbox, with one conversation open."""

    def __init__(self, client: Client, inbox: Inbox, conversation: str) -> None:
        self.client = client
        self.inbox = inbox
        self.conversation = conversation

    @property
    def me(self) -> int:
        return self.inbox.conversations.me(self.conversation).number

    def message(self, seq: int) -> Message:
        found = self.inbox.conversations.message(self.conversation, seq)
        assert found is not None
        return found

    async def reaches(self, seq: int) -> None:
        """Wait until the entry is here."""

        def is_here(known: Conversations) -> bool:
            conversation = known.get(self.conversation)
            return conversation is not None and conversation.last_seq >= seq

        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.inbox.changed(is_here)

    async def has_told(self) -> None:
        """Wait until the server knows what has arrived here, which was said without an answer."""
        arrived = self.inbox.conversations.me(self.conversation).delivered_seq
        await self.client.command(
            "conversation.delivered", MarkDelivered(self.conversation, arrived)
        )

    def shown(self) -> tuple[object, object]:
        known = self.inbox.conversations
        return known.latest, known.entries(self.conversation)

    def shows_other_than(self, before: tuple[object, object], _: Conversations) -> bool:
        return self.shown() != before

    async def agrees_with_the_server(self) -> None:
        """Wait until nothing here differs from a fresh snapshot."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                await self.inbox.settled()
                await self.has_told()
                before = self.shown()
                page: ConversationPage = await self.client.http.call(
                    "conversation.list", ListConversations()
                )
                history = await self.client.history(self.conversation, limit=200)
                if self.shown() == (page.conversations, history.entries):
                    return
                await self.inbox.changed(partial(self.shows_other_than, before))


async def pocket(
    stack: AsyncExitStack, server: ServerProcess, person: Person, conversation: str
) -> Pocket:
    client = await stack.enter_async_context(connect(server.url, person.token))
    inbox = await stack.enter_async_context(Inbox.of(client))
    await inbox.open(conversation)
    return Pocket(client, inbox, conversation)


async def test_every_device_agrees_after_changes_made_over_a_kill(fragile: ServerProcess) -> None:
    anna, bo = two_people(fragile)
    here = await talk(fragile, anna, bo)
    async with AsyncExitStack() as stack:
        phone, computer, at_bo = [
            await pocket(stack, fragile, person, here) for person in (anna, anna, bo)
        ]
        await at_bo.inbox.send(here, "Torsdag kl. 10?")
        await phone.reaches(2)
        await phone.inbox.send(here, "Ja, gerne", reply_to=2)
        await asyncio.to_thread(fragile.kill)
        changes = [
            asyncio.create_task(change)
            for change in (
                at_bo.client.edit(here, 2, "Torsdag kl. 11?"),
                at_bo.client.react(here, 1, "heart"),
                at_bo.client.react(here, 1, "heart", on=False),
                at_bo.client.pin(here, 3),
                at_bo.client.remove(here, 2),
            )
        ]
        await asyncio.sleep(0)  # they are queued
        await asyncio.to_thread(fragile.start)
        async with asyncio.timeout(PATIENCE_SECONDS):
            done = await asyncio.gather(*changes)
        for device in (phone, computer, at_bo):
            await device.reaches(max(change.seq for change in done))
            await device.agrees_with_the_server()
            assert device.message(2).deleted
            quote = device.message(3).quote
            assert quote is not None
            assert (quote.text, quote.deleted) == ("", True)
            assert device.message(3).pinned
            assert device.message(1).reactions == []


async def test_ones_own_side_is_the_same_on_ones_devices(fragile: ServerProcess) -> None:
    anna, bo = two_people(fragile)
    here = await talk(fragile, anna, bo)
    async with AsyncExitStack() as stack:
        phone, computer = [await pocket(stack, fragile, anna, here) for _ in range(2)]
        at_bo = await pocket(stack, fragile, bo, here)
        await at_bo.inbox.send(here, "Sover du?")
        await phone.client.update_conversation(here, muted_until=FOR_EVER, marked_unread=True)
        await phone.client.save_draft(here, "Nej, men")
        await phone.reaches(2)
        await phone.inbox.mark_read(here)
        for device in (phone, computer):
            await device.agrees_with_the_server()
        known = computer.inbox.conversations.get(here)
        assert known is not None
        assert (known.unread, known.own.marked_unread) == (0, False)
        assert (known.own.muted_until, known.own.draft) == (FOR_EVER, "Nej, men")
        await phone.client.leave(here)
        for device in (phone, computer):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await device.inbox.changed(lambda known: known.latest == [])
        with pytest.raises(Refusal, match="conversation_closed"):
            await at_bo.client.send(here, "Hallo?")


async def test_what_arrives_is_told_without_being_asked(fragile: ServerProcess) -> None:
    anna, bo = two_people(fragile)
    here = await talk(fragile, anna, bo)
    async with AsyncExitStack() as stack:
        at_anna = await pocket(stack, fragile, anna, here)
        await pocket(stack, fragile, bo, here)
        sent = await at_anna.inbox.send(here, "Er den nået frem?")

        def is_told(known: Conversations) -> bool:
            now = known.get(here)
            return now is not None and all(
                one.me or (one.delivered_seq, one.read_seq) == (sent.seq, 0) for one in now.members
            )

        async with asyncio.timeout(PATIENCE_SECONDS):
            await at_anna.inbox.changed(is_told)
        assert at_anna.message(sent.seq).text == "Er den nået frem?"


def shows(here: str, member: int, doing: str | None, known: Conversations) -> bool:
    signs = known.signs
    return signs.typing(here, 0).get(member) == doing and member in signs.presence(here)


async def test_signs_come_and_go(fragile: ServerProcess) -> None:
    anna, bo = two_people(fragile)
    here = await talk(fragile, anna, bo)
    for person in (anna, bo):
        await Http(fragile.url, person.token).call("account.update", UpdateAccount(presence=True))
    async with AsyncExitStack() as stack:
        at_anna = await pocket(stack, fragile, anna, here)
        at_anna.inbox.watch_presence(here)
        at_bo = await pocket(stack, fragile, bo, here)
        for doing in ("thinking", None):
            at_bo.client.typing(here, doing)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await at_anna.inbox.changed(partial(shows, here, at_bo.me, doing))
        assert shows(here, at_bo.me, None, at_anna.inbox.conversations)


async def test_a_reaction_counts_once_for_each_person(fragile: ServerProcess) -> None:
    anna, bo = two_people(fragile)
    here = await talk(fragile, anna, bo)
    async with AsyncExitStack() as stack:
        at_anna, at_bo = [await pocket(stack, fragile, person, here) for person in (anna, bo)]
        first = await at_bo.client.react(here, 1, "heart")
        assert await at_bo.client.react(here, 1, "heart") == first
        both = await at_anna.client.react(here, 1, "heart")
        await at_bo.reaches(both.seq)
        members = sorted([at_anna.me, at_bo.me])
        assert at_bo.message(1).reactions == [Reaction("heart", members)]
