"""`samtale serve --workers N`: what cannot work is refused, and the processes are kept alive."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chat.workers import command_again
from loadtests.cluster import ClusterProcess
from loadtests.people import move_in
from loadtests.postgres import PostgresServer
from loadtests.processes import SERVER, ServerProcess, free_port
from tests.wire import wire

SECONDS = 120.0


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[ClusterProcess]:
    """Two processes that may be broken."""
    process = ClusterProcess(tmp_path / "data", 2, None, SERVER, SAMTALE_DRAIN_SPREAD_MS="300")
    process.start()
    yield process
    process.end()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what nobody tells of."""
    async with asyncio.timeout(SECONDS):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110 — nobody tells
            await asyncio.sleep(0.05)


def serve(data: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `samtale serve`, which is to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "chat.cli", "serve", "--data", str(data), *options],
        env={**os.environ, "SAMTALE_PORT": str(free_port()), **environment},
        check=False, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"SAMTALE_WORKERS": "2"}, "several processes need redis_url"),
        (
            {"SAMTALE_WORKERS": "2", "SAMTALE_REDIS_URL": "redis://127.0.0.1",
             "SAMTALE_WORKER_PORTS": "8101"},
            "1 ports for 2 processes",
        ),
        ({"SAMTALE_REDIS_URL": "http://127.0.0.1"}, "not a URL of Redis"),
        (
            {"SAMTALE_WORKERS": "2", "SAMTALE_REDIS_URL": "redis://127.0.0.1",
             "SAMTALE_OPERATORS_PORT": "8101", "SAMTALE_WORKER_PORTS": "8100,8102"},
            "port 8102 is given twice",
        ),
    ],
)  # fmt: skip
def test_a_combination_that_cannot_work_is_refused_with_the_reason(
    tmp_path: Path, environment: dict[str, str], reason: str
) -> None:
    ended = serve(tmp_path / "data", **environment)
    assert ended.returncode == 2
    assert reason in ended.stderr


def test_a_second_server_on_the_folder_of_one_that_is_alone_is_refused(tmp_path: Path) -> None:
    first = ServerProcess(tmp_path / "data").start()
    try:
        ended = serve(tmp_path / "data")
        assert ended.returncode == 1
        assert "another server runs on the folder" in ended.stderr
        assert first.is_ready()
    finally:
        first.stop()
    again = ServerProcess(tmp_path / "data").start()
    again.stop()


def test_a_second_server_on_the_database_of_one_that_is_alone_is_refused(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    database = {"SAMTALE_DATABASE": postgres.create(f"tenants_{secrets.token_hex(4)}")}
    redis = {"SAMTALE_REDIS_URL": "redis://127.0.0.1:1"}
    first = ServerProcess(tmp_path / "first", **database).start()
    try:
        for more in ({}, redis):  # one that would hear others is not heard by one that does not
            ended = serve(tmp_path / "second", **database, **more)
            assert ended.returncode == 1
            assert "another server runs on this database" in ended.stderr
        assert first.is_ready()
        first.kill()
        several = [ServerProcess(tmp_path / name, **database, **redis).start() for name in "ab"]
    finally:
        first.stop()
    try:
        ended = serve(tmp_path / "second", **database)
        assert ended.returncode == 1
    finally:
        for one in several:
            one.stop()


@pytest.mark.faults
async def test_a_process_that_dies_is_started_anew(cluster: ClusterProcess) -> None:
    before = cluster.workers
    os.kill(before[0], signal.SIGKILL)
    await until(lambda: len(cluster.workers) == 2 and before[0] not in cluster.workers)
    await until(cluster.is_ready)
    assert before[1] in cluster.workers


@pytest.mark.faults
async def test_a_rolling_restart_replaces_every_process_and_refuses_nobody(
    cluster: ClusterProcess,
) -> None:
    before = set(cluster.workers)
    assert cluster.process is not None
    statuses = set()

    def replaced() -> bool:
        statuses.add(cluster.get_status("/healthz"))
        now = cluster.workers
        return len(now) == 2 and before.isdisjoint(now)

    cluster.process.send_signal(signal.SIGHUP)
    await until(replaced)
    assert statuses == {200}


@pytest.mark.faults
async def test_a_stop_drains_all_and_leaves_no_process_behind(cluster: ClusterProcess) -> None:
    workers = cluster.workers
    mette = move_in(cluster.data / "samtale.db", "Mette")
    async with wire(cluster, mette.headers) as phone, wire(cluster, mette.headers) as computer:
        assert cluster.process is not None
        cluster.process.terminate()
        for device in (phone, computer):
            await device.event("server.draining")
        assert await phone.closed() == await computer.closed() == 4200
    await asyncio.to_thread(cluster.stop)
    assert not any(map(_lives, workers))


@pytest.mark.faults
async def test_without_their_supervisor_the_processes_stop(cluster: ClusterProcess) -> None:
    workers = cluster.workers
    assert cluster.process is not None
    cluster.process.kill()
    await until(lambda: not any(_lives(pid) for pid in workers))


def _lives(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_a_script_is_started_again_by_itself_so_that_a_moved_link_leads_to_the_new_release(
    tmp_path: Path,
) -> None:
    """Its first line names the Python of the release that it belongs to."""
    for release in ("one", "two"):
        script = tmp_path / release / "samtale"
        script.parent.mkdir()
        script.write_text(f"#!/bin/sh\necho {release} $1\n")
        script.chmod(0o755)
    link = tmp_path / "now"
    link.symlink_to("one")
    started_by = [str(tmp_path / "one" / "python"), str(link / "samtale"), "serve"]
    again = command_again(started_by)
    for release in ("one", "two"):
        moved = tmp_path / "moved"
        moved.symlink_to(release)
        moved.replace(link)
        said = subprocess.run(again, check=True, capture_output=True, text=True).stdout
        assert said == f"{release} serve\n"
    by_module = [sys.executable, "-m", "chat.cli", "serve"]
    assert command_again(by_module) == by_module


def test_the_demo_is_one_process(tmp_path: Path) -> None:
    started = time.monotonic()
    ended = serve(
        tmp_path / "data", "--workers", "2",
        SAMTALE_DEMO="1", SAMTALE_REDIS_URL="redis://127.0.0.1",
    )  # fmt: skip
    assert ended.returncode == 2
    assert "the demo is one process" in ended.stderr
    assert time.monotonic() - started < SECONDS
