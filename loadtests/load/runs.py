"""Carries out a scenario with the fast driver, and puts together what was seen."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from loadtests.bench.machine import hardware
from loadtests.bench.server import raised_limits
from loadtests.driver.crew import Crew, Seen
from loadtests.ground import Ground
from loadtests.oracle import Verdict
from loadtests.report import Objective, Run, Stretch
from loadtests.scenarios import Scenario
from loadtests.server import Sampler

ROOT = Path(__file__).parent.parent.parent
DRIVER = "the fast driver"

OnSecond = Callable[[float, Seen], None]


def carry_out(
    crew: Crew,
    ground: Ground,
    sampler: Sampler,
    scenario: Scenario,
    objective: Objective | None,
    on_second: OnSecond = lambda *_: None,
) -> Run:
    """Carry out a scenario, wait until all has arrived, and give what is to be reported."""
    restart = _restarts(ground, scenario, on_second)
    seen = crew.run(scenario, restart)
    verdict = crew.settle()
    sampler.look()
    return put_together(ground, sampler, scenario, objective, seen, verdict)


def put_together(
    ground: Ground,
    sampler: Sampler,
    scenario: Scenario,
    objective: Objective | None,
    seen: Seen,
    verdict: Verdict,
) -> Run:
    """Put together what is to be reported."""
    return Run(
        scenario=scenario.name,
        about=scenario.about,
        generator=DRIVER,
        target=ground.target.url,
        stretches=_stretches(scenario, seen.began),
        book=seen.book,
        generators=seen.generators,
        watched=seen.seconds,
        verdict=verdict,
        server=sampler,
        objective=objective,
        settings=_settings(ground, scenario),
        machine=hardware(),
        version=version(),
    )


def _stretches(scenario: Scenario, began: float) -> Sequence[Stretch]:
    stretches = []
    for stage in scenario.stages:
        stretches.append(Stretch(stage.name, began, stage.seconds, stage.counts, stage.restart))
        began += stage.seconds
    return stretches


def _restarts(ground: Ground, scenario: Scenario, on_second: OnSecond) -> OnSecond:
    """Restart the server, if it is ours, where the scenario says so."""
    due, begun = [], 0.0
    for stage in scenario.stages:
        if stage.restart and ground.server is not None:
            due.append(begun)
        begun += stage.seconds

    def passed(seconds: float, seen: Seen) -> None:
        if due and seconds >= due[0] and ground.server is not None:
            due.pop(0)
            ground.server.kill()
            ground.server.start()
        on_second(seconds, seen)

    return passed


def _settings(ground: Ground, scenario: Scenario) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "talks": len(ground.pairs),
        "talks_of_snaksammen": scenario.rooms,
        "idle_connections": scenario.idle,
        "generator_processes": len(ground.cores),
    }
    if ground.server is not None:
        settings["server"] = (
            "started for this run, on a core of its own, with a database of its own"
        )
        settings |= raised_limits()
    return settings


def version() -> str:
    """Name the commit that is tested, if it is known."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 — whichever git is there
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return told.stdout.strip() if told.returncode == 0 else ""
