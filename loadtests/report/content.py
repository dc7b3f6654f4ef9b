"""What a report says, as plain values: the JSON file, from which page and tables are made."""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from loadtests.measures import Histogram
from loadtests.measures.book import PERCENTILES, Phase, Times
from loadtests.report.run import Outcome, Run, Stretch
from loadtests.server import Sample, Span, span

FORMAT = 1
NAMES = tuple(f"p{percentile:g}".replace(".", "_") for percentile in PERCENTILES)
"""p50, p90, p95, p99, p99_9 and p99_99."""


def content(run: Run) -> dict[str, Any]:
    """Give everything that a report says."""
    return {
        "format": FORMAT,
        "outcome": run.outcome,
        "valid": not run.why_invalid(),
        "why_invalid": run.why_invalid(),
        "why_failed": run.why_failed(),
        "notes": run.notes,
        "scenario": run.scenario,
        "about": run.about,
        "generator": run.generator,
        "target": run.target,
        "version": run.version,
        "began": datetime.datetime.fromtimestamp(run.began, datetime.UTC).isoformat("T", "seconds"),
        "seconds": round(sum(one.seconds for one in run.stretches), 3),
        "objective": None if run.objective is None else {
            **asdict(run.objective),
            "words": run.objective.words,
            "reached_ms": _round(run.milliseconds(run.objective.kind, run.objective.percentile)),
        },
        "oracle": asdict(run.verdict),
        "total": _total(run),
        "phases": [_phase(run, one) for one in run.stretches],
        "timeline": timeline(run),
        "generators": {
            "late_ms_p99": _round(run.generators.late_p99_ms),
            "late_ms": _percentiles(run.generators.late),
            "late_reading_ms": _percentiles(run.generators.late_reading),
            "late_ms_worst": _round(run.generators.worst_ms),
            "busiest_core": _round(run.generators.busiest),
            "clock_step_ms": _round(run.generators.worst_step_ms),
            "files_used": _round(run.generators.files),
            "ports_used": _round(run.generators.ports),
        },
        "capacity": None,
        "settings": dict(run.settings),
        "machine": dict(run.machine),
    }  # fmt: skip


def with_capacity(found: dict[str, Any], capacity: Mapping[str, Any]) -> dict[str, Any]:
    """Add what a search for the capacity has found; a server that went wrong in it has failed."""
    faults = [
        f"in the search for {what}: {one['faults']}"
        for what, one in capacity.items()
        if one["faults"]
    ]
    return {
        **found,
        "capacity": capacity,
        "why_failed": found["why_failed"] + faults,
        "outcome": Outcome.FAILED if faults else found["outcome"],
    }


def _total(run: Run) -> dict[str, Any]:
    """Add up the stages that count."""
    counting = [one for one in run.stretches if one.counts]
    phases = [run.book.phases[one.name] for one in counting if one.name in run.book.phases]
    kinds = sorted({kind for phase in phases for kind in phase.kinds})
    total = Phase()
    for phase in phases:
        total.offered.update(phase.offered)
        total.errors.update(phase.errors)
    total.kinds = {kind: run.book.total(kind, *run.counting) for kind in kinds}
    seconds = sum(one.seconds for one in counting)
    server = run.server.between(counting[0].begin, counting[-1].end) if counting else Span()
    return _figures(total, seconds, server)


def _phase(run: Run, stretch: Stretch) -> dict[str, Any]:
    phase = run.book.phases.get(stretch.name, Phase())
    server = run.server.between(stretch.begin, stretch.end)
    return {
        "name": stretch.name,
        "at": _round(stretch.begin - run.began),
        "counts": stretch.counts,
        "disturbed": stretch.disturbed,
        **_figures(phase, stretch.seconds, server),
    }


