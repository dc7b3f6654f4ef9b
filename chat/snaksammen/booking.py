"""What a booking is and what may happen to it: a state table. Pure: no I/O, no clock."""

from dataclasses import dataclass
from enum import StrEnum

from chat.snaksammen.model import MINUTE, AgeBand
from protocol.errors import Refused

HOLD = 5 * MINUTE
"""So long a time is kept for one who has picked it and not confirmed it yet."""

ALTERNATIVES = 3
"""Times that are named when one is taken: the nearest."""


class State(StrEnum):
    """Where a booking is in its life."""

    HELD = "held"  # picked; free again if it is not confirmed in time
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"  # picked and not confirmed
    MISSED = "missed"  # someone did not come, and no other time was found
    KEPT = "kept"  # the talk took place


class Event(StrEnum):
    """What can happen to a booking."""

    CONFIRMED = "confirmed"
    MOVED = "moved"  # to another time, or to another volunteer
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    MISSED = "missed"
    KEPT = "kept"


# A pair that is not here is refused. Cancelling twice is cancelling once.
TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.HELD, Event.CONFIRMED): State.CONFIRMED,
    (State.HELD, Event.CANCELLED): State.CANCELLED,
    (State.HELD, Event.LAPSED): State.LAPSED,
    (State.CONFIRMED, Event.MOVED): State.CONFIRMED,
    (State.CONFIRMED, Event.CANCELLED): State.CANCELLED,
    (State.CONFIRMED, Event.MISSED): State.MISSED,
    (State.CONFIRMED, Event.KEPT): State.KEPT,
    (State.CANCELLED, Event.CANCELLED): State.CANCELLED,
}

TAKES_TIME = frozenset({State.HELD, State.CONFIRMED})
"""States in which nobody else may have the time."""


def after(state: State, event: Event) -> State:
    """Give the state after an event. Raises `Refused`: `hold_expired`, `not_now`."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        lapsed = state is State.LAPSED and event is Event.CONFIRMED
        raise Refused("hold_expired" if lapsed else "not_now") from None


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking. `account` booked it, for themselves or (`by_parent`) for their child.

    `guest` is a number made of a guest's address. Times are UTC ms.
    """

    id: int
    service: str
    state: State
    volunteer: int
    starts_at: int
    ends_at: int
    account: int | None
    guest: int | None
    band: AgeBand
    by_parent: bool
    language: str
    coordinator: int | None
    course: int | None
    hold_until: int | None

    @property
    def citizen_key(self) -> tuple[int, int] | None:
        """The side and number under which the citizen's time is taken; None for a guest's hold."""
        if self.account is not None:
            return ACCOUNT_SIDE, self.account
        return None if self.guest is None else (GUEST_SIDE, self.guest)


VOLUNTEER_SIDE, ACCOUNT_SIDE, GUEST_SIDE, COORDINATOR_SIDE = 1, 2, 3, 4


class Taken(Exception):
    """Somebody is taken at that time; `side` tells who. The unit of work is undone."""

    def __init__(self, side: int) -> None:
        super().__init__(side)
        self.side = side


def check_band(band: AgeBand, *, by_parent: bool, has_account: bool, adult: bool) -> None:
    """Check who may book for whom (domain rule 2).

    For someone under 15 a parent books, who has an account and is an adult; nobody else books for
    another. Raises `Refused`: `parent_books`, `invalid_field`.
    """
    if band is AgeBand.UNDER_15 and not (by_parent and has_account and adult):
        raise Refused("parent_books")
    if by_parent and not (has_account and adult and band.is_child):
        raise Refused("invalid_field", field="by_parent")
