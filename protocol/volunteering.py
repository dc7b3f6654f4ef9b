"""SnakSammen's volunteers, their times and the bookings of them: what is asked and answered.

As in `protocol.requests` and `protocol.resources`: times are UTC milliseconds, ids are opaque.
"""

import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from protocol.errors import Language
from protocol.requests import PageLimit, Request, Token
from protocol.resources import Email, Id, Milliseconds

AgeBand = Literal["under_15", "15_17", "18_up"]
LanguageCode = Annotated[str, Meta(pattern=r"^[a-z]{2}(?!\n)$", description="ISO 639-1.")]
ServiceSlug = Annotated[str, Meta(pattern=r"^[a-z]{2,20}(?!\n)$")]
ServiceName = Annotated[str, Meta(min_length=2, max_length=40)]
ShownName = Annotated[str, Meta(min_length=2, max_length=40)]
Words = Annotated[str, Meta(max_length=300)]
Interest = Annotated[str, Meta(pattern=r"^[a-z]{2,20}(?!\n)$")]
Phone = Annotated[
    str, Meta(pattern=r"^\+[1-9]\d{7,14}(?!\n)$", description="With its country code (E.164).")
]
SnakRole = Literal["volunteer", "coordinator"]
VolunteerState = Literal["onboarding", "active", "holiday", "paused", "ended"]
BookingState = Literal["held", "confirmed", "cancelled", "lapsed", "missed", "kept"]


# --- services and volunteers ----------------------------------------------------------------------


class Service(Struct, frozen=True):
    """What is talked about and for how long; `weeks` of a course, null for single talks.

    After a talk its text is deleted within `keep_text_minutes`, and who took part, with every
    address, within `keep_contact_hours` and an hour.
    """

    slug: str
    danish: str
    english: str
    minutes: int
    weeks: int | None
    keep_text_minutes: int = 5
    keep_contact_hours: int = 24


class PutService(Request, frozen=True):
    """Add a service, or change it for what is published and ends from now on.

    `minutes`: how long a talk lasts, in fives. What is left out is the default, not as it was.
    """

    slug: ServiceSlug
    danish: ServiceName
    english: ServiceName
    minutes: Annotated[int, Meta(ge=5, le=120, multiple_of=5)]
    weeks: Annotated[int, Meta(ge=2, le=52)] | None = None
    keep_text_minutes: Annotated[int, Meta(ge=0, le=1440)] = 5
    keep_contact_hours: Annotated[int, Meta(ge=1, le=168)] = 24


class Services(Struct, frozen=True):
    """All there are."""

    services: list[Service]


class InviteToBranch(Request, frozen=True):
    """Invite someone to a coordinator's own branch; a link goes to the address."""

    role: SnakRole
    name: ShownName
    email: Email


class AcceptInvitation(Request, frozen=True):
    """Follow the link of an invitation, logged in."""

    token: Token


class Invited(Struct, frozen=True):
    """What one is now, in which local branch."""

    role: SnakRole
    branch: str


class UpdateVolunteer(Request, frozen=True):
    """Change what is given of one's own profile, leave the rest; `away` is a holiday."""

    name: ShownName | UnsetType = UNSET
    words: Words | UnsetType = UNSET
    languages: Annotated[list[LanguageCode], Meta(max_length=12)] | UnsetType = UNSET
    interests: Annotated[list[Interest], Meta(max_length=5)] | UnsetType = UNSET
    away: bool | UnsetType = UNSET


class RecordVolunteer(Request, frozen=True):
    """What a coordinator records of a volunteer: steps done, and where they stand.

    `certificate_until`: the last day on which the *børneattest* is valid; null for none.
    """

    volunteer: Id
    course_done: bool | UnsetType = UNSET
    certificate_until: datetime.date | UnsetType | None = UNSET
    state: Literal["active", "paused", "ended"] | UnsetType = UNSET
    call_made: bool = False


class VolunteerProfile(Struct, frozen=True):
    """What others are shown of a volunteer; it leads to no account."""

    id: Id
    name: str
    words: str
    languages: list[str]
    interests: list[str]


class Volunteer(Struct, frozen=True):
    """A volunteer as they and their coordinators see them."""

    profile: VolunteerProfile
    branch: str
    state: VolunteerState
    agreement_signed: bool
    course_done: bool
    certificate_until: datetime.date | None
    since: Milliseconds
    call_wanted_at: Milliseconds | None = None


class Volunteers(Struct, frozen=True):
    """The volunteers of one's branch, by name."""

    volunteers: list[Volunteer]


# --- times ----------------------------------------------------------------------------------------


class PublishTime(Request, frozen=True):
    """Publish one time; it lasts as long as the service says."""

    service: ServiceSlug
    starts_at: Milliseconds


class PublishWeekly(Request, frozen=True):
    """Publish a weekly time: Monday is 0, `minute` of the day on the clock in Copenhagen.

    When the clocks change it stays at that time of day.
    """

    service: ServiceSlug
    weekday: Annotated[int, Meta(ge=0, le=6)]
    minute: Annotated[int, Meta(ge=0, le=1435)]
    from_date: datetime.date
    until_date: datetime.date | None = None


