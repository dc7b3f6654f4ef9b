"""Say whether Locust and the fast driver measure the same: both load one server at one rate.

    python -m loadtests.agreement --rate 10 --seconds 20 --runs 3       some three minutes

They take turns, so that what changes on the machine meets both, and their people do the same: write
to each other. Exit codes: 0 the medians of the
delivery percentiles agree within a tenth or 2 ms; 1 they do not; 3 a run that does not count.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loadtests.keeper import REPOSITORY, end_in_order
from loadtests.load.people import locust
from loadtests.load.town import Town, seeded_town

SHARE, MILLISECONDS = 0.1, 2.0
COMPARED = ("p50", "p90", "p99")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure in turns, and compare."""
    parser = argparse.ArgumentParser(
        "loadtests.agreement", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second (10)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each run (20)")
    parser.add_argument("--runs", type=int, default=3, help="of each (3)")
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--data", type=Path, default=Path("build/load-data"))
    options = parser.parse_args(arguments)
    end_in_order()
    runs: dict[str, list[dict[str, Any]]] = {"Locust": [], "driver": []}
    with (
        seeded_town(4 * options.users, options.data) as town,
        tempfile.TemporaryDirectory(prefix="agreement-") as folder,
    ):
        for number in range(options.runs):
            print(f"agreement: run {number + 1} of {options.runs}", file=sys.stderr, flush=True)
            output = Path(folder) / str(number)
            runs["Locust"].append(_locust(town, options, output))
            runs["driver"].append(_drive(town, options, output))
    return tell(runs)


def tell(runs: dict[str, list[dict[str, Any]]]) -> int:
    """Print the table; gives the exit code."""
    agree = True
    print(f"{'send to delivered, ms':<24}{'Locust':>10}{'driver':>10}{'apart':>10}")
    for name in COMPARED:
        ours, theirs = (statistics.median(_of(run, name) for run in runs[who]) for who in runs)
        apart = abs(ours - theirs)
        near = apart <= max(MILLISECONDS, SHARE * max(ours, theirs))
        agree = agree and near
        print(f"{name:<24}{ours:>10.2f}{theirs:>10.2f}{apart:>10.2f}{'' if near else '  APART'}")
    invalid = [why for side in runs.values() for run in side for why in run["why_invalid"]]
    for why in invalid:
        print(f"does not count: {why}")
    if invalid:
        return 3
    return 0 if agree else 1


def _of(run: dict[str, Any], percentile: str) -> float:
    return float(run["total"]["kinds"]["send to delivered"]["response_ms"][percentile])


def _locust(town: Town, options: argparse.Namespace, output: Path) -> dict[str, Any]:
    people = [*town.options, "--mix", "messages", "Citizen"]
    return locust(town.server.url, people, options.users, options.rate, options.seconds, output)


def _drive(town: Town, options: argparse.Namespace, output: Path) -> dict[str, Any]:
    report = output.with_name(f"{output.name}-driver")
    subprocess.run(  # noqa: S603 — our own program
        [
            sys.executable, "-m", "loadtests.load", "chat", "--url", town.server.url,
            "--talks", str(options.users // 2), "--rate", str(options.rate),
            "--seconds", str(options.seconds), "--output", str(report), *town.options,
        ],
        cwd=REPOSITORY, capture_output=True, check=False,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(
        report.with_name(f"{report.name}.run.json").read_text(encoding="utf-8")
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
