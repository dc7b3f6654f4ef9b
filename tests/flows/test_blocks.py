"""Blocks over the public interface: at once, on every open socket, and never told (G6)."""

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import httpx
import pytest

from loadtests.people import Person
from loadtests.processes import ServerProcess
from tests.flows.conftest import MoveIn
from tests.flows.test_replies import post_bubble
from tests.media.corpus import drawing, saved
from tests.patience import PATIENCE_SECONDS
from tests.wire import Wire, new_client_id, wire

pytestmark = pytest.mark.everywhere

UNKNOWN = "1000000000000000"


class Pair(NamedTuple):
    """An author, who will block, and one who replied to their bubble."""

    mette: Person
    ole: Person
    bubble: str
    talk: str


async def reply(api: httpx.AsyncClient, person: Person, bubble: str) -> httpx.Response:
    return await api.post(
        f"/api/v1/bubbles/{bubble}/replies",
        headers=person.headers,
        json={"client_id": new_client_id(), "text": "Må jeg gå med?"},
    )


async def talk_between(api: httpx.AsyncClient, author: Person, replier: Person) -> tuple[str, str]:
    bubble = await post_bubble(api, author)
    answer = await reply(api, replier, bubble)
    assert answer.status_code == 201, answer.text
    return bubble, answer.json()["conversation"]


@pytest.fixture
async def pair(someone: MoveIn, api: httpx.AsyncClient) -> Pair:
    mette, ole = someone("Mette"), someone("Ole")
    return Pair(mette, ole, *await talk_between(api, mette, ole))


async def block(api: httpx.AsyncClient, person: Person, **named: str) -> dict[str, Any]:
    answer = await api.post("/api/v1/blocks", headers=person.headers, json=named)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    assert set(shown) == {"id", "alias", "blocked_at"}
    return shown


async def lift(api: httpx.AsyncClient, person: Person, made: dict[str, Any]) -> None:
    answer = await api.delete(f"/api/v1/blocks/{made['id']}", headers=person.headers)
    assert (answer.status_code, answer.json()) == (200, {})


async def try_to_write(socket: Wire, talk: str) -> str | None:
    """Write, in both ways there are; gives the one code that refuses both, None if neither is."""
    message = {"conversation": talk, "client_id": new_client_id(), "text": "Hallo?"}
    replies = [await socket.ask("message.send", **message)]
    replies.append(await socket.ask("typing.start", conversation=talk))
    codes = {reply["error"]["code"] if not reply["ok"] else None for reply in replies}
    (code,) = codes - {"rate_limited"}
    return code


async def try_everywhere(socket: Wire, talks: Sequence[str]) -> list[str | None]:
    return [await try_to_write(socket, talk) for talk in talks]


@pytest.mark.alone
async def test_it_acts_on_every_open_socket_in_every_conversation_within_a_second(
    town_server: ServerProcess, pair: Pair, api: httpx.AsyncClient
) -> None:
    mette, ole = pair.mette, pair.ole
    talks = [pair.talk, (await talk_between(api, ole, mette))[1]]
    async with AsyncExitStack() as stack:
        hers = [await stack.enter_async_context(wire(town_server, mette.headers)) for _ in "ab"]
        his = [await stack.enter_async_context(wire(town_server, ole.headers)) for _ in "ab"]
        await hers[0].do("typing.start", conversation=pair.talk)  # its rights are remembered now
        await his[0].event("typing.started")
        await his[1].event("typing.started")
        await block(api, mette, conversation=pair.talk)
        answered = time.monotonic()
        everyone = [try_everywhere(socket, talks) for socket in (*hers, *his)]
        assert set(itertools.chain(*await asyncio.gather(*everyone))) == {"conversation_closed"}
        assert time.monotonic() - answered < 1.0
        for socket in hers:
            event = await socket.event("blocks.changed")
            assert (event["account_seq"], event["data"]) == (1, {})
        for socket in his:
            await socket.do("account.get")
            assert socket.events == []


