"""Sockets of one account in several processes: together no more than it may have, the newest."""

from hypothesis import given
from hypothesis import strategies as st

from chat.realtime.crowds import Crowds

METTE = 1
OPENINGS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=25)
"""Where each socket is opened, and how long after the one before."""


class Company:
    """Three processes that hear at once what each of them says."""

    def __init__(self, at_most: int) -> None:
        self.crowds = {name: Crowds(name, at_most) for name in "abc"}
        self.sockets: dict[str, dict[int, int]] = {name: {} for name in "abc"}

    def tell(self, name: str) -> None:
        """Have one say what it holds to the others, who close what is too much."""
        for other, crowd in self.crowds.items():
            if other != name:
                crowd.there(METTE, name, list(self.sockets[name].values()))

    def close_surplus(self) -> None:
        """Close what each finds too many, all of them by what they know at the same moment."""
        surplus = {
            name: crowd.too_many(METTE, self.sockets[name], [one for one in "abc" if one != name])
            for name, crowd in self.crowds.items()
        }
        for name, sockets in surplus.items():
            for socket in sockets:
                del self.sockets[name][socket]
            self.tell(name)

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
        company.sockets[name][number] = now
        company.tell(name)
        company.close_surplus()
        assert company.everyone == list(range(max(0, number + 1 - at_most), number + 1))


@given(OPENINGS, st.integers(1, 10))
def test_so_they_do_where_the_processes_have_not_heard_of_each_other_before(
    openings: list[tuple[int, int]], at_most: int
) -> None:
    company, now = Company(at_most), 1
    for number, (process, later) in enumerate(openings):
        now += later + 1
        company.sockets["abc"[process]][number] = now
    for name in "abc":
        company.tell(name)
    company.close_surplus()
    assert company.everyone == list(range(max(0, len(openings) - at_most), len(openings)))


@given(OPENINGS, st.integers(1, 10))
def test_of_those_opened_at_the_same_moment_as_many_go_as_are_too_many(
    openings: list[tuple[int, int]], at_most: int
) -> None:
    company = Company(at_most)
    for number, (process, _) in enumerate(openings):
        company.sockets["abc"[process]][number] = 1
    for name in "abc":
        company.tell(name)
    company.close_surplus()
    assert len(company.everyone) == min(at_most, len(openings))


def test_a_process_that_is_gone_counts_no_more() -> None:
    here, mine = Crowds("b", 1), {1: 500}
    assert here.there(METTE, "a", [1_000])
    assert not here.there(METTE, "a", [1_000, 2_000])
    assert here.too_many(METTE, mine, ["a"]) == [1]
    assert here.too_many(METTE, mine, []) == []
    here.forget(METTE)
    assert here.too_many(METTE, mine, ["a"]) == []
