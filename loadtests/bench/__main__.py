"""Measure what the server costs; a table, and build/bench.json.

    python -m loadtests.bench                        everything, five runs of 20 s
    python -m loadtests.bench --only idle_bytes      what gives this figure; may be repeated
    python -m loadtests.bench --runs 1 --seconds 5   quickly, for a first look

The server is pinned to one core and the driver to another; nothing else should run.
"""

import argparse
import asyncio
import gc
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import uvloop

from loadtests.bench.cluster import MeasuredCluster, MeasuredPostgresCluster, apart
from loadtests.bench.machine import (
    NotOnDisk,
    busy_seconds,
    hardware,
    loop_milliseconds,
    require_disk,
)
from loadtests.bench.measures import (
    MEASURES,
    PERCENTILE_STRETCHES,
    Faulty,
    Figures,
    Measure,
    Site,
)
from loadtests.bench.record import Around, Record
from loadtests.bench.report import KEYS, figures, table, write
from loadtests.bench.server import MeasuredServer, raised_limits
from loadtests.bench.town import Plan, Residents, build
from loadtests.driver import Refusal
from loadtests.keeper import end_in_order
from loadtests.processes import NotStarted

IDLE = 15_000
BROKEN_SERVER = "loadtests.broken_server"
BETWEEN_SECONDS = 8.0
"""What a run takes besides what it measures, about: connecting, warming up, settling."""

AT_MOST_TIMES, AT_MOST_SECONDS = 4.0, 180.0
"""After so many times what it measures, and so many seconds, a run is given up."""

Fault = (Faulty, Refusal, NotStarted, OSError, subprocess.SubprocessError)
"""What may go wrong in a run. A timeout is an `OSError` too."""

ALL = (
    *MEASURES,
    Measure(
        ("redis_message_cpu_us", "redis_delivery_ms_p99"),
        apart("redis"),
        make=MeasuredCluster,
        stretches=1 + PERCENTILE_STRETCHES,
    ),
    Measure(
        ("cluster_message_cpu_us", "cluster_delivery_ms_p99"),
        apart("cluster"),
        make=MeasuredPostgresCluster,
        stretches=1 + PERCENTILE_STRETCHES,
    ),
)


class Progress:
    """Tells on the terminal, or in a log, what each run gave, and how long it may take yet."""

    def __init__(self, runs: int, seconds: float) -> None:
        self._runs, self._seconds = runs, seconds
        self._began = time.monotonic()
        self._all: Sequence[Measure] = ()

    @property
    def passed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def begin(self, measures: Sequence[Measure]) -> None:
        """Say what will be measured, and about how long it takes."""
        self._all = measures
        self._said(f"{len(measures)} measures of {self._runs} runs: {_minutes(self._left(0, 0))}")

    def tell(self, measure: Measure, run: int, found: Figures, wrong: str = "") -> None:
        """Say what a run gave."""
        at = self._all.index(measure)
        figures = ", ".join(f"{key} {value:,.4g}" for key, value in found.items())
        said = "; ".join(part for part in (figures, wrong and f"FAULT: {wrong}") if part)
        left = _minutes(self._left(at, run))
        self._said(f"{at + 1}/{len(self._all)}, run {run} of {self._runs}: {said} ({left} left)")

    def _left(self, at: int, run: int) -> float:
        """Tell about how many seconds it takes from a run of a measure on."""
        costs = [one.stretches * self._seconds + BETWEEN_SECONDS for one in self._all]
        return self._runs * sum(costs[at:]) - run * costs[at] if costs else 0.0

    def _said(self, words: str) -> None:
        print(f"bench: {words}", file=sys.stderr, flush=True)


