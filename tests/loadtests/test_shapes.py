"""Shapes: what they want at each moment, whoever plays them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.shapes import SHAPES, Moment, Shape, Size

SIZE = Size(people=8_000, per_second=500, seconds=600)
NAMES = st.sampled_from(sorted(SHAPES))


def moments(shape: Shape, every: float = 1.0) -> list[Moment]:
    found = []
    passed = 0.0
    while (moment := shape.at(passed)) is not None:
        found.append(moment)
        passed += every
    return found


@given(NAMES, st.integers(1, 10_000), st.floats(0.1, 1_000), st.floats(10, 10_000))
def test_no_shape_asks_for_more_than_it_was_given(
    name: str, people: int, per_second: float, seconds: float
) -> None:
    shape = SHAPES[name](Size(people, per_second, seconds))
    assert shape.seconds == pytest.approx(seconds)
    wanted = moments(shape, seconds / 97)
    assert max(one.people for one in wanted) <= people
    assert max(one.per_second for one in wanted) <= per_second * 1.000_001
    assert min(one.per_second for one in wanted) >= 0
    assert [one.number for one in wanted] == sorted(one.number for one in wanted)
    assert shape.at(seconds * 1.01) is None


@given(NAMES, st.floats(1, 20))
def test_a_compressed_shape_wants_the_same_in_less_time(name: str, faster: float) -> None:
    shape = SHAPES[name](SIZE)
    quick = shape.compressed(faster)
    for share in (0.03, 0.33, 0.62, 0.97):
        before, after = shape.at(share * shape.seconds), quick.at(share * quick.seconds)
        assert before is not None
        assert after is not None
        assert (after.stage.name, after.people) == (before.stage.name, before.people)


def test_christmas_eve_is_the_domains_row() -> None:
    eve = moments(SHAPES["christmas-eve"](SIZE))
    assert max(one.people for one in eve) == 8_000
    assert max(one.per_second for one in eve) == 500
    evening = [one.per_second for one in eve if one.stage.name in {"evening", "after the burst"}]
    assert sum(evening) / len(evening) == pytest.approx(200)


def test_a_spike_is_there_at_once_and_gone_at_once() -> None:
    wanted = moments(SHAPES["spike"](SIZE))
    for before, after in pairwise(wanted):
        if after.stage.name == "spike" != before.stage.name:
            assert (before.per_second, after.per_second) == (100, 500)
        if before.stage.name == "spike" != after.stage.name:
            assert after.per_second == 100


def test_steps_stand_still_long_enough_to_be_looked_at() -> None:
    stages = SHAPES["steps"](SIZE).stages
    assert [round(one.people) for one in stages if one.name.startswith("at ")] == [
        1_600, 3_200, 4_800, 6_400, 8_000,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["reconnect-storm", "drain"])
def test_the_server_is_restarted_once_and_its_absence_is_known(name: str) -> None:
    stages = SHAPES[name](SIZE).stages
    assert [one.outage for one in stages if one.restart] == [True]
    assert not any(one.outage for one in stages if not one.restart)
