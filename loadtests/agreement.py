"""Say whether Locust and the fast driver measure the same: both load one server, at once.

    python -m loadtests.agreement --rate 10 --seconds 20 --runs 3       some two minutes

At once, so that whatever the machine does meets both; and their people, of two halves of a town, do
the same: write to each other. Exit codes: 0 the medians of the delivery percentiles agree within a
tenth or 2 ms, or do so without what the generators themselves were late; 1 they do not; 3 a run
that does not count for another reason than lateness, or is late while they do not agree.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.keeper import REPOSITORY, end_in_order, keep
from loadtests.load.people import NoReport, locust
from loadtests.load.town import Town, seeded_town

SHARE, MILLISECONDS = 0.1, 2.0
COMPARED = ("p50", "p90", "p99")
LOCUST, DRIVER = "Locust", "driver"

Runs = Mapping[str, Sequence[Mapping[str, Any]]]
"""What the reports of each say."""


@dataclass(frozen=True, slots=True)
class Row:
    """A percentile of both, the median of their runs. In ms."""

    percentile: str
    locust: float
    driver: float

    @property
    def apart(self) -> float:
        """How far they are apart."""
        return abs(self.locust - self.driver)

    @property
    def agrees(self) -> bool:
        """Whether they lie within a tenth or 2 ms of each other."""
        return self.apart <= max(MILLISECONDS, SHARE * max(self.locust, self.driver))


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both measured, and how much of it was their own lateness.

    `delivered` counts from the intended moment until the partner has it; `arrived` from when it was
    really sent until the kernel of the partner's machine had it: the server's part.
    """

    delivered: Sequence[Row]
    sent_late: Sequence[Row]
    read_late: Sequence[Row]
    arrived: Sequence[Row]

    @classmethod
    def of(cls, runs: Runs) -> "Agreement":
        """Compare runs."""
        return cls(
            _rows(runs, "total", "kinds", "send to delivered", "response_ms"),
            _rows(runs, "generators", "late_ms"),
            _rows(runs, "generators", "late_reading_ms"),
            _rows(runs, "total", "kinds", "sent to arrived", "response_ms"),
        )

    @property
    def exit_code(self) -> int:
        """0: they agree, or without their own lateness they do."""
        whole = all(row.agrees for row in self.delivered)
        return 0 if whole or all(row.agrees for row in self.arrived) else 1

    @property
    def words(self) -> str:
        """Say it in words."""
        names = [row.percentile for row in self.delivered if not row.agrees]
        if not names:
            return "They agree."
        apart = " and ".join(names)
        server = [row.percentile for row in self.arrived if not row.agrees]
        if not server:
            return (
                f"Apart at {apart}, by what the generators themselves were late: without it, from"
                " the sending until the partner's machine had it, they agree."
            )
        return f"Apart at {apart}, and at {' and '.join(server)} without their own lateness too."


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure both, and compare."""
    parser = argparse.ArgumentParser(
        "loadtests.agreement", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second of each (10)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each run (20)")
    parser.add_argument("--runs", type=int, default=3, help="of both (3)")
    parser.add_argument("--users", type=int, default=100, help="people of each (100)")
    parser.add_argument("--data", type=Path, default=Path("build/load-data"))
    options = parser.parse_args(arguments)
    end_in_order()
    try:
        return tell(_measure(options))
    except NoReport as reason:
        print(f"agreement: {reason}", file=sys.stderr)
        return 3


def _measure(options: argparse.Namespace) -> Runs:
    runs: dict[str, list[dict[str, Any]]] = {LOCUST: [], DRIVER: []}
    with (
        seeded_town(6 * options.users, options.data) as town,
        tempfile.TemporaryDirectory(prefix="agreement-") as folder,
    ):
        for number in range(options.runs):
            print(f"agreement: run {number + 1} of {options.runs}", file=sys.stderr, flush=True)
            ours, theirs = _run_both(town, options, Path(folder) / str(number))
            runs[LOCUST].append(ours)
            runs[DRIVER].append(theirs)
    return runs


def tell(runs: Runs) -> int:
    """Print the tables and what they mean; gives the exit code."""
    found = Agreement.of(runs)
    for title, rows in (
        ("send to delivered", found.delivered),
        ("  sent late", found.sent_late),
        ("  read late", found.read_late),
        ("sent to arrived", found.arrived),
    ):
        print(f"{f'{title}, ms':<24}{LOCUST:>10}{DRIVER:>10}{'apart':>10}")
        for row in rows:
            mark = "" if row.agrees or rows in (found.sent_late, found.read_late) else "  APART"
            print(
                f"{row.percentile:>24}{row.locust:>10.2f}{row.driver:>10.2f}{row.apart:>10.2f}{mark}"
            )
    print(found.words)
    reasons = [(who, why) for who in runs for run in runs[who] for why in run["why_invalid"]]
    for who, why in reasons:
        print(f"a run of {who}: {why}")
    # Lateness is shown and taken off here; nothing else is. But where they are apart without it
    # too, a generator that was not fit is no witness against the other.
    others = [why for _, why in reasons if "the load generator was late" not in why]
    if others or (reasons and found.exit_code):
        print("So this does not count: measure again on a quieter machine.")
        return 3
    return found.exit_code


def _rows(runs: Runs, *path: str) -> list[Row]:
    return [
        Row(name, *(statistics.median(_at(run, *path, name) for run in runs[who])
                    for who in (LOCUST, DRIVER)))
        for name in COMPARED
    ]  # fmt: skip


def _at(found: Any, *path: str) -> float:
    for name in path:
        found = found[name]
    return float(found)


def _run_both(
    town: Town, options: argparse.Namespace, output: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    people = [*town.options, "--mix", "messages", "Citizen"]
    report = output.with_name(f"{output.name}-driver")
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(  # noqa: S603 — our own program
        [
            sys.executable, "-m", "loadtests.load", "chat", "--url", town.server.url,
            "--talks", str(options.users // 2), "--rate", str(options.rate),
            "--seconds", str(options.seconds), "--output", str(report), *town.options,
        ],
        cwd=REPOSITORY, stdout=said, stderr=subprocess.STDOUT,
    ) as driving:  # fmt: skip
        keep(driving)
        ours = locust(town.server.url, people, options.users, options.rate, options.seconds, output)
        driving.wait()
        said.seek(0)
        last = said.read()[-2_000:]
    written = report.with_name(f"{report.name}.run.json")
    if not written.exists():
        raise NoReport(f"the driver ended with {driving.returncode}:\n{last}")
    theirs: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return ours, theirs


if __name__ == "__main__":
    sys.exit(main())
