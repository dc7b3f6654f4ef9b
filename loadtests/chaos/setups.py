"""Setups: what a town stands on, and the faults that can strike it there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from loadtests.chaos import cluster_faults, faults, postgres_faults
from loadtests.chaos.faults import Strike
from loadtests.chaos.stations import (
    PostgresSentinelStation,
    PostgresStation,
    SentinelStation,
    Station,
)
from loadtests.chaos.versions import VersionedCluster
from loadtests.cluster import ClusterProcess
from loadtests.processes import ServerProcess

Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Setup:
    """One way to run the server: how it is made for a fault in a folder, and what breaks.

    `make` takes the folder, the kind of fault, the module to run, and the environment.
    """

    title: str
    make: Callable[[Path, str, str, Environment], ServerProcess]
    faults: Mapping[str, Strike]


def _alone(folder: Path, kind: str, module: str, environment: Environment) -> ServerProcess:
    return ServerProcess(folder, module=module, **environment)


def _two(folder: Path, kind: str, module: str, environment: Environment) -> ServerProcess:
    station = SentinelStation() if kind == "redis_failed_over" else Station()
    return _made_for(kind)(folder, 2, station, module, **environment)


def _three(folder: Path, kind: str, module: str, environment: Environment) -> ServerProcess:
    station = PostgresSentinelStation() if kind == "redis_failed_over" else PostgresStation()
    return _made_for(kind)(
        folder, 3, station, module, SAMTALE_DATABASE=station.database, **environment
    )


def _made_for(kind: str) -> type[ClusterProcess]:
    return VersionedCluster if kind == "version_changed" else ClusterProcess


SETUPS: dict[str, Setup] = {
    "sqlite": Setup("SQLite, memory, one process", _alone, faults.FAULTS),
    "sqlite+redis": Setup("SQLite, Redis, two processes", _two, cluster_faults.FAULTS),
    "postgresql+redis": Setup("PostgreSQL, Redis, three processes", _three, postgres_faults.FAULTS),
}
