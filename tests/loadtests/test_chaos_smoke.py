"""Chaos in short: a few strikes break nothing, and planted bugs are caught."""

import asyncio
from random import Random

import pytest

from loadtests.chaos.__main__ import BUGS as PLANTED
from loadtests.chaos.faults import FAULTS
from loadtests.chaos.runs import under_fault, with_bug
from loadtests.chaos.syncs import acks_before_syncs
from loadtests.chaos.town import Town

pytestmark = pytest.mark.heavy

SHORT = (
    "everyone_hears", "history_skips_one", "numbers_have_holes", "resume_skips_the_first",
    "unsynced_commit",
)  # fmt: skip


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["after_commit", "full_disk", "clock_jump", "reconnect_storm", "deaf_clients"]
)
async def test_a_strike_breaks_no_promise(kind: str) -> None:
    outcome = await under_fault(kind, runs=1, messages=200, pairs=3)
    assert outcome.broken == []
    assert outcome.acked >= 200
    assert outcome.heal_s_max < 5


@pytest.mark.faults
@pytest.mark.slow
async def test_planted_bugs_are_caught() -> None:
    """`make chaos` plants them all; these are the quick ones."""
    assert set(SHORT) <= set(PLANTED)
    found = await asyncio.gather(*(with_bug(bug, pairs=3, kills=2) for bug in SHORT))
    assert {bug: bool(broken) for bug, broken in zip(SHORT, found, strict=True)} == dict.fromkeys(
        SHORT, True
    )


async def test_a_server_without_bugs_syncs_before_it_acks() -> None:
    assert await acks_before_syncs() == []


@pytest.mark.faults
@pytest.mark.slow
async def test_a_fault_that_does_not_end_is_told_and_ends_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never_over(town: Town, dice: Random) -> None:
        raise TimeoutError("not over")

    monkeypatch.setitem(FAULTS, "reconnect_storm", never_over)
    outcome = await under_fault("reconnect_storm", runs=1, pairs=1)
    assert [one.what for one in outcome.broken] == ["not finished: TimeoutError not over"]
