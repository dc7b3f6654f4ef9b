"""How long one will wait in the line: a range that holds for at least 80 % of those shown it. Pure.

The next hours are played through many times, with the lengths that talks have had, with who speaks
what, and with some who give up; the range is what most of the plays say. Dice with a fixed seed:
the same line gives the same answer.
"""

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
ROOM = 20 * MINUTE
"""A volunteer with a booking sooner than this is offered nobody."""

TURNAROUND = 2 * MINUTE
"""Between two talks: a breath, the debrief, the offer."""

GIVE_UP = (3, 20)
"""Before there is a history, three of twenty who wait are taken to give up."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Between so many and so many milliseconds, in whole minutes."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Waiter:
    """One in the line. `lengths`: how long (ms, rising) the last talks of their kind took."""

    language: str
    lengths: Sequence[int]


@dataclass(frozen=True, slots=True)
class Server:
    """A volunteer on duty. `since`: how long (ms) their talk has run, 0 in none.

    `lengths` are those of that talk's kind, rising. `busy`: from and until (ms from now) when they
    take nobody, rising: a pause, their bookings.
    """

    speaks: frozenset[str]
    since: int = 0
    lengths: Sequence[int] = ()
    busy: Sequence[tuple[int, int]] = ()


def gives_up(taken: int, gone: int) -> float:
    """Tell what share of those who wait give up, from how many lately did and did not."""
    return (gone + GIVE_UP[0]) / (taken + gone + GIVE_UP[1])


def wait(
    ahead: Sequence[Waiter],
    language: str,
    servers: Sequence[Server],
    giving_up: float,
    *,
    plays: int = PLAYS,
) -> Wait | None:
    """Estimate how long one waits behind others, in the order of the line.

    None where nobody on duty speaks the language.
    """
    if not any(language in server.speaks for server in servers):
        return None
    ahead = ahead[:FURTHEST]
    plays = max(1, min(plays, DRAWS // (len(ahead) + 1)))
    dice = random.Random(0)  # noqa: S311 — dice of a play, no secret
    able: dict[str, list[int]] = {
        asked: [number for number, server in enumerate(servers) if asked in server.speaks]
        for asked in {language, *(one.language for one in ahead)}
    }
    seen = sorted(_play(dice, ahead, able, language, servers, giving_up) for _ in range(plays))
    return _range(seen)


def _play(
    dice: random.Random,
    ahead: Sequence[Waiter],
    able: dict[str, list[int]],
    language: str,
    servers: Sequence[Server],
    giving_up: float,
) -> int:
    """Play once: whoever is in front takes the first volunteer who speaks their language."""
    dice = random.Random(dice.getrandbits(32))  # noqa: S311 — one more ahead changes no other dice
    free = [_fit(_left(dice, server), server.busy) for server in servers]
    for one in ahead:
        stays, length = dice.random() >= giving_up, dice.choice(one.lengths)
        if stays and able[one.language]:
            first = min(able[one.language], key=free.__getitem__)
            free[first] = _fit(free[first] + length + TURNAROUND, servers[first].busy)
    return min(free[number] for number in able[language])


def _fit(at: int, busy: Sequence[tuple[int, int]]) -> int:
    """Give the first moment from one on with room for a talk before what is booked."""
    for start, until in busy:
        if start >= at + ROOM:
            break
        at = max(at, until)
    return at


def _left(dice: random.Random, server: Server) -> int:
    """Draw how long until a volunteer's talk is over."""
    if server.since <= 0:
        return 0
    longer = server.lengths[bisect_right(server.lengths, server.since) :]
    return (dice.choice(longer) - server.since if longer else MINUTE) + TURNAROUND


def _range(seen: Sequence[int]) -> Wait:
    low, high = seen[int(LOW * len(seen))], seen[min(int(HIGH * len(seen)), len(seen) - 1)]
    # What nobody can foresee grows with the wait: whoever is next may find an offer not answered.
    low = int(low * 0.8)
    high = int(high * 1.25) + MINUTE
    return Wait(min(low // MINUTE * MINUTE, LONGEST), min(-(-high // MINUTE) * MINUTE, LONGEST))
