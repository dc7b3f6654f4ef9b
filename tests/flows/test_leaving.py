"""Leaving: for good on all of one's devices, kindly, and not to be told from a block."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from loadtests.processes import ServerProcess
from tests.flows.conftest import MoveIn
from tests.flows.meeting import DONE, Json, Meeting, Side, meeting
from tests.wire import new_client_id, wire

pytestmark = pytest.mark.everywhere

WAYS = pytest.mark.parametrize("way", ["socket", "http"])
UNKNOWN = "0123456789abcdef"

WITHIN: dict[str, Json] = {
    "conversation.get": {},
    "history.fetch": {},
    "message.edit": {"seq": 1, "text": "x"},
    "message.delete": {"seq": 1},
    "reaction.add": {"seq": 1, "reaction": "heart"},
    "reaction.remove": {"seq": 1, "reaction": "heart"},
    "message.pin": {"seq": 1},
    "message.unpin": {"seq": 1},
    "conversation.read": {"seq": 1},
    "conversation.delivered": {"seq": 1},
    "conversation.update": {"archived": True},
    "conversation.leave": {},
    "draft.save": {"text": "x"},
    "typing.start": {},
    "typing.stop": {},
}
"""Everything that is done in a conversation, but to write."""


@WAYS
async def test_whoever_leaves_is_rid_of_it_on_all_their_devices(met: Meeting, way: str) -> None:
    await met.ole.phone.do("draft.save", conversation=met.talk, text="Må jeg")
    await met.forget_events()
    assert await met.ole.by(way, "conversation.leave", conversation=met.talk) == (DONE, {})
    event = await met.all_hear("conversation.left", met.ole)
    assert (event["data"], "seq" in event) == ({}, False)
    assert (await met.ole.http("conversation.list"))["conversations"] == []
    missed = await met.missed(met.ole)
    assert (missed["conversations"], missed["left"]) == ([], [met.talk])
    assert (await met.ole.http("bubble.get", bubble=met.bubble))["conversation"] is None
    for command, data in WITHIN.items():
        left = await met.ole.answer(command, conversation=met.talk, **data)
        unknown = await met.ole.answer(command, conversation=UNKNOWN, **data)
        assert (left.status_code, left.content) == (404, unknown.content), command
    await met.mette.phone.ask("typing.start", conversation=met.talk)
    await met.nobody_hears()


async def test_whoever_was_away_learns_that_they_have_left_once(met: Meeting) -> None:
    await met.ole.phone.do("conversation.leave", conversation=met.talk)
    await met.ole.computer.event("conversation.left")
    async with wire(met.server, met.ole.person.headers) as back:
        resumed = await back.do("session.resume", cursor=met.ole.cursor)
        assert resumed["left"] == [met.talk]
        again = await back.do("session.resume", cursor=resumed["cursor"])
        assert again["left"] == []


@WAYS
async def test_whoever_has_left_and_writes_again_is_answered_kindly(met: Meeting, way: str) -> None:
    earlier = {"bubble": met.bubble, "client_id": new_client_id(), "text": "Er du der?"}
    _, first = await met.ole.by(way, "bubble.reply", **earlier)
    await met.ole.phone.do("conversation.leave", conversation=met.talk)
    reply = {"bubble": met.bubble, "client_id": new_client_id(), "text": "Hej igen"}
    assert (await met.ole.by(way, "bubble.reply", **reply))[0] == "conversation_closed"
    send = {"conversation": met.talk, "client_id": new_client_id(), "text": "Hej igen"}
    assert (await met.ole.by(way, "message.send", **send))[0] == "conversation_closed"
    assert (await met.ole.by(way, "bubble.reply", **earlier))[1] == {**first, "duplicate": True}
    assert (await met.snapshot(met.mette))["last_seq"] == first["seq"]
    await met.mette.http("bubble.close", bubble=met.bubble)
    assert (await met.ole.by(way, "bubble.reply", **reply))[0] == "conversation_closed"


async def test_both_may_leave(met: Meeting) -> None:
    await met.mette.phone.do("conversation.leave", conversation=met.talk)
    await met.ole.phone.do("conversation.leave", conversation=met.talk)
    for side in met.sides:
        assert (await side.http("conversation.list"))["conversations"] == []
    assert (await met.mette.http("bubble.get", bubble=met.bubble))["answers"] == 1


# --- as a block -----------------------------------------------------------------------------------

Leave = Callable[[Side, str], Awaitable[Any]]

ENDS: dict[str, Leave] = {
    "leave": lambda side, talk: side.http("conversation.leave", conversation=talk),
    "block": lambda side, talk: side.http("block.create", conversation=talk),
}


@pytest.mark.parametrize("stays", ["the author", "the replier"])
async def test_the_other_cannot_tell_it_from_a_block(
    roomy_server: ServerProcess, api_of_roomy: httpx.AsyncClient, settler: MoveIn, stays: str
) -> None:
    """Everything that is answered, told and shown, byte for byte but for ids and times."""
    seen = {}
    for end, goes in ENDS.items():
        names = [f"{name} {new_client_id()[-6:]}" for name in ("Mette", "Ole")]
        mette, ole = (settler(name) for name in names)
        async with meeting(roomy_server, api_of_roomy, mette, ole) as met:
            left, right = met.sides if stays == "the author" else met.sides[::-1]
            seen[end] = await _all_that_is_seen(met, left, right, goes)
            for volatile in (*names, met.talk, met.bubble):
                seen[end] = [text.replace(volatile, "…") for text in seen[end]]
    assert seen["leave"] == seen["block"]


async def _all_that_is_seen(met: Meeting, stays: Side, goes: Side, end: Leave) -> list[str]:
    """Live through an end with everything that one can do; gives what the one who stays saw."""
    theirs = await _post(goes)
    await stays.phone.send(met.talk, "Vi ses!")
    await goes.phone.send(met.talk, "Det gør vi")
    await goes.phone.do("conversation.read", conversation=met.talk, seq=2)
    await met.forget_events()
    await end(goes, met.talk)
    await met.nobody_hears(stays)
    seen = [json.dumps(await met.missed(stays))]
    message = {"client_id": new_client_id(), "text": "Hvor blev du af?"}
    for command, data in {**WITHIN, "message.send": message}.items():
        if command == "conversation.leave":
            continue
        answer = await stays.answer(command, conversation=met.talk, **data)
        seen.append(f"{command} {answer.status_code} {answer.text} {sorted(answer.headers)}")
        reply = await stays.computer.ask(command, conversation=met.talk, **data)
        seen.append(f"{command} {json.dumps(reply.get('error') or reply['data'])}")
    for bubble in (met.bubble, theirs):
        answer = await stays.answer("bubble.get", bubble=bubble)
        seen.append(f"bubble.get {answer.status_code} {answer.text.replace(theirs, '…')}")
    seen.append(str([one["id"] == theirs for one in await _bubbles_of(stays, goes)]))
    if met.sides[1] is stays:
        again = {"client_id": new_client_id(), "text": "Hej?"}
        answer = await stays.answer("bubble.reply", bubble=met.bubble, **again)
        seen.append(f"{answer.status_code} {answer.text}")
    for device in stays.devices:
        await device.do("account.get")
        seen.append(" ".join(event["event"] for event in device.events))
    seen.append(await met.all_that_shows(stays))
    return [_plain(text) for text in seen]


async def _post(side: Side) -> str:
    bubble = await side.http("bubble.post", title="Gåtur", text="Hvem går med?", interests=[])
    return str(bubble["id"])


async def _bubbles_of(viewer: Side, author: Side) -> list[Json]:
    """Give the bubbles of one that another finds."""
    found = await viewer.http("bubble.list")
    return [one for one in found["bubbles"] if one["author"] == author.person.alias]


async def test_whoever_was_left_finds_what_the_other_posts_again_once_they_write(
    met: Meeting,
) -> None:
    before, wish = await _post(met.ole), await _post(met.mette)
    assert [one["id"] for one in await _bubbles_of(met.mette, met.ole)] == [before]
    await met.ole.phone.do("conversation.leave", conversation=met.talk)
    after = await _post(met.ole)
    assert await _bubbles_of(met.mette, met.ole) == []
    for bubble in (before, after):
        assert (await met.mette.answer("bubble.get", bubble=bubble)).status_code == 404
    assert wish in [one["id"] for one in await _bubbles_of(met.ole, met.mette)]
    reply = {"bubble": wish, "client_id": new_client_id(), "text": "Skal vi alligevel?"}
    await met.ole.http("bubble.reply", **reply)
    assert {one["id"] for one in await _bubbles_of(met.mette, met.ole)} == {before, after}


def _plain(text: str) -> str:
    """Leave out moments, cursors and client ids, which differ from one talk to the next."""
    return re.sub(
        r'"(at|\w+_at|retry_after_ms|client_id|cursor)": ?("[^"]*"|\d+)', r'"\1": …', text
    )
