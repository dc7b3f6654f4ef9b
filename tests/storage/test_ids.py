"""Ids sort by when they were made, no two are alike, and nobody can count by them."""

from itertools import pairwise

from chat.storage.ids import RANDOM_BITS, new_id

MILLISECOND = 1_795_305_600_000


def test_a_hundred_thousand_ids_of_one_millisecond_are_all_different() -> None:
    made = {new_id(MILLISECOND) for _ in range(100_000)}
    assert len(made) == 100_000


def test_what_is_made_later_sorts_later() -> None:
    earlier = [new_id(MILLISECOND) for _ in range(1_000)]
    later = [new_id(MILLISECOND + 1) for _ in range(1_000)]
    assert max(earlier) < min(later)
    assert max(later) < 1 << 63


def test_how_many_were_made_between_two_cannot_be_told() -> None:
    made = [new_id(MILLISECOND) for _ in range(1_000)]
    steps = {(after - before) % (1 << RANDOM_BITS) for before, after in pairwise(made)}
    assert len(steps) > 900
