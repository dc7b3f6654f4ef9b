"""Token buckets: never more than the burst at once, never more than the rate in the long run."""

from hypothesis import given
from hypothesis import strategies as st

from chat.realtime.limits import Buckets, Rate

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
