"""One command for a load of people, with a server of its own unless one is named.

    python -m loadtests.run --shape christmas-eve --users 200 --rate 10 --seconds 120
    python -m loadtests.run --shape reconnect-storm --users 300 --processes 2
    python -m loadtests.run --shape christmas-eve --setup postgresql+redis
    python -m loadtests.run --host https://load.example --allow-host load.example \\
        --people people.json --shape steps --users 2000 --seconds 600
    python -m loadtests.run --web                    Locust's own web page, on port 8089

Shapes: {shapes}.

Options that are not listed here go to Locust as they are (`locust --help`).
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chat.seed.people import People
from loadtests.cluster import ClusterProcess, OneRedis
from loadtests.guard import NotAllowed, check_host
from loadtests.keeper import end_in_order, keep
from loadtests.processes import ServerProcess
from loadtests.setups import ALONE, RELAY, SETUPS, metrics_of, seed_town
from loadtests.shapes import SHAPES, Size
from loadtests.target import Target

REPOSITORY = Path(__file__).parent.parent
OUTAGE_SHAPE = "broker-outage"
OUTAGE = 0.15
"""Part of the whole for which the broker is away, where the shape takes it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the load goes: an address, its people, and how to restart it."""

    host: str
    people: Path
    restart_command: str
    metrics: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it. Exit codes: 0 passed, 1 the server failed, 2 may not be loaded, 3 does not count."""
    options, others = _parser().parse_known_args(arguments)
    end_in_order()
    if options.shape == OUTAGE_SHAPE and options.setup == "postgresql+redis":
        print(f"run: {OUTAGE_SHAPE} has two processes of its own, on SQLite", file=sys.stderr)
        return 2
    if options.host:
        try:
            check_host(Target.parse(options.host).host, options.allow_host.split(","))
            People.read(options.people)
        except (NotAllowed, OSError, ValueError) as refusal:
            print(f"run: {refusal}", file=sys.stderr)
            return 2
        ground = Ground(options.host, options.people, options.restart_command)
        return _locust(ground, options, others)
    with _own_server(options) as ground:
        return _locust(ground, options, others)


def _parser() -> argparse.ArgumentParser:
    shapes = "\n".join(f"  {name:<16} {make(Size(1, 1, 1)).about}" for name, make in SHAPES.items())
    parser = argparse.ArgumentParser(
        "loadtests.run",
        description=(__doc__ or "").replace("{shapes}", f"\n{shapes}\n"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--shape", choices=sorted(SHAPES), default="steady")
    add("--users", type=int, default=50, help="people at the most (50)")
    add("--rate", type=float, default=0.0, help="messages a second at the most (1.5 a minute each)")
    add("--seconds", type=float, default=60.0, help="in all (60)")
    add("--host", help="the server; without one, a new one is started and seeded")
    add("--people", type=Path, default=Path("data/people.json"), help="its file of `samtale seed`")
    add("--allow-host", default="", help="hosts that may be loaded besides this machine")
    add("--restart-command", default="", help="restarts --host, where a shape does")
    add("--data", type=Path, help="where the server of one's own keeps its data")
    add("--setup", choices=SETUPS, default=ALONE, help="what it stands on (sqlite)")
    add("--web", action="store_true", help="start and watch on Locust's web page")
    return parser


def _locust(ground: Ground, options: argparse.Namespace, others: Sequence[str]) -> int:
    command = [
        sys.executable, "-m", "locust", "-f", str(REPOSITORY / "loadtests" / "locustfile.py"),
        "--host", ground.host, "--people", str(ground.people), "--shape", options.shape,
        "--users", str(options.users), "--rate", str(options.rate),
        "--run-time", f"{options.seconds:.0f}s",
        *(["--metrics", ground.metrics] if ground.metrics else []),
        *(["--allow-host", options.allow_host] if options.allow_host else []),
        *(["--restart-command", ground.restart_command] if ground.restart_command else []),
        *([] if options.web else ["--headless", "--only-summary"]),
        *others,
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=REPOSITORY) as locust:  # noqa: S603 — our own program
        keep(locust)
        signal.signal(signal.SIGTERM, lambda *_: locust.terminate())
        return _wait(locust)


def _wait(locust: subprocess.Popen[bytes]) -> int:
    """Wait for the end; an interrupt is Locust's to act on, for it has a summary to write."""
    while True:
        try:
            return locust.wait()
        except KeyboardInterrupt:
            continue


@contextmanager
def _own_server(options: argparse.Namespace) -> Iterator[Ground]:
    """Seed a town and start a server on it, with the limits that everybody has.

    It is restarted when this process gets SIGUSR1, and drained first when it gets SIGUSR2.
    """
    with tempfile.TemporaryDirectory(prefix="samtale-run-", dir=options.data) as folder:
        data = Path(folder)
        settings = {"SAMTALE_LOG_LEVEL": "warning"} | RELAY
        if options.shape == OUTAGE_SHAPE:
            server, disturb = _with_broker(data, options.seconds * OUTAGE, settings)
        else:
            server = SETUPS[options.setup](data, settings)
            disturb = partial(_again, server, server.kill)
        signal.signal(signal.SIGUSR1, lambda *_: disturb())
        signal.signal(signal.SIGUSR2, lambda *_: _again(server, server.stop))
        gentle = "USR2" if options.shape == "drain" else "USR1"
        try:
            people = seed_town(server, options.users)
            server.start()
            command = f"kill -{gentle} {os.getpid()}"
            yield Ground(server.url, people, command, ",".join(metrics_of(server)))
        finally:
            server.end()


def _with_broker(
    data: Path, seconds: float, settings: dict[str, str]
) -> tuple[ServerProcess, Callable[[], None]]:
    """Make a server of two processes, and what takes Redis from them for so many seconds."""
    broker = OneRedis()

    def take_away() -> None:
        broker.redis.kill()
        time.sleep(seconds)
        broker.redis.start()

    return ClusterProcess(data, 2, broker, **settings), take_away


def _again(server: ServerProcess, end: Callable[[], None]) -> None:
    end()
    server.start()


if __name__ == "__main__":
    sys.exit(main())
