"""Tells everyone of a booked talk what has become of it, in the transaction in which it becomes so.

Hooks on the facts of `chat.snaksammen`. What waits to be said of a talk is withdrawn when it is
moved or cancelled, so that nobody is sent to a time that no longer holds.
"""

from collections.abc import Sequence

from chat.delivery.model import Kind
from chat.delivery.outbox import withdraw
from chat.notifications.model import when
from chat.notifications.teller import News, Teller
from chat.scope import Clock
from chat.snaksammen.calendars import calendar_file
from chat.snaksammen.model import (
    Appointment,
    BookingCancelled,
    BookingConfirmed,
    BookingMoved,
    BranchInvitation,
    CoordinatorNeeded,
    LinkAsked,
    NoShow,
    OfferMade,
    Role,
    TalkSoon,
    Told,
)
from chat.storage.database import Transaction
from chat.storage.facts import Facts
from protocol.errors import Language
from protocol.notices import NoticeKind

FIND_A_TIME, DUTY, COORDINATOR = "/talks", "/talks/duty", "/talks/coordinator"
"""Pages of the web client."""

ALERT_MS = 3_600_000
"""How long it is of use to know that a talk needed a coordinator."""

Params = dict[Language, dict[str, str]]


class TalkNotices:
    """Hooks `in_transaction` on what happens to talks."""

    def __init__(self, teller: Teller, clock: Clock) -> None:
        self._teller = teller
        self._clock = clock

    def hook_on(self, facts: Facts) -> None:
        """Hook on every fact of a talk that someone is to be told."""
        facts.in_transaction(BookingConfirmed, self.confirmed)
        facts.in_transaction(BookingMoved, self.moved)
        facts.in_transaction(BookingCancelled, self.cancelled)
        facts.in_transaction(TalkSoon, self.soon)
        facts.in_transaction(LinkAsked, self.link)
        facts.in_transaction(NoShow, self.no_show)
        facts.in_transaction(OfferMade, self.offer)
        facts.in_transaction(CoordinatorNeeded, self.alert)
        facts.in_transaction(BranchInvitation, self.invited)

    def confirmed(self, fact: BookingConfirmed, txn: Transaction) -> None:
        """Send the link and the calendar file."""
        self._tell_all(txn, fact.appointment, fact.tell, "booking", "booking_confirmed")

    def moved(self, fact: BookingMoved, txn: Transaction) -> None:
        """Send the new time, and an apology if someone did not come."""
        withdraw(txn, _about(fact.appointment))
        words: Kind = "booking_moved_with_apology" if fact.apology else "booking_moved"
        self._tell_all(txn, fact.appointment, fact.tell, "booking", words, before=fact.before)

    def cancelled(self, fact: BookingCancelled, txn: Transaction) -> None:
        """Say that it does not take place, with the coordinator's word."""
        withdraw(txn, _about(fact.appointment))
        words: Kind = "booking_cancelled"
        self._tell_all(txn, fact.appointment, fact.tell, "booking", words, message=fact.message)

    def soon(self, fact: TalkSoon, txn: Transaction) -> None:
        """Send the link again."""
        self._tell_all(txn, fact.appointment, fact.tell, "talk_soon", "talk_soon")

    def link(self, fact: LinkAsked, txn: Transaction) -> None:
        """Send another link to one who has lost it."""
        self._tell_all(txn, fact.appointment, fact.tell, "booking", "talk_link")

    def no_show(self, fact: NoShow, txn: Transaction) -> None:
        """Apologise to those who came."""
        withdraw(txn, _about(fact.appointment))
        self._tell_all(txn, fact.appointment, fact.tell, "booking", "no_show")

    def offer(self, fact: OfferMade, txn: Transaction) -> None:
        """Ask the volunteers on duty; of no use once the offer is over."""
        for told in fact.tell:
            link = self._link(told, DUTY)
            params: Params = {
                "da": {"service": fact.danish, "link": link},
                "en": {"service": fact.english, "link": link},
            }
            about = f"offer:{fact.offer:x}"
            self._tell(txn, told, News("offer", "offer_made", params, about, fact.expires_at))

    def alert(self, fact: CoordinatorNeeded, txn: Transaction) -> None:
        """Ask the coordinators."""
        for told in fact.tell:
            link = {"link": self._link(told, COORDINATOR)}
            params: Params = {"da": link, "en": link}
            about, until = f"alert:{fact.alert:x}", fact.at + ALERT_MS
            self._tell(txn, told, News("alert", "coordinator_needed", params, about, until))

    def invited(self, fact: BranchInvitation, txn: Transaction) -> None:
        """Send the link by which one becomes a volunteer or a coordinator."""
        volunteer = fact.role == Role.VOLUNTEER
        link = {"branch": fact.branch, "link": f"{self._teller.base_url}/branch#token={fact.token}"}
        params: Params = {
            "da": {"role": "frivillig" if volunteer else "koordinator", **link},
            "en": {"role": "volunteer" if volunteer else "coordinator", **link},
        }
        news = News("booking", "branch_invitation", params, None, fact.expires_at)
        now = self._clock()
        self._teller.tell_guest(txn, news, fact.language, now, email=fact.email, phone=None)

    def _tell_all(
        self,
        txn: Transaction,
        what: Appointment,
        tell: Sequence[Told],
        kind: NoticeKind,
        words: Kind,
        *,
        before: int | None = None,
        message: str = "",
    ) -> None:
        for told in tell:
            params: Params = {
                "da": self._params(what, told, "da", before),
                "en": self._params(what, told, "en", before),
            }
            for language, those in params.items():
                those["message"] = message
                if words in _WITH_CALENDAR:
                    those["calendar"] = calendar_file(what, told.with_whom, language, self._clock())
            self._tell(txn, told, News(kind, words, params, _about(what), what.ends_at))

    def _params(
        self, what: Appointment, told: Told, language: Language, before: int | None
    ) -> dict[str, str]:
        return {
            "service": what.danish if language == "da" else what.english,
            "when": when(what.starts_at, language),
            "clock": when(what.starts_at, language).split()[-1],
            "before": when(before or what.starts_at, language),
            "with_whom": told.with_whom,
            "link": self._link(told),
        }

    def _tell(self, txn: Transaction, told: Told, news: News) -> None:
        now = self._clock()
        if told.account is not None:
            self._teller.tell(txn, told.account, news, now)
        else:
            self._teller.tell_guest(
                txn, news, told.language, now, email=told.email, phone=told.phone
            )

    def _link(self, told: Told, page: str = FIND_A_TIME) -> str:
        """Give the personal link of a talk, or a page when none is due."""
        path = page if told.token is None else f"/samtale/{told.token}"
        return f"{self._teller.base_url}{path}"


_WITH_CALENDAR: frozenset[Kind] = frozenset(
    {"booking_confirmed", "booking_moved", "booking_moved_with_apology"}
)


def _about(what: Appointment) -> str:
    return f"talk:{what.talk:x}"
