"""Who is here: only for what is on screen, only where both let it be seen, and nobody at first."""

import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from loadtests.processes import ServerProcess
from tests.flows.meeting import Json, Meeting, Side, meeting
from tests.patience import PATIENCE_SECONDS
from tests.people import move_in
from tests.wire import Wire, wire

LIMITS = Path(__file__).with_name("limits.toml")
NOWHERE = "0000000000000001"
METTE, OLE = 1, 2
WITHIN = 1.0
"""Seconds in which what one may not see any more is gone (G6)."""


@pytest.fixture(scope="module")
def brisk_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server where one is gone two seconds after one's last socket."""
    data = tmp_path_factory.mktemp("brisk")
    soon = {"SAMTALE_LIMITS_PRESENCE_GONE_AFTER_MS": "2000"}
    server = ServerProcess(data, SAMTALE_CONFIG=str(LIMITS), **soon)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def met(brisk_server: ServerProcess) -> AsyncIterator[Meeting]:
    """Mette and Ole in conversation, at two devices each."""
    suffix, database = secrets.token_hex(4), brisk_server.database
    mette, ole = move_in(database, f"Mette {suffix}"), move_in(database, f"Ole {suffix}")
    async with (
        httpx.AsyncClient(base_url=brisk_server.url, timeout=PATIENCE_SECONDS) as api,
        meeting(brisk_server, api, mette, ole) as both,
    ):
        yield both


@pytest.fixture
async def shown(met: Meeting) -> Meeting:
    """The same, where both let it be seen that they are here."""
    for side in met.sides:
        await show(met, side, True)
    return met


async def show(met: Meeting, side: Side, wanted: bool) -> None:
    """Choose in the settings whether others see that one is here."""
    await side.http("account.update", presence=wanted)
    for device in side.devices:
        assert (await device.event("account.changed"))["data"]["presence"] is wanted


async def watch(device: Wire, *talks: str) -> Json:
    """Put conversations on a device's screen; gives the numbers of who is here, by conversation."""
    answer = await device.do("presence.watch", conversations=list(talks))
    return {one["conversation"]: one["members"] for one in answer["conversations"]}


async def hears(device: Wire, talk: str, member: int, *, here: bool) -> None:
    """Wait until a device is told that someone came or went, and of no more."""
    event = await device.event("presence.changed")
    assert event["conversation"] == talk
    assert event["data"] == {"member": member, "here": here}
    assert not event.keys() & {"seq", "cursor", "account_seq"}


async def leave_the_net(side: Side) -> None:
    """Close both of one's devices."""
    for device in side.devices:
        await device.socket.close()


async def test_nobody_is_seen_unless_both_let_it_be_seen(met: Meeting) -> None:
    for ole, mette in ((False, False), (True, False), (False, True)):
        for side, wanted in ((met.ole, ole), (met.mette, mette)):
            account = await side.http("account.get")
            if account["presence"] != wanted:
                await show(met, side, wanted)
        for side in met.sides:
            assert await watch(side.phone, met.talk) == {}
            answer = await side.http("presence.get", conversation=met.talk)
            assert answer == {"conversation": met.talk, "members": []}


async def test_one_asks_once_by_socket_or_http_who_is_here(shown: Meeting) -> None:
    for side, other in ((shown.mette, OLE), (shown.ole, METTE)):
        for way in ("socket", "http"):
            _, answer = await side.by(way, "presence.get", conversation=shown.talk)
            assert answer == {"conversation": shown.talk, "members": [other]}
    await leave_the_net(shown.ole)
    answer = await shown.mette.http("presence.get", conversation=shown.talk)
    assert answer["members"] == []


@pytest.mark.alone
async def test_who_comes_is_told_at_once_to_the_devices_that_have_it_on_screen(
    shown: Meeting,
) -> None:
    await leave_the_net(shown.ole)
    assert await watch(shown.mette.phone, shown.talk) == {shown.talk: []}
    since = time.monotonic()
    async with wire(shown.server, shown.ole.person.headers):
        await hears(shown.mette.phone, shown.talk, OLE, here=True)
        assert time.monotonic() - since < WITHIN
        await shown.nobody_hears(shown.mette)


