"""What a run with Locust has found, gathered from all its processes, and the report of it."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from loadtests.bench.machine import hardware
from loadtests.load.runs import version
from loadtests.measures import Book
from loadtests.oracle import OracleData, Verdict, judge
from loadtests.report import Objective, Run, Stretch
from loadtests.server import Sampler
from loadtests.shapes import Shape
from loadtests.validity import Generators, WatchData


class Ledger:
    """Fills while the run goes on; `silent` are workers that never said what they know."""

    def __init__(self, metrics: Sequence[str] = ()) -> None:
        self.began = time.time()
        self.book = Book()
        self.silent: list[str] = []
        self.sampler = Sampler(metrics)
        self._generators = Generators()
        self._watched: dict[int, list[WatchData]] = {}
        self._known: list[OracleData] = []

    def take(self, data: Mapping[str, Any]) -> None:
        """Put in what a process noted."""
        self.book.add(data["meter"])
        watched: WatchData = data["watch"]
        self._generators.add(watched)
        self._watched.setdefault(watched["second"], []).append(watched)

    def know(self, data: OracleData) -> None:
        """Put in what an oracle knows at the end."""
        self._known.append(data)

    @property
    def verdict(self) -> Verdict:
        """What the server did to the messages."""
        return judge(self._known)

    @property
    def twice(self) -> list[str]:
        """Who was played by more than one process: nobody may be."""
        players = Counter(
            owner for one in self._known for owner in {owner for _, owner, _ in one["devices"]}
        )
        return sorted(owner for owner, count in players.items() if count > 1)

    @property
    def people(self) -> int:
        """How many were there at the end."""
        return len({owner for one in self._known for _, owner, _ in one["devices"]})

    @property
    def unreliable(self) -> list[str]:
        """Say which of our own processes cannot be relied on."""
        reasons = [f"person {one} was played by two processes" for one in self.twice]
        return reasons + [f"worker {one} never said what it knows" for one in self.silent]

    def run(self, shape: Shape, target: str, objective: Objective | None, people: int) -> Run:
        """Put together what is reported."""
        return Run(
            scenario=shape.name,
            about=f"People of a seeded town: {shape.about}.",
            generator="Locust",
            target=target,
            stretches=self._stretches(shape),
            book=self.book,
            generators=self._generators,
            watched=self._watched,
            verdict=self.verdict,
            server=self.sampler,
            objective=objective,
            settings={
                "users": people,
                "people at the end": self.people,
                "generator_processes": len(self._known),
            },
            machine=hardware(),
            version=version(),
            notes=self.unreliable,
        )

    def _stretches(self, shape: Shape) -> Sequence[Stretch]:
        stretches, begun = [], self.began
        for stage in shape.stages:
            stretches.append(Stretch(stage.name, begun, stage.seconds, stage.counts, stage.outage))
            begun += stage.seconds
        return stretches
