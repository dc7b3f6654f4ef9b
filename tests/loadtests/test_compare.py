"""Two sides differ only by what is more than their own runs differ."""

import json
from pathlib import Path
from typing import Any

import pytest

from loadtests.compare import Row, compare, main


def run(p99: float = 20.0, lost: int = 0, cost: float = 150.0) -> dict[str, Any]:
    """Give a report, as far as two are compared."""
    oracle = {"lost": lost, "duplicated": 0, "reordered": 0, "misdelivered": 0, "gaps": 0}
    server = {"cpu": 0.5, "cpu_us_per_message": cost, "memory_mb": 70.0, "loop_lag_ms_p99": None}
    times = {"response_ms": {"p50": 4.0, "p99": p99, "p99_9": None}}
    return {
        "scenario": "chat", "generator": "g", "machine": {}, "settings": {}, "valid": True,
        "capacity": None, "oracle": oracle,
        "total": {
            "done_per_second": {"send to delivered": 100.0}, "errors": {}, "server": server,
            "kinds": {"send to delivered": times},
        },
    }  # fmt: skip


def verdicts(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[str, str]:
    return {row.name: row.verdict for row in compare(before, after) if row.verdict != "same"}


def test_runs_that_agree_have_changed_nothing() -> None:
    assert verdicts([run(20), run(21)], [run(20.5), run(21.5)]) == {}


def test_what_is_beyond_the_spread_is_told() -> None:
    calm = [run(20), run(21), run(20.5)]
    name = "send to delivered p99, ms"
    assert verdicts(calm, [run(30), run(31)]) == {name: "worse"}
    assert verdicts(calm, [run(10), run(11)]) == {name: "better"}


def test_what_scatters_widely_must_change_widely() -> None:
    assert verdicts([run(20), run(40)], [run(41), run(50)]) == {}


def test_one_run_a_side_must_differ_by_a_quarter() -> None:
    assert verdicts([run(20)], [run(24)]) == {}
    assert verdicts([run(20)], [run(26)]) == {"send to delivered p99, ms": "worse"}


def test_a_single_lost_message_is_worse() -> None:
    assert verdicts([run(), run()], [run(lost=1), run(lost=1)]) == {"lost": "worse"}


def test_more_throughput_is_better() -> None:
    assert Row("", [100, 101], [200, 201], more_is_better=True).verdict == "better"


def test_files_and_folders_are_sides_and_the_exit_code_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for side, p99 in (("before", 20.0), ("after", 40.0)):
        (tmp_path / side).mkdir()
        for number in range(3):
            path = tmp_path / side / f"{number}.run.json"
            path.write_text(json.dumps(run(p99 + number / 10)))
    before, after = str(tmp_path / "before"), str(tmp_path / "after")
    assert main([before, after]) == 1
    assert "Worse: send to delivered p99, ms." in capsys.readouterr().out
    assert main([before, before]) == 0
    assert main([str(tmp_path / "nowhere.run.json"), after]) == 2
