"""SnakSammen's talks, the line of those who want to talk now, and care: asked and answered."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from protocol.errors import Language
from protocol.requests import Request, Token
from protocol.resources import Email, Id, Milliseconds
from protocol.volunteering import (
    AgeBand,
    FreeTime,
    LanguageCode,
    Phone,
    ServiceSlug,
    ShownName,
)

TalkRole = Literal["citizen", "volunteer", "coordinator"]
TalkState = Literal["planned", "waiting", "running", "ended", "cancelled", "missed"]


# --- the talk -------------------------------------------------------------------------------------


class EnterTalk(Request, frozen=True):
    """Enter by one's personal link: the token in `/samtale/<token>`."""

    token: Token


class AskLink(Request, frozen=True):
    """Ask for new links to one's talks to come, by the e-mail or the number that was left: one."""

    email: Email | None = None
    phone: Phone | None = None


class OneTalk(Request, frozen=True):
    """Name a talk that one takes part in."""

    talk: Id


class LeaveTalk(Request, frozen=True):
    """Leave for good, and say why; the talk ends, gently, unless only a coordinator leaves."""

    talk: Id
    reason: Literal["done", "connection", "uncomfortable", "unsafe", "other"] = "done"


class Party(Struct, frozen=True):
    """One who takes part, under the name that the others are shown."""

    role: TalkRole
    name: str
    me: bool
    here: bool
    left: bool
    wants_more: bool


class Talk(Struct, frozen=True):
    """A talk as one party sees it. Count from `server_time`, not from one's own clock.

    From `doors_at` on one may enter: then `conversation` is where text and calls go, null before.
    `warn_at`: tell that the end is near. After `ends_at` comes a minute for the last words. The
    text is erased at `erased_at`, known once the talk has ended; until then one may report.
    `may` lists what one may do now.
    """

    id: Id
    state: TalkState
    service: str
    server_time: Milliseconds
    doors_at: Milliseconds
    starts_at: Milliseconds
    ends_at: Milliseconds
    warn_at: Milliseconds
    erased_at: Milliseconds | None
    conversation: Id | None
    booking: Id | None
    role: TalkRole
    age_band: AgeBand
    parties: list[Party]
    may: list[
        Literal[
            "call", "leave", "more", "move", "cancel", "call_coordinator", "feel_before",
            "feel_after", "report", "debrief",
        ]
    ]  # fmt: skip


class Entered(Struct, frozen=True):
    """One has entered: `session` is a bearer token for this one talk, on this device.

    It opens a socket too: connect to `/api/v1/socket?token`, and send it in
    `session.authenticate`.
    """

    session: str
    expires_at: Milliseconds
    talk: Talk


class Feel(Request, frozen=True):
    """Two taps, both optional: how one feels before and after, from 1 (bad) to 5 (good)."""

    talk: Id
    when: Literal["before", "after"]
    feeling: Annotated[int, Meta(ge=1, le=5)]


class ReportTalk(Request, frozen=True):
    """Report that something was wrong; what was said is kept as evidence, and not erased."""

    talk: Id
    reason: Literal["harassment", "pressure", "private_details", "illegal", "other"]
    words: Annotated[str, Meta(max_length=2000)] = ""


class Debrief(Request, frozen=True):
    """The volunteer's note of a talk, without content; a hard one gives a pause from the line."""

    talk: Id
    weight: Literal["light", "ordinary", "hard"]
    call_wanted: bool = False


class AskCrisisCard(Request, frozen=True):
    """Ask for whom to turn to, by age."""

    age_band: AgeBand = "18_up"


class Help(Struct, frozen=True):
    """One to turn to."""

    slug: str
    phone: str
    danish: str
    english: str


class CrisisCard(Struct, frozen=True):
    """Whom to turn to, nearest first; always several (domain rule 6)."""

    help: list[Help]


class TalkChanged(Struct, frozen=True):
    """A talk is another than it was: read it again with `talk.get`."""

    talk: Id
    state: TalkState


# --- talk now -------------------------------------------------------------------------------------