async def test_bubbles_and_pictures_are_hidden_both_ways_those_of_later_too(
    pair: Pair, api: httpx.AsyncClient
) -> None:
    made = await block(api, pair.ole, bubble=pair.bubble)
    for author, viewer in ((pair.mette, pair.ole), (pair.ole, pair.mette)):
        uploaded = await api.post(
            "/api/v1/pictures", content=saved(drawing(), "JPEG"), headers=author.headers
        )
        picture = uploaded.json()["id"]
        word = f"kendeord{author.account}"
        content = {"title": "Kaffe", "text": f"Hvem vil med? {word}", "picture": picture}
        posted = await api.post("/api/v1/bubbles", headers=author.headers, json=content)
        bubble = posted.json()["id"]

        async def ask(path: str, who: Person = viewer, **query: str) -> httpx.Response:
            return await api.get(f"/api/v1{path}", headers=who.headers, params=query)

        for path in ("/bubbles/{}", "/pictures/{}"):
            hidden = await ask(path.format(bubble if "bub" in path else picture))
            missing = await ask(path.format(UNKNOWN))
            assert (hidden.status_code, hidden.content) == (404, missing.content)
        assert (await ask("/bubbles", query=word)).json()["bubbles"] == []
        assert (await ask("/bubbles/count", query=word)).json() == {"count": 0}
        refused, missing = await reply(api, viewer, bubble), await reply(api, viewer, UNKNOWN)
        assert (refused.status_code, refused.content) == (404, missing.content)

        await lift(api, pair.ole, made)
        assert (await ask(f"/bubbles/{bubble}")).status_code == 200
        assert (await ask(f"/pictures/{picture}")).status_code == 200
        assert (await ask("/bubbles/count", query=word)).json() == {"count": 1}
        made = await block(api, pair.ole, bubble=pair.bubble)


@pytest.mark.alone
async def test_a_lifted_block_lets_open_sockets_talk_at_once(
    town_server: ServerProcess, pair: Pair, api: httpx.AsyncClient
) -> None:
    async with (
        wire(town_server, pair.mette.headers) as at_mette,
        wire(town_server, pair.ole.headers) as at_ole,
    ):
        made = await block(api, pair.mette, conversation=pair.talk)
        assert await try_to_write(at_ole, pair.talk) == "conversation_closed"
        await lift(api, pair.mette, made)
        lifted = time.monotonic()
        await at_ole.send(pair.talk, "Nå, der er du")
        assert (await at_mette.event("message.created"))["data"]["text"] == "Nå, der er du"
        await at_mette.do("conversation.read", conversation=pair.talk, seq=2)
        assert (await at_ole.event("position.moved"))["data"]["read_seq"] == 2
        assert time.monotonic() - lifted < 1.0


async def test_ten_blocks_at_once_are_one_that_is_listed_and_lifted(
    pair: Pair, api: httpx.AsyncClient
) -> None:
    made = await asyncio.gather(
        *(block(api, pair.ole, **one) for one in [{"bubble": pair.bubble}] * 10)
    )
    assert len({one["id"] for one in made}) == 1
    listed = await api.get("/api/v1/blocks", headers=pair.ole.headers)
    assert listed.json() == {"blocks": [made[0]], "next": None}
    assert made[0]["alias"] == pair.mette.alias
    unseen = await api.get("/api/v1/blocks", headers=pair.mette.headers)
    assert unseen.json() == {"blocks": [], "next": None}
    for person in (pair.mette, pair.ole, pair.ole):
        before = await api.get("/api/v1/blocks", headers=pair.ole.headers)
        answer = await api.delete(f"/api/v1/blocks/{made[0]['id']}", headers=person.headers)
        stood = bool(before.json()["blocks"]) and person is pair.ole
        assert answer.status_code == (200 if stood else 404)


async def test_a_resend_of_what_was_acked_before_gets_its_first_ack(
    town_server: ServerProcess, pair: Pair, api: httpx.AsyncClient
) -> None:
    message = {"conversation": pair.talk, "client_id": new_client_id(), "text": "Er du der?"}
    async with wire(town_server, pair.ole.headers) as at_ole:
        first = await at_ole.do("message.send", **message)
        await block(api, pair.mette, conversation=pair.talk)
        again = await at_ole.do("message.send", **message)
        assert again == {**first, "duplicate": True}
        assert await at_ole.refusal("message.send", **{**message, "text": "Hallo"}) == (
            "client_id_reused"
        )


