"""Kills: whatever was acked is there, once, in order, however often the server dies (G1-G5)."""

from pathlib import Path

import pytest

from loadtests.chaos import Chaos


@pytest.mark.faults
@pytest.mark.slow
async def test_fifty_kills_under_twenty_senders_lose_double_and_reorder_nothing(
    tmp_path: Path,
) -> None:
    outcome = await Chaos(tmp_path, pairs=10, seed=1).run(kills=50, messages=10_000)
    assert outcome.broken == []
    assert outcome.kills == 50
    assert outcome.acked >= 10_000
    assert outcome.heal_s_max < 5
