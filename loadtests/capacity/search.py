"""Carries the search out: for messages a second, and for connections."""

import argparse
import math
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from loadtests.capacity.strategy import Came, Limit, Search
from loadtests.driver.crew import Crew
from loadtests.ground import Ground
from loadtests.load.options import ground_of
from loadtests.load.runs import carry_out
from loadtests.report import Objective, Run, View
from loadtests.report.svg import number
from loadtests.scenarios import Rates, Scenario, Stage
from loadtests.server import Sampler, Span
from loadtests.validity.watch import ephemeral_ports

TALKS = 250
FIRST_RATE, FIRST_CONNECTIONS = 250.0, 500.0
QUIET_RATE = 50.0
"""Messages a second that are measured while connections are counted."""

WARM_SECONDS = 1.0
CONFIRM_TIMES = 3.0
"""So many times as long as a step is the run that confirms."""

FILES_KEPT = 250
"""Open files that are left for everything but connections."""

ADDRESSES = 250
"""Of loopback, from each of which the driver connects."""


@dataclass(slots=True)
class Found:
    """What a search has found so far."""

    what: str
    objective: Objective
    search: Search
    steps: list[dict[str, Any]] = field(default_factory=list)
    faults: str = ""
    most_why: str = ""

    @property
    def content(self) -> dict[str, Any]:
        """Give it as a part of a report. `capacity` is null where only a lower bound is known."""
        highest = round(self.search.kept)
        known = self.search.limit is Limit.SERVER and self.search.confirmed and not self.faults
        return {
            "objective_ms": self.objective.milliseconds,
            "highest": highest or None,
            "capacity": highest if known and highest else None,
            "limit": self.search.limit,
            "confirmed": self.search.confirmed,
            "faults": self.faults,
            "reason": self._reason(highest),
            "words": self._words(highest),
            "steps": self.steps,
        }

    def _reason(self, highest: int) -> str:
        if self.faults:
            return f"the server went wrong under load: {self.faults}"
        if not highest:
            return "not even the smallest load that was tried kept the objective"
        why = {
            Limit.SERVER: "confirmed" if self.search.confirmed else "not confirmed",
            Limit.GENERATOR: f"at least {highest:,}: beyond that {self._unfit()}",
            Limit.MOST: f"at least {highest:,}: {self.most_why}",
            Limit.TIME: f"at least {highest:,}: the time for a short search was over",
        }
        return why[self.search.limit]

    def _unfit(self) -> str:
        """Say why the generator could not show more."""
        unsure = [step["why_invalid"] for step in self.steps if step["came"] == Came.UNSURE]
        return "; ".join(unsure[-1]) if unsure else "the load generator saturated"

    def _words(self, highest: int) -> str:
        if self.faults or not highest:
            return self._reason(highest)
        unit = "messages a second" if self.what == "messages" else "connections"
        best = max(
            (step for step in self.steps if step["came"] == Came.KEPT),
            key=lambda step: (-abs(step["offered"] - highest), step["seconds"]),
        )
        server = best["server"]
        said = f"{'' if self.search.limit is Limit.SERVER else 'at least '}{highest:,} {unit}"
        said += f" with {self.objective.words} and no errors"
        if server["cpu"] is not None:
            said += f"; there the server used {number(server['cpu'])} cores"
        if server["memory_mb"] is not None:
            said += f", {number(server['memory_mb'])} MB"
        if self.what == "messages" and server["cpu_us_per_message"]:
            said += f" and {number(server['cpu_us_per_message'])} µs a message"
        if (each := self._bytes_each()) is not None:
            said += f", {number(each / 1_000)} KB for each connection"
        if self.search.limit is not Limit.SERVER:
            said += f"; more cannot be said, for {self._reason(highest).partition(': ')[2]}"
        return said

    def _bytes_each(self) -> float | None:
        """Tell what a connection takes of the server's memory: how it grew over the search."""
        seen = [(one["offered"], one["server"]["memory_mb"]) for one in self.steps]
        known = sorted((float(count), float(memory)) for count, memory in seen if memory)
        if self.what != "connections" or not known or known[-1][0] <= known[0][0]:
            return None
        return 1e6 * (known[-1][1] - known[0][1]) / (known[-1][0] - known[0][0])


def search_both(options: argparse.Namespace, objective: Objective) -> dict[str, Any]:
    """Search for messages, then for connections; each on a ground of its own."""
    found = {}
    plan = Plan(options.search_seconds, options.search_at_most, options.precision, options.most)
    for what, search in (("messages", messages), ("connections", connections)):
        if getattr(options, "what", what) in {what, "both"}:
            idle = 0 if what == "messages" else round(plan.most or files_allowed())
            with ground_of(options, options.talks or TALKS, idle) as ground:
                found[what] = search(ground, objective, plan).content
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """How to search: seconds of a step, seconds of all steps, how exactly, and how far."""

    seconds: float
    at_most: float
    precision: float
    most: float | None


