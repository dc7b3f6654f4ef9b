"""The book of a run: what all meters noted, by phase and kind, and second by second."""

from collections import Counter
from dataclasses import dataclass, field

from loadtests.measures.histogram import Histogram
from loadtests.measures.meter import MeterData

PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9, 99.99)
LATE_SECONDS = 10
"""After so many seconds a second's buckets are put down as percentiles, to save room."""


@dataclass(slots=True)
class Times:
    """One kind in one phase: how long it took."""

    response: Histogram = field(default_factory=Histogram)
    service: Histogram = field(default_factory=Histogram)


@dataclass(slots=True)
class Phase:
    """What happened in one phase."""

    offered: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, Times] = field(default_factory=dict)


@dataclass(slots=True)
class Second:
    """What happened within one second of the wall clock.

    `milliseconds` has for each kind the percentiles of `PERCENTILES`, then the longest: response
    times.
    """

    offered: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    gauges: dict[tuple[str, str], float] = field(default_factory=dict)
    """By name and source."""
    milliseconds: dict[str, list[float]] = field(default_factory=dict)

    def gauge(self, name: str) -> float | None:
        """Add up what all sources said; None if none did."""
        said = [value for (one, _), value in self.gauges.items() if one == name]
        return sum(said) if said else None


class Book:
    """Gathers what the meters of all processes noted."""

    def __init__(self) -> None:
        self.phases: dict[str, Phase] = {}
        self._seconds: dict[int, Second] = {}
        self._open: dict[int, dict[str, Histogram]] = {}

    def add(self, data: MeterData) -> None:
        """Put in what a meter gave."""
        for cell in data["cells"]:
            times = self._phase(cell["phase"]).kinds.setdefault(cell["kind"], Times())
            times.response.add(cell["response"])
            times.service.add(cell["service"])
            kinds = self._open.setdefault(cell["second"], {})
            kinds.setdefault(cell["kind"], Histogram()).add(cell["response"])
            self._second(cell["second"]).done[cell["kind"]] += sum(cell["response"].values())
        for note in data["offered"]:
            self._phase(note["phase"]).offered[note["what"]] += note["count"]
            self._second(note["second"]).offered[note["what"]] += note["count"]
        for note in data["errors"]:
            self._phase(note["phase"]).errors[note["what"]] += note["count"]
            self._second(note["second"]).errors[note["what"]] += note["count"]
        for second, name, source, value in data["gauges"]:
            self._second(second).gauges[name, source] = value
        newest = max(self._open, default=0)
        for second in [one for one in self._open if one <= newest - LATE_SECONDS]:
            self._write_down(second)
            del self._open[second]

    def seconds(self) -> dict[int, Second]:
        """Give every second in order, the last ones as far as they are known."""
        for second in self._open:
            self._write_down(second)
        return dict(sorted(self._seconds.items()))

    def total(self, kind: str, *phases: str) -> Times:
        """Add up a kind over some phases, or all."""
        times = Times()
        for name, phase in self.phases.items():
            if kind in phase.kinds and (not phases or name in phases):
                times.response.add(phase.kinds[kind].response)
                times.service.add(phase.kinds[kind].service)
        return times

    def _phase(self, name: str) -> Phase:
        return self.phases.setdefault(name, Phase())

    def _second(self, second: int) -> Second:
        return self._seconds.setdefault(second, Second())

    def _write_down(self, second: int) -> None:
        for kind, histogram in self._open[second].items():
            found = histogram.all_milliseconds([*PERCENTILES, 100.0])
            self._second(second).milliseconds[kind] = found
