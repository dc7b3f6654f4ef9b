"""The Python client and the real server: nothing acked is lost, nothing comes twice (G1 to G5)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loadtests.people import HERLEV, Person, move_in
from loadtests.processes import ServerProcess
from protocol.clients.python import Client, Event, Http, Refusal, connect
from protocol.requests import FetchHistory, ListBubbles, PostBubble
from protocol.resources import BubblePage, History, Message

SECONDS = 20.0


@pytest.fixture
async def fragile(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A server of one's own, to be killed."""
    limits = Path(__file__).with_name("limits.toml")
    server = ServerProcess(tmp_path, SAMTALE_CONFIG=str(limits)).start()
    yield server
    await asyncio.to_thread(server.kill)


def two_people(server: ServerProcess) -> tuple[Person, Person]:
    database = server.data / "samtale.db"
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
    async with asyncio.timeout(SECONDS):
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
    stranger = move_in(fragile.data / "samtale.db", "Else")
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
        async with asyncio.timeout(SECONDS):
            acks = await asyncio.gather(*sending)
        heard = await hearing
        history: History = await at_bo.command(
            "history.fetch", FetchHistory(conversation, limit=200)
        )
    assert [ack.seq for ack in acks] == list(range(2, 62))
    assert [message.text for message in heard] == texts
    kept = [entry.message.text for entry in history.entries if entry.message]
    assert kept == ["Hej Bo", *texts]
