"""Servers of one's own on what operators may choose, with a town seeded into them, to be loaded."""

import os
import subprocess
import sys
from pathlib import Path

from loadtests.cluster import ClusterProcess, OneRedis, RedisAndPostgres
from loadtests.keeper import REPOSITORY
from loadtests.processes import ServerProcess

FEWEST, SPARE = 200, 1.5
"""Accounts seeded at least, and for each who is played: whoever goes and comes is somebody new, and
not everyone has a conversation."""

MESSAGES_EACH = 20
RELAY = {"SAMTALE_TURN_URLS": "turn:127.0.0.1:3478", "SAMTALE_TURN_SECRET": "load"}
"""Calls need the address of a relay; who only signals never asks it."""


def _alone(data: Path, settings: dict[str, str]) -> ServerProcess:
    return ServerProcess(data, **settings)


def _two(data: Path, settings: dict[str, str]) -> ServerProcess:
    return ClusterProcess(data, 2, OneRedis(), **settings)


def _three(data: Path, settings: dict[str, str]) -> ServerProcess:
    station = RedisAndPostgres()
    return ClusterProcess(data, 3, station, SAMTALE_DATABASE=station.database, **settings)


ALONE = "sqlite"
SETUPS = {ALONE: _alone, "sqlite+redis": _two, "postgresql+redis": _three}
"""One process alone, two, or three; not yet started. The same as of `make chaos`, with nothing
between the processes and what they stand on."""


def seed_town(server: ServerProcess, played: int) -> Path:
    """Seed a town for so many who are played into the database of a server that does not run.

    Gives its people's file.
    """
    accounts = max(FEWEST, round(played * SPARE))
    command = [
        sys.executable, "-m", "chat.cli", "seed", "--data", str(server.data),
        "--accounts", str(accounts), "--messages", str(accounts * MESSAGES_EACH),
    ]  # fmt: skip
    where = {} if isinstance(server.database, Path) else {"SAMTALE_DATABASE": server.database}
    subprocess.run(command, check=True, cwd=REPOSITORY, env=os.environ | where)  # noqa: S603 — our own program
    return server.data / "people.json"


def metrics_of(server: ServerProcess) -> tuple[str, ...]:
    """Name where each process of a server says how it does."""
    processes = len(server.ports) if isinstance(server, ClusterProcess) else 1
    ports = range(server.operators_port, server.operators_port + processes)
    return tuple(f"http://127.0.0.1:{port}/metrics" for port in ports)
