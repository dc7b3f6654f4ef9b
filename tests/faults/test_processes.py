"""Processes, Redis and what is between break: nobody misses, doubles or mixes anything (G1-G5)."""

import pytest

from loadtests.chaos.runs import under_fault

pytestmark = pytest.mark.heavy


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize(
    ("setup", "fault"),
    [
        ("sqlite", "kill"),
        ("sqlite+redis", "process_killed"),
        ("sqlite+redis", "redis_paused"),
        ("sqlite+redis", "redis_half_cut_off"),
        ("postgresql+redis", "process_killed"),
        ("postgresql+redis", "rolling_restart"),
    ],
)
async def test_processes_that_break_lose_double_and_reorder_nothing(setup: str, fault: str) -> None:
    outcome = await under_fault(fault, setup=setup, runs=2, messages=300, pairs=4)
    assert outcome.broken == []
    assert outcome.acked >= 300
    assert outcome.heal_s_max < 5
