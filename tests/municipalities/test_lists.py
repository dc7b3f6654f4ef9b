"""Lists of subscriptions: what is read is what was meant, or a word on which line is not."""

import datetime
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.municipalities.lists import read_list
from chat.municipalities.model import Subscription, subscribes

KNOWN = (151, 159, 163)
DAYS = st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 1, 1))


def written(ones: Iterable[Subscription]) -> list[str]:
    return ["code,from,to", *(f"{one.code},{one.from_date},{one.to_date or ''}" for one in ones)]


@st.composite
def subscriptions(draw: st.DrawFn) -> list[Subscription]:
    """Some that do not overlap, in any order."""
    found = []
    for code in draw(st.sets(st.sampled_from(KNOWN))):
        days = sorted(draw(st.lists(DAYS, unique=True, max_size=6)))
        pairs = list(zip(days[::2], days[1::2], strict=False))
        found += [Subscription(code, first, last) for first, last in pairs]
        if len(days) % 2:
            found.append(Subscription(code, days[-1]))
    return draw(st.permutations(found))


@given(subscriptions(), st.sampled_from(KNOWN), DAYS)
def test_what_is_written_is_read_and_in_force_on_the_same_days(
    ones: list[Subscription], code: int, day: datetime.date
) -> None:
    read = read_list(written(ones), KNOWN)
    assert read.problems == ()
    assert {one for group in read.subscriptions.values() for one in group} == set(ones)
    assert subscribes(read.subscriptions.get(code, ()), code, day) == subscribes(ones, code, day)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("999,2026-01-01,", "line 2: there is no municipality '999'"),
        ("Herlev,2026-01-01,", "line 2: there is no municipality 'Herlev'"),
        ("163,01-01-2026,", "line 2: '01-01-2026' is no date; write 2026-01-31"),
        ("163,,", "line 2: '' is no date; write 2026-01-31"),
        ("163,2026-01-01,2026-01-01", "line 2: it would end on 2026-01-01, not after it begins"),
        ("163", "line 2: '' is no date"),
    ],
)
def test_a_line_that_is_wrong_is_named(line: str, problem: str) -> None:
    (said,) = read_list(["code,from,to", line], KNOWN).problems
    assert said.startswith(problem)


def test_two_at_once_are_a_problem_and_a_missing_column_is_one() -> None:
    lines = ["code,from,to", "163,2026-01-01,2026-06-01", "163,2026-05-31,"]
    assert "163" in read_list(lines, KNOWN).problems[0]
    lines[1] = "163,2026-01-01,2026-05-31"
    assert read_list(lines, KNOWN).problems == ()
    assert read_list(["code,from", "163,2026-01-01"], KNOWN).problems == ("line 1: no column to",)
