"""A load that is ended from outside leaves no server behind, however it was ended."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_server_outlives_a_load_that_is_ended(how: signal.Signals, tmp_path: Path) -> None:
    load = subprocess.Popen(
        # What was started in the background of a script ignores interrupts, and so would this.
        ["env", "--default-signal=INT",
         sys.executable, "-m", "loadtests.load", "chat", "--rate", "5", "--seconds", "600",
         "--talks", "5", "--data", str(tmp_path), "--output", str(tmp_path / "load")],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert load.stderr is not None
        while "warm up" not in load.stderr.readline():
            assert load.poll() is None, "it began"
        with Watched(load.pid) as started:
            assert any("chat.cli" in one for one in started.commands), "a server runs"
            assert len(started.commands) > 2, "and who loads it"
            load.send_signal(how)
            load.wait(PATIENCE)
            started.wait_until_all_have_ended()
    finally:
        load.kill()
    left = list(tmp_path.glob("samtale-load-*"))
    assert how == signal.SIGKILL or not left, "and no folder, where it could still be removed"


@pytest.mark.faults
def test_redis_postgresql_and_all_processes_of_a_server_end_with_who_started_them(
    tmp_path: Path,
) -> None:
    ground = subprocess.Popen(
        [sys.executable, "-c", GROUND, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert ground.stdout is not None
        assert ground.stdout.readline() == "ready\n"
        with Watched(ground.pid) as started:
            everything = " ".join(started.commands)
            assert everything.count("chat.cli") == 3, "two processes and who watches over them"
            assert "redis-server" in everything
            assert "postgres" in everything
            ground.kill()
            ground.wait(PATIENCE)
            started.wait_until_all_have_ended()
    finally:
        ground.kill()


GROUND = """
import signal, sys
from pathlib import Path
from loadtests.cluster import ClusterProcess
from loadtests.postgres import PostgresServer
postgres = PostgresServer(synced=False).start()
cluster = ClusterProcess(Path(sys.argv[1]), SAMTALE_DATABASE=postgres.create("town"))
cluster.start()
print("ready", flush=True)
signal.pause()
"""


@pytest.mark.faults
def test_what_threads_start_at_the_same_moment_lives_on() -> None:
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", TOGETHER], cwd=ROOT, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert (done.stdout, done.stderr) == ("all live\n", "")


TOGETHER = """
import subprocess, threading
from loadtests.keeper import keep
barrier = threading.Barrier(16)
started = []
def start():
    barrier.wait()
    started.append(subprocess.Popen(["sleep", "2"]))  # a keeper too many would not let it
    keep(started[-1])
threads = [threading.Thread(target=start) for _ in range(16)]
for one in threads: one.start()
for one in threads: one.join()
print("all live" if all([one.wait() == 0 for one in started]) else "some were ended")
"""


class Watched:
    """All that is under a process now, to be waited for; held so that no id is another's."""

    def __init__(self, pid: int) -> None:
        self._files: list[int] = []
        self.commands: list[str] = []
        for one in family(pid):
            self._files.append(os.pidfd_open(one))
            self.commands.append(Path(f"/proc/{one}/cmdline").read_text().replace("\0", " "))

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            os.close(file)

    def wait_until_all_have_ended(self) -> None:
        """Wait for the end of each: a pidfd can be read then."""
        until = time.monotonic() + PATIENCE
        for file, command in zip(self._files, self.commands, strict=True):
            ended, _, _ = select.select([file], [], [], max(0.0, until - time.monotonic()))
            assert ended, f"still there: {command}"


def family(pid: int) -> Iterator[int]:
    """List the processes under a process."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from family(int(child))
