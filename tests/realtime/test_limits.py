"""Token buckets: never more than the burst at once, never more than the rate in the long run."""

from hypothesis import given
from hypothesis import strategies as st

from chat.realtime.limits import Admission, Buckets, Rate, Shared

RATES = st.builds(Rate, burst=st.integers(1, 30), per_minute=st.integers(1, 600))


@given(RATES)
def test_exactly_the_burst_passes_at_one_instant(rate: Rate) -> None:
    buckets = Buckets()
    waits = [buckets.take("someone", rate, 1_000) for _ in range(rate.burst + 3)]
    assert [wait == 0 for wait in waits] == [True] * rate.burst + [False] * 3


@given(RATES, st.lists(st.integers(0, 5_000), max_size=60))
def test_no_stretch_of_time_sees_more_than_burst_plus_rate(rate: Rate, gaps: list[int]) -> None:
    buckets, now, passed = Buckets(), 0, []
    for gap in gaps:
        now += gap
        if buckets.take("someone", rate, now) == 0:
            passed.append(now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            stretch = passed[last] - passed[first]
            assert last - first + 1 <= rate.burst + stretch * rate.per_minute / 60_000 + 1


@given(RATES)
def test_waiting_as_long_as_told_is_enough(rate: Rate) -> None:
    buckets = Buckets()
    now = 1_000
    while not (wait := buckets.take("someone", rate, now)):
        pass
    assert buckets.take("someone", rate, now + wait) == 0


def test_keys_do_not_share_a_bucket() -> None:
    buckets, rate = Buckets(), Rate(1, 1)
    assert buckets.take("a", rate, 0) == 0
    assert buckets.take("b", rate, 0) == 0
    assert buckets.take("a", rate, 0) > 0


def test_whoever_comes_when_it_is_quiet_is_let_in() -> None:
    admission = Admission(per_second=10, wait_ms=1_000)
    assert [admission.enter(second * 1_000) for second in range(50)] == [0] * 50


@given(st.integers(10, 500), st.integers(1, 2_000))
def test_a_crowd_is_let_in_at_the_rate_and_nobody_twice_in_one_place(
    per_second: int, crowd: int
) -> None:
    admission = Admission(per_second, wait_ms=1_000)
    answers = [admission.enter(0) for _ in range(crowd)]
    let_in = answers.count(0)
    assert min(crowd, per_second) <= let_in <= min(crowd, per_second + 1)
    places = [answer for answer in answers if answer]
    assert all(place > 1_000 for place in places)
    assert places == sorted(places)
    if places:
        assert places[-1] <= 1_000 + len(places) * 1_000 / per_second + 1


def test_those_sent_away_get_in_when_they_come_back_as_told() -> None:
    admission = Admission(per_second=100, wait_ms=1_000)
    waiting = dict.fromkeys(range(8_000), 0)
    now, got_in = 0, 0
    while waiting:
        now = min(waiting.values())
        for number in [one for one, at in waiting.items() if at == now]:
            again = admission.enter(now)
            if again:
                waiting[number] = now + again
            else:
                del waiting[number]
                got_in += 1
    assert got_in == 8_000
    assert now < 90_000


@given(RATES, st.integers(1, 10**10))
def test_a_clock_turned_back_costs_nobody_more_than_an_empty_bucket(rate: Rate, jump: int) -> None:
    buckets, admission = Buckets(), Admission(rate.per_minute, wait_ms=1_000)
    buckets.take("someone", rate, 10**12 + jump)
    admission.enter(10**12 + jump)
    assert buckets.take("someone", rate, 10**12) <= 60_000 / rate.per_minute + 1
    wait = admission.enter(10**12)
    assert wait <= 1_000 + 2 * 1_000 / rate.per_minute + 1
    assert not wait or admission.enter(10**12 + wait) == 0  # who was let in is no newcomer


@given(RATES, st.integers(1, 5))
def test_apart_processes_together_let_through_the_rate_in_the_long_run(
    rate: Rate, processes: int
) -> None:
    apart = [Buckets() for _ in range(processes)]
    for buckets in apart:
        buckets.divide(processes, 0)
    minutes = 10
    passed = sum(
        not buckets.take("someone", rate, now)
        for now in range(0, minutes * 60_000, 50)
        for buckets in apart
    )
    assert passed <= processes * rate.burst + minutes * rate.per_minute + processes


def test_together_again_a_limit_is_whole_and_what_was_let_through_meanwhile_is_not_told() -> None:
    buckets, rate = Buckets(), Rate(1, 60)
    shared = Shared({"messages": buckets}, lambda: 0)
    buckets.share()
    shared.fall_apart(3)
    assert [buckets.take("someone", rate, now) for now in (0, 1_000, 3_000)] == [0, 2_000, 0]
    shared.come_together()
    assert shared.take() == {}
    assert [buckets.take("someone", rate, now) for now in (6_000, 7_000)] == [0, 0]
    assert set(shared.take()) == {"messages"}


@given(RATES, st.integers(2, 100), st.integers(0, 10**6))
def test_who_wrote_once_while_many_processes_were_apart_may_go_on_when_they_are_together(
    rate: Rate, processes: int, since: int
) -> None:
    buckets, now = Buckets(), 10**12
    buckets.divide(processes, now)
    assert buckets.take("someone", rate, now) == 0
    buckets.divide(1, now + since)
    for _ in range(rate.burst - 1):
        assert buckets.take("someone", rate, now + since) == 0
