"""Shapes: how many are there and how much they write, over time. Pure: Locust and driver share it.

A shape is a row of stages; within each the number of people and the messages a second go evenly
from where the stage before ended to what the stage says. A stage may begin with a restart of the
server. `SHAPES` has all of them by name; each is made from a `Size`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

SETTLE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Size:
    """What is asked for: people at the most, messages a second at the most, seconds in all."""

    people: int
    per_second: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a shape: where it leads to. `jump`: at once, and then it stays."""

    name: str
    seconds: float
    people: float
    per_second: float
    jump: bool = False
    restart: bool = False
    outage: bool = False
    """Whether the server goes away: connections that fail are no errors of its own."""
    broker: bool = False
    """Whether the broker between the server's processes goes away as it begins, for a while."""
    counts: bool = True
    """Whether it is held against objectives; coming is not."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a shape wants at a moment."""

    stage: Stage
    number: int
    people: int
    per_second: float


@dataclass(frozen=True, slots=True)
class Shape:
    """A row of stages."""

    name: str
    about: str
    stages: Sequence[Stage]

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return sum(stage.seconds for stage in self.stages)

    def at(self, passed: float) -> Moment | None:
        """Tell what it wants when so many seconds have passed; None once it is over."""
        ends = list(accumulate(stage.seconds for stage in self.stages))
        for number, (stage, end) in enumerate(zip(self.stages, ends, strict=True)):
            if passed < end:
                return self._within(number, 1 - (end - passed) / stage.seconds)
        return None

    def _within(self, number: int, share: float) -> Moment:
        stage = self.stages[number]
        before = self.stages[number - 1] if number else Stage("", 0, 0, 0)
        if stage.jump:
            share = 1.0
        people = before.people + (stage.people - before.people) * share
        per_second = before.per_second + (stage.per_second - before.per_second) * share
        return Moment(stage, number, round(people), per_second)

    def compressed(self, faster: float) -> "Shape":
        """Give the same shape in less time: what people do in a minute keeps its pace."""
        stages = [replace(stage, seconds=stage.seconds / faster) for stage in self.stages]
        return replace(self, stages=stages)


def steady(size: Size) -> Shape:
    """Come during a tenth of the time, then talk on."""
    return _shape(
        "steady", "everybody comes, and talks on at one rate", size,
        (COMING, 0.1, 1, 1), ("talk", 0.9, 1, 1),
    )  # fmt: skip


def ramp(size: Size) -> Shape:
    """Grow evenly, stay a while, and go."""
    return _shape(
        "ramp", "evenly up, a while at the top, and down", size,
        ("up", 0.6, 1, 1), ("top", 0.3, 1, 1), ("down", 0.1, 0.1, 0.1),
    )  # fmt: skip


def steps(size: Size) -> Shape:
    """Grow in five steps: at which one does it begin to hurt?"""
    rows: list[Row] = []
    for step in range(1, 6):
        share = step / 5
        rows += [(f"to {step}/5", 0.05, share, share), (f"at {step}/5", 0.15, share, share)]
    return _shape("steps", "up in five steps, with time to look at each", size, *rows)


def spike(size: Size) -> Shape:
    """Be calm, then all at once, then calm again: does it recover?"""
    return _shape(
        "spike", "calm, then five times as much at once, then calm again", size,
        (COMING, 0.15, 0.6, 0.2), ("calm", 0.25, 0.6, 0.2), ("spike", 0.2, 1, 1),
        ("recover", 0.4, 0.6, 0.2), jumps=("spike", "recover"),
    )  # fmt: skip


def soak(size: Size) -> Shape:
    """Go on and on: does anything grow?"""
    return _shape(
        "soak", "at half the rate for long: does memory grow, does anything slow down?", size,
        (COMING, 0.05, 1, 0.5), ("on and on", 0.95, 1, 0.5),
    )  # fmt: skip


def christmas_eve(size: Size) -> Shape:
    """Christmas Eve after a TV mention: a mean of 200 messages a second, bursts of 500.

    The domain's row: 8,000 connected. The burst is the rate that was asked for; the mean two
    fifths of it.
    """
    return _shape(
        "christmas-eve", "the domain's Christmas Eve: guests come after a TV mention, with bursts",
        size,
        ("afternoon", 0.1, 0.3, 0.1), ("mentioned", 0.1, 0.9, 0.4), ("evening", 0.3, 1, 0.4),
        ("burst", 0.05, 1, 1), ("after the burst", 0.2, 1, 0.4), ("second burst", 0.05, 1, 1),
        ("night", 0.2, 0.5, 0.2), jumps=("burst", "after the burst", "second burst"),
    )  # fmt: skip


def reconnect_storm(size: Size) -> Shape:
    """Restart the server under load: everybody comes back at once, and nothing is missing."""
    return _shape(
        "reconnect-storm", "the server is killed and started under load; all come back", size,
        (COMING, 0.2, 1, 1), ("before", 0.2, 1, 1), ("storm", 0.3, 1, 1), ("after", 0.3, 1, 1),
        restarts=("storm",),
    )  # fmt: skip


def drain(size: Size) -> Shape:
    """Stop the server as a deploy does, and start the next one: nobody should notice."""
    return _shape(
        "drain", "the server is asked to stop, as in a deploy, and started again", size,
        (COMING, 0.2, 1, 1), ("before", 0.2, 1, 1), ("drain", 0.3, 1, 1), ("after", 0.3, 1, 1),
        restarts=("drain",),
    )  # fmt: skip


def broker_outage(size: Size) -> Shape:
    """Take Redis away from between the processes, and give it back: chat goes on by the log."""
    return _shape(
        "broker-outage", "Redis dies under two processes and comes back empty; chat goes on", size,
        (COMING, 0.2, 1, 1), ("before", 0.2, 1, 1), ("outage", 0.3, 1, 1), ("after", 0.3, 1, 1),
        outages=("outage",),
    )  # fmt: skip


SHAPES: dict[str, Callable[[Size], Shape]] = {
    "steady": steady,
    "ramp": ramp,
    "steps": steps,
    "spike": spike,
    "soak": soak,
    "christmas-eve": christmas_eve,
    "reconnect-storm": reconnect_storm,
    "drain": drain,
    "broker-outage": broker_outage,
}

COMING = "come"
"""The stage in which people come: its times are those of a beginning."""

Row = tuple[str, float, float, float]


def _shape(
    name: str,
    about: str,
    size: Size,
    *rows: Row,
    jumps: Sequence[str] = (),
    restarts: Sequence[str] = (),
    outages: Sequence[str] = (),
) -> Shape:
    """Make a shape from rows: name, share of the time, of the people, of the messages."""
    stages = [
        Stage(
            stage, share * size.seconds, people * size.people, rate * size.per_second,
            jump=stage in jumps, restart=stage in restarts, outage=stage in restarts,
            broker=stage in outages,
            counts=stage != COMING and stage not in {*restarts, *outages},
        )
        for stage, share, people, rate in rows
    ]  # fmt: skip
    return Shape(name, about, stages)