async def test_who_goes_is_told_once_nobody_is_left_for_a_while(shown: Meeting) -> None:
    for device in shown.mette.devices:
        assert await watch(device, shown.talk) == {shown.talk: [OLE]}
    since = time.monotonic()
    await shown.ole.phone.socket.close()
    await shown.nobody_hears(shown.mette)
    await shown.ole.computer.socket.close()
    for device in shown.mette.devices:
        await hears(device, shown.talk, OLE, here=False)
    assert time.monotonic() - since >= 1.9
    await shown.nobody_hears(shown.mette)


async def test_a_reconnect_is_told_to_nobody(shown: Meeting) -> None:
    assert await watch(shown.mette.phone, shown.talk) == {shown.talk: [OLE]}
    for _ in range(5):
        await leave_the_net(shown.ole)
        async with wire(shown.server, shown.ole.person.headers) as back:
            shown.ole.devices = [back]
            assert await watch(shown.mette.phone, shown.talk) == {shown.talk: [OLE]}
    await hears(shown.mette.phone, shown.talk, OLE, here=False)  # and only once it lasts
    await shown.nobody_hears(shown.mette)


async def test_watching_others_ends_watching_those_before(shown: Meeting) -> None:
    await leave_the_net(shown.ole)
    phone, computer = shown.mette.devices
    for device in shown.mette.devices:
        await watch(device, shown.talk)
    assert await watch(phone) == {}
    async with wire(shown.server, shown.ole.person.headers):
        await hears(computer, shown.talk, OLE, here=True)
        await shown.nobody_hears(shown.mette)


@pytest.mark.alone
@pytest.mark.parametrize("ending", ["block", "leave", "hide"])
async def test_what_may_not_be_seen_any_more_is_gone_within_a_second(
    shown: Meeting, ending: str
) -> None:
    for side, other in ((shown.mette, OLE), (shown.ole, METTE)):
        assert await watch(side.phone, shown.talk) == {shown.talk: [other]}
    since = time.monotonic()
    if ending == "block":
        await shown.mette.http("block.create", conversation=shown.talk)
    elif ending == "leave":
        await shown.mette.http("conversation.leave", conversation=shown.talk)
    else:
        await show(shown, shown.mette, False)
    await hears(shown.mette.phone, shown.talk, OLE, here=False)
    await hears(shown.ole.phone, shown.talk, METTE, here=False)
    assert time.monotonic() - since < WITHIN
    assert await watch(shown.ole.computer, shown.talk) == {}
    answer = await shown.ole.http("presence.get", conversation=shown.talk)
    assert answer["members"] == []


async def test_what_may_be_seen_again_is_told_without_asking_anew(shown: Meeting) -> None:
    assert await watch(shown.ole.phone, shown.talk) == {shown.talk: [METTE]}
    block = await shown.mette.http("block.create", conversation=shown.talk)
    await hears(shown.ole.phone, shown.talk, METTE, here=False)
    await shown.mette.http("block.lift", block=block["id"])
    await hears(shown.ole.phone, shown.talk, METTE, here=True)
    for wanted in (False, True):
        await show(shown, shown.mette, wanted)
        await hears(shown.ole.phone, shown.talk, METTE, here=wanted)


async def test_what_is_not_ones_own_is_left_out_like_what_there_is_not(shown: Meeting) -> None:
    database = shown.server.database
    eva = move_in(database, f"Eva {secrets.token_hex(4)}")
    async with AsyncExitStack() as stack:
        hers = await stack.enter_async_context(wire(shown.server, eva.headers))
        other = Side(shown.mette.api, eva, [hers])
        await other.http("account.update", presence=True)
        await hers.event("account.changed")
        for stranger in (shown.talk, NOWHERE):
            assert await watch(hers, stranger) == {}
            for way in ("socket", "http"):
                code, _ = await other.by(way, "presence.get", conversation=stranger)
                assert code == "not_found"
        both = await watch(shown.mette.phone, NOWHERE, shown.talk, shown.talk)
        assert both == {shown.talk: [OLE]}
        await leave_the_net(shown.ole)
        await hears(shown.mette.phone, shown.talk, OLE, here=False)
        await hers.do("account.get")
        assert hers.events == []


async def test_twenty_conversations_fit_a_screen(shown: Meeting) -> None:
    twenty = [f"{number:016x}" for number in range(19)] + [shown.talk]
    assert await watch(shown.mette.phone, *twenty) == {shown.talk: [OLE]}
    for wrong in ([*twenty, NOWHERE], [shown.talk, "x" * 16], [shown.talk + "0"], [1]):
        code = await shown.mette.phone.refusal("presence.watch", conversations=wrong)
        assert code == "invalid_field"
