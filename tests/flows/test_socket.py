"""The socket as a client meets it: letting in, bad input, limits, and ends (G6, G8)."""

import asyncio
import json

import httpx
import pytest
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from loadtests.processes import ServerProcess
from protocol.codec import MAX_FRAME_BYTES
from tests.flows.conftest import MoveIn
from tests.flows.test_replies import post_bubble
from tests.wire import new_client_id, wire


async def status_of_upgrade(url: str, headers: dict[str, str]) -> int:
    with pytest.raises(InvalidStatus) as refused:
        async with connect_socket(url, additional_headers=headers):
            pass
    return int(refused.value.response.status_code)


async def test_a_bearer_token_lets_in_and_a_wrong_one_does_not(
    town_server: ServerProcess, someone: MoveIn
) -> None:
    mette = someone("Mette")
    async with wire(town_server, mette.headers) as one:
        assert (await one.do("account.get"))["alias"] == mette.alias
    wrong = {"Authorization": "Bearer " + "x" * 43}
    assert await status_of_upgrade(town_server.socket_url, wrong) == 401


async def test_another_sites_page_is_not_let_in_whatever_it_brings(
    town_server: ServerProcess, someone: MoveIn
) -> None:
    mette = someone("Mette")
    strange = {"Origin": "https://evil.example", "Cookie": f"samtale={mette.token}"}
    assert await status_of_upgrade(town_server.socket_url, strange) == 403
    both = {**strange, **mette.headers}
    assert await status_of_upgrade(town_server.socket_url, both) == 403
    ours = {"Origin": town_server.url, "Cookie": f"samtale={mette.token}"}
    async with wire(town_server, ours) as one:
        assert (await one.do("account.get"))["alias"] == mette.alias


async def test_a_cookie_without_an_origin_is_not_enough(
    town_server: ServerProcess, someone: MoveIn
) -> None:
    cookie = {"Cookie": f"samtale={someone('Mette').token}"}
    async with wire(town_server, cookie, greeted=False) as one:
        assert await one.refusal("account.get") == "out_of_order"