async def test_ones_other_devices_hear_of_it_when_they_come_back(
    town_server: ServerProcess, pair: Pair, api: httpx.AsyncClient
) -> None:
    cursors = {}
    for person in (pair.mette, pair.ole):
        async with wire(town_server, person.headers) as socket:
            cursors[person] = (await socket.do("conversation.list"))["cursor"]
    await block(api, pair.mette, conversation=pair.talk)
    for person in (pair.mette, pair.ole):
        async with wire(town_server, person.headers) as socket:
            resumed = await socket.do("session.resume", cursor=cursors[person])
            assert resumed["conversations"] == []
            assert resumed["blocks"] is (person is pair.mette)


# --- a message at the very moment of a block ------------------------------------------------------

ROUNDS = 60


class Reader:
    """Reads a socket without a pause, and remembers when what came."""

    def __init__(self, socket: Wire) -> None:
        self.socket = socket.socket
        self.came: dict[int, float] = {}
        self.replies: dict[int, dict[str, Any]] = {}

    async def read(self) -> None:
        async for raw in self.socket:
            frame = json.loads(raw)
            if frame.get("event") == "message.created":
                assert frame["seq"] not in self.came
                self.came[frame["seq"]] = time.monotonic()
            elif "id" in frame:
                self.replies[frame["id"]] = frame

    async def reply(self, number: int) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while number not in self.replies:  # noqa: ASYNC110 — the reader fills it
                await asyncio.sleep(0.001)
        return self.replies.pop(number)


async def send_some(at_ole: Reader, talk: str, first: int) -> dict[int, str]:
    """Send ten messages without waiting for answers; gives their texts by command id."""
    texts = {number: f"nr. {number}" for number in range(first, first + 10)}
    for number, text in texts.items():
        message = {"conversation": talk, "client_id": new_client_id(), "text": text}
        frame = {"id": number, "command": "message.send", "data": message}
        await at_ole.socket.send(json.dumps(frame))
        await asyncio.sleep(0)
    return texts


@pytest.mark.alone
async def test_a_message_in_flight_is_stored_before_the_block_or_refused(
    roomy_server: ServerProcess, api_of_roomy: httpx.AsyncClient, settler: MoveIn
) -> None:
    api = api_of_roomy
    mette, ole = settler("Mette"), settler("Ole")
    _, talk = await talk_between(api, mette, ole)
    stored: dict[int, str] = {}
    deadline: dict[int, float] = {}
    async with (
        wire(roomy_server, mette.headers) as her_socket,
        wire(roomy_server, ole.headers) as his_socket,
        asyncio.TaskGroup() as tasks,
    ):
        at_mette, at_ole = Reader(her_socket), Reader(his_socket)
        readers = [tasks.create_task(one.read()) for one in (at_mette, at_ole)]
        for round_ in range(ROUNDS):
            blocker = (mette, ole)[round_ % 2]
            sending = asyncio.ensure_future(send_some(at_ole, talk, 20 * round_))
            await asyncio.sleep(0.0005 * (round_ % 8))
            made = await block(api, blocker, conversation=talk)
            answered = time.monotonic()
            late = await send_some(at_ole, talk, 20 * round_ + 10)
            for number, text in (await sending).items():
                outcome = await at_ole.reply(number)
                if outcome["ok"]:
                    stored[outcome["data"]["seq"]] = text
                    deadline[outcome["data"]["seq"]] = answered + 1.0
                else:
                    assert outcome["error"]["code"] == "conversation_closed"
            for number in late:
                outcome = await at_ole.reply(number)
                assert outcome["error"]["code"] == "conversation_closed"
            await lift(api, blocker, made)
        await asyncio.sleep(1.1)
        for reader in readers:
            reader.cancel()
    assert set(at_mette.came) == set(stored)
    assert all(at_mette.came[seq] <= deadline[seq] for seq in stored)
    refused = 10 * ROUNDS - len(stored)
    assert stored, "no message was before a block"
    assert refused, "no message was after a block"
    for person in (mette, ole):
        history = await whole_history(api, person, talk)
        assert history == {1: "Må jeg gå med?", **stored}


async def whole_history(api: httpx.AsyncClient, person: Person, talk: str) -> dict[int, str]:
    texts: dict[int, str] = {}
    more = True
    while more:
        answer = await api.get(
            f"/api/v1/conversations/{talk}/entries",
            headers=person.headers,
            params={"after": max(texts, default=0), "limit": 200},
        )
        page = answer.json()
        texts |= {entry["seq"]: entry["message"]["text"] for entry in page["entries"]}
        more = page["more"]
    return texts
