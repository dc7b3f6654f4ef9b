"""The options that everything shares which loads a server."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtests.ground import Ground, own_ground, seeded_ground, strange_ground
from loadtests.guard import NotAllowed, check_host
from loadtests.report import Objective
from loadtests.residents import NotThere
from loadtests.setups import ALONE, SETUPS
from loadtests.target import Target


class Usage(Exception):
    """What was asked for cannot be done; the text says why. Exit code 2."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of target, generator, objective and output."""
    target = parser.add_argument_group("the server (without --url: one that is started here)")
    target.add_argument("--url", help="http://… or https://… of a server that runs")
    target.add_argument("--people", type=Path, help="the file that `samtale seed` wrote")
    target.add_argument(
        "--metrics", action="append", default=[], metavar="URL",
        help="of its metrics; once for each of its processes",
    )  # fmt: skip
    target.add_argument(
        "--allow-host", action="append", default=[], metavar="HOST",
        help="a host that may be loaded besides this machine",
    )  # fmt: skip
    target.add_argument("--ca", default="", help="PEM file of the authority to trust, for https")
    target.add_argument(
        "--data", type=Path, default=Path("build/load-data"),
        help="folder for the database of a server started here, on a disk",
    )  # fmt: skip
    target.add_argument(
        "--setup", choices=SETUPS, default=ALONE,
        help="what a server started here stands on (sqlite, on a core of its own)",
    )  # fmt: skip
    target.add_argument(
        "--break", dest="broken", default="", metavar="BUG",
        help="plant a bug in a server started here (see loadtests/broken_server.py)",
    )  # fmt: skip
    parser.add_argument("--workers", type=int, default=1, help="processes that generate load (1)")
    parser.add_argument(
        "--objective", type=float, default=Objective().milliseconds, metavar="MS",
        help="p99 from send to delivered may be so long (100)",
    )  # fmt: skip


def objective_of(options: argparse.Namespace) -> Objective:
    """Read the objective."""
    return Objective(milliseconds=options.objective)


@contextmanager
def ground_of(
    options: argparse.Namespace, talks: int, idle: int, couples: int = 0
) -> Iterator[Ground]:
    """Give the ground that the options ask for. Raises `Usage`."""
    if options.url is not None:
        yield _strange(options, talks, idle, couples)
        return
    if options.setup != ALONE:
        if options.broken:
            raise Usage("--break plants its bug in a server that stands on SQLite alone")
        with seeded_ground(
            options.setup, talks, idle, couples, workers=options.workers, folder=options.data
        ) as ground:
            yield ground
        return
    with own_ground(
        talks,
        idle,
        couples=couples,
        workers=options.workers,
        folder=options.data,
        broken=options.broken,
    ) as ground:
        yield ground


def _strange(options: argparse.Namespace, talks: int, idle: int, couples: int) -> Ground:
    if options.people is None:
        raise Usage("--url needs --people: the file that `samtale seed` wrote")
    try:
        target = Target.parse(options.url, tuple(options.metrics))
        check_host(target.host, options.allow_host)
        return strange_ground(
            target, options.people, talks, idle, couples, workers=options.workers, ca=options.ca
        )
    except (ValueError, OSError, NotAllowed, NotThere) as reason:
        raise Usage(str(reason)) from reason
