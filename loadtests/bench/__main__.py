"""Measure what the server costs; a table, and build/bench.json.

    python -m loadtests.bench                        everything, five runs of 20 s
    python -m loadtests.bench --only idle_bytes      what gives this figure
    python -m loadtests.bench --runs 1 --seconds 5   quickly, for a first look

The server is pinned to one core and the driver to another; nothing else should run.
"""

import argparse
import gc
import os
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec
import uvloop

from loadtests.bench.cluster import MeasuredCluster, MeasuredPostgresCluster, apart
from loadtests.bench.machine import NotOnDisk, busy_seconds, hardware, require_disk
from loadtests.bench.measures import MEASURES, Faulty, Measure, Site
from loadtests.bench.report import KEYS, figures, table, write
from loadtests.bench.server import MeasuredServer, raised_limits
from loadtests.bench.town import Plan, Residents, build
from loadtests.driver import Refusal

IDLE = 15_000

ALL = (
    *MEASURES,
    Measure(
        ("redis_message_cpu_us", "redis_delivery_ms_p99"), apart("redis"), make=MeasuredCluster
    ),
    Measure(
        ("cluster_message_cpu_us", "cluster_delivery_ms_p99"),
        apart("cluster"),
        make=MeasuredPostgresCluster,
    ),
)


class Bench:
    """One bench: the town in its folder, and the runs so far."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._data: Path = options.data
        cores = sorted(os.sched_getaffinity(0))
        self._server_core, self._driver_core = cores[0], cores[-1]
        self._runs: dict[str, list[float]] = defaultdict(list)
        self._others = 0.0

    def run(self) -> int:
        """Measure, print and write. Exit codes: 0, or 1 when the server did something wrong."""
        options = self._options
        file_system = require_disk(_made(self._data))
        os.sched_setaffinity(0, {self._driver_core})
        gc.disable()  # a pause of the driver would look like one of the server
        residents = self._town()
        chosen = [one for one in ALL if options.only is None or options.only in one.keys]
        try:
            for measure in chosen:
                self._measure(measure, residents)
        except (Faulty, Refusal, OSError) as fault:
            print(f"bench: {fault}", file=sys.stderr)
            return 1
        found = figures(self._runs)
        about = {
            "hardware": {**hardware(), "file_system": file_system},
            "limits": raised_limits(),
            "method": {
                "runs": options.runs,
                "seconds": options.seconds,
                "idle_connections": options.idle,
                "others_on_the_servers_core": round(self._others, 3),
            },
        }
        print(table(found))
        if self._others > 0.02:
            print(f"other programs took up to {self._others:.0%} of the server's core: not quiet")
        write(options.output, found, about)
        return 0

    def _town(self) -> Residents:
        """Make the town; or, with `--reuse`, take the one that the last bench made."""
        kept, residents = self._data / "town", self._data / "residents.json"
        if not (self._options.reuse and residents.exists()):
            shutil.rmtree(kept, ignore_errors=True)
            made = build(kept, _plan(self._options.scale))
            residents.write_bytes(msgspec.json.encode(made))
        shutil.rmtree(self._data / "run", ignore_errors=True)
        shutil.copytree(kept, self._data / "run")
        os.sync()
        return msgspec.json.decode(residents.read_bytes(), type=Residents)

    def _measure(self, measure: Measure, residents: Residents) -> None:
        server = measure.make(self._data / "run", self._server_core)
        options = self._options
        try:
            for _ in range(options.runs):
                if measure.fresh or server.process is None:
                    server.stop()
                    server.start()
                site = Site(server, residents, options.seconds, options.idle)
                others, started = self._others_busy(server), time.perf_counter()
                for key, value in uvloop.run(measure.run(site)).items():
                    self._runs[key].append(value)
                taken = self._others_busy(server) - others
                self._others = max(self._others, taken / (time.perf_counter() - started))
        finally:
            server.end()

    def _others_busy(self, server: MeasuredServer) -> float:
        """Tell how many seconds the server's core has been busy with something else."""
        return busy_seconds(self._server_core) - server.cpu_seconds()


def _plan(scale: float) -> Plan:
    full = Plan()
    return Plan(
        couples=max(20, round(full.couples * scale)),
        phones=max(200, round(full.phones * scale)),
        hubs=max(10, round(full.hubs * scale)),
        histories=max(20, round(full.histories * scale)),
        messages=round(full.messages * scale),
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench as the options say."""
    parser = argparse.ArgumentParser(
        "loadtests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", choices=KEYS, metavar="KEY", help="measure what gives this figure"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measure")
    parser.add_argument("--idle", type=int, default=IDLE, help="idle connections")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the town: 1 is a million messages"
    )
    parser.add_argument("--data", type=Path, default=Path("build/bench"), help="folder, on a disk")
    parser.add_argument("--reuse", action="store_true", help="use the town of the last bench")
    parser.add_argument("--output", type=Path, default=Path("build/bench.json"))
    try:
        return Bench(parser.parse_args(arguments)).run()
    except NotOnDisk as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
