"""SnakSammen's people in a load: they meet, call and write, and one of a hundred has the time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.scenarios import Rates, Scenario, Stage
from loadtests.scenarios.catalogue import SCENARIOS

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_volunteers_and_citizens_meet_call_write_and_lose_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.load", "talks", "--rooms", "4", "--seconds", "30",
         "--data", str(tmp_path), "--output", str(tmp_path / "load")],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    # A busy machine may make it not count or be slow; but nothing may go wrong.
    assert done.returncode in {0, 1, 3}, done.stdout + done.stderr
    found = json.loads((tmp_path / "load.run.json").read_text(encoding="utf-8"))
    assert not sum(sum(phase["errors"].values()) for phase in found["phases"]), found["phases"]
    kinds = found["total"]["kinds"]
    assert kinds["call set up"]["count"] > 0, "somebody met, and called"
    assert kinds["hold a time"]["count"] >= 100, "a hundred wanted one time"
    assert any("talks of SnakSammen were held at once" in note for note in found["notes"])
    faults = ("lost", "duplicated", "reordered", "misdelivered", "gaps")
    assert not any(found["oracle"][fault] for fault in faults)
    assert "Talks of SnakSammen" in (tmp_path / "load.html").read_text(encoding="utf-8")


def test_two_hundred_talk_at_once_as_the_domain_says_of_christmas_eve() -> None:
    for name in ("talks", "christmas-eve"):
        scenario = SCENARIOS[name](5.0, 100.0)
        assert scenario.rooms == 200
        assert scenario.rush == 100


@given(
    st.lists(st.tuples(st.floats(0.5, 100), st.floats(0, 1)), min_size=1, max_size=6),
    st.floats(0, 0.999),
    st.floats(0, 0.999),
)
def test_a_room_is_open_whenever_the_part_that_is_open_reaches_it(
    rows: list[tuple[float, float]], place: float, passed: float
) -> None:
    stages = [Stage("", seconds, Rates(), rooms=rooms) for seconds, rooms in rows]
    scenario = Scenario("", "", stages, rooms=10)
    moment = passed * scenario.seconds
    opens, closes = scenario.open_between(place)
    before, begun, share = 0.0, 0.0, 0.0
    for stage in stages:
        if begun <= moment < begun + stage.seconds:
            share = before + (stage.rooms - before) * (moment - begun) / stage.seconds
        before, begun = stage.rooms, begun + stage.seconds
    if share > place + 1e-6:
        assert opens <= moment + 1e-6 * scenario.seconds
        assert closes >= moment - 1e-6 * scenario.seconds
    assert 0 <= opens <= scenario.seconds
    assert 0 <= closes <= scenario.seconds * (1 + 1e-9)
