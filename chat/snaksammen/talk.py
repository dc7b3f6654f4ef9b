"""The life of a talk: a state table and its times. Pure: no I/O, no clock."""

from collections.abc import Collection
from enum import StrEnum

from chat.snaksammen.model import MINUTE, AgeBand, Role
from protocol.errors import Refused

REMIND = 5 * MINUTE
"""So long before its start everyone gets their link again."""

DOORS = 15 * MINUTE
"""So long before its start one may enter and wait."""

GRACE = 5 * MINUTE
"""So long after its start one who has not come is given up."""

WARN = 2 * MINUTE
"""So long before its end both are told."""

MORE = 5 * MINUTE
"""What both may add, if nobody waits."""

SOFT_END = MINUTE
"""So long after its end the last words may still be said."""


class State(StrEnum):
    """Where a talk is in its life."""

    PLANNED = "planned"  # booked
    WAITING = "waiting"  # someone has entered, and someone is missing
    RUNNING = "running"  # everyone has entered
    ENDED = "ended"
    CANCELLED = "cancelled"
    MISSED = "missed"  # someone did not come


class Event(StrEnum):
    """What can happen to a talk."""

    SOMEONE_CAME = "someone_came"
    ALL_CAME = "all_came"
    MOVED = "moved"
    CANCELLED = "cancelled"
    GIVEN_UP = "given_up"  # the grace is over and someone is missing
    ENDED = "ended"  # its time is over, or one has left


# A pair that is not here is refused.
TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.PLANNED, Event.SOMEONE_CAME): State.WAITING,
    (State.PLANNED, Event.ALL_CAME): State.RUNNING,
    (State.PLANNED, Event.MOVED): State.PLANNED,
    (State.PLANNED, Event.CANCELLED): State.CANCELLED,
    (State.PLANNED, Event.GIVEN_UP): State.MISSED,
    (State.WAITING, Event.SOMEONE_CAME): State.WAITING,
    (State.WAITING, Event.ALL_CAME): State.RUNNING,
    (State.WAITING, Event.MOVED): State.PLANNED,
    (State.WAITING, Event.CANCELLED): State.CANCELLED,
    (State.WAITING, Event.GIVEN_UP): State.MISSED,
    (State.WAITING, Event.ENDED): State.ENDED,
    (State.RUNNING, Event.SOMEONE_CAME): State.RUNNING,
    (State.RUNNING, Event.ALL_CAME): State.RUNNING,
    (State.RUNNING, Event.ENDED): State.ENDED,
    (State.ENDED, Event.ENDED): State.ENDED,
    (State.CANCELLED, Event.CANCELLED): State.CANCELLED,
}

OPEN = frozenset({State.PLANNED, State.WAITING, State.RUNNING})
"""States in which a link opens the talk."""

OVER = frozenset(State) - OPEN


def after(state: State, event: Event) -> State:
    """Give the state after an event. Raises `Refused("not_now")`."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Refused("not_now") from None


def needed(band: AgeBand) -> frozenset[Role]:
    """Tell who must have come before a talk runs (domain rule 2)."""
    if band is AgeBand.UNDER_15:
        return frozenset(Role)
    return frozenset({Role.CITIZEN, Role.VOLUNTEER})


def on_entering(band: AgeBand, here: Collection[Role]) -> Event:
    """Tell what it means that these are here now."""
    return Event.ALL_CAME if needed(band) <= set(here) else Event.SOMEONE_CAME


def absent(band: AgeBand, entered: Collection[Role]) -> Role | None:
    """Tell who is to be called missing: the volunteer's side first, for the apology is ours."""
    missing = needed(band) - set(entered)
    for role in (Role.VOLUNTEER, Role.COORDINATOR, Role.CITIZEN):
        if role in missing:
            return role
    return None


def check_more(state: State, ends_at: int, now: int, *, others_wait: bool) -> None:
    """Check that one may ask for five more minutes. Raises `Refused`: `not_now`, `others_wait`."""
    if state is not State.RUNNING or now >= ends_at + SOFT_END:
        raise Refused("not_now")
    if others_wait:
        raise Refused("others_wait")
