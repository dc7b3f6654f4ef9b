"""SnakSammen's people in a load: they meet, call and write, and one of a hundred has the time."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.driver import snaksammen
from loadtests.driver.asking import Asking, Refused
from loadtests.driver.driver import Driver
from loadtests.driver.talk import Site
from loadtests.ground import Ground, own_ground
from loadtests.measures import Meter
from loadtests.oracle import Oracle
from loadtests.scenarios import Rates, Scenario, Stage
from loadtests.scenarios.catalogue import SCENARIOS
from loadtests.target import Target
from loadtests.validity import Watch

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_volunteers_and_citizens_meet_call_write_and_lose_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.load", "talks", "--rooms", "4", "--seconds", "30",
         "--data", str(tmp_path), "--output", str(tmp_path / "load")],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    # A busy machine may make it not count or be slow; but nothing may go wrong.
    assert done.returncode in {0, 1, 3}, done.stdout + done.stderr
    found = json.loads((tmp_path / "load.run.json").read_text(encoding="utf-8"))
    assert not sum(sum(phase["errors"].values()) for phase in found["phases"]), found["phases"]
    kinds = found["total"]["kinds"]
    assert kinds["call set up"]["count"] > 0, "somebody met, and called"
    assert kinds["hold a time"]["count"] >= 100, "a hundred wanted one time"
    assert any("talks of SnakSammen were held at once" in note for note in found["notes"])
    faults = ("lost", "duplicated", "reordered", "misdelivered", "gaps")
    assert not any(found["oracle"][fault] for fault in faults)
    assert "Talks of SnakSammen" in (tmp_path / "load.html").read_text(encoding="utf-8")


STEPS = ("time.publish", "booking.confirm", "line.join", "offer.take", "talk.join")


class LosesAnAnswer(Asking):
    """Asks as usual, but the first answer to one operation never comes."""

    def __init__(self, target: Target, operation: str) -> None:
        super().__init__(target)
        self.to_lose = operation

    async def ask(self, token: str, operation: str, **data: Any) -> dict[str, Any]:
        answer = await super().ask(token, operation, **data)
        if operation == self.to_lose:
            self.to_lose = ""
            raise Refused("ReadError")
        return answer


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A server with two couples for each step of the way to a talk."""
    with own_ground(1, 0, couples=2 * len(STEPS)) as one:
        yield one


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_who_gets_no_answer_looks_again_where_the_other_waits(
    ground: Ground, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long the other is waited for: nobody may go elsewhere and leave them alone.
    monkeypatch.setattr(snaksammen, "NEVER_CAME_SECONDS", 3_600.0)
    first = 2 * STEPS.index(step)
    errors = asyncio.run(meet(ground, ground.couples[first : first + 2], step))
    assert errors == ["talk: ReadError"], "lost on the way once, and nothing else went wrong"


async def meet(ground: Ground, couples: Any, step: str) -> list[str]:
    """Have two couples look for a talk, one by booking and one by the line, until both talk.

    Gives what went wrong meanwhile.
    """
    asking = LosesAnAnswer(ground.target, step)
    driver, meter = Driver(ground.target.port), Meter()
    site = Site(driver, meter, Watch("driver"), Oracle("run"), lambda _: None)
    rooms = snaksammen.SnakSammen(site, asking, couples, 0)
    stages = [Stage("they come", 0.1, Rates()), Stage("they talk", 3_600.0, Rates())]
    scenario = Scenario("", "", stages, rooms=2)
    running = asyncio.ensure_future(rooms.run(scenario, time.perf_counter()))
    async with asyncio.timeout(150):
        while rooms.open < 2:
            assert not running.done(), "they go on for an hour"
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    driver.close()
    await asking.close()
    assert asking.to_lose == "", "it was lost on the way"
    return [str(error["what"]) for error in meter.take()["errors"]]


def test_two_hundred_talk_at_once_as_the_domain_says_of_christmas_eve() -> None:
    for name in ("talks", "christmas-eve"):
        scenario = SCENARIOS[name](5.0, 100.0)
        assert scenario.rooms == 200
        assert scenario.rush == 100


@given(
    st.lists(st.tuples(st.floats(0.5, 100), st.floats(0, 1)), min_size=1, max_size=6),
    st.floats(0, 0.999),
    st.floats(0, 0.999),
)
def test_a_room_is_open_whenever_the_part_that_is_open_reaches_it(
    rows: list[tuple[float, float]], place: float, passed: float
) -> None:
    stages = [Stage("", seconds, Rates(), rooms=rooms) for seconds, rooms in rows]
    scenario = Scenario("", "", stages, rooms=10)
    moment = passed * scenario.seconds
    opens, closes = scenario.open_between(place)
    before, begun, share = 0.0, 0.0, 0.0
    for stage in stages:
        if begun <= moment < begun + stage.seconds:
            share = before + (stage.rooms - before) * (moment - begun) / stage.seconds
        before, begun = stage.rooms, begun + stage.seconds
    if share > place + 1e-6:
        assert opens <= moment + 1e-6 * scenario.seconds
        assert closes >= moment - 1e-6 * scenario.seconds
    assert 0 <= opens <= scenario.seconds
    assert 0 <= closes <= scenario.seconds * (1 + 1e-9)
