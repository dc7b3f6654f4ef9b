"""The realistic mix: people played by Locust, on a server started for them."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loadtests.keeper import REPOSITORY, keep
from loadtests.load.town import seeded_town

SPARE = 1.5
"""People seeded for each who is played: whoever goes and comes is somebody new."""


class NoReport(Exception):
    """Locust ended without a report; the text says what it said last."""


def play(
    users: int,
    rate: float,
    seconds: float,
    objective: float,
    folder: Path,
    output: Path,
    progress: Callable[[float], None],
) -> dict[str, Any]:
    """Have people play; gives what the report says. Raises `NoReport`."""
    with seeded_town(max(200, round(users * SPARE)), folder) as town:
        return locust(
            town.server.url, [*town.options, "--objective", str(objective)], users, rate, seconds,
            output, progress,
        )  # fmt: skip


def locust(
    url: str,
    options: list[str],
    users: int,
    rate: float,
    seconds: float,
    output: Path,
    progress: Callable[[float], None] = lambda _: None,
) -> dict[str, Any]:
    """Have Locust load a server; gives what its report says. Raises `NoReport`."""
    report = output.with_name(f"{output.name}.run.json")
    report.unlink(missing_ok=True)
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(  # noqa: S603 — our own program
        [
            sys.executable, "-m", "loadtests.run", "--host", url, "--shape", "steady",
            "--users", str(users), "--rate", str(rate), "--seconds", str(seconds),
            "--report", str(output.resolve()), *options,
        ],
        cwd=REPOSITORY, stdout=said, stderr=subprocess.STDOUT,
    ) as playing:  # fmt: skip
        keep(playing)
        began = time.monotonic()
        while playing.poll() is None:
            progress(time.monotonic() - began)
            time.sleep(0.25)
        said.seek(0)
        last = said.read()[-2_000:]
    if not report.exists():
        raise NoReport(f"Locust ended with {playing.returncode}:\n{last}")
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found
