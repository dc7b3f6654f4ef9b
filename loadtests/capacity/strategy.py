"""Which load to try next: doubling, then bisecting, then confirming. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum


class Came(StrEnum):
    """What came of a step."""

    KEPT = "kept"
    MISSED = "missed"
    """The server did not keep the objective, and the generator could have."""
    UNSURE = "unsure"
    """Not kept, but the generator was not fit: nobody can say whose fault it was."""


class Limit(StrEnum):
    """What ended the search."""

    SERVER = "server"
    GENERATOR = "generator"
    MOST = "most"
    """No more could be tried: a limit of the machine, or one that was asked for."""
    TIME = "time"
    """The time for the search was over."""


@dataclass(slots=True)
class Search:
    """Tell it what came of each load with `tell`; it gives the next with `next`, None at the end.

    Ends when the highest that was kept is within `precision` of the lowest that was not, and a
    longer step has confirmed it. `most` is never exceeded.
    """

    start: float
    most: float = float("inf")
    precision: float = 0.1
    confirmed: bool = False
    kept: float = 0.0
    failed: float = float("inf")
    limit: Limit = Limit.SERVER
    _doubted: bool = field(default=False, repr=False)

    @property
    def confirming(self) -> bool:
        """Whether the next step is the long one."""
        close = self.failed <= self.kept * (1 + self.precision) or self.kept >= self.most
        return self.kept > 0 and close and not self.confirmed

    def next(self) -> float | None:
        """Give the load to try next."""
        if self.confirmed:
            return None
        if self.confirming:
            return self.kept
        if self.failed == float("inf"):
            return min(self.most, self.kept * 2 or self.start)
        if self.kept == 0:
            return self.failed / 4 if self.failed > self.start / 64 else None
        return (self.kept + self.failed) / 2

    def tell(self, load: float, came: Came) -> None:
        """Take what came of a load. What was not kept is tried once more before it is believed."""
        if came is not Came.KEPT and not self._doubted:
            self._doubted = True
            return
        self._doubted = False
        if came is Came.KEPT:
            if self.confirming:
                self.confirmed = True
                if self.kept >= self.most:
                    self.limit = Limit.MOST
                return
            self.kept = max(self.kept, load)
            return
        self.limit = Limit.GENERATOR if came is Came.UNSURE else Limit.SERVER
        self.failed = min(self.failed, load)
        if self.failed <= self.kept:
            # The longer run did not confirm it: what is a little lower may.
            self.kept = load * (1 - 2 * self.precision) if load > self.start / 64 else 0.0
            self.failed = self.kept * (1 + self.precision) or load
