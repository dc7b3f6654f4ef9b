"""Find the highest load that keeps an objective; writes build/capacity.html and .json.

    python -m loadtests.capacity                        messages a second, then connections
    python -m loadtests.capacity messages --seconds 30  in longer steps, for surer figures

The rate doubles until the objective is missed, is bisected to within a tenth, and what was found
is confirmed by a run three times as long. Exit codes: 0 found, or a lower bound; 1 the server went
wrong under load; 2 wrong options; 3 not even the smallest load kept the objective.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from loadtests.capacity.report import page
from loadtests.capacity.search import search_both
from loadtests.driver.crew import CrewFailed
from loadtests.keeper import end_in_order
from loadtests.load.options import Usage, add_options, objective_of
from loadtests.processes import NotStarted
from loadtests.report import put


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        "loadtests.capacity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", choices=("messages", "connections", "both"),
                        default="both")  # fmt: skip
    parser.add_argument("--seconds", dest="search_seconds", type=float, default=10.0,
                        help="of a step (10)")  # fmt: skip
    parser.add_argument("--talks", type=int, help="pairs who write to each other (250)")
    parser.add_argument("--most", type=float, help="try no more than so much")
    parser.add_argument("--precision", type=float, default=0.1, help="how exactly (0.1)")
    parser.add_argument("--search-at-most", type=float, default=1_800.0, metavar="S",
                        help="end each search after so many seconds (1800)")  # fmt: skip
    parser.add_argument("--output", type=Path, default=Path("build/capacity"))
    add_options(parser)
    options = parser.parse_args(arguments)
    end_in_order()
    try:
        found = search_both(options, objective_of(options))
    except (Usage, NotStarted) as reason:
        print(f"capacity: {reason}", file=sys.stderr)
        return 2
    except CrewFailed as reason:
        print(f"capacity: {reason}", file=sys.stderr)
        return 3
    options.output.parent.mkdir(parents=True, exist_ok=True)
    put(options.output.with_suffix(".json"), json.dumps(found, indent=1) + "\n")
    put(options.output.with_suffix(".html"), page(found))
    for what, one in found.items():
        print(f"{what}: {one['words']}")
    print(f"wrote {options.output}.html and {options.output}.json")
    return _exit_code(list(found.values()))


def _exit_code(found: Sequence[dict[str, object]]) -> int:
    if any(one["faults"] for one in found):
        return 1
    return 0 if all(one["highest"] for one in found) else 3


if __name__ == "__main__":
    sys.exit(main())
