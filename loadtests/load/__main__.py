"""Load a server with a scenario; writes a report, and build/load.json.

    python -m loadtests.load                          two minutes of people, and a short search
    python -m loadtests.load spike --rate 100         another scenario; without a search
    python -m loadtests.load christmas-eve --setup postgresql+redis
    python -m loadtests.load --list                   what scenarios there are
    python -m loadtests.load chat --url https://chat.example --people town.json

Exit codes: 0 passed; 1 the server failed; 2 wrong options; 3 the result does not count.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from loadtests.capacity.search import search_both
from loadtests.driver.crew import CrewFailed
from loadtests.keeper import end_in_order
from loadtests.load.options import Usage, add_options, ground_of, objective_of
from loadtests.load.people import NoReport, play
from loadtests.load.runs import carry_out
from loadtests.processes import NotStarted
from loadtests.progress import Bar
from loadtests.report import Outcome, View, content, put, short, tell, with_capacity, write
from loadtests.scenarios.catalogue import SCENARIOS
from loadtests.server import Sampler
from loadtests.setups import ALONE

PEOPLE = "people"
PEOPLES_RATE, DRIVERS_RATE = 20.0, 200.0


def load(options: argparse.Namespace) -> int:
    """Carry it out. Gives the exit code."""
    options.output.parent.mkdir(parents=True, exist_ok=True)
    found = _people(options) if options.scenario == PEOPLE else _scenario(options)
    if options.search_seconds:
        found = _searched(options, found)
    tell(found)
    paths = write(found, options.output)
    text = json.dumps(short(found), indent=2) + "\n"
    for path in [*paths, put(options.output.with_name(f"{options.output.name}.json"), text)]:
        print(f"wrote {path}")
    return Outcome(found["outcome"]).exit_code


def _searched(options: argparse.Namespace, found: dict[str, Any]) -> dict[str, Any]:
    """Search for the capacity too; what was found before is not lost if that cannot be done."""
    try:
        return with_capacity(found, search_both(options, objective_of(options)))
    except (NotStarted, CrewFailed) as reason:
        why = str(reason).splitlines()[0]
        return {**found, "notes": [*found["notes"], f"The capacity was not searched for: {why}"]}


def _people(options: argparse.Namespace) -> dict[str, Any]:
    """Have Locust play people on a server of our own."""
    if options.url is not None:
        raise Usage("for people on another server: python -m loadtests.run --host URL")
    if options.setup != ALONE:
        raise Usage("for people on another setup: python -m loadtests.run --setup SETUP")
    with Bar("people, played by Locust", options.seconds) as bar:
        return play(
            options.users, options.rate or PEOPLES_RATE, options.seconds, options.objective,
            options.data, options.output, bar.show,
        )  # fmt: skip


def _scenario(options: argparse.Namespace) -> dict[str, Any]:
    """Have the fast driver carry a scenario out."""
    scenario = SCENARIOS[options.scenario](options.rate or DRIVERS_RATE, options.seconds)
    if options.talks:
        scenario = replace(scenario, talks=options.talks)
    if options.rooms is not None:
        scenario = replace(scenario, rooms=options.rooms)
    if options.idle is not None:
        scenario = replace(scenario, idle=options.idle)
    couples = max(scenario.rooms, scenario.rush)
    with ground_of(options, scenario.talks, scenario.idle, couples) as ground:
        sampler = Sampler(ground.target.metrics, ground.server)
        with sampler, ground.crew(read_every=scenario.read_every) as crew:
            opened, hindered = crew.idle(scenario.idle)
            view = View(scenario, sampler)
            run = carry_out(
                crew, ground, sampler, scenario, objective_of(options),
                lambda passed, seen: view.show(passed, seen.book),
            )  # fmt: skip
            view.end()
        if scenario.rooms:
            held = max(second.gauge("talks") or 0 for second in run.book.seconds().values())
            run.notes.append(f"At most {held:,.0f} talks of SnakSammen were held at once.")
        if hindered:
            run.notes.append(f"Only {opened:,} idle connections could be opened: {hindered}.")
    return content(run)


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "loadtests.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "scenario", nargs="?", choices=(PEOPLE, *SCENARIOS), metavar="SCENARIO",
        help="which one (people, played by Locust)",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="say what scenarios there are")
    parser.add_argument("--rate", type=float, help="messages a second (200; of people 20)")
    parser.add_argument("--seconds", type=float, default=120.0, help="of the whole of it (120)")
    parser.add_argument("--users", type=int, default=300, help="people, if they play (300)")
    parser.add_argument("--talks", type=int, help="pairs who write to each other")
    parser.add_argument("--rooms", type=int, help="SnakSammen's talks that are held at once")
    parser.add_argument("--idle", type=int, help="connections on which nothing happens")
    parser.add_argument(
        "--search-seconds", type=float, metavar="S",
        help="also search for the capacity, in steps of so long (4 without a scenario; 0: don't)",
    )  # fmt: skip
    parser.add_argument("--search-at-most", type=float, default=60.0, metavar="S",
                        help="end each search after so many seconds (60)")  # fmt: skip
    parser.add_argument("--precision", type=float, default=0.2, help="of the search (0.2)")
    parser.add_argument("--most", type=float, help="the search tries no more than so much")
    parser.add_argument("--output", type=Path, default=Path("build/load"), help="of the report")
    add_options(parser)
    options = parser.parse_args(arguments)
    if options.search_seconds is None:
        options.search_seconds = 0.0 if options.scenario else 4.0
    options.scenario = options.scenario or PEOPLE
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    options = read_options(arguments)
    if options.list:
        print(f"{PEOPLE:<18}People of a seeded town, played by Locust: what `make load` does.")
        for name, make in SCENARIOS.items():
            print(f"{name:<18}{(make.__doc__ or '').splitlines()[0]}")
        return 0
    end_in_order()
    try:
        return load(options)
    except (Usage, NotStarted) as reason:
        print(f"load: {reason}", file=sys.stderr)
        return 2
    except (CrewFailed, NoReport) as reason:
        print(f"load: {reason}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
