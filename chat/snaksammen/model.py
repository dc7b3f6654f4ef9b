"""Who takes part in a talk, and the facts that notifications hook on. Pure: no I/O, no clock."""

from dataclasses import dataclass, field
from enum import StrEnum

from chat.storage.facts import Fact
from protocol.errors import Language

KIND = "snaksammen"
"""The kind of a talk's conversation, and of a talk as its origin."""

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Role(StrEnum):
    """What someone is in a talk."""

    CITIZEN = "citizen"
    VOLUNTEER = "volunteer"
    COORDINATOR = "coordinator"  # announced and visible, never silently (domain rule 2)


class AgeBand(StrEnum):
    """The ages that talks tell apart, as a booking states them (domain rule 2)."""

    UNDER_15 = "under_15"  # booked by a parent; a coordinator takes part
    TEEN = "15_17"
    ADULT = "18_up"

    @property
    def is_child(self) -> bool:
        """Tell whether the crisis card is a child's."""
        return self is not AgeBand.ADULT


@dataclass(frozen=True, slots=True)
class Told:
    """One whom a fact is to be told: an account, or a guest by e-mail or phone, or both.

    `with_whom`: the names of the others, as this one is shown them. `token` opens the talk for
    this one alone, at `/samtale/<token>`; it is here and in the notice, and nowhere else. None
    where no link is due.
    """

    role: Role
    language: Language
    account: int | None = None
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    with_whom: str = ""
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Appointment:
    """What every fact says of a talk: times are UTC ms, names are those of the service."""

    talk: int
    booking: int | None
    danish: str
    english: str
    starts_at: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class BranchInvitation(Fact):
    """Someone is invited to be a volunteer or coordinator: the link is `/branch#token=<token>`."""

    role: str
    name: str
    branch: str
    email: str = field(repr=False)
    language: Language
    token: str = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True)
class BookingConfirmed(Fact):
    """A time was booked: everyone gets their link, and a calendar file of the appointment."""

    appointment: Appointment
    tell: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class BookingMoved(Fact):
    """A booking has another time or another volunteer; `apology`: because someone did not come."""

    appointment: Appointment
    before: int
    tell: tuple[Told, ...]
    apology: bool = False


@dataclass(frozen=True, slots=True)
class BookingCancelled(Fact):
    """A booking will not take place; `message` is a coordinator's word to everyone, if any."""

    appointment: Appointment
    tell: tuple[Told, ...]
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TalkSoon(Fact):
    """A booked talk begins in five minutes: everyone gets their link again."""

    appointment: Appointment
    tell: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class LinkAsked(Fact):
    """Someone who takes part has lost the link: they get another."""

    appointment: Appointment
    tell: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class NoShow(Fact):
    """Someone did not come, and no other time was found: the others get an apology.

    Where another time was found it is a `BookingMoved` with an apology instead.
    """

    appointment: Appointment
    absent: Role
    tell: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class OfferMade(Fact):
    """Someone waits to talk now, and these volunteers are free; the first to take it has it."""

    offer: int
    danish: str
    english: str
    expires_at: int
    tell: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class CoordinatorNeeded(Fact):
    """A volunteer asks for a coordinator, or the talk of a child lacks one; told at once."""

    talk: int
    alert: int
    kind: str
    at: int
    tell: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class TalkChanged(Fact):
    """A talk is another than it was; `whom`: the accounts and seats whose pages read it again."""

    talk: int
    state: str
    whom: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LineMoved(Fact):
    """Who waits has another place, or who is on duty has other offers: their pages read again."""

    waiting: tuple[int, ...]
    on_duty: tuple[int, ...]
