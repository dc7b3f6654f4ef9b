"""Replies to a bubble: one conversation per bubble and replier, and every message once."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from loadtests.people import HERLEV, Person, move_in
from loadtests.processes import ServerProcess
from tests.flows.conftest import MoveIn
from tests.patience import PATIENCE_SECONDS
from tests.wire import new_client_id, wire

pytestmark = pytest.mark.everywhere


async def post_bubble(api: httpx.AsyncClient, author: Person, title: str = "Gåtur") -> str:
    answer = await api.post(
        "/api/v1/bubbles",
        headers=author.headers,
        json={"title": title, "text": "Jeg vil gerne gå en tur om søndagen."},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_the_author_sees_a_reply_arrive_live(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    mette, ali = someone("Mette"), someone("Ali", municipality=HERLEV)
    bubble = await post_bubble(api, mette)
    async with (
        wire(town_server, mette.headers) as at_mette,
        wire(town_server, ali.headers) as at_ali,
    ):
        sent = await at_ali.do(
            "bubble.reply", bubble=bubble, client_id=new_client_id(), text="Jeg går gerne med"
        )
        event = await at_mette.event("message.created")
        assert event["conversation"] == sent["conversation"]
        assert event["data"]["text"] == "Jeg går gerne med"
        await at_mette.send(sent["conversation"], "Så ses vi")
        back = await at_ali.event("message.created")
        assert (back["seq"], back["data"]["sender"]) == (2, 1)
        listed = await at_mette.do("conversation.list")
        (conversation,) = listed["conversations"]
        assert conversation["origin"]["title"] == "Gåtur"
        assert conversation["unread"] == 1


async def test_ten_first_replies_from_ten_sockets_are_one_conversation(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    mette, ali = someone("Mette"), someone("Ali")
    bubble = await post_bubble(api, mette)
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(wire(town_server, ali.headers)) for _ in range(10)
        ]
        replies = await asyncio.gather(
            *(
                socket.do("bubble.reply", bubble=bubble, client_id=new_client_id(), text=f"nr. {n}")
                for n, socket in enumerate(sockets)
            )
        )
    assert len({reply["conversation"] for reply in replies}) == 1
    assert sorted(reply["seq"] for reply in replies) == list(range(1, 11))
    conversation = replies[0]["conversation"]
    for person in (mette, ali):
        answer = await api.get(
            f"/api/v1/conversations/{conversation}/entries", headers=person.headers
        )
        texts = [entry["message"]["text"] for entry in answer.json()["entries"]]
        assert sorted(texts) == [f"nr. {n}" for n in range(10)]
        listed = await api.get("/api/v1/conversations", headers=person.headers)
        assert [one["id"] for one in listed.json()["conversations"]] == [conversation]


@pytest.fixture
def generous(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server under the test limits file."""
    limits = Path(__file__).parent / "limits.toml"
    server = ServerProcess(tmp_path / "server", SAMTALE_CONFIG=str(limits)).start()
    yield server
    server.stop()


async def test_a_thousand_messages_with_every_one_sent_twice_are_a_thousand(
    generous: ServerProcess,
) -> None:
    database = generous.database
    mette, ali = move_in(database, "Mette"), move_in(database, "Ali")
    async with (
        httpx.AsyncClient(base_url=generous.url, timeout=PATIENCE_SECONDS) as api,
        wire(generous, ali.headers) as phone,
        wire(generous, ali.headers) as tablet,
        wire(generous, mette.headers) as at_mette,
    ):
        bubble = await post_bubble(api, mette)
        first = await phone.do(
            "bubble.reply", bubble=bubble, client_id=new_client_id(), text="nr. 0"
        )
        conversation = first["conversation"]
        for start in range(1, 1_000, 25):
            numbers = range(start, min(start + 25, 1_000))
            ids = {number: new_client_id() for number in numbers}

            async def send_all(device: object, ids: dict[int, str] = ids) -> list[int]:
                return [
                    (
                        await device.do(  # type: ignore[attr-defined]
                            "message.send",
                            conversation=conversation,
                            client_id=client_id,
                            text=f"nr. {number}",
                        )
                    )["seq"]
                    for number, client_id in ids.items()
                ]

            by_phone, by_tablet = await asyncio.gather(send_all(phone), send_all(tablet))
            assert by_phone == by_tablet
        for number in range(1_000):
            event = await at_mette.event("message.created")
            assert (event["seq"], event["data"]["text"]) == (number + 1, f"nr. {number}")
        history = await at_mette.do("history.fetch", conversation=conversation, limit=200)
        assert history["entries"][-1]["seq"] == 1_000
