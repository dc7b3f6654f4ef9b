"""The contact rule by age (domain rule 2)."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chat.safety.model import (
    AgeBand,
    age_band,
    birthday,
    contact_allowed,
    contact_changes_on,
    contact_window,
    latest_birth,
)

TODAY = datetime.date(2024, 5, 1)
DAY = datetime.timedelta(days=1)
births = some.dates(datetime.date(1930, 1, 1), datetime.date(2024, 12, 31))
days = some.dates(datetime.date(2020, 1, 1), datetime.date(2040, 12, 31))


def aged(age: int) -> datetime.date:
    return TODAY.replace(year=TODAY.year - age)


@pytest.mark.parametrize(
    ("one", "other", "allowed"),
    [
        (13, 13, True),
        (13, 14, True),
        (14, 15, True),
        (14, 17, True),
        (14, 18, False),
        (13, 82, False),
        (15, 18, True),
        (15, 82, True),
        (17, 15, True),
        (18, 82, True),
        (12, 12, False),
        (12, 14, False),
        (12, 16, False),
        (12, 40, False),
    ],
)
def test_who_may_have_contact(one: int, other: int, allowed: bool) -> None:
    assert contact_allowed(aged(one), aged(other), TODAY) is allowed


@given(one=births, other=births, today=days)
def test_the_rule_is_the_same_from_both_sides(
    one: datetime.date, other: datetime.date, today: datetime.date
) -> None:
    assert contact_allowed(one, other, today) == contact_allowed(other, one, today)


def test_turning_15_opens_contact_with_adults_at_midnight() -> None:
    child, adult = aged(15), aged(40)
    assert not contact_allowed(child, adult, TODAY - DAY)
    assert contact_allowed(child, adult, TODAY)


def test_turning_18_ends_contact_with_someone_of_14_at_midnight() -> None:
    friend, turning = aged(14), aged(18)
    assert contact_allowed(friend, turning, TODAY - DAY)
    assert not contact_allowed(friend, turning, TODAY)


def test_whoever_is_born_on_29_february_turns_on_1_march_in_a_common_year() -> None:
    born = datetime.date(2008, 2, 29)
    assert age_band(born, datetime.date(2023, 2, 28)) is AgeBand.YOUNGER_TEEN
    assert age_band(born, datetime.date(2023, 3, 1)) is AgeBand.OLDER_TEEN
    assert birthday(born, 16) == datetime.date(2024, 2, 29)


def test_the_next_change_is_told_so_that_a_cache_knows_how_long_it_holds() -> None:
    friend, turning = aged(13), aged(17)
    ends = contact_changes_on(friend, turning, TODAY)
    assert ends == birthday(turning, 18)
    assert contact_changes_on(friend, turning, ends) == birthday(friend, 15)
    assert contact_changes_on(aged(40), aged(82), TODAY) is None


@given(one=births, other=births, today=days, later=days)
def test_nothing_changes_before_the_next_change(
    one: datetime.date, other: datetime.date, today: datetime.date, later: datetime.date
) -> None:
    change = contact_changes_on(one, other, today)
    now = contact_allowed(one, other, today)
    if change is not None:
        assert contact_allowed(one, other, change) != now
        assert contact_allowed(one, other, change - DAY) == now
    if today <= later and (change is None or later < change):
        assert contact_allowed(one, other, later) == now


@given(viewer=births, author=births, today=days)
def test_the_window_of_birth_dates_is_the_contact_rule_from_one_side(
    viewer: datetime.date, author: datetime.date, today: datetime.date
) -> None:
    window = contact_window(viewer, today)
    inside = window is not None and author in window
    assert inside == contact_allowed(viewer, author, today)


@given(born=births, today=days, age=some.sampled_from([13, 15, 18]))
def test_the_latest_birth_of_an_age_divides_those_who_have_turned_it_from_those_who_have_not(
    born: datetime.date, today: datetime.date, age: int
) -> None:
    assert (born <= latest_birth(age, today)) == (birthday(born, age) <= today)
