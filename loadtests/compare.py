"""Say what changed between two sides, beyond what runs of one side differ among themselves.

    python -m loadtests.compare before.run.json after.run.json
    python -m loadtests.compare before/ after/             several runs of each build
    python -m loadtests.compare A1.run.json,A2.run.json B1.run.json,B2.run.json

A side is a report's JSON, several of them with commas between, or a folder of them. With one run a
side nobody knows how much runs differ; then a change of less than a quarter (the spread that the
bench allows) is not called one. Exit codes: 0 nothing got worse; 1 something did; 2 unreadable.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNKNOWN_SPREAD = 0.25
"""What one run a side is allowed to differ from the other: nobody knows how much they scatter."""

LEAST_CHANGE = 0.03
"""Less is not worth a word, however little the runs scatter."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure on both sides. `more_is_better` is None where neither is."""

    name: str
    before: Sequence[float]
    after: Sequence[float]
    more_is_better: bool | None = False

    @property
    def change(self) -> float:
        """How much the median has changed, as a part of what it was."""
        old, new = statistics.median(self.before), statistics.median(self.after)
        if old == new:
            return 0.0
        return (new - old) / old if old else float("inf")

    @property
    def spread(self) -> float:
        """How much the runs of one side differ, as a part of their median: the wider side's."""
        if len(self.before) < 2 or len(self.after) < 2:
            return UNKNOWN_SPREAD
        return max(_spread(self.before), _spread(self.after))

    @property
    def changed(self) -> bool:
        """Whether the sides differ by more than their runs do, and do not overlap."""
        apart = max(self.before) < min(self.after) or max(self.after) < min(self.before)
        return apart and abs(self.change) > max(self.spread, LEAST_CHANGE)

    @property
    def verdict(self) -> str:
        """What is to be said of it: "better", "worse", "changed" or "same"."""
        if not self.changed:
            return "same"
        if self.more_is_better is None:
            return "changed"
        return "better" if (self.change > 0) is self.more_is_better else "worse"


def _spread(values: Sequence[float]) -> float:
    median = statistics.median(values)
    return (max(values) - min(values)) / median if median else float(max(values) > min(values))


Figures = dict[str, tuple[float, bool | None]]


def figures(found: Mapping[str, Any]) -> Figures:
    """Take the figures of a report that are worth comparing: value, and whether more is better."""
    total, oracle, server = found["total"], found["oracle"], found["total"]["server"]
    named: dict[str, tuple[float | None, bool | None]] = {
        "delivered a second": (total["done_per_second"].get("send to delivered"), True),
        "errors": (float(sum(total["errors"].values())), False),
        "server: cores": (server["cpu"], False),
        "server: µs a message": (server["cpu_us_per_message"], False),
        "server: memory, MB": (server["memory_mb"], False),
        "server: loop lag p99, ms": (server["loop_lag_ms_p99"], False),
    }
    for fault in ("lost", "duplicated", "reordered", "misdelivered", "gaps"):
        named[fault] = (float(oracle[fault]), False)
    for kind, times in total["kinds"].items():
        for percentile in ("p50", "p99", "p99_9"):
            name = f"{kind} {percentile.replace('_', '.')}, ms"
            named[name] = (times["response_ms"][percentile], False)
    for what, one in (found["capacity"] or {}).items():
        named[f"capacity: {what}"] = (one["capacity"], True)
    return {name: (value, better) for name, (value, better) in named.items() if value is not None}


def compare(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Lay two sides beside each other: every figure that all their runs have."""
    old, new = [figures(one) for one in before], [figures(one) for one in after]
    names = [name for name in old[0] if all(name in one for one in [*old, *new])]
    return [
        Row(
            name,
            [one[name][0] for one in old],
            [one[name][0] for one in new],
            old[0][name][1],
        )
        for name in names
    ]


def differing(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say what makes the sides hard to compare."""
    said = []
    for what in ("scenario", "generator", "machine", "settings"):
        seen = {json.dumps(one[what], sort_keys=True) for one in [*before, *after]}
        if len(seen) > 1:
            said.append(f"The runs differ in their {what}.")
    invalid = sum(not one["valid"] for one in [*before, *after])
    if invalid:
        said.append(f"{invalid} of the runs do not count by themselves.")
    if len(before) < 2 or len(after) < 2:
        said.append("One run a side: changes under a quarter cannot be told from chance.")
    return said


def read_side(side: str) -> list[dict[str, Any]]:
    """Read the runs of a side. Raises `ValueError`, `OSError`."""
    path = Path(side)
    paths = sorted(path.glob("*.run.json")) if path.is_dir() else [Path(p) for p in side.split(",")]
    if not paths:
        raise ValueError(f"{side} has no *.run.json")
    return [json.loads(one.read_text(encoding="utf-8")) for one in paths]


def table(rows: Sequence[Row]) -> str:
    """Write the table: what changed first."""
    lines = [f"{'':<32}{'before':>12}{'after':>12}{'change':>9}{'spread':>9}"]
    order = {"worse": 0, "better": 1, "changed": 2, "same": 3}
    for row in sorted(rows, key=lambda row: order[row.verdict]):
        old, new = statistics.median(row.before), statistics.median(row.after)
        said = "" if row.verdict == "same" else f"  {row.verdict.upper()}"
        change = "new" if row.change == float("inf") else f"{row.change:+.0%}"
        lines.append(
            f"{row.name:<32}{_plain(old):>12}{_plain(new):>12}{change:>9}{row.spread:>8.0%}{said}"
        )
    return "\n".join(lines)


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare what the command line names."""
    parser = argparse.ArgumentParser(
        "loadtests.compare", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("before")
    parser.add_argument("after")
    options = parser.parse_args(arguments)
    try:
        before, after = read_side(options.before), read_side(options.after)
        rows = compare(before, after)
    except (OSError, ValueError, KeyError) as reason:
        print(f"compare: {reason}", file=sys.stderr)
        return 2
    print(table(rows))
    for said in differing(before, after):
        print(said)
    worse = [row.name for row in rows if row.verdict == "worse"]
    better = [row.name for row in rows if row.verdict == "better"]
    print(f"Worse: {', '.join(worse) or 'nothing'}. Better: {', '.join(better) or 'nothing'}.")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
