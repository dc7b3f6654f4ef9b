"""The search finds what a server carries, and says "at least" where it cannot know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.capacity.strategy import Came, Limit, Search


def run(search: Search, carries: float, generator: float = float("inf")) -> list[float]:
    """Search on a server that carries so much, with a generator that can do so much."""
    tried = []
    while (load := search.next()) is not None:
        tried.append(load)
        assert len(tried) < 60, "it ends"
        came = Came.KEPT if load <= min(carries, generator) else Came.MISSED
        if load > generator:
            came = Came.UNSURE
        search.tell(load, came)
    return tried


@given(st.floats(10, 100_000))
def test_it_finds_what_is_carried_to_within_a_tenth_and_confirms_it(carries: float) -> None:
    search = Search(start=250)
    tried = run(search, carries)
    assert search.limit is Limit.SERVER
    assert search.confirmed
    assert carries / 1.11 <= search.kept <= carries
    assert tried.count(search.kept) >= 2, "once to find it, once to confirm it"


@given(st.floats(300, 50_000))
def test_a_generator_that_tires_first_gives_a_lower_bound(generator: float) -> None:
    search = Search(start=250)
    run(search, carries=1e9, generator=generator)
    assert search.limit is Limit.GENERATOR
    assert search.kept <= generator


def test_a_doubtful_step_is_tried_again_before_it_is_believed() -> None:
    for came in (Came.UNSURE, Came.MISSED):
        search = Search(start=100)
        assert search.next() == 100
        search.tell(100, came)
        assert search.next() == 100
        search.tell(100, Came.KEPT)
        assert search.next() == 200


def test_no_more_than_allowed_is_tried() -> None:
    search = Search(start=500, most=1_800)
    assert max(run(search, carries=1e9)) == 1_800
    assert search.limit is Limit.MOST
    assert search.kept == 1_800


def test_what_a_longer_run_does_not_confirm_is_lowered() -> None:
    search = Search(start=100)
    while not search.confirming:
        load = search.next()
        assert load is not None
        search.tell(load, Came.KEPT if load <= 700 else Came.MISSED)
    load = search.next()
    assert load == search.kept
    search.tell(load, Came.MISSED)
    search.tell(load, Came.MISSED)
    assert search.kept < load
    assert not search.confirmed
    assert (search.next() or 0) < load


@pytest.mark.parametrize("start", [250.0, 10_000.0])
def test_a_server_that_carries_nothing_ends_the_search(start: float) -> None:
    search = Search(start)
    run(search, carries=0.0)
    assert search.kept == 0
    assert not search.confirmed