def _figures(phase: Phase, seconds: float, server: Span) -> dict[str, Any]:
    return {
        "seconds": _round(seconds),
        "offered_per_second": {
            kind: _round(count / seconds) for kind, count in sorted(phase.offered.items())
        },
        "done_per_second": {
            kind: _round(len(times.response) / seconds)
            for kind, times in sorted(phase.kinds.items())
        },
        "errors": dict(phase.errors),
        "kinds": {kind: _times(times) for kind, times in sorted(phase.kinds.items())},
        "server": {name: _round(value) for name, value in asdict(server).items()},
    }


def _times(times: Times) -> dict[str, Any]:
    return {
        "count": len(times.response),
        "response_ms": _percentiles(times.response),
        "service_ms": _percentiles(times.service),
        "buckets_us": sorted(times.response.microseconds().items()),
    }


def _percentiles(histogram: Histogram) -> dict[str, float | None]:
    *found, longest = histogram.all_milliseconds([*PERCENTILES, 100.0])
    return {
        "mean": _round(histogram.mean_milliseconds),
        **{name: _round(value) for name, value in zip(NAMES, found, strict=True)},
        "max": _round(longest),
    }


def timeline(run: Run) -> list[dict[str, Any]]:
    """Give every second of the run, whether anything happened in it or not."""
    seconds = run.book.seconds()
    samples = {int(sample.at): sample for sample in run.server.samples}
    first, last = round(run.began), round(run.stretches[-1].end)
    rows = []
    for second in range(first, last):
        book = seconds.get(second)
        rows.append(
            {
                "second": second - first,
                "offered": dict(book.offered) if book else {},
                "done": dict(book.done) if book else {},
                "errors": dict(book.errors) if book else {},
                "connections": book.gauge("connections") if book else None,
                "talks": book.gauge("talks") if book else None,
                "ms": _named(book.milliseconds) if book else {},
                "server": _at(samples.get(second - 1), samples.get(second)),
                "generators": _generators(run, second),
            }
        )
    return rows


def _named(milliseconds: Mapping[str, Sequence[float]]) -> dict[str, dict[str, Any]]:
    return {
        kind: {name: _round(value) for name, value in zip((*NAMES, "max"), found, strict=True)}
        for kind, found in milliseconds.items()
    }


def _at(before: Sample | None, now: Sample | None) -> dict[str, float | bool | None]:
    if before is None or now is None:
        return {}
    return {name: _round(value) for name, value in asdict(span(before, now)).items()}


def _generators(run: Run, second: int) -> dict[str, float]:
    watched = run.watched.get(second)
    if not watched:
        return {}
    return {
        "cpu": round(sum(one["cpu"] for one in watched), 3),
        "late_ms": round(max(one["worst_ms"] for one in watched), 3),
    }


def _round(value: float | bool | None) -> float | bool | None:
    """Give a figure as it is worth writing; what is not a number is not known."""
    if value is None or isinstance(value, bool):
        return value
    return None if not math.isfinite(value) else float(f"{value:.6g}")


def short(found: Mapping[str, Any]) -> dict[str, Any]:
    """Give the few figures of `build/load.json`."""
    total, oracle, capacity = found["total"], found["oracle"], found["capacity"] or {}
    delivered = total["kinds"].get("send to delivered", {}).get("response_ms", {})
    messages, connections = capacity.get("messages", {}), capacity.get("connections", {})
    return {
        "valid": found["valid"],
        "offered_per_second": total["offered_per_second"].get("send to ack"),
        "delivered_per_second": total["done_per_second"].get("send to delivered"),
        "delivery_ms": {
            "p50": delivered.get("p50"),
            "p99": delivered.get("p99"),
            "p999": delivered.get("p99_9"),
        },
        "lost": oracle["lost"],
        "duplicated": oracle["duplicated"],
        "reordered": oracle["reordered"],
        "misdelivered": oracle["misdelivered"],
        "capacity_messages_per_second": messages.get("capacity"),
        "capacity_connections": connections.get("capacity"),
        "reasons": {
            "valid": found["why_invalid"],
            "capacity_messages_per_second": messages.get("reason", "not searched for"),
            "capacity_connections": connections.get("reason", "not searched for"),
        },
    }
