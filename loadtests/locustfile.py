"""Locust's way in: the users, the shape, and options that its command line and web page show.

python -m loadtests.run --shape spike --users 200          everything by itself
locust -f loadtests/locustfile.py --host URL --people FILE    with Locust's web page
"""

from typing import Any

from locust import LoadTestShape, events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from loadtests.director import director_of
from loadtests.guard import NotAllowed
from loadtests.shapes import SHAPES
from loadtests.users import (
    Citizen,
    HistoryReader,
    Hostile,
    IdlePhone,
    Seeker,
    SlowReader,
    Volunteer,
)
from loadtests.users.mix import MIXES

__all__ = [
    "Citizen", "HistoryReader", "Hostile", "IdlePhone", "Seeker", "SlowReader", "Story",
    "Volunteer",
]  # fmt: skip

SPAWNED_PER_SECOND = 100.0
"""As fast as Locust likes; a server greets 250 a second by default."""


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    """Add our options to Locust's own."""

    parser.add_argument(
        "--people", default="data/people.json", help="file that `samtale seed` wrote"
    )
    parser.add_argument(
        "--shape",
        choices=sorted(SHAPES),
        default="steady",
        help="how people and messages grow and fall (docs/loadtesting.md)",
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=0.0,
        help="messages a second at the most (default: 1.5 a minute for each user)",
    )
    parser.add_argument(
        "--faster",
        type=float,
        default=1.0,
        help="phones lose the network, and readers turn pages, so many times as often",
    )
    parser.add_argument(
        "--mix",
        choices=sorted(MIXES),
        default="all",
        help="what citizens do: all, or messages alone",
    )
    parser.add_argument(
        "--allow-host",
        default="",
        include_in_web_ui=False,
        help="hosts that may be loaded besides this machine, with commas",
    )
    parser.add_argument(
        "--ca",
        default="",
        include_in_web_ui=False,
        help="PEM file of the authority to trust, for https",
    )
    parser.add_argument(
        "--metrics", default="", help="addresses of the server's metrics, with commas"
    )
    parser.add_argument(
        "--objective",
        type=float,
        default=0.0,
        help="p99 from send to delivered may be so many ms (0: as it may)",
    )
    parser.add_argument(
        "--report",
        default="build/people",
        include_in_web_ui=False,
        help="where the report goes: .html, .run.json and .csv are added",
    )
    parser.add_argument("--restart-command", default="", include_in_web_ui=False,
                       help="restarts the server, for the shapes that do")  # fmt: skip


@events.init.add_listener
def begin(environment: Environment, **_: Any) -> None:
    """Give the process its director, before anything runs."""
    director_of(environment)


class Story(LoadTestShape):
    """Plays the shape that the options name: people by Locust, messages by the director."""

    use_common_options = True

    def tick(self) -> tuple[int, float] | None:
        """Say how many are wanted now; None at the end, or if the server may not be loaded."""
        assert self.runner is not None, "a runner asks"
        director = director_of(self.runner.environment)
        if director.shape is None:
            try:
                director.check()
            except (NotAllowed, OSError, ValueError) as refusal:
                director.refuse(refusal)
                return None
            director.make_shape()
        moment = director.moment()
        return None if moment is None else (max(1, moment.people), SPAWNED_PER_SECOND)
