"""The bench in short: every figure comes out, and nothing is lost on the way."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from loadtests.bench.machine import NotOnDisk, require_disk
from loadtests.bench.measures import Faulty
from loadtests.bench.record import Around, Record
from loadtests.bench.report import KEYS, figures

ABOUT = {"runs", "spread", "invalid", "noisy", "faults", "hardware", "limits", "method"}
ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
@pytest.mark.alone  # at half of what it can, whoever takes its core for 0.3 s has it refuse
def test_a_short_bench_gives_every_figure_and_loses_nothing() -> None:
    build = ROOT / "build"  # on the disk of the checkout: a folder for temporary files may not be
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build, prefix="bench-smoke-") as folder:
        output = Path(folder) / "bench.json"
        done = subprocess.run(
            [sys.executable, "-m", "loadtests.bench", "--runs", "1", "--seconds", "1",
             "--scale", "0.01", "--idle", "100", "--data", folder, "--output", str(output)],
            cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = json.loads(output.read_text(encoding="utf-8"))
    assert all(found[key] > 0 for key in KEYS)
    assert set(found) == {
        *KEYS,
        "runs",
        "spread",
        "invalid",
        "noisy",
        "faults",
        "hardware",
        "limits",
        "method",
    }
    assert all(taken > 0 for taken in found["method"]["fixed_loop_ms"])
    assert found["limits"]["SAMTALE_LIMITS_MESSAGES_PER_MINUTE"]


def test_a_folder_in_memory_is_refused() -> None:
    memory = Path("/dev/shm")
    if memory.exists():
        with pytest.raises(NotOnDisk):
            require_disk(memory)


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.heavy
def test_a_measure_that_goes_wrong_costs_its_own_figures_and_no_others() -> None:
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build, prefix="bench-broken-") as folder:
        output = Path(folder) / "bench.json"
        done = subprocess.run(
            [sys.executable, "-m", "loadtests.bench", "--runs", "1", "--seconds", "1",
             "--scale", "0.01", "--break", "messages_come_twice", "--only", "message_cpu_us",
             "--only", "history_ms_p99", "--data", folder, "--output", str(output)],
            cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        found = json.loads(output.read_text(encoding="utf-8"))
    assert found["history_ms_p99"] > 0
    assert "message_cpu_us" not in found
    assert list(found["faults"]) == ["message_cpu_us"]
    assert "twice" in found["faults"]["message_cpu_us"]
    assert "FAULT: run 1 of 1" in done.stdout


def test_one_run_that_alone_lies_apart_is_named_with_what_it_met() -> None:
    record = Record()
    calm, stirred = Around(0.01, (5.0, 5.1)), Around(0.3, (5.0, 9.2))
    for value, around in ((100, calm), (104, calm), (180, stirred), (98, calm), (101, calm)):
        record.note({"message_cpu_us": value}, around)
        record.note({"idle_bytes": 4_000 + value}, around)
    assert list(record.noisy) == ["message_cpu_us"]
    assert "only run 3 of 5" in record.noisy["message_cpu_us"]
    assert "30%" in record.noisy["message_cpu_us"]
    assert "9.2 ms" in record.noisy["message_cpu_us"]
    assert record.loops_ms[0] == 5.0
    assert record.loops_ms[-1] == 9.2
    (figure,) = figures({"message_cpu_us": record.runs["message_cpu_us"]})
    assert not figure.valid, "it is reported, and not made good"


def test_figures_known_before_a_fault_are_kept_and_the_first_reason_is_told() -> None:
    record = Record()
    fault = Faulty("3 faults", {"cluster_message_cpu_us": 150.0})
    record.note(fault.found, Around(0.0, (5.0, 5.0)))
    record.fault(["cluster_delivery_ms_p99"], "run 1 of 5: 3 faults")
    record.fault(["cluster_delivery_ms_p99"], "run 2 of 5: 1 fault")
    assert [one.key for one in figures(record.runs)] == ["cluster_message_cpu_us"]
    assert record.faults == {"cluster_delivery_ms_p99": "run 1 of 5: 3 faults"}
