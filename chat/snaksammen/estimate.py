"""How long one will wait in the line: a range that holds for at least 80 % of those shown it. Pure.

The next minutes are played through many times with the lengths that talks have had, and the range
is what most of the plays say. Dice with a fixed seed: the same line gives the same answer.
"""

import heapq
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from chat.snaksammen.model import HOUR, MINUTE

PLAYS, DRAWS = 120, 2_400
"""Plays, and talks drawn in all of them: a long line is played fewer times (some 3 ms)."""

FURTHEST = 100
"""Whoever stands further back is told what this place is: it is hours."""

LOW, HIGH = 0.05, 0.95
"""Wider than the 80 % promised: for who comes and goes meanwhile, which no play can know."""

LONGEST = 4 * HOUR
TURNAROUND = 2 * MINUTE
"""Between two talks: a breath, the debrief, the offer."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Between so many and so many milliseconds, in whole minutes."""

    low: int
    high: int


def waits(
    ahead: int, running: Sequence[int], lengths: Sequence[int], *, plays: int = PLAYS
) -> list[Wait]:
    """Estimate the wait of the first `ahead` in the line; nothing if nobody is on duty.

    `running`: for each volunteer on duty how long (ms) their talk has run, or minus how long until
    they can take the next (0: free now). `lengths`: how long (ms) the last talks took, offer
    included; at least one.
    """
    if not running:
        return []
    ahead = min(ahead, FURTHEST)
    plays = min(plays, DRAWS // ahead)
    dice = random.Random(ahead)  # noqa: S311 — dice of a play, no secret
    seen: list[list[int]] = [[] for _ in range(ahead)]
    ordered = sorted(lengths)
    for _ in range(plays):
        free = [_left(dice, since, ordered) for since in running]
        heapq.heapify(free)
        for place in range(ahead):
            begins = heapq.heappop(free)
            seen[place].append(begins)
            heapq.heappush(free, begins + dice.choice(ordered) + TURNAROUND)
    return [_range(sorted(one)) for one in seen]


def _left(dice: random.Random, since: int, ordered: Sequence[int]) -> int:
    """Draw how long until a volunteer is free."""
    if since <= 0:
        return -since
    longer = ordered[bisect_right(ordered, since) :]
    return (dice.choice(longer) - since if longer else MINUTE) + TURNAROUND


def _range(seen: Sequence[int]) -> Wait:
    low, high = seen[int(LOW * len(seen))], seen[min(int(HIGH * len(seen)), len(seen) - 1)]
    # What nobody can foresee grows with the wait: whoever is next may find an offer not answered.
    low = int(low * 0.8)
    high = int(high * 1.25) + MINUTE
    return Wait(min(low // MINUTE * MINUTE, LONGEST), min(-(-high // MINUTE) * MINUTE, LONGEST))
