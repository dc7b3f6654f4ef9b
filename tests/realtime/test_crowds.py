"""Sockets of one account in several processes: together no more than it may have, the newest."""

from hypothesis import given
from hypothesis import strategies as st

from chat.realtime.crowds import ALWAYS, Crowds

METTE = 1
OPENINGS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=25)
"""Where each socket is opened, and how long after the one before."""


class Company:
    """Three processes that hear at once what each of them says."""

    def __init__(self, at_most: int) -> None:
        self.crowds = {name: Crowds(name, at_most) for name in "abc"}
        self.sockets: dict[str, list[int]] = {name: [] for name in "abc"}

    def tell(self, name: str, now: int) -> None:
        """Have one say what it holds to the others, who close what is too much."""
        opened = self.crowds[name].here(METTE, self.sockets[name], now)
        for other, crowd in self.crowds.items():
            if other != name:
                crowd.there(METTE, name, opened)

    def close_surplus(self, now: int) -> None:
        """Close what each finds too many, all of them by what they know at the same moment."""
        surplus = {
            name: crowd.too_many(METTE, [other for other in "abc" if other != name])
            for name, crowd in self.crowds.items()
        }
        for name, sockets in surplus.items():
            self.sockets[name] = [one for one in self.sockets[name] if one not in sockets]
        for name in "abc":
            self.tell(name, now)

    @property
    def everyone(self) -> list[int]:
        """The sockets that are open anywhere, by number."""
        return sorted(one for sockets in self.sockets.values() for one in sockets)


@given(OPENINGS, st.integers(1, 10))
def test_exactly_the_oldest_go_wherever_they_are(
    openings: list[tuple[int, int]], at_most: int
) -> None:
    company, now = Company(at_most), 1
    for number, (process, later) in enumerate(openings):
        now += later + 1
        name = "abc"[process]
        company.sockets[name].append(number)
        company.tell(name, now)
        company.close_surplus(now)
        assert company.everyone == list(range(max(0, number + 1 - at_most), number + 1))


@given(OPENINGS, st.integers(1, 10))
def test_of_those_opened_at_the_same_moment_as_many_go_as_are_too_many(
    openings: list[tuple[int, int]], at_most: int
) -> None:
    company = Company(at_most)
    for number, (process, _) in enumerate(openings):
        company.sockets["abc"[process]].append(number)
    for name in "abc":
        company.tell(name, ALWAYS)
    company.close_surplus(ALWAYS)
    assert len(company.everyone) == min(at_most, len(openings))


def test_what_was_there_before_the_account_came_elsewhere_counts_as_older() -> None:
    here = Crowds("b", 2)
    here.here(METTE, [1, 2], ALWAYS)
    here.there(METTE, "a", [1_000])
    assert here.too_many(METTE, ["a"]) == {1}


def test_a_process_that_is_gone_counts_no_more() -> None:
    here = Crowds("b", 1)
    here.here(METTE, [1], ALWAYS)
    assert here.there(METTE, "a", [1_000])
    assert not here.there(METTE, "a", [1_000, 2_000])
    assert here.too_many(METTE, []) == set()
    here.forget(METTE)
    assert here.too_many(METTE, ["a"]) == set()
