"""Calls between two, by the use cases, over a real database."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable
from typing import Any

import msgspec
import pytest

from chat.calls.model import Plan
from chat.conversations.service import raise_rights
from chat.settings import Limits
from chat.storage.database import Reader, Transaction
from protocol import calls as wire
from protocol import requests as ask
from protocol.errors import Refused
from tests.calls.conftest import Two
from tests.calls.test_scrub import HOST, OFFER
from tests.calls.test_scrub import RELAY as RELAYED
from tests.people import Person

MINUTE = 60_000
NOBODY = "0123456789abcdef"


async def code(refused: Awaitable[object]) -> str:
    """Give the code with which something is refused."""
    with pytest.raises(Refused) as caught:
        await refused
    return caught.value.code


async def entries(two: Two) -> list[tuple[str, int]]:
    history = await two.town.conversations.fetch_history(
        two.town.scope(two.anna), ask.FetchHistory(two.conversation)
    )
    return [(entry.kind, entry.by) for entry in history.entries]


async def signal(two: Two, who: Person, call: wire.Call, device: str, to: int, **what: Any) -> None:
    asked = wire.SignalCall(call.id, device, to, **what)
    await two.calls.signal(two.town.scope(who), asked)


async def test_one_calls_the_other_answers_and_it_is_told_in_the_conversation(two: Two) -> None:
    call = await two.talk()
    assert call.state == "active"
    assert [(one.member, one.media, one.connected) for one in call.parties] == [
        (1, "video", True), (2, "video", True),
    ]  # fmt: skip
    await two.calls.end(two.town.scope(two.bo), wire.OneCall(call.id, "phone-two"))
    assert await entries(two) == [("message", 0), ("call_started", 2), ("call_ended", 0)]
    assert [one.state for one in two.heard("call.changed")] == [
        "ringing", "connecting", "connecting", "active", "ended",
    ]  # fmt: skip
    assert {publication.accounts for publication in two.town.heard} == {
        tuple(sorted((two.anna.account, two.bo.account))), (two.bo.account, two.anna.account),
    }  # fmt: skip


async def test_two_who_call_each_other_at_once_are_in_one_call(two: Two) -> None:
    joined = await asyncio.gather(two.start(two.anna), two.start(two.bo, "phone-two"))
    assert len({one.call.id for one in joined}) == 1
    assert max(joined, key=lambda one: one.call.version).call.state == "connecting"


async def test_of_two_devices_one_answers_and_the_other_hears_that(two: Two) -> None:
    call = (await two.start(two.anna)).call
    devices = ["bos-phone-1", "bos-computer"]
    answers = await asyncio.gather(
        *(two.join(two.bo, call, device) for device in devices), return_exceptions=True
    )
    refused = [one.code for one in answers if isinstance(one, Refused)]
    assert refused == ["call_elsewhere"]
    (joined,) = [one for one in answers if isinstance(one, wire.Joined)]
    assert joined.call.parties[0].device in devices
    assert two.heard("call.changed")[-1].state == "connecting"


async def test_a_call_survives_a_restart_of_the_process(two: Two) -> None:
    before = await two.talk()
    two.calls = two.server()
    found = await two.calls.get(two.town.scope(two.bo), ask.OneConversation(two.conversation))
    assert found.call is not None
    assert found.call == before
    back = await two.join(two.bo, before, "phone-two")
    assert back.call.state == "active"
    await signal(two, two.bo, before, "phone-two", 2, candidates=(wire.Candidate(RELAYED),))


async def test_nothing_rings_for_ever_and_what_is_over_is_forgotten(two: Two) -> None:
    call = (await two.start(two.anna)).call
    assert call.expires_at == two.town.now + MINUTE
    two.town.now += MINUTE
    assert await code(two.join(two.bo, call)) == "call_over"
    await two.calls.tick()
    assert two.heard("call.changed")[-1].reason == "unanswered"
    assert await entries(two) == [("message", 0), ("call_started", 2), ("call_ended", 2)]
    assert (await two.start(two.bo)).call.id != call.id

    two.town.now += 24 * 60 * MINUTE + 1
    await two.calls.forget(two.town.now)
    assert await two.town.database.read(_stored) == 1


def _stored(reader: Reader) -> int:
    row = reader.one("SELECT COUNT(*) FROM calls")
    assert row is not None
    return int(row[0])


async def test_both_are_warned_by_the_servers_clock_and_then_it_is_over(two: Two) -> None:
    call = await two.talk()
    assert call.ends_at is not None
    for moment, state, warned in (
        (call.ends_at - 2 * MINUTE - 1, "active", False),
        (call.ends_at - 2 * MINUTE, "active", True),
        (call.ends_at + 29_999, "active", True),
        (call.ends_at + 30_000, "ended", True),
    ):
        two.town.now = moment
        await two.calls.tick()
        last = two.heard("call.changed")[-1]
        assert (last.state, last.warned) == (state, warned)
    assert two.heard("call.changed")[-1].reason == "over"


class Busy:
    """An origin with somebody waiting."""

    def plan(self, reader: Reader, origin: int, now: int) -> Plan:
        assert origin == 7
        return Plan(rings_until=now + 10 * MINUTE, ends_at=now + 20 * MINUTE)

    def may_go_on(self, reader: Reader, origin: int, until: int) -> bool:
        return False

    def lengthen(self, txn: Transaction, origin: int) -> None:
        raise AssertionError("nobody may go on")


async def test_five_more_minutes_if_both_want_and_nobody_waits(two: Two) -> None:
    call = await two.talk()
    asked = wire.ExtendCall(call.id, "phone-one")
    one = await two.calls.extend(two.town.scope(two.anna), asked)
    assert (one.ends_at, one.extensions) == (call.ends_at, 0)
    assert [party.wants_more for party in one.parties] == [False, True]
    both = await two.calls.extend(two.town.scope(two.bo), wire.ExtendCall(call.id, "phone-two"))
    assert both.ends_at == (call.ends_at or 0) + 5 * MINUTE
    assert (both.extensions, both.warned) == (1, False)

    two.calls.plan_by("bubble", Busy())
    assert await code(two.calls.extend(two.town.scope(two.anna), asked)) == "no_more_time"


async def test_an_origin_says_how_long_it_rings_and_when_it_ends(two: Two) -> None:
    two.calls.plan_by("bubble", Busy())
    call = (await two.start(two.anna)).call
    assert call.expires_at == two.town.now + 10 * MINUTE
    joined = await two.join(two.bo, call)
    assert joined.call.ends_at == two.town.now + 20 * MINUTE


# --- signalling -----------------------------------------------------------------------------------


async def test_what_one_signals_only_the_other_hears_and_no_address_with_it(two: Two) -> None:
    call = await two.talk()
    two.town.heard.clear()
    await signal(
        two, two.anna, call, "phone-one", 1,
        description=wire.Description("offer", OFFER),
        candidates=(wire.Candidate(HOST, "0", 0), wire.Candidate(RELAYED, "0", 0)),
    )  # fmt: skip
    (publication,) = two.town.heard
    assert publication.accounts == (two.bo.account,)
    assert not publication.ephemeral
    for address in (b"203.0.113.9", b"192.168.1.23", b"2001:db8:1::23", b".local", b"127.0.0.1"):
        assert address not in publication.frame
    (heard,) = two.heard("call.signalled")
    assert isinstance(heard, wire.Signal)
    assert (heard.by, heard.device, heard.to) == (2, "phone-one", "phone-two")
    assert [one.candidate[:21] for one in heard.candidates] == ["candidate:842163049 1"]


async def test_only_those_in_a_call_signal_and_only_to_each_other(two: Two) -> None:
    call = await two.talk()
    eve = two.town.move_in("Eve")
    assert await code(signal(two, eve, call, "phone-one", 1)) == "not_found"
    assert await code(signal(two, two.anna, call, "another-one", 1)) == "call_elsewhere"
    for to in (2, 3):
        assert await code(signal(two, two.anna, call, "phone-one", to)) == "invalid_field"
    await two.calls.end(two.town.scope(two.bo), wire.OneCall(call.id, "phone-two"))
    assert await code(signal(two, two.anna, call, "phone-one", 1)) == "call_over"


async def test_whoever_is_no_member_learns_nothing_of_a_call(two: Two) -> None:
    call = await two.talk()
    eve = two.town.scope(two.town.move_in("Eve"))
    one = wire.OneCall(call.id, "phone-one")
    for refused in (
        two.calls.start(eve, wire.StartCall(two.conversation, "phone-one")),
        two.calls.join(eve, wire.JoinCall(call.id, "phone-one")),
        two.calls.get(eve, ask.OneConversation(two.conversation)),
        two.calls.renew(eve, one),
        two.calls.end(eve, one),
        two.calls.leave(eve, wire.LeaveCall(call.id)),
        two.calls.change(eve, wire.ChangeCall(call.id, "phone-one")),
        two.calls.extend(eve, wire.ExtendCall(call.id, "phone-one")),
        two.calls.end(eve, wire.OneCall(NOBODY, "phone-one")),
    ):
        assert await code(refused) == "not_found"


async def test_a_call_ends_when_its_members_may_not_talk_any_more(two: Two) -> None:
    call = await two.talk()
    with_bo = two.town.scope(two.bo)
    await two.town.conversations.own_sides.leave(with_bo, ask.OneConversation(two.conversation))
    assert two.calls._checking is not None
    await two.calls._checking
    last = two.heard("call.changed")[-1]
    assert (last.id, last.state, last.reason) == (call.id, "ended", "left")


async def test_rights_that_were_raised_and_still_hold_end_nothing(two: Two) -> None:
    await two.talk()
    told = len(two.heard("call.changed"))
    await two.town.database.write(raise_rights, two.anna.account)
    await two.calls.tick()
    assert len(two.heard("call.changed")) == told


# --- the relay ------------------------------------------------------------------------------------


async def test_credentials_are_what_the_relay_expects_and_fresh_each_time(two: Two) -> None:
    joined = await two.start(two.anna)
    two.town.now += 30_000
    one = wire.OneCall(joined.call.id, "phone-one")
    renewed = await two.calls.renew(two.town.scope(two.anna), one)
    assert renewed.expires_at == joined.ice.expires_at + 30_000
    for ice in (joined.ice, renewed):
        (server,) = ice.servers
        expiry, _, user = server.username.partition(":")
        assert (ice.mode, int(expiry)) == ("relay", ice.expires_at // 1_000)
        assert str(two.anna.account) not in user
        digest = hmac.new(b"shared", server.username.encode(), hashlib.sha1).digest()
        assert server.credential == base64.b64encode(digest).decode()


async def test_without_a_relay_there_are_no_calls_but_in_the_demo(two: Two) -> None:
    two.calls = two.server(turn_urls=())
    assert await code(two.start(two.anna)) == "calls_unavailable"
    two.calls = two.server(turn_urls=(), demo=True)
    assert (await two.start(two.anna)).ice.mode == "loopback"


async def test_both_may_choose_to_go_without_the_relay(two: Two) -> None:
    call = (await two.start(two.anna, direct=True)).call
    joined = await two.join(two.bo, call, direct=True)
    assert (joined.call.direct, joined.ice.mode) == (True, "direct")
    await signal(two, two.anna, call, "phone-one", 1, candidates=(wire.Candidate(HOST),))
    (heard,) = two.heard("call.signalled")
    assert isinstance(heard, wire.Signal)
    assert len(heard.candidates) == 1


async def test_only_where_the_policy_allows_it(two: Two) -> None:
    two.calls = two.server(calls_in=())
    assert await code(two.start(two.anna)) == "calls_not_allowed"


# --- limits: one below, at, and over --------------------------------------------------------------


async def test_only_so_many_calls_a_minute(two: Two) -> None:
    two.calls = two.server(limits=Limits(calls_per_minute=2))
    for _ in range(2):
        await two.start(two.anna)
    assert await code(two.start(two.anna)) == "rate_limited"


async def test_only_so_many_signals(two: Two) -> None:
    two.calls = two.server(limits=Limits(call_signals_burst=2, call_signals_per_minute=2))
    call = await two.talk()
    for _ in range(2):
        await signal(two, two.anna, call, "phone-one", 1)
    assert await code(signal(two, two.anna, call, "phone-one", 1)) == "rate_limited"


async def test_only_so_many_changes(two: Two) -> None:
    two.calls = two.server(limits=Limits(call_changes_burst=2, call_changes_per_minute=2))
    call = (await two.start(two.anna)).call
    asked = wire.ChangeCall(call.id, "phone-one", "voice")
    for _ in range(2):
        await two.calls.change(two.town.scope(two.anna), asked)
    assert await code(two.calls.change(two.town.scope(two.anna), asked)) == "rate_limited"


@pytest.mark.parametrize(("over", "fits"), [(-1, True), (0, True), (1, False)])
@pytest.mark.parametrize(
    ("field", "limit"),
    [("sdp", wire.DESCRIPTION_CHARACTERS), ("candidate", wire.CANDIDATE_CHARACTERS),
     ("candidates", wire.CANDIDATES)],
)  # fmt: skip
def test_a_signal_is_only_so_large(field: str, limit: int, over: int, fits: bool) -> None:
    size = limit + over
    signal: dict[str, object] = {"call": NOBODY, "device": "phone-one", "to": 1}
    if field == "sdp":
        signal["description"] = {"type": "offer", "sdp": "v" * size}
    elif field == "candidate":
        signal["candidates"] = [{"candidate": "c" * size}]
    else:
        signal["candidates"] = [{"candidate": ""}] * size
    if fits:
        msgspec.convert(signal, wire.SignalCall)
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(signal, wire.SignalCall)
