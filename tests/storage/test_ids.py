"""Ids sort by when they were made, and no two are alike."""

from chat.storage.ids import new_id

MILLISECOND = 1_795_305_600_000


def test_a_hundred_thousand_ids_of_one_millisecond_are_all_different() -> None:
    made = {new_id(MILLISECOND) for _ in range(100_000)}
    assert len(made) == 100_000


def test_what_is_made_later_sorts_later() -> None:
    earlier = [new_id(MILLISECOND) for _ in range(1_000)]
    later = [new_id(MILLISECOND + 1) for _ in range(1_000)]
    assert max(earlier) < min(later)
    assert max(later) < 1 << 63
