"""When a run does not count, and why: rules on what the watches of all generators saw. Pure.

A generator that is late, starved or out of ports measures itself. Times count from the intended
moment, so a late generator makes a server look slow; it never makes one look quick.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from loadtests.measures import Histogram
from loadtests.validity.watch import WatchData


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a generator may go."""

    late_ms: float = 10.0
    late_share: float = 0.01
    pause_ms: float = 1_000.0
    cpu: float = 0.9
    cpu_seconds: float = 5.0
    clock_step_ms: float = 100.0
    used: float = 0.95
    unchecked_share: float = 0.01
    unchecked: int = 5


BOUNDS = Bounds()


@dataclass(slots=True)
class Generators:
    """All watches of a run, put together."""

    late: Histogram = field(default_factory=Histogram)
    late_reading: Histogram = field(default_factory=Histogram)
    worst_ms: float = 0.0
    worst_step_ms: float = 0.0
    files: float = 0.0
    ports: float = 0.0
    busiest: float = 0.0
    """The highest share of a core that one took over `cpu_seconds`."""
    _recent: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, data: WatchData, bounds: Bounds = BOUNDS) -> None:
        """Put in what a watch gave."""
        self.late.add(data["late"])
        self.late_reading.add(data["late_reading"])
        self.worst_ms = max(self.worst_ms, data["worst_ms"])
        self.worst_step_ms = max(self.worst_step_ms, abs(data["clock_step_ms"]))
        self.files = max(self.files, data["files"] / data["files_limit"])
        self.ports = max(self.ports, data["ports"] / data["ports_limit"])
        recent = self._recent[data["name"]]
        recent.append((data["seconds"], data["cpu"]))
        while sum(seconds for seconds, _ in recent[1:]) >= bounds.cpu_seconds:
            recent.pop(0)
        seconds = sum(one for one, _ in recent)
        if seconds >= bounds.cpu_seconds:
            self.busiest = max(self.busiest, sum(one * cpu for one, cpu in recent) / seconds)

    @property
    def late_p99_ms(self) -> float:
        """How late the latest hundredth was; 0 if nothing was due."""
        return self.late.milliseconds(99) if self.late.counts else 0.0


def why_invalid(seen: Generators, bounds: Bounds = BOUNDS) -> list[str]:
    """Say what makes a run worthless; an empty list if nothing does."""
    reasons = []
    share = seen.late.share_above(bounds.late_ms)
    if share > bounds.late_share:
        reasons.append(
            f"the load generator was late: {share:.1%} of what was due happened more than"
            f" {bounds.late_ms:g} ms late (at most {bounds.late_share:.0%} may)"
        )
    share = seen.late_reading.share_above(bounds.late_ms)
    if share > bounds.late_share:
        reasons.append(
            f"the load generator was late: {share:.1%} of what had arrived was read more than"
            f" {bounds.late_ms:g} ms late (at most {bounds.late_share:.0%} may)"
        )
    if seen.worst_ms > bounds.pause_ms:
        reasons.append(
            f"the load generator stood still for {seen.worst_ms / 1_000:.1f} s"
            f" (at most {bounds.pause_ms / 1_000:g} s)"
        )
    if seen.busiest > bounds.cpu:
        reasons.append(
            f"the load generator was saturated: {seen.busiest:.0%} of a core for"
            f" {bounds.cpu_seconds:g} s (at most {bounds.cpu:.0%})"
        )
    if seen.worst_step_ms > bounds.clock_step_ms:
        reasons.append(f"the clock was set by {seen.worst_step_ms:,.0f} ms during the run")
    for used, what in ((seen.files, "open files"), (seen.ports, "ports")):
        if used > bounds.used:
            reasons.append(f"the load generator has used {used:.0%} of the {what} it may have")
    return reasons


def why_unseen(checked: int, unchecked: int, bounds: Bounds = BOUNDS) -> list[str]:
    """Say so if too much of what was acked could not be followed to its recipient."""
    if unchecked <= max(bounds.unchecked, bounds.unchecked_share * (checked + unchecked)):
        return []
    return [f"{unchecked:,} acked messages went to people of whom no device listened"]


def plain(reasons: Sequence[str] | Iterable[str]) -> str:
    """Write reasons as one sentence."""
    return "; ".join(reasons)
