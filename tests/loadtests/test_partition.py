"""Nobody is ever played by two, and those who talk are played by the same process."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.seed.people import People
from loadtests.partition import Cast, NobodyLeft, Share

TOWNS = st.builds(People, st.integers(1, 2_500), st.just(0), st.just(1), st.just("00"))


@given(TOWNS, st.integers(1, 9))
def test_the_shares_are_everybody_and_no_two_have_the_same(people: People, of: int) -> None:
    shares = [list(Share(number, of).numbers(people)) for number in range(of)]
    assert sorted(one for share in shares for one in share) == list(range(people.accounts))


@given(TOWNS, st.integers(1, 9))
def test_a_circle_is_never_cut(people: People, of: int) -> None:
    for number in range(of):
        mine = set(Share(number, of).numbers(people))
        for circle in range(people.circles):
            members = set(people.circle(circle))
            assert not mine & members or members <= mine


def test_whoever_was_given_back_is_played_after_all_others() -> None:
    people = People.new(3, 0, 1)
    cast = Cast(people, Share(0, 1))
    first, token = cast.take()
    assert token == people.token(first)
    cast.give_back(first)
    assert [cast.take()[0] for _ in range(3)] == [1, 2, first]
    with pytest.raises(NobodyLeft):
        cast.take()


def test_who_comes_late_gets_nobody() -> None:
    with pytest.raises(NobodyLeft):
        Cast(People.new(100, 0, 1), None).take()


@pytest.mark.parametrize(("number", "of"), [(1, 1), (-1, 3), (0, 0)])
def test_there_is_no_share_beyond_the_last(number: int, of: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        Share(number, of)
