"""Locust's users against a real server: each kind does what it says, and nothing is lost."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat.cli import main
from loadtests.processes import ServerProcess, free_port
from tests.patience import PATIENCE_SECONDS
from tests.realtime.test_tls import Certificate, TlsServerProcess

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
    """Run Locust on the town; gives what its report says."""
    where = ["--host", town.url, "--people", str(town.data / "people.json")]
    return run(folder, *where, *options)


def run(folder: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "loadtests.run", "--report", str(folder / "people")]
    done = subprocess.run(
        [*command, *options], cwd=REPOSITORY, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    # 3: the machine was too busy for the times to count, which says nothing of what was done.
    assert done.returncode in {0, 3}, done.stdout[-4_000:] + done.stderr[:6_000]
    found: dict[str, Any] = json.loads((folder / "people.run.json").read_text())
    assert [phase["errors"] for phase in found["phases"] if phase["errors"]] == []
    for what in ("lost", "duplicated", "reordered", "misdelivered", "gaps"):
        assert found["oracle"][what] == 0
    assert found["notes"] == []
    return found


def measured(found: dict[str, Any]) -> dict[str, int]:
    """Count what was measured, over all phases."""
    counts: dict[str, int] = {}
    for phase in found["phases"]:
        for kind, times in phase["kinds"].items():
            counts[kind] = counts.get(kind, 0) + times["count"]
    return counts


def offered(found: dict[str, Any]) -> set[str]:
    return {what for phase in found["phases"] for what in phase["offered_per_second"]}


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
    assert found["oracle"]["acked"] == counts["send to ack"] > 20
    assert found["oracle"]["heard"] >= counts["send to delivered"]
    assert [phase["name"] for phase in found["phases"]] == ["come", "calm", "spike", "recover"]
    assert found["settings"]["generator_processes"] == 2
    assert found["settings"]["people at the end"] > 40
    assert (tmp_path / "people.html").exists()


LEAVES_AND_WRITES = """
from locust.env import Environment
from loadtests.partition import Cast
from loadtests.target import Target
from loadtests.users.line import Host
from loadtests.users.load import Load
from loadtests.users.phone import Phone

nowhere = Host(Target.parse("http://127.0.0.1:1"))
load = Load(Environment(), nowhere, Cast(None, None), "run")
stays, leaves = (Phone(load, name, "token") for name in ("1", "2"))
for phone in (stays, leaves):
    phone.reply("bubble", "3", "Må jeg gå med?", 0.0)
leaves.leave()
leaves.reply("bubble", "3", "Hallo?", 0.0)
print(load.unacked)
"""


def test_whoever_has_left_writes_no_more_and_nobody_waits_for_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVES_AND_WRITES], cwd=REPOSITORY, capture_output=True,
        text=True, timeout=PATIENCE_SECONDS, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == ("1", "")


def test_a_slow_reader_is_closed_and_misses_nothing(town: ServerProcess, tmp_path: Path) -> None:
    found = play(town, tmp_path, "--seconds", "40", "--faster", "5", *only(SlowReader=1, Citizen=1))
    assert any(what.startswith("slow reader closed") for what in offered(found))
    assert measured(found)["resume"] > 0


def test_who_does_what_nobody_should_is_answered_as_documented(
    town: ServerProcess, tmp_path: Path
) -> None:
    found = play(town, tmp_path, "--seconds", "7", "--faster", "40", *only(Hostile=4))
    assert len([what for what in offered(found) if what.startswith("refused: ")]) >= 6


@pytest.mark.faults
def test_everybody_comes_back_after_a_restart_and_nothing_is_missing(tmp_path: Path) -> None:
    found = run(
        tmp_path, "--shape", "reconnect-storm", "--users", "40", "--rate", "3", "--seconds", "20",
        "--data", str(tmp_path), "Citizen", "IdlePhone",
    )  # fmt: skip
    assert measured(found)["resume"] >= 40
    assert found["oracle"]["acked"] > 15


def test_a_server_behind_tls_is_trusted_by_its_own_authority_alone(tmp_path: Path) -> None:
    assert main(["seed", "--accounts", "100", "--messages", "500", "--data", str(tmp_path)]) == 0
    certificate = Certificate(tmp_path)
    server = TlsServerProcess(tmp_path, certificate)
    server.start()
    try:
        counts = measured(run(
            tmp_path, "--host", server.url, "--people", str(tmp_path / "people.json"),
            "--seconds", "8", "--rate", "10", *only(Citizen=60), "--ca", str(certificate.file),
        ))  # fmt: skip
        refused = subprocess.run(
            [sys.executable, "-c", WITHOUT_THE_AUTHORITY, server.url], cwd=REPOSITORY,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        server.stop()
    assert counts["send to ack"] > 0
    assert counts["list bubbles"] > 0
    assert "Unreachable: SSLCertVerificationError" in refused.stderr


WITHOUT_THE_AUTHORITY = """
import sys
from loadtests.target import Target
from loadtests.users.line import Host, Line, trusting
Line(Host(Target.parse(sys.argv[1]), trusting("")), "token")
"""


def test_locusts_web_page_starts_a_run_with_our_options(
    town: ServerProcess, tmp_path: Path
) -> None:
    page = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "loadtests.run", "--web", "--host", town.url]
    command += ["--people", str(town.data / "people.json"), "--report", str(tmp_path / "people")]
    with subprocess.Popen(
        [*command, "--web-host", "127.0.0.1", "--web-port", str(port)], cwd=REPOSITORY
    ) as locust:
        try:
            assert "reconnect-storm" in _ask(page)
            form = {"user_count": 6, "spawn_rate": 1, "host": town.url, "run_time": "30s",
                    "shape": "steady", "rate": "6"}  # fmt: skip
            started = httpx.post(f"{page}/swarm", data=form)
            assert started.json()["success"]
            for _ in range(300):
                rows = httpx.get(f"{page}/stats/requests").json()["stats"]
                if any(row["name"] == "connect" and row["num_requests"] > 3 for row in rows):
                    break
                time.sleep(0.1)
            else:
                pytest.fail("nobody has connected")
        finally:
            locust.terminate()


def _ask(page: str) -> str:
    """Read a page as soon as it is there."""
    for _ in range(300):
        try:
            return httpx.get(page).text
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("no page")


def test_a_volunteer_and_one_who_seeks_a_talk_meet_call_and_write(tmp_path: Path) -> None:
    found = run(
        tmp_path, "--users", "6", "--seconds", "40", "--faster", "45", "Volunteer", "Seeker"
    )
    counts = measured(found)
    assert counts["line to talk"] > 0
    assert counts["call set up"] > 1, "both ends count theirs"
    assert counts["offer.take"] >= counts["line to talk"]


def test_chat_goes_on_while_redis_is_away_from_two_processes(tmp_path: Path) -> None:
    found = run(
        tmp_path, "--shape", "broker-outage", "--rate", "3", "--seconds", "20", *only(Citizen=24)
    )
    assert "outage" in {phase["name"] for phase in found["phases"]}
    assert measured(found)["send to delivered"] > 0


def test_christmas_eve_is_played_against_three_processes_on_postgresql(tmp_path: Path) -> None:
    found = run(
        tmp_path, "--shape", "christmas-eve", "--setup", "postgresql+redis", "--rate", "10",
        "--seconds", "20", *only(Citizen=24),
    )  # fmt: skip
    assert {"mentioned", "burst", "night"} <= {phase["name"] for phase in found["phases"]}
    assert measured(found)["send to delivered"] > 0
    assert found["total"]["server"]["cpu"] > 0, "as their metrics say"
