"""The figures of several runs: medians, spreads, bars; as a table and as JSON."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.bench.record import VALID_SPREAD, Record, spread

KEYS = (
    "message_cpu_us", "message_cpu_us_busy", "messages_per_second", "ack_ms_p50", "ack_ms_p99",
    "delivery_ms_p99", "ack_ms_p99_spread", "ack_ms_p50_quiet", "fdatasync_ms_p50",
    "fdatasync_ms_p99", "idle_bytes", "idle_cpu_ms_per_second", "resume_cpu_us",
    "resume_cpu_us_500", "history_ms_p99", "exchange_cpu_us", "call_setup_cpu_us",
    "redis_message_cpu_us", "redis_delivery_ms_p99", "cluster_message_cpu_us",
    "cluster_delivery_ms_p99",
)  # fmt: skip

DIFFER = "the runs differ too much"

AT_MOST = {
    "message_cpu_us": 100.0,
    "message_cpu_us_busy": 80.0,
    "idle_bytes": 6_000.0,
    "idle_cpu_ms_per_second": 30.0,
    "resume_cpu_us": 900.0,
    "resume_cpu_us_500": 3_000.0,
    "history_ms_p99": 2.0,
    "exchange_cpu_us": 350.0,
    "redis_message_cpu_us": 180.0,
    "redis_delivery_ms_p99": 40.0,
    "cluster_message_cpu_us": 220.0,
    "cluster_delivery_ms_p99": 40.0,
}
AT_LEAST = {"messages_per_second": 10_000.0}


@dataclass(frozen=True, slots=True)
class Figure:
    """One key: what each run gave."""

    key: str
    runs: Sequence[float]
    bar: float | None

    @property
    def median(self) -> float:
        """The figure."""
        return statistics.median(self.runs)

    @property
    def spread(self) -> float:
        """The distance between the lowest and the highest run, as a part of the median."""
        return spread(self.runs)

    @property
    def valid(self) -> bool:
        """Whether the runs agree well enough to say anything."""
        return self.spread <= VALID_SPREAD

    @property
    def kept(self) -> bool | None:
        """Whether the bar is kept; None if there is none."""
        if self.bar is None:
            return None
        return self.median >= self.bar if self.key in AT_LEAST else self.median <= self.bar


def figures(runs: Mapping[str, Sequence[float]]) -> list[Figure]:
    """Put the runs in the order of `KEYS`, with their bars."""
    bars = {**AT_MOST, **AT_LEAST, **_bars_of_the_disk(runs)}
    return [Figure(key, runs[key], bars.get(key)) for key in KEYS if key in runs]


def _bars_of_the_disk(runs: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Give the bars that hang on what the disk takes."""
    if "fdatasync_ms_p50" not in runs:
        return {}
    return {
        "ack_ms_p99": max(20.0, 5 * statistics.median(runs["fdatasync_ms_p99"])),
        "ack_ms_p50_quiet": 3 * statistics.median(runs["fdatasync_ms_p50"]) + 2,
    }


def table(found: Sequence[Figure], record: Record) -> str:
    """Write the table: the figures, then what is missing and why."""
    noisy = record.noisy
    lines = [f"{'':<24}{'median':>12}{'bar':>12}{'spread':>9}  runs"]
    for one in found:
        limit = (
            "" if one.bar is None else f"{'≥' if one.key in AT_LEAST else '≤'} {_plain(one.bar)}"
        )
        verdict = {None: "", True: "", False: "  OVER THE BAR"}[one.kept]
        verdict += "" if one.valid else f"  INVALID: {noisy.get(one.key, DIFFER)}"
        runs = " ".join(_plain(value) for value in one.runs)
        lines.append(
            f"{one.key:<24}{_plain(one.median):>12}{limit:>12}{one.spread:>8.0%}  {runs}{verdict}"
        )
    lines += [f"{key:<24}FAULT: {why}" for key, why in record.faults.items()]
    return "\n".join(lines)


def write(path: Path, found: Sequence[Figure], record: Record, about: Mapping[str, Any]) -> None:
    """Write the figures, what is wrong with them, and under what they were measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        **{one.key: round(one.median, 3) for one in found},
        "runs": {one.key: [round(value, 3) for value in one.runs] for one in found},
        "spread": {one.key: round(one.spread, 3) for one in found},
        "invalid": [one.key for one in found if not one.valid],
        "noisy": record.noisy,
        "faults": record.faults,
        **about,
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
