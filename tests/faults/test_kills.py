"""Kills: whatever was acked is there, once, in order, however often the server dies (G1-G5)."""

import pytest

from loadtests.chaos.runs import under_fault

pytestmark = pytest.mark.heavy


@pytest.mark.faults
@pytest.mark.slow
async def test_fifty_kills_under_twenty_senders_lose_double_and_reorder_nothing() -> None:
    outcome = await under_fault("kill", runs=50, messages=5_000, pairs=10)
    assert outcome.broken == []
    assert outcome.kills == 50
    assert outcome.acked >= 5_000
    assert outcome.heal_s_max < 5
