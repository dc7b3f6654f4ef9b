"""Prometheus' text format, as far as it is needed: counters, gauges and histograms. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families


@dataclass(slots=True)
class Scrape:
    """What the processes of a server said at one moment, added up."""

    values: dict[str, float] = field(default_factory=dict)
    """By name, over all labels."""
    buckets: dict[str, dict[float, float]] = field(default_factory=dict)
    """Of histograms: how many values were at most so big, by name without `_bucket`."""


def read(pages: Iterable[str], only: Sequence[str] = ("",)) -> Scrape:
    """Read and add up what several processes said: of metrics whose names begin as told."""
    begins = tuple(f"{mark}{name}" for mark in ("", "# TYPE ", "# HELP ") for name in only)
    scrape = Scrape()
    for whole in pages:
        page = "\n".join(line for line in whole.splitlines() if line.startswith(begins))
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if sample.name.endswith("_bucket"):
                    buckets = scrape.buckets.setdefault(family.name, {})
                    bound = float(sample.labels["le"])
                    buckets[bound] = buckets.get(bound, 0.0) + sample.value
                else:
                    known = scrape.values.get(sample.name, 0.0)
                    scrape.values[sample.name] = known + sample.value
    return scrape


def quantile(before: dict[float, float], after: dict[float, float], share: float) -> float | None:
    """Give the bound under which a share of what came between two scrapes lies; None if nothing.

    A histogram's bounds are all that is known: the figure is the upper one.
    """
    came = {bound: count - before.get(bound, 0.0) for bound, count in sorted(after.items())}
    total = max(came.values(), default=0.0)
    if total <= 0:
        return None
    return next(bound for bound, count in came.items() if count >= share * total)