class Bench:
    """One bench: the town in its folder, and the runs so far."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._data: Path = options.data
        cores = sorted(os.sched_getaffinity(0))
        self._server_core, self._driver_core = cores[0], cores[-1]
        self._record = Record()
        self._progress = Progress(options.runs, options.seconds)

    def run(self) -> int:
        """Measure, print and write. Exit codes: 0, or 1 when the server did something wrong.

        What went wrong costs its own figures and no others.
        """
        options = self._options
        file_system = require_disk(_made(self._data))
        os.sched_setaffinity(0, {self._driver_core})
        gc.disable()  # a pause of the driver would look like one of the server
        only = set(options.only or KEYS)
        chosen = [one for one in ALL if only & set(one.keys)]
        self._progress.begin(chosen)
        residents = self._town()
        for measure in chosen:
            try:
                self._measure(measure, residents)
            except Fault as fault:  # of its server: no run of it could begin, or end
                self._record.fault(measure.keys, _first_line(fault))
        found = figures(self._record.runs)
        about = {
            "hardware": {**hardware(), "file_system": file_system},
            "limits": raised_limits(),
            "method": {
                "runs": options.runs,
                "seconds": options.seconds,
                "idle_connections": options.idle,
                "others_on_the_servers_core": round(self._record.others, 3),
                "fixed_loop_ms": [round(taken, 2) for taken in self._record.loops_ms],
                "took_seconds": round(self._progress.passed),
            },
        }
        print(table(found, self._record))
        if self._record.others > 0.02:
            taken = f"{self._record.others:.0%}"
            print(f"other programs took up to {taken} of the server's core: not quiet")
        if loops := self._record.loops_ms:
            print(f"the core itself: a fixed loop took {loops[0]:.1f} to {loops[-1]:.1f} ms")
        write(options.output, found, self._record, about)
        return 1 if self._record.faults else 0

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
        """Make all runs of a measure. Raises one of `Fault` if its server cannot start or end."""
        server = measure.make(self._data / "run", self._server_core)
        if self._options.broken:
            server.spoil(BROKEN_SERVER, self._options.broken)
        options = self._options
        try:
            for number in range(1, options.runs + 1):
                if measure.fresh or server.process is None:
                    server.stop()
                    server.start()
                site = Site(server, residents, options.seconds, options.idle)
                try:
                    self._progress.tell(measure, number, self._run(measure, site))
                except Fault as fault:
                    found = fault.found if isinstance(fault, Faulty) else {}
                    missing = [key for key in measure.keys if key not in found]
                    why = f"run {number} of {options.runs}: {_first_line(fault)}"
                    self._record.fault(missing, why)
                    self._progress.tell(measure, number, found, why)
                    server.kill()  # whatever is wrong with it is not carried into the next run
        finally:
            server.end()

    def _run(self, measure: Measure, site: Site) -> Figures:
        """Make one run, and note what it gave. Raises one of `Fault`."""
        loop = loop_milliseconds(self._server_core)
        others, started = self._others_busy(site.server), time.perf_counter()

        def note(found: Figures) -> None:
            taken = self._others_busy(site.server) - others
            part = taken / (time.perf_counter() - started)
            loops = (loop, loop_milliseconds(self._server_core))
            self._record.note(found, Around(part, loops))

        most = AT_MOST_TIMES * measure.stretches * site.seconds + AT_MOST_SECONDS
        try:
            found = uvloop.run(asyncio.wait_for(measure.run(site), most))
        except Faulty as fault:
            if fault.found:
                note(fault.found)
            raise
        note(found)
        return found

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


def _minutes(seconds: float) -> str:
    return f"about {seconds / 60:.0f} minutes" if seconds > 90 else f"about {seconds:.0f} seconds"


def _first_line(fault: BaseException) -> str:
    """Say what went wrong in one line, whatever it says of itself."""
    return (str(fault) or type(fault).__name__).strip().splitlines()[0]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench as the options say."""
    parser = argparse.ArgumentParser(
        "loadtests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", choices=KEYS, metavar="KEY", action="append", help="measure what gives this"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measure")
    parser.add_argument("--idle", type=int, default=IDLE, help="idle connections")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the town: 1 is a million messages"
    )
    parser.add_argument("--data", type=Path, default=Path("build/bench"), help="folder, on a disk")
    parser.add_argument("--reuse", action="store_true", help="use the town of the last bench")
    parser.add_argument(
        "--break", dest="broken", default="", metavar="BUG",
        help="plant a bug in the server (see loadtests/broken_server.py): figures must be missing",
    )  # fmt: skip
    parser.add_argument("--output", type=Path, default=Path("build/bench.json"))
    end_in_order()
    try:
        return Bench(parser.parse_args(arguments)).run()
    except NotOnDisk as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
