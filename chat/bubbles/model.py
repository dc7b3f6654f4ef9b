"""What a bubble is, who may see it, and what may happen to it. Pure: no I/O, no clock."""

import datetime
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chat.bubbles.interests import INTERESTS
from chat.municipalities.model import visible
from chat.safety.model import age_band, contact_allowed
from chat.storage.facts import Fact
from protocol.errors import Refused

ORIGIN = "bubble"
"""The kind of a bubble as the origin of conversations, and as what claims a picture."""

DAY = 86_400_000
"""Milliseconds in 24 hours."""


class State(StrEnum):
    """Where a bubble is in its life."""

    OPEN = "open"  # others find it and reply
    HELD = "held"  # screening has stopped it: only its author sees it, and why
    CLOSED = "closed"  # its author has found someone; for ever


class Event(StrEnum):
    """What can happen to a bubble."""

    PASSED = "passed"  # edited, and screening has nothing against it
    STOPPED = "stopped"  # edited, and screening holds it
    CLOSED = "closed"  # "I have found someone"


# A pair that is not here is refused: a closed bubble is not edited. Closing twice is closing once.
TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.OPEN, Event.PASSED): State.OPEN,
    (State.OPEN, Event.STOPPED): State.HELD,
    (State.OPEN, Event.CLOSED): State.CLOSED,
    (State.HELD, Event.PASSED): State.OPEN,
    (State.HELD, Event.STOPPED): State.HELD,
    (State.HELD, Event.CLOSED): State.CLOSED,
    (State.CLOSED, Event.CLOSED): State.CLOSED,
}


def after(state: State, event: Event) -> State:
    """Give the state after an event. Raises `Refused("bubble_closed")`."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Refused("bubble_closed") from None


@dataclass(frozen=True, slots=True)
class Content:
    """What its author writes. `picture` is the id of a picture they have uploaded."""

    title: str
    text: str
    interests: tuple[str, ...]
    symbol: str
    picture: int | None


@dataclass(frozen=True, slots=True)
class Author:
    """The author as the bubble carries them: copies, kept true with the account."""

    account: int
    alias: str
    municipality: int
    born: datetime.date
    active: bool


@dataclass(frozen=True, slots=True)
class Bubble:
    """A bubble. `held` is the slug of why screening stopped it. Times are UTC milliseconds."""

    id: int
    author: Author
    content: Content
    state: State
    held: str | None
    created_at: int
    edited_at: int | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and what the rules need to know of them today (a date in Copenhagen).

    `hidden`: everyone between whom and the viewer a block stands, or who has left them.
    """

    account: int
    municipality: int
    born: datetime.date
    today: datetime.date
    subscribing: frozenset[int]
    hidden: frozenset[int] = frozenset()

    @property
    def is_child(self) -> bool:
        """Tell whether the viewer is under 18."""
        return age_band(self.born, self.today).is_child


def may_see(bubble: Bubble, viewer: Viewer) -> bool:
    """Tell whether a viewer sees a bubble; hidden and missing are answered alike (G6).

    One's own always. Another's, when screening has let it through, its author's account is
    active, no block stands between them, and both the visibility rule and the contact rule allow
    (domain rules 1, 2, 4, 5).
    """
    author = bubble.author
    if author.account == viewer.account:
        return True
    return (
        bubble.state is not State.HELD
        and author.active
        and author.account not in viewer.hidden
        and visible(
            author_subscribes=author.municipality in viewer.subscribing,
            viewer_subscribes=viewer.municipality in viewer.subscribing,
        )
        and contact_allowed(author.born, viewer.born, viewer.today)
    )


def listed(bubble: Bubble, viewer: Viewer) -> bool:
    """Tell whether a bubble stands in a viewer's list and counts: open, its author active, seen."""
    return bubble.state is State.OPEN and bubble.author.active and may_see(bubble, viewer)


def shows_municipality(bubble: Bubble, viewer: Viewer) -> bool:
    """Tell whether a viewer is shown where the author lives: a child's place is not (rule 2).

    A child is anyone under 18: older teenagers can be found by adults, so they need it most.
    """
    return (
        bubble.author.account == viewer.account
        or not age_band(bubble.author.born, viewer.today).is_child
    )


def matches_municipality(bubble: Bubble, viewer: Viewer, municipality: int) -> bool:
    """Tell whether a bubble is found by a municipality.

    By one that is not shown it is found only among children of that municipality: asking for one
    municipality after the other must not tell an adult where a child lives.
    """
    if bubble.author.municipality != municipality:
        return False
    neighbours = viewer.is_child and viewer.municipality == municipality
    return neighbours or shows_municipality(bubble, viewer)


def clean_title(text: str) -> str:
    """Give a title on one line. Raises `Refused("invalid_field")` under 3 characters."""
    title = " ".join(_printable(text).split())
    if len(title) < 3:
        raise Refused("invalid_field", field="title")
    return title


def clean_text(text: str) -> str:
    """Give a text without blank ends. Raises `Refused("invalid_field")` under 10 characters."""
    cleaned = _printable(text.replace("\r\n", "\n")).strip()
    if len(cleaned) < 10:
        raise Refused("invalid_field", field="text")
    return cleaned


def clean_interests(slugs: Iterable[str]) -> tuple[str, ...]:
    """Give each interest once. Raises `Refused("invalid_field")` for an unknown one."""
    once = tuple(dict.fromkeys(slugs))
    if not all(slug in INTERESTS for slug in once):
        raise Refused("invalid_field", field="interests")
    return once


def clean_symbol(symbol: str) -> str:
    """Give the symbol. Raises `Refused("invalid_field")` unless it is drawn, not written.

    Letters and digits would be text that no screening has read.
    """
    kinds = {unicodedata.category(char) for char in symbol}
    if "So" not in kinds or not kinds <= {"So", "Sk", "Mn", "Cf"}:
        raise Refused("invalid_field", field="symbol")
    return symbol


def _printable(text: str) -> str:
    spaced = text.replace("\t", " ")
    kept = (char for char in spaced if char == "\n" or unicodedata.category(char) != "Cc")
    return unicodedata.normalize("NFC", "".join(kept))


def retry_after(times: Sequence[int], allowed: int, now: int) -> int | None:
    """Tell how long (ms) to wait when only `allowed` things may happen in any 24 hours.

    `times` are those of the last 24 hours, the oldest first. None: no need to wait.
    """
    if len(times) < allowed:
        return None
    return max(1, times[len(times) - allowed] + DAY - now)


@dataclass(frozen=True, slots=True)
class BubblePosted(Fact):
    """A bubble was posted."""

    bubble: int
    account: int
    state: State


@dataclass(frozen=True, slots=True)
class BubbleEdited(Fact):
    """A bubble was edited."""

    bubble: int
    account: int
    state: State


@dataclass(frozen=True, slots=True)
class BubbleClosed(Fact):
    """An author has found someone."""

    bubble: int
    account: int
