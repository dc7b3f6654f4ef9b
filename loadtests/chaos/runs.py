"""Runs: a town under one kind of fault for so long, or under one planted bug."""

import asyncio
import random
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from loadtests.chaos.checker import Broken, Kind
from loadtests.chaos.faults import NAMED_POINTS, kill
from loadtests.chaos.setups import SETUPS
from loadtests.chaos.syncs import acks_before_syncs
from loadtests.chaos.town import BROKEN_SERVER, Town
from loadtests.processes import SERVER, NotStarted

SETTINGS = {
    "SAMTALE_LIMITS_MESSAGES_PER_MINUTE": "100000000",
    "SAMTALE_LIMITS_MESSAGES_BURST": "100000000",
    "SAMTALE_LIMITS_GREETINGS_PER_SECOND": "2000",
    "SAMTALE_DRAIN_SPREAD_MS": "300",
    "SAMTALE_LOG_LEVEL": "error",
}
UNSYNCED = "unsynced_commit"
CALM_SECONDS = 5.0
"""How long people may talk between two strikes, so that enough is acked without striking on."""

STRIKING_SECONDS = 600.0
"""How long one kind strikes at most, whatever was acked by then."""

AT_MOST_SECONDS = STRIKING_SECONDS + 300.0
"""How long one kind may take in all, with its servers' start, its last strike and its settling."""

NOT_FINISHED = (TimeoutError, subprocess.TimeoutExpired, NotStarted, ConnectionError)
"""What ends a kind before its time; the others are run all the same."""

KILLS = {"kill", "process_killed", "all_killed"}

Progress = Callable[[int, int], None]


@dataclass
class Outcome:
    """What one kind of fault came to in one setup."""

    kind: str
    setup: str = "sqlite"
    runs: int = 0
    kills: int = 0
    acked: int = 0
    heal_s_max: float = 0.0
    broken: list[Broken] = field(default_factory=list)


async def under_fault(
    kind: str,
    *,
    setup: str = "sqlite",
    runs: int,
    messages: int = 0,
    pairs: int = 10,
    seed: int = 1,
    progress: Progress = lambda runs, acked: None,
) -> Outcome:
    """Strike so often, and on until so many messages are acked; then check everything.

    What does not come to its end in `AT_MOST_SECONDS` is broken, and holds nobody else up.
    """
    outcome = Outcome(kind, setup)
    broken_by = kind if kind in NAMED_POINTS or kind == "clock_jump" else ""
    try:
        async with asyncio.timeout(AT_MOST_SECONDS):
            async with _town(pairs, setup=setup, kind=kind, broken=broken_by) as town:
                await _strike(
                    town, outcome, runs, messages, random.Random(f"{kind} {seed}"), progress
                )
                if broken_by:
                    await asyncio.to_thread(town.server.mend)
                outcome.broken += await town.settle()
                outcome.acked = town.acked
    except NOT_FINISHED as error:
        what = f"not finished: {type(error).__name__} {error}"
        outcome.broken.append(Broken(Kind.LOST, "", what))
    if kind in KILLS or kind in NAMED_POINTS:
        outcome.kills = outcome.runs
    return outcome


async def _strike(
    town: Town,
    outcome: Outcome,
    runs: int,
    messages: int,
    dice: random.Random,
    progress: Progress,
) -> None:
    """Strike so often, and on until enough is acked or it takes too long; not if one stays."""
    strike = SETUPS[outcome.setup].faults[outcome.kind]
    until = time.monotonic() + STRIKING_SECONDS
    while (outcome.runs < runs or town.acked < messages) and time.monotonic() < until:
        await _talk_on(town, messages * (outcome.runs + 1) // max(1, runs))
        await asyncio.sleep(dice.uniform(0.05, 0.3))
        await strike(town, dice)
        outcome.runs += 1
        outcome.acked = town.acked
        try:
            outcome.heal_s_max = max(outcome.heal_s_max, await town.heal())
        except TimeoutError:
            outcome.broken.append(Broken(Kind.LOST, "", f"not healed after strike {outcome.runs}"))
            return
        progress(outcome.runs, town.acked)


async def _talk_on(town: Town, until: int) -> None:
    """Let people talk until a strike's share is acked, or so long, or the server dies by itself."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CALM_SECONDS):
            while town.acked < until and not town.server.has_died:  # noqa: ASYNC110 — nobody tells
                await asyncio.sleep(0.05)


async def with_bug(bug: str, *, pairs: int = 4, kills: int = 3, seed: int = 1) -> list[Broken]:
    """Let people talk over a server with a bug, through a few kills; gives what the checker saw."""
    if bug == UNSYNCED:
        return await acks_before_syncs(bug)
    dice = random.Random(seed)
    async with _town(pairs, bug=bug) as town:
        for _ in range(kills):
            await kill(town, dice)
            await town.heal()
        return await town.settle()


@asynccontextmanager
async def _town(
    pairs: int, *, setup: str = "sqlite", kind: str = "", bug: str = "", broken: str = ""
) -> AsyncIterator[Town]:
    """Make a town whose server has a bug from the start, or breaks once all have moved in."""
    with tempfile.TemporaryDirectory(prefix="samtale-chaos-") as folder:
        environment = {**SETTINGS, **({"SAMTALE_BREAK": bug} if bug else {})}
        module = BROKEN_SERVER if bug else SERVER
        server = SETUPS[setup].make(Path(folder), kind, module, environment)
        try:
            async with Town(server, pairs, broken=broken) as town:
                yield town
        finally:
            await asyncio.to_thread(server.end)
