"""A lease on every engine: one holds it, and when it falls silent another takes over."""

from hypothesis import given
from hypothesis import strategies as st

from chat.storage.lease import DEAD_SECONDS, Held, Lease, Turn, Watch
from chat.storage.opening import OpenDatabase


async def test_one_of_several_holds_it_however_often_all_look(database: OpenDatabase) -> None:
    processes = [Lease(database, "rounds", name) for name in "abc"]
    for second in range(10):
        for one in processes:
            await one.beat(float(second))
        assert [one.mine for one in processes] == [True, False, False]


async def test_who_falls_silent_is_followed_in_seconds_and_knows_when_it_comes_back(
    database: OpenDatabase,
) -> None:
    first, second = Lease(database, "rounds", "a"), Lease(database, "rounds", "b")
    await first.beat(0.0)
    for now in (0.0, DEAD_SECONDS - 0.1):
        await second.beat(now)
        assert not second.mine
    await second.beat(DEAD_SECONDS)
    assert second.mine
    await first.beat(DEAD_SECONDS + 0.1)
    assert not first.mine


async def test_who_lets_go_is_followed_at_once(database: OpenDatabase) -> None:
    first, second = Lease(database, "rounds", "a"), Lease(database, "rounds", "b")
    await first.beat(0.0)
    await second.beat(0.0)
    await first.let_go()
    assert not first.mine
    await second.beat(0.1)
    assert second.mine


async def test_leases_do_not_know_each_other(database: OpenDatabase) -> None:
    first, second = Lease(database, "rounds", "a"), Lease(database, "else", "b")
    await first.beat(0.0)
    await second.beat(0.0)
    assert first.mine
    assert second.mine


@given(st.lists(st.floats(0.0, 2 * DEAD_SECONDS), min_size=1, max_size=30))
def test_nobody_takes_from_one_whose_beat_rises_between_looks(gaps: list[float]) -> None:
    watch, now = Watch("me"), 0.0
    for beat, gap in enumerate(gaps):
        now += gap
        assert watch.look(Held("other", beat), now) is Turn.WAIT


@given(st.lists(st.floats(0.01, 2.0), min_size=1, max_size=30))
def test_a_beat_that_stands_still_is_taken_no_sooner_than_it_counts_as_dead(
    gaps: list[float],
) -> None:
    watch, now = Watch("me"), 100.0
    watch.look(Held("other", 7), now)
    for gap in gaps:
        now += gap
        dead = now - 100.0 >= DEAD_SECONDS
        assert watch.look(Held("other", 7), now) is (Turn.TAKE if dead else Turn.WAIT)


def test_one_without_a_holder_is_taken_at_once_and_ones_own_is_raised() -> None:
    assert Watch("me").look(Held(), 0.0) is Turn.TAKE
    assert Watch("me").look(Held("me", 3), 0.0) is Turn.RAISE