class WithdrawTime(Request, frozen=True):
    """Take a single time back; one that is booked has to be cancelled or handed over first."""

    time: Id


class WithdrawWeekly(Request, frozen=True):
    """Take a weekly time back; what is booked of it stays booked."""

    weekly: Id


class ListOwnTimes(Request, frozen=True):
    """One's own times from a moment on, the next first."""

    after: Milliseconds = 0
    limit: PageLimit = 100


class OwnTime(Struct, frozen=True):
    """A time that one has published; `booking` once it is booked."""

    id: Id
    service: str
    starts_at: Milliseconds
    ends_at: Milliseconds
    weekly: Id | None
    booking: Id | None


class WeeklyTime(Struct, frozen=True):
    """A weekly time that one has published."""

    id: Id
    service: str
    weekday: int
    minute: int
    from_date: datetime.date
    until_date: datetime.date | None


class OwnTimes(Struct, frozen=True):
    """One's own single times, and the weekly ones that some were made of."""

    times: list[OwnTime]
    weekly: list[WeeklyTime]


class FindTimes(Request, frozen=True):
    """Free times of a service, the next first, narrowed by what is given; `day` in Copenhagen.

    `age_band` leaves out whoever may not talk with someone of that age.
    """

    service: ServiceSlug = "snaksammen"
    day: datetime.date | None = None
    volunteer: Id | None = None
    language: LanguageCode | None = None
    age_band: AgeBand = "18_up"
    after: Milliseconds = 0
    limit: PageLimit = 50


class FreeTime(Struct, frozen=True):
    """A time that can be booked, and with whom."""

    id: Id
    service: str
    starts_at: Milliseconds
    ends_at: Milliseconds
    volunteer: VolunteerProfile


class FreeTimes(Struct, frozen=True):
    """Free times, the next first; `next` is given back as `after` to read on, null at the end."""

    times: list[FreeTime]
    next: Milliseconds | None


# --- bookings -------------------------------------------------------------------------------------


class HoldTime(Request, frozen=True):
    """Pick a time: it is kept for five minutes, for whoever has the answer's token.

    Someone under 15 is booked for by a parent, with an account.
    """

    time: Id
    age_band: AgeBand
    by_parent: bool = False


class ConfirmBooking(Request, frozen=True):
    """Book the time that was picked. A guest gives a name and an e-mail or a phone number.

    `name`: what the volunteer is shown; one's alias if it is left out, the child's first name when
    a parent books.
    """

    hold: Token
    language: LanguageCode = "da"
    name: ShownName | None = None
    email: Email | None = None
    phone: Phone | None = None
    interface: Language = "da"


class OneBooking(Request, frozen=True):
    """Name a booking."""

    booking: Id


class MoveBooking(Request, frozen=True):
    """Move a booking to another free time."""

    booking: Id
    time: Id


class HandOver(Request, frozen=True):
    """Hand a booking over to a colleague of the same branch, who is free at that time."""

    booking: Id
    volunteer: Id


class CallOff(Request, frozen=True):
    """A coordinator cancels a booking, with a message to everyone in it."""

    booking: Id
    message: Annotated[str, Meta(max_length=500)] = ""


class ListBookings(Request, frozen=True):
    """One's own bookings: as a citizen, or as the volunteer; the next first."""

    as_volunteer: bool = False
    after: Milliseconds = 0
    limit: PageLimit = 50


class Booking(Struct, frozen=True):
    """A booking as one party sees it; `with_whom` is the other's shown name.

    `token` opens one's own page of the talk at `/samtale/<token>`; it is given once.
    """

    id: Id
    talk: Id
    service: str
    state: BookingState
    starts_at: Milliseconds
    ends_at: Milliseconds
    with_whom: str
    age_band: AgeBand
    by_parent: bool
    coordinator: str | None
    course: Id | None = None
    token: str | None = None


class Bookings(Struct, frozen=True):
    """Bookings, the next first."""

    bookings: list[Booking]


class Hold(Struct, frozen=True):
    """A time that is kept for one, or null and the nearest others: somebody else was first."""

    hold: str | None
    expires_at: Milliseconds | None
    time: FreeTime | None
    alternatives: list[FreeTime]


class Moved(Struct, frozen=True):
    """The booking at its new time, or as it was (`moved` false) with the nearest others."""

    moved: bool
    booking: Booking
    alternatives: list[FreeTime]


class StartCourse(Request, frozen=True):
    """Ask for the same volunteer weekly at the same time, from a booking on; both must say so."""

    booking: Id


class OneCourse(Request, frozen=True):
    """Name a course."""

    course: Id


class Course(Struct, frozen=True):
    """A course (*SamtaleVenner*): the same pair, weekly. `more`: who wants it to go on.

    `skipped` are the weeks in which one of the two was taken already.
    """

    id: Id
    state: Literal["asked", "running", "over"]
    with_whom: str
    from_date: datetime.date
    until_date: datetime.date
    more: list[Literal["citizen", "volunteer"]]
    talks: int
    skipped: list[datetime.date] = []


class Courses(Struct, frozen=True):
    """One's own courses, from either side."""

    courses: list[Course]


class Calendar(Struct, frozen=True):
    """A calendar file (RFC 5545, text/calendar)."""

    calendar: str
