"""Locust's users against a real server: each kind does what it says, and nothing is lost."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat.cli import main
from loadtests.processes import ServerProcess

REPOSITORY = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with people who may write as often as a test needs."""
    folder = tmp_path_factory.mktemp("town")
    wish = ["--accounts", "400", "--messages", "12000", "--data", str(folder)]
    assert main(["seed", *wish]) == 0
    server = ServerProcess(
        folder, SAMTALE_LIMITS_MESSAGES_PER_MINUTE="6000",
        SAMTALE_LIMITS_MESSAGES_BURST="600", SAMTALE_LOG_LEVEL="warning",
    )  # fmt: skip
    server.start()
    yield server
    server.stop()


def play(town: ServerProcess, folder: Path, *options: str) -> dict[str, Any]:
    """Run Locust on the town; gives what it found."""
    result = folder / "result.json"
    command = [sys.executable, "-m", "loadtests.run", "--host", town.url]
    done = subprocess.run(
        [*command, "--people", str(town.data / "people.json"), "--result", str(result), *options],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
    found: dict[str, Any] = json.loads(result.read_text())
    assert found["errors"] == {}
    for what in ("lost", "duplicated", "reordered", "misdelivered", "gaps"):
        assert found["verdict"][what] == 0
    return found


def measured(found: dict[str, Any]) -> dict[str, int]:
    """Count what was measured, over all phases."""
    counts: dict[str, int] = {}
    for phase in found["phases"].values():
        for kind, times in phase["milliseconds"].items():
            counts[kind] = counts.get(kind, 0) + times["count"]
    return counts


def offered(found: dict[str, Any]) -> set[str]:
    return {what for phase in found["phases"].values() for what in phase["offered"]}


def only(**counts: int) -> list[str]:
    """Have a fixed number of some kinds, and none of the others."""
    rows = [json.dumps({"user_class_name": name, "fixed_count": n}) for name, n in counts.items()]
    return [*counts, "--users", str(sum(counts.values())), "--config-users", *rows]


def test_people_of_two_processes_talk_and_every_time_is_measured(
    town: ServerProcess, tmp_path: Path
) -> None:
    found = play(
        town, tmp_path, "--processes", "2", "--shape", "spike", "--seconds", "14", "--rate", "20",
        "--faster", "20", *only(Citizen=70, IdlePhone=20, HistoryReader=2),
    )  # fmt: skip
    counts = measured(found)
    for kind in (
        "connect", "authenticate", "send to ack", "send to delivered", "read", "resume", "history",
        "list bubbles", "look at a bubble",
    ):  # fmt: skip
        assert counts[kind] > 0, kind
    assert found["verdict"]["acked"] == counts["send to ack"] > 20
    assert found["verdict"]["heard"] >= counts["send to delivered"]
    assert set(found["phases"]) >= {"calm", "spike", "recover"}
    assert (found["processes"], found["twice"], found["silent"]) == (2, [], [])
    assert found["people"] > 40


def test_a_slow_reader_is_closed_and_misses_nothing(town: ServerProcess, tmp_path: Path) -> None:
    found = play(town, tmp_path, "--seconds", "20", "--faster", "8", *only(SlowReader=1, Citizen=1))
    assert any(what.startswith("slow reader closed") for what in offered(found))
    assert measured(found)["resume"] > 0


def test_who_does_what_nobody_should_is_answered_as_documented(
    town: ServerProcess, tmp_path: Path
) -> None:
    found = play(town, tmp_path, "--seconds", "10", "--faster", "40", *only(Hostile=4))
    assert len([what for what in offered(found) if what.startswith("refused: ")]) >= 6


@pytest.mark.faults
def test_everybody_comes_back_after_a_restart_and_nothing_is_missing(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.run", "--shape", "reconnect-storm", "--users", "40",
         "--rate", "3", "--seconds", "20", "--data", str(tmp_path), "--result", str(result),
         "Citizen", "IdlePhone"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
    found = json.loads(result.read_text())
    assert measured(found)["resume"] >= 40
    assert found["verdict"]["acked"] > 30
    assert found["errors"] == {}
