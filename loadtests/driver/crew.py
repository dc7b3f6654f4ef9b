"""The workers of the fast driver as one: hands out the work, and gathers what they saw."""

import math
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Self

from loadtests.driver.snaksammen import Couple
from loadtests.driver.worker import Job, Pair, main
from loadtests.measures import Book
from loadtests.oracle import OracleData, Verdict, judge
from loadtests.scenarios import Scenario
from loadtests.target import Target
from loadtests.validity import Generators

START_SECONDS = 0.3
"""At least so long passes between telling the workers of a scenario and its first moment."""

CONNECT_SECONDS = 120.0
END_SECONDS = 150.0
"""So long after a scenario all must have left what they were in."""


class CrewFailed(Exception):
    """A worker died or does not answer."""


@dataclass(slots=True)
class Seen:
    """What was seen of one scenario, which began at a moment of the wall clock."""

    began: float = 0.0

    book: Book = field(default_factory=Book)
    generators: Generators = field(default_factory=Generators)
    seconds: dict[int, list[Any]] = field(default_factory=dict)
    """What the watches said, by second of the wall clock."""


OnSecond = Callable[[float, Seen], None]
"""Told every second how much of a scenario has passed, and what was seen so far."""


class Crew:
    """Workers with their talks. Use it in a `with`."""

    def __init__(
        self,
        target: Target,
        pairs: Sequence[Pair],
        idle: Sequence[str] = (),
        *,
        cores: Sequence[int | None] = (None,),
        read_every: int = 0,
        ca: str = "",
        couples: Sequence[Couple] = (),
    ) -> None:
        self.seen = Seen()
        self._target = target
        self.run_name = uuid.uuid4().hex[:6]
        self._jobs = [
            Job(
                target.host, target.port, target.tls, ca, self.run_name, number,
                pairs[number :: len(cores)], idle[number :: len(cores)], core,
                read_every=read_every, couples=couples[number :: len(cores)],
            )
            for number, core in enumerate(cores)
        ]  # fmt: skip
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []

    def __enter__(self) -> Self:
        context = get_context("spawn")
        for job in self._jobs:
            ours, theirs = context.Pipe()
            process = context.Process(target=main, args=(job, theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        self._all("connect", timeout=CONNECT_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(5.0)
            if process.is_alive():
                process.kill()

    @property
    def pids(self) -> list[int]:
        """The processes of the workers."""
        return [process.pid for process in self._processes]

    def idle(self, count: int) -> tuple[int, str]:
        """Have so many idle connections; gives how many there are, and what hindered more."""
        part = -(-count // len(self._pipes))
        answers = self._all("idle", part, timeout=CONNECT_SECONDS)
        reasons = [reason for _, reason in answers if reason]
        return sum(opened for opened, _ in answers), reasons[0] if reasons else ""

    def run(self, scenario: Scenario, on_second: OnSecond = lambda *_: None) -> Seen:
        """Carry out a scenario; gives what was seen of it, and of it alone."""
        # On a whole second, so that no second of the report is half a one.
        began = math.ceil(time.time() + START_SECONDS)
        self.seen = Seen(float(began))

        def passed() -> None:
            on_second(max(0.0, time.time() - began), self.seen)

        part = scenario.share(len(self._pipes))
        self._all("run", part, began, timeout=scenario.seconds + END_SECONDS, on_second=passed)
        return self.seen

    def settle(self) -> Verdict:
        """Wait until everything has arrived or clearly never will; gives the oracle's verdict."""
        known: list[OracleData] = self._all("settle", timeout=240.0)
        return judge(known)

    def _all(
        self,
        what: str,
        *rest: object,
        timeout: float,
        on_second: Callable[[], None] = lambda: None,
    ) -> list[Any]:
        """Have all workers do something; gives their answers."""
        for pipe in self._pipes:
            pipe.send((what, *rest))
        answers: dict[int, Any] = {}
        until = time.monotonic() + timeout
        while len(answers) < len(self._pipes):
            if time.monotonic() > until:
                raise CrewFailed(f"a worker did not {what} within {timeout:.0f} s")
            for ready in wait(self._pipes, timeout=0.25):
                number = self._pipes.index(ready)  # type: ignore[arg-type]
                said, answer = self._hear(number)
                if said == "second":
                    self._note(*answer)
                else:
                    answers[number] = answer
            on_second()
        return [answers[number] for number in range(len(self._pipes))]

    def _hear(self, number: int) -> Any:
        try:
            return self._pipes[number].recv()
        except (EOFError, OSError):
            raise CrewFailed(f"worker {number} died") from None

    def _note(self, measured: Any, watched: Any) -> None:
        self.seen.book.add(measured)
        self.seen.generators.add(watched)
        self.seen.seconds.setdefault(watched["second"], []).append(watched)
