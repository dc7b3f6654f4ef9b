"""How one becomes and is a volunteer (*samtaleven*): a state table. Pure: no I/O, no clock."""

import datetime
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chat.snaksammen.model import AgeBand
from protocol.errors import Refused

LANGUAGES = frozenset({"da", "en", "ar", "so", "ti", "uk", "fa", "tr", "ur", "pl", "de", "fr"})
"""The languages that talks are held in, by ISO 639-1."""


class State(StrEnum):
    """Where a volunteer stands."""

    ONBOARDING = "onboarding"  # has accepted the invitation; steps are missing
    ACTIVE = "active"  # publishes times, goes on duty, talks
    HOLIDAY = "holiday"  # away by own choice: nothing can be booked
    PAUSED = "paused"  # asked by a coordinator to rest; the same
    ENDED = "ended"  # for ever; a new invitation is another beginning


class Event(StrEnum):
    """What can happen to a volunteer."""

    ADMITTED = "admitted"  # a coordinator says that the steps are done
    WENT_AWAY = "went_away"
    CAME_BACK = "came_back"
    PAUSED = "paused"
    RESUMED = "resumed"
    ENDED = "ended"


# A pair that is not here is refused. A volunteer who is paused cannot end the pause by a holiday.
TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.ONBOARDING, Event.ADMITTED): State.ACTIVE,
    (State.ONBOARDING, Event.ENDED): State.ENDED,
    (State.ACTIVE, Event.WENT_AWAY): State.HOLIDAY,
    (State.ACTIVE, Event.CAME_BACK): State.ACTIVE,
    (State.ACTIVE, Event.PAUSED): State.PAUSED,
    (State.ACTIVE, Event.RESUMED): State.ACTIVE,
    (State.ACTIVE, Event.ENDED): State.ENDED,
    (State.HOLIDAY, Event.WENT_AWAY): State.HOLIDAY,
    (State.HOLIDAY, Event.CAME_BACK): State.ACTIVE,
    (State.HOLIDAY, Event.PAUSED): State.PAUSED,
    (State.HOLIDAY, Event.ENDED): State.ENDED,
    (State.PAUSED, Event.PAUSED): State.PAUSED,
    (State.PAUSED, Event.RESUMED): State.ACTIVE,
    (State.PAUSED, Event.ENDED): State.ENDED,
    (State.ENDED, Event.ENDED): State.ENDED,
}


@dataclass(frozen=True, slots=True)
class Steps:
    """What onboarding asks for. Times are UTC ms; a certificate (*børneattest*) has a last day."""

    agreement_at: int | None = None
    course_at: int | None = None
    certificate_until: datetime.date | None = None

    @property
    def done(self) -> bool:
        """Tell whether one may be admitted: without a certificate only to talks with others."""
        return self.agreement_at is not None and self.course_at is not None


@dataclass(frozen=True, slots=True)
class Profile:
    """What others are shown of a volunteer: no more."""

    name: str
    words: str
    languages: tuple[str, ...]
    interests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Volunteer:
    """A volunteer of a branch; `account` is never shown together with the profile."""

    id: int
    account: int
    branch: int
    state: State
    profile: Profile
    steps: Steps
    since: int
    call_wanted_at: int | None = None


def after(state: State, event: Event, steps: Steps) -> State:
    """Give the state after an event. Raises `Refused`: `not_now`, `steps_missing`."""
    if event is Event.ADMITTED and not steps.done:
        raise Refused("steps_missing")
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Refused("not_now") from None


def may_meet(steps: Steps, band: AgeBand, on: datetime.date) -> bool:
    """Tell whether a volunteer may talk with someone of this age on a date (domain rule 2)."""
    if band is not AgeBand.UNDER_15:
        return True
    return steps.certificate_until is not None and on <= steps.certificate_until


def clean_name(text: str, field: str = "name") -> str:
    """Give a first name or alias on one line. Raises `Refused("invalid_field")`.

    Two letters or more; no digits run together like a telephone number, no address.
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    letters = sum(unicodedata.category(char)[0] == "L" for char in name)
    digits = sum(char.isdigit() for char in name)
    if letters < 2 or digits > 4 or "@" in name or not name.isprintable():
        raise Refused("invalid_field", field=field)
    return name


def clean_words(text: str) -> str:
    """Give the few words on a profile without control characters and blank ends."""
    kept = (char for char in text if char == "\n" or unicodedata.category(char) != "Cc")
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def clean_languages(codes: Iterable[str], field: str = "languages") -> tuple[str, ...]:
    """Give each language once. Raises `Refused("invalid_field")` for none or an unknown one."""
    once = tuple(dict.fromkeys(codes))
    if not once or not all(code in LANGUAGES for code in once):
        raise Refused("invalid_field", field=field)
    return once
