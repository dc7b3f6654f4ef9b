"""A run, whoever made it: all that a report is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from loadtests.measures import Book, Kind
from loadtests.oracle import Verdict
from loadtests.server import Sampler
from loadtests.validity import Generators, WatchData, why_invalid, why_unseen


@dataclass(frozen=True, slots=True)
class Objective:
    """What must hold in the stages that count; latency is that of one kind, response time."""

    kind: str = Kind.DELIVERED
    percentile: float = 99.0
    milliseconds: float = 100.0
    errors: int = 0

    @property
    def words(self) -> str:
        """The objective in words."""
        return f"{self.kind} p{self.percentile:g} at most {self.milliseconds:g} ms"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stage as it was carried out: from a moment of the wall clock on."""

    name: str
    begin: float
    seconds: float
    counts: bool = True
    disturbed: bool = False
    """Whether we disturbed the server ourselves, so that errors are to be expected."""

    @property
    def end(self) -> float:
        """Its end."""
        return self.begin + self.seconds


class Outcome(StrEnum):
    """How a run ended."""

    PASSED = "passed"
    FAILED = "failed"
    INVALID = "does not count"

    @property
    def exit_code(self) -> int:
        """What a program says that ends so."""
        return {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.INVALID: 3}[self]


@dataclass(slots=True)
class Run:
    """What was done and what was seen. `settings` and `machine` are told as they are."""

    scenario: str
    about: str
    generator: str
    target: str
    stretches: Sequence[Stretch]
    book: Book
    generators: Generators
    watched: Mapping[int, Sequence[WatchData]]
    verdict: Verdict
    server: Sampler
    objective: Objective | None = field(default_factory=Objective)
    settings: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def began(self) -> float:
        """The first moment, of the wall clock."""
        return self.stretches[0].begin

    @property
    def counting(self) -> list[str]:
        """The names of the stages that count."""
        return [one.name for one in self.stretches if one.counts]

    @property
    def errors(self) -> int:
        """How much failed in stages that count and that we did not disturb."""
        undisturbed = {one.name for one in self.stretches if one.counts and not one.disturbed}
        phases = self.book.phases.items()
        return sum(sum(phase.errors.values()) for name, phase in phases if name in undisturbed)

    def milliseconds(self, kind: str, percentile: float) -> float:
        """Give a response time over the stages that count; NaN if nothing was measured."""
        return self.book.total(kind, *self.counting).response.milliseconds(percentile)

    def why_invalid(self) -> list[str]:
        """Say what makes the run worthless."""
        reasons = why_invalid(self.generators)
        reasons += why_unseen(self.verdict.acked - self.verdict.unchecked, self.verdict.unchecked)
        if not self.verdict.acked:
            reasons.append("no message was acked: there is nothing to judge")
        return reasons

    def why_failed(self) -> list[str]:
        """Say what the server did wrong or not quickly enough."""
        verdict = self.verdict
        counts = {
            "lost": verdict.lost,
            "duplicated": verdict.duplicated,
            "reordered": verdict.reordered,
            "misdelivered": verdict.misdelivered,
        }
        reasons = [f"{_messages(count)} {what}" for what, count in counts.items() if count]
        if verdict.gaps:
            reasons.append(f"{verdict.gaps:,} gaps that no resume has filled")
        if self.objective is not None:
            if self.errors > self.objective.errors:
                reasons.append(f"{self.errors:,} errors")
            reached = self.milliseconds(self.objective.kind, self.objective.percentile)
            if reached > self.objective.milliseconds:
                reasons.append(f"{self.objective.words}: it was {reached:,.0f} ms")
        return reasons

    @property
    def outcome(self) -> Outcome:
        """Judge: what was lost is lost whatever the generator did; times need a fit generator."""
        if not self.verdict.clean:
            return Outcome.FAILED
        if self.why_invalid():
            return Outcome.INVALID
        return Outcome.FAILED if self.why_failed() else Outcome.PASSED


def _messages(count: int) -> str:
    return "1 message was" if count == 1 else f"{count:,} messages were"
