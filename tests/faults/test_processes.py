"""Processes, Redis and what is between break: nobody misses, doubles or mixes anything (G1-G5)."""

import json
from pathlib import Path

import httpx
import pytest

from loadtests.chaos.runs import under_fault
from loadtests.chaos.town import BROKEN_SERVER
from loadtests.cluster import ClusterProcess
from loadtests.people import move_in
from tests.flows.meeting import meeting
from tests.patience import PATIENCE_SECONDS

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


@pytest.mark.faults
@pytest.mark.slow
async def test_a_process_that_dies_before_it_tells_what_was_read_unseen_leaves_that_to_the_others(
    tmp_path: Path,
) -> None:
    dies = {"SAMTALE_BREAK": "before_marks_are_told"}
    cluster = ClusterProcess(tmp_path, 2, None, BROKEN_SERVER, **dies)
    try:
        cluster.start()
        mette, ole = (move_in(cluster.database, name) for name in ("Mette", "Ole"))
        async with (
            httpx.AsyncClient(base_url=cluster.url, timeout=PATIENCE_SECONDS) as api,
            meeting(cluster, api, mette, ole) as both,
        ):
            await both.mette.http("account.update", read_receipts=False)
            await both.forget_events()
            read = {"conversation": both.talk, "seq": 1}
            frame = {"id": 1 << 40, "command": "conversation.read", "data": read}
            await both.mette.phone.socket.send(json.dumps(frame))
            assert await both.mette.phone.closed() == 1006
            moved = await both.mette.computer.event("position.moved")
            assert moved["data"] == {"member": 1, "delivered_seq": 1, "read_seq": 1}
    finally:
        cluster.end()
