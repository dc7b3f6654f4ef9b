"""What every run gave, what went wrong in it, and what the machine was like meanwhile."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

VALID_SPREAD = 0.25


@dataclass(frozen=True, slots=True)
class Around:
    """What a run met: the part of the server's core that others took, and that core's speed.

    The speed is the processor time of a fixed loop before and after, in milliseconds.
    """

    others: float
    loops_ms: tuple[float, float]


class Record:
    """The runs of every figure, by key. A run that went wrong loses its own figures, no others."""

    def __init__(self) -> None:
        self.runs: dict[str, list[float]] = defaultdict(list)
        self.faults: dict[str, str] = {}
        self._around: dict[str, list[Around]] = defaultdict(list)

    @property
    def others(self) -> float:
        """The largest part of the server's core that others took in a run."""
        return max((one.others for runs in self._around.values() for one in runs), default=0.0)

    @property
    def loops_ms(self) -> list[float]:
        """What the fixed loop took, whenever it ran, in rising order."""
        every = (one.loops_ms for runs in self._around.values() for one in runs)
        return sorted(taken for both in every for taken in both)

    def note(self, found: Mapping[str, float], around: Around) -> None:
        """Note the figures of a run, and what it met."""
        for key, value in found.items():
            self.runs[key].append(value)
            self._around[key].append(around)

    def fault(self, keys: Sequence[str], reason: str) -> None:
        """Note why a run has not given these figures; of several reasons the first stays."""
        for key in keys:
            self.faults.setdefault(key, reason)

    @property
    def noisy(self) -> dict[str, str]:
        """Say of each figure that one run alone makes invalid which run, and what it met."""
        said = {}
        for key, runs in self.runs.items():
            at = odd_one_out(runs)
            if at is not None:
                met = self._around[key][at]
                said[key] = (
                    f"only run {at + 1} of {len(runs)} lies apart;"
                    f" others took {met.others:.0%} of the server's core in it,"
                    f" and a fixed loop {max(met.loops_ms):.1f} ms"
                )
        return said


def spread(runs: Sequence[float]) -> float:
    """Give the distance between the lowest and the highest run, as a part of the median."""
    median = statistics.median(runs)
    return (max(runs) - min(runs)) / median if median else 0.0


def odd_one_out(runs: Sequence[float]) -> int | None:
    """Give the number of the run without which the others agree, if they do not with it.

    That takes at least four runs: two that are left would agree too easily.
    """
    if len(runs) < 4 or spread(runs) <= VALID_SPREAD:
        return None
    median = statistics.median(runs)
    at = max(range(len(runs)), key=lambda number: abs(runs[number] - median))
    rest = [value for number, value in enumerate(runs) if number != at]
    return at if spread(rest) <= VALID_SPREAD else None
