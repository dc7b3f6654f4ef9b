"""The line (*kø*) of those who want to talk now, and offers to volunteers: state tables. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chat.snaksammen.model import HOUR, MINUTE
from protocol.errors import Refused

LEASE = 10 * MINUTE
"""So long a place is kept for one who is not seen: a reconnect, a restart, a tunnel."""

CALL_BACK = 3 * HOUR
"""So long the place of one who wants to be told when it is their turn is kept."""

OFFER = 30_000
"""So long a volunteer has to take an offer."""

DUTY = 3 * MINUTE
"""So long a volunteer on duty may be unseen."""

LONG_WAIT = 20 * MINUTE
"""From here on a booking or a call back is offered instead."""


class State(StrEnum):
    """Where one in the line is."""

    WAITING = "waiting"
    TAKEN = "taken"  # a volunteer has taken the offer
    LEFT = "left"
    LAPSED = "lapsed"  # not seen for too long


class Event(StrEnum):
    """What can happen to one in the line."""

    SEEN = "seen"
    TAKEN = "taken"
    LEFT = "left"
    LAPSED = "lapsed"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.WAITING, Event.SEEN): State.WAITING,
    (State.WAITING, Event.TAKEN): State.TAKEN,
    (State.WAITING, Event.LEFT): State.LEFT,
    (State.WAITING, Event.LAPSED): State.LAPSED,
    (State.LEFT, Event.LEFT): State.LEFT,
}


class Offer(StrEnum):
    """Where an offer is."""

    OPEN = "open"
    TAKEN = "taken"
    EXPIRED = "expired"  # nobody took it: the citizen keeps the front, and it is made again
    WITHDRAWN = "withdrawn"  # the citizen has gone


def after(state: State, event: Event) -> State:
    """Give the state after an event. Raises `Refused("not_now")`."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Refused("not_now") from None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One in the line, as far as the order goes."""

    entry: int
    place: int
    language: str


@dataclass(frozen=True, slots=True)
class Free:
    """A volunteer on duty who could talk now."""

    volunteer: int
    languages: frozenset[str]


def whom_to_offer(line: Sequence[Waiting], free: Collection[Free]) -> list[Waiting]:
    """Choose who is offered now: as many from the front as there are volunteers for them.

    `line` is in order of place. One who speaks what no free volunteer speaks is passed by, and
    keeps their place.
    """
    left = list(free)
    chosen = []
    for waiting in line:
        able = [one for one in left if waiting.language in one.languages]
        if able:
            # The one with the fewest languages, so that the others stay for whom only they serve.
            left.remove(min(able, key=lambda one: len(one.languages)))
            chosen.append(waiting)
        if not left:
            break
    return chosen


def first_for(line: Sequence[Waiting], offered: Collection[int], free: Free) -> Waiting | None:
    """Give the one in front of those offered whom this volunteer may serve: order is kept.

    Whichever of several offers is answered first, the earlier place is served first.
    """
    for waiting in line:
        if waiting.entry in offered and waiting.language in free.languages:
            return waiting
    return None
