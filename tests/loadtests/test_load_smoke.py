"""`make load` in short: a report, all of the short figures, and nothing lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parent.parent.parent
KEYS = {
    "valid", "offered_per_second", "delivered_per_second", "delivery_ms", "lost", "duplicated",
    "reordered", "misdelivered", "capacity_messages_per_second", "capacity_connections", "reasons",
}  # fmt: skip


@pytest.mark.slow
def test_a_short_load_reports_everything_and_loses_nothing(tmp_path: Path) -> None:
    output = tmp_path / "load"
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.load", "--seconds", "12", "--rate", "5", "--users", "30",
         "--talks", "10", "--search-seconds", "1", "--search-at-most", "5", "--most", "500",
         "--data", str(tmp_path), "--output", str(output)],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    # A busy machine may make it not count or be slow; but nothing may go wrong.
    assert done.returncode in {0, 1, 3}, done.stdout + done.stderr
    short = json.loads(output.with_suffix(".json").read_text(encoding="utf-8"))
    assert set(short) == KEYS
    assert set(short["delivery_ms"]) == {"p50", "p99", "p999"}
    assert short["lost"] == short["duplicated"] == short["reordered"] == short["misdelivered"] == 0
    assert 0 < short["delivered_per_second"] <= 2 * short["offered_per_second"]
    assert 0 < short["delivery_ms"]["p50"] <= short["delivery_ms"]["p99"]
    for what in ("capacity_messages_per_second", "capacity_connections"):
        assert short["reasons"][what], "a figure has its reason, and so has none"
        assert short[what] is None or short[what] > 0
    page = output.with_suffix(".html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 7
    assert "Capacity: messages" in page
    found = json.loads(output.with_name("load.run.json").read_text(encoding="utf-8"))
    assert not sum(sum(phase["errors"].values()) for phase in found["phases"])
    assert {"send to ack", "send to delivered"} <= found["total"]["kinds"].keys()
    assert found["total"]["server"]["cpu_us_per_message"] > 0, "the server tells its figures"
    timeline = output.with_name("load.timeline.csv").read_text(encoding="utf-8").splitlines()
    assert len(timeline) == 13
    assert "stage" in output.with_name("load.phases.csv").read_text(encoding="utf-8")