def messages(ground: Ground, objective: Objective, plan: Plan) -> Found:
    """Search for the highest rate of messages."""
    search = Search(FIRST_RATE, plan.most or float("inf"), plan.precision)
    found = Found("messages", objective, search, most_why="no more was asked for")
    with _looking(ground) as sampler, ground.crew() as crew:
        _until_found(found, plan, lambda rate, seconds: _step(
            crew, ground, sampler, objective, rate, seconds,
        ))  # fmt: skip
    return found


def connections(ground: Ground, objective: Objective, plan: Plan) -> Found:
    """Search for the highest number of connections, while some talk."""
    allowed, why = _machine(ground, len(ground.idle))
    if plan.most is not None and plan.most < allowed:
        allowed, why = plan.most, "no more were asked for"
    search = Search(min(FIRST_CONNECTIONS, allowed), allowed, plan.precision)
    found = Found("connections", objective, search, most_why=why)
    talking = 2 * len(ground.pairs)
    with _looking(ground) as sampler, ground.crew() as crew:

        def step(count: float, seconds: float) -> Run:
            _, hindered = crew.idle(max(0, round(count) - talking))
            run = _step(crew, ground, sampler, objective, QUIET_RATE, seconds)
            if hindered:
                run.book.phases[run.counting[0]].errors[f"cannot connect: {hindered}"] += 1
            return run

        _until_found(found, plan, step)
    return found


def _until_found(found: Found, plan: Plan, step: Callable[[float, float], Run]) -> None:
    """Try one load after another until the search ends, or the server goes wrong."""
    until = time.monotonic() + plan.at_most
    while (load := found.search.next()) is not None:
        if time.monotonic() > until:
            found.search.limit = Limit.TIME
            return
        run = step(load, plan.seconds * (CONFIRM_TIMES if found.search.confirming else 1))
        came = judge(run)
        found.steps.append(_row(run, load, came))
        if not run.verdict.clean:
            found.faults = "; ".join(run.why_failed())
            return
        found.search.tell(load, came)


def judge(run: Run) -> Came:
    """Tell what came of a step. A late generator makes a server look slow, never quick: what was
    kept was kept.
    """  # noqa: D205
    if run.verdict.clean and not run.why_failed():
        return Came.KEPT
    return Came.UNSURE if run.why_invalid() else Came.MISSED


def _step(
    crew: Crew, ground: Ground, sampler: Sampler, objective: Objective, rate: float, seconds: float
) -> Run:
    stages = (
        Stage("warm up", WARM_SECONDS, Rates(rate), counts=False),
        Stage(f"{rate:,.0f}/s", seconds, Rates(rate)),
    )
    scenario = Scenario("capacity", "", stages)
    view = View(scenario, sampler)
    try:
        return carry_out(
            crew, ground, sampler, scenario, objective,
            lambda passed, seen: view.show(passed, seen.book),
        )  # fmt: skip
    finally:
        view.end()


def _row(run: Run, load: float, came: Came) -> dict[str, Any]:
    stretch = next(one for one in run.stretches if one.counts)
    times = run.book.total(run.objective.kind if run.objective else "", *run.counting).response
    server: Span = run.server.between(stretch.begin, stretch.end)
    reasons = run.why_failed() + (run.why_invalid() if came is Came.UNSURE else [])
    return {
        "offered": round(load),
        "seconds": stretch.seconds,
        "delivered": round(len(times) / stretch.seconds, 1),
        "p50_ms": _known(times.milliseconds(50)),
        "p99_ms": _known(times.milliseconds(99)),
        "server": {name: _known(value) for name, value in asdict(server).items()},
        "generator_cpu": _known(run.generators.busiest or _mean_cpu(run)),
        "came": came,
        "why_invalid": run.why_invalid(),
        "words": "; ".join(reasons) if reasons else "kept",
    }


def _mean_cpu(run: Run) -> float:
    shares = [one["cpu"] for watched in run.watched.values() for one in watched]
    return sum(shares) / len(shares) if shares else 0.0


def _known(value: float | bool | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), 4)


def _looking(ground: Ground) -> Sampler:
    return Sampler(ground.target.metrics, ground.server)


def files_allowed() -> int:
    """Tell how many files a process here may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def _machine(ground: Ground, tokens: int) -> tuple[float, str]:
    """Tell how many connections the machine allows the generator and the server, and why."""
    files = files_allowed()
    generator = (files - FILES_KEPT) * len(ground.cores)
    addresses = ADDRESSES if ground.target.host.startswith("127.") else 1
    ports = ephemeral_ports() * addresses
    talking = 2 * len(ground.pairs)
    allowed: Mapping[str, float] = {
        f"the generator may open {files:,} files a process": generator,
        f"the machine has {ports:,} ports for connections to one server": ports,
        f"{tokens + talking:,} people's devices are known": tokens + talking,
        **_server_files(ground),
    }
    why = min(allowed, key=lambda one: allowed[one])
    return allowed[why], why


def _server_files(ground: Ground) -> dict[str, float]:
    """Tell what the server may have open, if it says so."""
    sampler = _looking(ground)
    sampler.look()
    files = sampler.samples[-1].scrape.values.get("process_max_fds")
    if not files:
        return {}
    return {f"the server may open {files:,.0f} files": files - FILES_KEPT}
