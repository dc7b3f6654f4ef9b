"""A server of our own with a town that `samtale seed` made, for people and driver alike."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtests.bench.server import MeasuredServer
from loadtests.ground import share_cores
from loadtests.keeper import REPOSITORY
from loadtests.processes import free_port

MESSAGES_EACH = 20


@dataclass(frozen=True, slots=True)
class Town:
    """A server that runs, and the file that says who lives there."""

    server: MeasuredServer
    people: Path
    metrics: str

    @property
    def options(self) -> list[str]:
        """What Locust's command line and the driver's need to know of it."""
        return ["--people", str(self.people), "--metrics", self.metrics]


@contextmanager
def seeded_town(accounts: int, folder: Path) -> Iterator[Town]:
    """Seed a town, start its server on a core of its own; everything goes with it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="samtale-town-", dir=folder) as place:
        seed = [
            sys.executable, "-m", "chat.cli", "seed", "--data", place,
            "--accounts", str(accounts), "--messages", str(accounts * MESSAGES_EACH),
        ]  # fmt: skip
        subprocess.run(seed, check=True, cwd=REPOSITORY, stdout=subprocess.DEVNULL)  # noqa: S603 — our own program
        port = free_port()
        core, _ = share_cores(1)
        server = MeasuredServer(Path(place), core, SAMTALE_OPERATORS_PORT=str(port))
        server.start()
        try:
            metrics = f"http://127.0.0.1:{port}/metrics"
            yield Town(server, Path(place) / "people.json", metrics)
        finally:
            server.stop()