async def test_a_first_frame_lets_in_by_token_or_ticket_and_a_ticket_only_once(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    mette = someone("Mette")
    made = await api.post("/api/v1/socket-tickets", headers=mette.headers)
    ticket = made.json()["ticket"]
    for token, allowed in ((mette.token, True), (ticket, True), (ticket, False)):
        async with wire(town_server, greeted=False) as one:
            reply = await one.ask("session.authenticate", token=token)
            assert reply["ok"] is allowed
            if allowed:
                hello = await one.event("hello")
                assert hello["data"]["account"]["alias"] == mette.alias
            else:
                assert reply["error"]["code"] == "not_authenticated"


@pytest.mark.alone
async def test_whoever_says_nothing_is_closed_after_five_seconds(
    town_server: ServerProcess,
) -> None:
    async with wire(town_server, greeted=False) as one:
        async with asyncio.timeout(8):
            await one.socket.wait_closed()
        assert one.socket.close_code == 4300


@pytest.mark.parametrize(
    ("frame", "code", "field"),
    [
        ("nonsense", "bad_json", None),
        ("[]", "bad_json", None),
        ('{"id":0}', "invalid_field", "command"),
        ('{"id":0,"command":"pigeon.send"}', "unknown_command", "command"),
        ('{"id":0,"command":"account.get","data":{"x":1}}', "unknown_field", "x"),
        ('{"id":0,"command":"history.fetch","data":{}}', "invalid_field", "conversation"),
        (
            '{"id":0,"command":"conversation.list","data":{"before":"%s-0123456789abcdef"}}'
            % ("f" * 20),
            "invalid_field",
            "before",
        ),
        ('{"id":0,"command":"session.authenticate","data":{"token":"' + "x" * 43 + '"}}',
         "out_of_order", "command"),
        ('{"id":0,"command":"account.get","data":' + "[" * 9 + "]" * 9 + "}", "too_large", None),
        ('{"id":0,"command":"account.get","data":{}}' + " " * MAX_FRAME_BYTES, "too_large", None),
    ],
)  # fmt: skip
async def test_bad_input_gets_a_code_and_a_field_and_the_socket_lives_on(
    town_server: ServerProcess, someone: MoveIn, frame: str, code: str, field: str | None
) -> None:
    async with wire(town_server, someone("Mette").headers) as one:
        error = (await one.say(frame))["error"]
        assert (error["code"], error.get("field")) == (code, field)
        assert await one.do("account.get")


@pytest.mark.parametrize(("length", "stored"), [(3_999, True), (4_000, True), (4_001, False)])
async def test_a_message_is_at_most_four_thousand_characters(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient, length: int, stored: bool
) -> None:
    mette, ali = someone("Mette"), someone("Ali")
    bubble = await post_bubble(api, mette)
    async with wire(town_server, ali.headers) as one:
        text = "🚶" * length
        client_id = new_client_id()
        reply = await one.ask("bubble.reply", bubble=bubble, client_id=client_id, text=text)
        assert reply["ok"] is stored
        if not stored:
            assert reply["error"]["field"] == "text"


async def test_far_too_much_in_one_frame_closes_the_socket(
    town_server: ServerProcess, someone: MoveIn
) -> None:
    async with wire(town_server, someone("Mette").headers) as one:
        await one.socket.send(" " * (2 * MAX_FRAME_BYTES + 1))
        assert await one.closed() == 1009


async def test_binary_frames_close_the_socket(town_server: ServerProcess, someone: MoveIn) -> None:
    async with wire(town_server, someone("Mette").headers) as one:
        await one.socket.send(b"\x00")
        assert await one.closed() == 1003


async def test_many_bad_frames_are_flooding(town_server: ServerProcess, someone: MoveIn) -> None:
    async with wire(town_server, someone("Mette").headers) as one:
        for _ in range(30):
            await one.socket.send("?")
        assert await one.closed() == 4103


async def test_the_sixteenth_message_at_once_is_refused_with_how_long_to_wait(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    mette, ali = someone("Mette"), someone("Ali")
    bubble = await post_bubble(api, mette)
    async with wire(town_server, ali.headers) as one:
        sent = await one.do("bubble.reply", bubble=bubble, client_id=new_client_id(), text="1")
        for number in range(2, 16):
            await one.send(sent["conversation"], str(number))
        reply = await one.ask(
            "message.send", conversation=sent["conversation"], client_id=new_client_id(), text="16"
        )
        error = reply["error"]
        assert (error["code"], error["then"]) == ("rate_limited", "retry")
        assert 0 < error["retry_after_ms"] <= 1_000


async def test_the_eleventh_socket_replaces_the_oldest(
    town_server: ServerProcess, someone: MoveIn
) -> None:
    mette = someone("Mette")
    async with wire(town_server, mette.headers) as oldest:
        others = [wire(town_server, mette.headers) for _ in range(10)]
        for other in others:
            await other.__aenter__()
        assert await oldest.closed() == 4001
        for other in others:
            await other.__aexit__(None, None, None)


@pytest.mark.alone
async def test_logging_out_everywhere_closes_every_socket_at_once(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    mette = someone("Mette")
    async with (
        wire(town_server, mette.headers) as phone,
        wire(town_server, mette.headers) as tablet,
    ):
        await api.delete("/api/v1/sessions", headers=mette.headers)
        async with asyncio.timeout(1):
            assert await phone.closed() == 4301
            assert await tablet.closed() == 4301
    assert await status_of_upgrade(town_server.socket_url, mette.headers) == 401


async def test_ones_other_devices_hear_of_a_changed_alias(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    mette = someone("Mette")
    alias = "Ny " + mette.alias[::-1]
    async with wire(town_server, mette.headers) as phone:
        await api.patch("/api/v1/account", headers=mette.headers, json={"alias": alias})
        event = await phone.event("account.changed")
        assert event["data"]["alias"] == alias
        assert event["account_seq"] == 1


async def test_typing_is_told_to_the_other_and_at_most_once_in_three_seconds(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    mette, ali = someone("Mette"), someone("Ali")
    bubble = await post_bubble(api, mette)
    async with (
        wire(town_server, mette.headers) as at_mette,
        wire(town_server, ali.headers) as at_ali,
    ):
        sent = await at_ali.do("bubble.reply", bubble=bubble, client_id=new_client_id(), text="Hej")
        await at_ali.do("typing.start", conversation=sent["conversation"])
        event = await at_mette.event("typing.started")
        assert (event["conversation"], event["data"]["member"]) == (sent["conversation"], 2)
        code = await at_ali.refusal("typing.start", conversation=sent["conversation"])
        assert code == "rate_limited"


async def test_a_fragmented_command_with_a_ping_between_is_one_command(
    town_server: ServerProcess, someone: MoveIn
) -> None:
    async with connect_socket(
        town_server.socket_url,
        subprotocols=[Subprotocol("samtale.v1")],
        additional_headers=someone("Mette").headers,
        ping_interval=None,
    ) as socket:
        await socket.recv()
        frame = '{"id":5,"command":"account.get"}'
        await socket.send([frame[:7], frame[7:20], frame[20:]])
        pong = await socket.ping()
        assert json.loads(await socket.recv())["id"] == 5
        await pong
