"""A generator that could not do what it was told makes a run that does not count."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.measures import Histogram
from loadtests.validity import BOUNDS, Generators, Watch, WatchData, why_invalid, why_unseen

ROOT = Path(__file__).parent.parent.parent


def watched(**changes: object) -> WatchData:
    """Give what a watch says of a second in which all was well, but for what is changed."""
    well: dict[str, object] = {
        "name": "driver 0", "second": 1, "seconds": 1.0, "worst_ms": 2.0, "cpu": 0.4,
        "late": Histogram.of([0.001] * 1_000).counts, "clock_step_ms": 0.0, "files": 100,
        "late_reading": Histogram.of([0.001] * 1_000).counts,
        "files_limit": 1_000, "ports": 100, "ports_limit": 28_000,
    }  # fmt: skip
    return {**well, **changes}  # type: ignore[typeddict-item]


def reasons(*seconds: WatchData) -> str:
    generators = Generators()
    for second in seconds:
        generators.add(second)
    return "; ".join(why_invalid(generators))


def test_a_fit_generator_gives_no_reason() -> None:
    assert not reasons(*(watched() for _ in range(20)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"late": Histogram.of([0.5] * 20).counts}, "of what was due happened"),
        ({"late_reading": Histogram.of([0.5] * 20).counts}, "of what had arrived was read"),
        ({"worst_ms": 1_500.0}, "stood still for 1.5 s"),
        ({"clock_step_ms": -3_600_000.0}, "clock was set by 3,600,000 ms"),
        ({"files": 990}, "99% of the open files"),
        ({"ports": 27_999}, "100% of the ports"),
    ],
)
def test_each_bound_has_its_reason(changes: dict[str, object], said: str) -> None:
    assert said in reasons(watched(), watched(**changes))


def test_a_generator_is_saturated_only_if_it_is_so_for_seconds() -> None:
    busy, idle = watched(cpu=0.99), watched(cpu=0.1)
    assert not reasons(*[busy, idle] * 10)
    assert "saturated" in reasons(*[idle] * 5, *[busy] * 6, *[idle] * 5)


def test_one_late_in_a_thousand_is_borne() -> None:
    few = Histogram.of([0.001] * 999 + [0.05]).counts
    assert not reasons(watched(late=few))


def test_what_nobody_could_see_does_not_count() -> None:
    assert not why_unseen(checked=1_000, unchecked=5)
    assert why_unseen(checked=1_000, unchecked=50)


def test_a_watch_sees_lateness_and_work() -> None:
    watch = Watch("here")
    watch.late(0.25)
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    seen = watch.take()
    assert seen["worst_ms"] == 250
    assert seen["cpu"] > 0
    assert 0 < seen["files"] < seen["files_limit"]
    assert watch.take()["worst_ms"] == 0, "what was told is not told again"


@pytest.mark.slow
@pytest.mark.faults
def test_a_generator_that_was_stopped_is_called_invalid(tmp_path: Path) -> None:
    """Stop the generator as a machine does that gives its cores to somebody else."""
    load = subprocess.Popen(
        [sys.executable, "-m", "loadtests.load", "chat", "--rate", "50", "--seconds", "6",
         "--talks", "5", "--data", str(tmp_path), "--output", str(tmp_path / "load")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert load.stderr is not None
        while "warm up" not in load.stderr.readline():
            assert load.poll() is None, "it began"
        (worker,) = workers(load.pid)
        os.kill(worker, signal.SIGSTOP)
        time.sleep(2 * BOUNDS.pause_ms / 1_000)
        os.kill(worker, signal.SIGCONT)
        load.communicate(timeout=300)
    finally:
        load.kill()
    found = json.loads((tmp_path / "load.run.json").read_text(encoding="utf-8"))
    assert load.returncode == 3
    assert found["outcome"] == "does not count"
    assert not found["valid"]
    assert any("stood still" in reason for reason in found["why_invalid"])
    assert found["oracle"]["lost"] == 0, "the server did nothing wrong"
    assert "does not count" in (tmp_path / "load.html").read_text(encoding="utf-8")


def workers(pid: int) -> Iterator[int]:
    """Find the processes that generate load among a process's children."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                yield int(child)
