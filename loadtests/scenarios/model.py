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
    rooms: float = 1.0
    """Which part of the scenario's `rooms` is open at its end; it changes evenly until then."""
    rush: int = 0
    """So many people want one and the same free time as it begins, within a second."""

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
    rooms: int = 0
    """SnakSammen's talks that are held at once, each of a volunteer and a citizen of their own."""
    room_seconds: float = 900.0
    """How long such a talk lasts; then both look for another."""
    read_every: int = 0
    """Every how-manieth message is read by the one who got it; 0 is none."""

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def rush(self) -> int:
        """How many people want one time at once, at the most."""
        return max((stage.rush for stage in self.stages), default=0)

    def open_between(self, place: float) -> tuple[float, float]:
        """Tell from when until when the room at a place (0 to 1, of all) is open, in seconds.

        It opens when the part that is open first grows beyond it, and closes when it has last done
        so.
        """
        begins, ends, passed, before = self.seconds, 0.0, 0.0, 0.0
        for stage in self.stages:
            low, high = sorted((before, stage.rooms))
            if high > place:
                part = (place - before) / (stage.rooms - before) if low <= place else 0.0
                opens = passed + (stage.seconds * part if stage.rooms > before else 0.0)
                closes = passed + stage.seconds * (part if before > place >= stage.rooms else 1.0)
                begins, ends = min(begins, opens), max(ends, closes)
            before = stage.rooms
            passed += stage.seconds
        return begins, ends

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
        return replace(self, stages=stages, rooms=-(-self.rooms // workers))
