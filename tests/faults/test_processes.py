"""Processes, Redis and what is between break: nobody misses, doubles or mixes anything (G1-G5)."""

import pytest

from loadtests.chaos.runs import under_fault

pytestmark = pytest.mark.alone


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize("fault", ["process_killed", "redis_paused", "redis_half_cut_off"])
async def test_two_processes_lose_double_and_reorder_nothing(fault: str) -> None:
    outcome = await under_fault(fault, setup="sqlite+redis", runs=2, messages=300, pairs=4)
    assert outcome.broken == []
    assert outcome.acked >= 300
    assert outcome.heal_s_max < 5
