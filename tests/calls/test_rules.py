"""The rules of a call: every order of events keeps to the table, and nothing lasts for ever."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.calls import model
from chat.calls.model import MOVES, Call, Party, Plan, State, Times
from protocol.errors import Refused

TIMES = Times()
NOON = 1_795_000_000_000
MINUTE = 60_000
ANNA, BO = Party(2, 20, "annas-phone", "video"), Party(1, 10, "bos-phone", "video")


def ringing() -> Call:
    return model.start(7, 70, ANNA, NOON, TIMES)


def connecting() -> Call:
    joined = model.join(ringing(), BO, NOON + 5_000, TIMES, take_over=False)
    return model.planned(joined, NOON + 5_000, TIMES, Plan())


def active() -> Call:
    call = connecting()
    for one in (ANNA, BO):
        call = model.change(call, one.number, one.device, NOON + 8_000, TIMES, connected=True)
    return call


def test_a_call_rings_connects_and_is_active_once_both_say_that_media_flow() -> None:
    assert [call().state for call in (ringing, connecting, active)] == [
        State.RINGING, State.CONNECTING, State.ACTIVE,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "reason", "after"),
    [
        (ringing(), "unanswered", TIMES.ring),
        (connecting(), "failed", 5_000 + TIMES.connect),
        (active(), "over", 5_000 + TIMES.talk + TIMES.farewell),
    ],
    ids=["ringing", "connecting", "active"],
)
def test_each_ends_by_itself_at_its_moment_and_not_before(
    call: Call, reason: str, after: int
) -> None:
    assert model.tick(call, NOON + after - 1, TIMES).live
    assert model.tick(call, NOON + after, TIMES).reason == reason


def test_an_origin_may_let_it_ring_longer_and_say_when_the_talk_ends() -> None:
    plan = Plan(rings_until=NOON + 10 * MINUTE, ends_at=NOON + 25 * MINUTE)
    call = model.start(7, 70, ANNA, NOON, TIMES, plan)
    assert model.tick(call, NOON + 10 * MINUTE - 1, TIMES).live
    call = model.join(call, BO, NOON + 9 * MINUTE, TIMES, take_over=False)
    assert model.planned(call, NOON + 9 * MINUTE, TIMES, plan).ends_at == NOON + 25 * MINUTE


def test_one_device_answers_and_the_other_is_told_so() -> None:
    other = replace(BO, device="bos-computer")
    with pytest.raises(Refused) as refused:
        model.join(connecting(), other, NOON + 5_001, TIMES, take_over=False)
    assert refused.value.code == "call_elsewhere"


def test_one_may_go_on_at_another_device_which_must_find_its_own_way() -> None:
    there = model.join(
        active(), replace(BO, device="bos-computer"), NOON + MINUTE, TIMES, take_over=True
    )
    assert there.state is State.CHANGING
    assert [one.device for one in there.here] == ["bos-computer", "annas-phone"]
    with pytest.raises(Refused) as refused:
        there.at(BO.number, BO.device)
    assert refused.value.code == "call_elsewhere"


def test_whoever_comes_back_at_the_same_device_is_where_they_were() -> None:
    again = model.join(active(), BO, NOON + MINUTE, TIMES, take_over=False)
    assert again == active()


def test_a_lost_connection_is_waited_for_and_then_it_is_over() -> None:
    lost = model.change(active(), 1, BO.device, NOON + MINUTE, TIMES, connected=False)
    assert lost.state is State.CHANGING
    back = model.change(lost, 1, BO.device, NOON + 2 * MINUTE, TIMES, connected=True)
    assert back.state is State.ACTIVE
    assert model.tick(lost, NOON + MINUTE + TIMES.change, TIMES).reason == "lost"


def test_text_needs_no_connection_so_the_talk_goes_on_by_it() -> None:
    lost = model.change(active(), 1, BO.device, NOON + MINUTE, TIMES, connected=False)
    by_text = model.change(lost, 1, BO.device, NOON + MINUTE, TIMES, medium="text")
    assert by_text.state is State.ACTIVE
    assert {one.medium for one in by_text.here} == {"video", "text"}


def test_to_leave_keeps_the_way_back_open_and_to_end_does_not() -> None:
    left = model.leave(active(), 1, BO.device, NOON + MINUTE, TIMES)
    assert left.state is State.CHANGING
    back = model.join(left, BO, NOON + MINUTE + 5_000, TIMES, take_over=False)
    assert {one.number for one in back.here} == {1, 2}
    assert model.end(active(), 1, BO.device, NOON + MINUTE).reason == "left"


def test_who_has_not_answered_may_decline_and_who_calls_may_give_up() -> None:
    assert model.leave(ringing(), 1, None, NOON, TIMES).reason == "declined"
    assert model.leave(ringing(), 2, ANNA.device, NOON, TIMES).reason == "cancelled"


def test_both_are_warned_and_get_five_more_minutes_only_if_both_want() -> None:
    call = active()
    assert call.ends_at is not None
    warned = model.tick(call, call.ends_at - TIMES.warning, TIMES)
    assert warned.warned
    one = model.want_more(warned, 2, ANNA.device, wants=True)
    assert not model.agreed(one)
    both = model.want_more(one, 1, BO.device, wants=True)
    assert model.agreed(both)
    longer = model.extended(both, TIMES)
    assert longer.ends_at == call.ends_at + 5 * MINUTE
    assert (longer.warned, model.agreed(longer)) == (False, False)


@pytest.mark.parametrize(
    "extensions", [TIMES.extensions - 1, TIMES.extensions, TIMES.extensions + 1]
)
def test_a_talk_is_extended_only_so_often(extensions: int) -> None:
    call = replace(active(), extensions=extensions)
    if extensions < TIMES.extensions:
        assert model.extended(call, TIMES).extensions == extensions + 1
    else:
        with pytest.raises(Refused, match="no_more_time"):
            model.extended(call, TIMES)


def test_addresses_are_shown_only_when_all_have_chosen_so() -> None:
    direct = replace(ANNA, direct=True)
    call = model.start(7, 70, direct, NOON, TIMES)
    assert not call.direct
    assert not model.join(call, BO, NOON, TIMES, take_over=False).direct
    assert model.join(call, replace(BO, direct=True), NOON, TIMES, take_over=False).direct


# --- every order of events ------------------------------------------------------------------------

PARTIES = st.sampled_from([ANNA, BO, replace(BO, device="bos-computer")])
STEPS = st.one_of(
    st.tuples(st.just("join"), PARTIES, st.booleans()),
    st.tuples(st.just("leave"), PARTIES, st.just(None)),
    st.tuples(st.just("decline"), PARTIES, st.just(None)),
    st.tuples(st.just("end"), PARTIES, st.just(None)),
    st.tuples(st.just("media"), PARTIES, st.sampled_from(["video", "voice", "text"])),
    st.tuples(st.just("connected"), PARTIES, st.booleans()),
    st.tuples(st.just("more"), PARTIES, st.booleans()),
)


def step(call: Call, what: str, who: Party, value: object, now: int) -> Call:
    number, device = who.number, who.device
    match what:
        case "join":
            joined = model.join(call, who, now, TIMES, take_over=bool(value))
            return model.planned(joined, now, TIMES, Plan())
        case "leave":
            return model.leave(call, number, device, now, TIMES)
        case "decline":
            return model.leave(call, number, None, now, TIMES)
        case "end":
            return model.end(call, number, device, now)
        case "media":
            return model.change(call, number, device, now, TIMES, medium=value)  # type: ignore[arg-type]
        case "connected":
            return model.change(call, number, device, now, TIMES, connected=bool(value))
        case _:
            asked = model.want_more(call, number, device, wants=bool(value))
            return model.extended(asked, TIMES) if model.agreed(asked) else asked


@given(st.lists(st.tuples(STEPS, st.integers(0, 3 * MINUTE)), max_size=60))
def test_every_order_of_events_keeps_to_the_table(
    events: list[tuple[tuple[str, Party, object], int]],
) -> None:
    call, now = ringing(), NOON
    for (what, who, value), later in events:
        now += later
        by_clock = model.tick(call, now, TIMES)
        assert by_clock.state is call.state or by_clock.state is State.ENDED
        try:
            after = step(by_clock, what, who, value, now)
        except Refused:
            after = by_clock
        between = {by_clock.state} | MOVES[by_clock.state]
        reached = between | {far for near in between for far in MOVES[near]}  # a step may settle on
        assert after.state in reached
        due = model.due_at(after, TIMES)
        if after.live:
            assert due is not None
            assert after.here
            assert (after.expires_at is None) == (after.state is State.ACTIVE)
            assert (after.ends_at is None) == (after.state is State.RINGING)
        else:
            assert (due, after.ended_at is not None, after.reason is not None) == (None, True, True)
        if not call.live:
            assert after == call
        call = after
    longest = TIMES.ring + TIMES.talk + TIMES.farewell + TIMES.extensions * TIMES.extension
    for _ in range(3):
        due = model.due_at(call, TIMES)
        if due is None:
            break
        assert due <= NOON + longest
        call = model.tick(call, max(now, due), TIMES)
    assert not call.live, "the clock alone brings every call to its end"