class JoinLine(Request, frozen=True):
    """Wait for the next free volunteer. A guest gives a name; who is in the line stays there."""

    service: ServiceSlug = "snaksammen"
    language: LanguageCode = "da"
    age_band: AgeBand = "18_up"
    name: ShownName | None = None
    interface: Language = "da"


class AskCallBack(Request, frozen=True):
    """Keep one's place without waiting here; a link comes when it is one's turn."""

    email: Email | None = None
    phone: Phone | None = None


class Place(Struct, frozen=True):
    """One's place in the line: 1 is next. Reading it keeps it for ten minutes.

    Waiting takes between `low_ms` and `high_ms`, null while nobody is on duty. When that is long,
    `alternatives` can be booked instead, or one can ask to be called back. `talk` is where one is
    taken; `session` is a guest's bearer token, given once.
    """

    state: Literal["waiting", "taken", "left", "lapsed"]
    position: int
    low_ms: Milliseconds | None
    high_ms: Milliseconds | None
    long: bool
    call_back: bool
    alternatives: list[FreeTime]
    talk: Id | None = None
    session: str | None = None


class OneOffer(Request, frozen=True):
    """Name an offer."""

    offer: Id


class Offer(Struct, frozen=True):
    """Someone waits; the first volunteer to take it has it, and whoever waits longest is served."""

    id: Id
    service: str
    language: str
    made_at: Milliseconds
    expires_at: Milliseconds


class Duty(Struct, frozen=True):
    """Whether one is on duty, and what is offered now. Reading it keeps one on duty."""

    on_duty: bool
    paused_until: Milliseconds | None
    waiting: int
    offers: list[Offer]
    talk: Id | None = None


# --- coordinators ---------------------------------------------------------------------------------


class OnDuty(Struct, frozen=True):
    """A volunteer on duty, and the talk they are in."""

    volunteer: Id
    name: str
    since: Milliseconds
    paused_until: Milliseconds | None
    talk: Id | None


class RunningTalk(Struct, frozen=True):
    """A talk that runs or is about to: never what is said in it."""

    talk: Id
    booking: Id | None
    service: str
    state: TalkState
    volunteer: Id
    starts_at: Milliseconds
    ends_at: Milliseconds
    age_band: AgeBand
    here: list[TalkRole]


class Alert(Struct, frozen=True):
    """Something a coordinator should see to."""

    id: Id
    kind: Literal["volunteer_calls", "coordinator_missing", "no_show", "reported"]
    talk: Id | None
    volunteer: Id | None
    at: Milliseconds


class Overview(Struct, frozen=True):
    """A branch as its coordinators see it now; waits are of the last seven days, everywhere.

    `ranges_shown`: how many who were shown a range of waiting time were then taken; `ranges_held`:
    for how many of them it held.
    """

    branch: str
    on_duty: list[OnDuty]
    waiting: int
    longest_wait_ms: Milliseconds
    talks: list[RunningTalk]
    alerts: list[Alert]
    no_shows: int
    unused_times: int
    waits_p50_ms: Milliseconds | None
    waits_p95_ms: Milliseconds | None
    calls_wanted: list[Id]
    ranges_shown: int = 0
    ranges_held: int = 0


class OneAlert(Request, frozen=True):
    """Name an alert that has been seen to."""

    alert: Id


class OneReport(Request, frozen=True):
    """Name a report; the look is logged."""

    report: Id


class Said(Struct, frozen=True):
    """What one party wrote."""

    role: TalkRole
    at: Milliseconds
    text: str


class TalkReport(Struct, frozen=True):
    """A report of a talk; `said` only when it is looked at (each look is logged)."""

    id: Id
    talk: Id
    by: TalkRole
    reason: str
    at: Milliseconds
    words: str = ""
    said: list[Said] = []


class TalkReports(Struct, frozen=True):
    """The reports of one's branch, the newest first, without what was said."""

    reports: list[TalkReport]


class OfferMade(Struct, frozen=True):
    """Someone waits: take the offer with `offer.take` before it expires."""

    offer: Id
    expires_at: Milliseconds
