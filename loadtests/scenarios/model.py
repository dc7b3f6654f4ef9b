"""A scenario: how many are there, what they do, and how that changes over time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Rates:
    """How often things happen, per second, over everybody together.

    `reconnects`: phones that go away for a moment, come back and resume. `histories`: pages.
    """

    messages: float = 0.0
    reconnects: float = 0.0
    histories: float = 0.0

    def times(self, factor: float) -> "Rates":
        """Give all rates, multiplied."""
        return Rates(self.messages * factor, self.reconnects * factor, self.histories * factor)


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a scenario, under a name of its own: rates go evenly from `begin` to `end`.

    What `counts` is held against objectives; warming up is not.
    """

    name: str
    seconds: float
    begin: Rates
    end: Rates | None = None
    counts: bool = True
    restart: bool = False
    """Whether the server is restarted when it begins, if that is in our hands."""

    @property
    def last(self) -> Rates:
        """The rates at its end."""
        return self.begin if self.end is None else self.end


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who takes part and what happens."""

    name: str
    about: str
    stages: Sequence[Stage] = field(default_factory=tuple)
    talks: int = 100
    idle: int = 0
    read_every: int = 0
    """Every how-manieth message is read by the one who got it; 0 is none."""

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return sum(stage.seconds for stage in self.stages)

    def share(self, workers: int) -> "Scenario":
        """Give the part of one of several workers, who share the rates evenly."""
        part = 1.0 / workers
        stages = [
            replace(
                stage,
                begin=stage.begin.times(part),
                end=stage.end.times(part) if stage.end is not None else None,
            )
            for stage in self.stages
        ]
        return replace(self, stages=stages)
