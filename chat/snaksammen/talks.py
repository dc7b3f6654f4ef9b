"""Use cases of a talk: enter by the personal link, see it, leave it, add five minutes."""

from dataclasses import replace

from chat.accounts.links import digest
from chat.accounts.seats import take_seat
from chat.conversations import lifetime
from chat.realtime.limits import Buckets, Countable, Rate
from chat.scope import Scope
from chat.snaksammen import (
    booking_store,
    calendars,
    line_store,
    planning,
    talk,
    talk_store,
    talk_views,
)
from chat.snaksammen.booking import VOLUNTEER_SIDE, Taken
from chat.snaksammen.model import AgeBand, Role
from chat.snaksammen.talk import Event
from chat.snaksammen.talk_store import Party, Talk
from chat.storage.database import Database, Reader, Transaction
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.errors import Refused
from protocol.ids import decode_id

ENTERING = Rate(burst=30, per_minute=30)
"""Tries of a link from one address: a token cannot be guessed, but trying costs a commit."""


class Talks:
    """Talks as their parties have them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._buckets = Buckets()
        self.shared: dict[str, Countable] = {"link_tries": self._buckets}

    async def enter(self, scope: Scope, request: tal.EnterTalk) -> tal.Entered:
        """Enter by one's personal link, on this device too; nobody needs an account for it.

        Raises `Refused`: `link_expired`, also for one that was revoked; `rate_limited`.
        """
        self._buckets.spend(scope.address, ENTERING, scope.now)

        def unit(txn: Transaction) -> tal.Entered:
            found = talk_store.linked(txn, digest(request.token))
            planned = None if found is None else talk_store.find(txn, found[0])
            if found is None or planned is None or is_past(txn, planned, scope.now):
                raise Refused("link_expired", field="token")
            return let_in(txn, scope, planned, found[1])

        return await self._database.write(unit)

    async def join(self, scope: Scope, request: tal.OneTalk) -> tal.Entered:
        """Enter a talk of one's own account, without the link. Raises `not_found`."""

        def unit(txn: Transaction) -> tal.Entered:
            planned, me = access_talk(txn, scope, request.talk)
            if is_past(txn, planned, scope.now):
                raise Refused("not_found")
            return let_in(txn, scope, planned, me.role)

        return await self._database.write(unit)

    async def arrive(self, scope: Scope, request: tal.OneTalk) -> tal.Talk:
        """Say that one is here, once the doors are open; saying it twice is saying it once.

        Raises `Refused`: `not_found`, `not_now` before the doors open or when it is over.
        """

        def unit(txn: Transaction) -> tal.Talk:
            planned, me = access_talk(txn, scope, request.talk)
            if planned.state not in talk.OPEN or scope.now < planned.starts_at - talk.DOORS:
                raise Refused("not_now")
            planned = planning.arrive(txn, planned, me.role, scope.now)
            return talk_views.seen(txn, planned, me.role, scope.now)

        return await self._database.write(unit)

    async def get(self, scope: Scope, request: tal.OneTalk) -> tal.Talk:
        """See a talk that one takes part in. Raises `not_found`."""

        def read(reader: Reader) -> tal.Talk:
            planned, me = access_talk(reader, scope, request.talk)
            return talk_views.seen(reader, planned, me.role, scope.now)

        return await self._database.read(read)

    async def leave(self, scope: Scope, request: tal.LeaveTalk) -> tal.Talk:
        """Leave for good; unless only a coordinator leaves, the talk ends for everyone.

        Leaving twice is leaving once. Raises `not_found`, `not_now` before one has come.
        """

        def unit(txn: Transaction) -> tal.Talk:
            planned, me = access_talk(txn, scope, request.talk)
            if planned.state in talk.OPEN:
                planned = _leave(txn, planned, me, request.reason, scope.now)
            return talk_views.seen(txn, planned, me.role, scope.now)

        return await self._database.write(unit)

    async def more(self, scope: Scope, request: tal.OneTalk) -> tal.Talk:
        """Want five more minutes: they are added once both want them, if nobody waits.

        Raises `Refused`: `not_found`, `not_now`, `others_wait`.
        """

        def unit(txn: Transaction) -> tal.Talk:
            planned, me = access_talk(txn, scope, request.talk)
            if me.role is Role.COORDINATOR:
                raise Refused("not_found")
            waited_for = line_store.count_waiting(txn, planned.service) > 0 or is_taken(
                txn, planned
            )
            talk.check_more(planned.state, planned.ends_at, scope.now, others_wait=waited_for)
            talk_store.put_party(txn, replace(me, wants_more=True))
            planned = lengthen(txn, planned)
            planning.announce(txn, planned)
            return talk_views.seen(txn, planned, me.role, scope.now)

        try:
            return await self._database.write(unit)
        except Taken:
            raise Refused("others_wait") from None

    async def calendar(self, scope: Scope, request: tal.OneTalk) -> vol.Calendar:
        """Give the appointment as a calendar file. Raises `not_found`."""

        def read(reader: Reader) -> vol.Calendar:
            planned, me = access_talk(reader, scope, request.talk)
            others = talk_store.parties(reader, planned.id).values()
            named = ", ".join(one.name for one in others if one.role is not me.role)
            what = planning.appointment(reader, planned)
            return vol.Calendar(calendars.calendar_file(what, named, me.language, scope.now))

        return await self._database.read(read)


def access_talk(reader: Reader, scope: Scope, talk_id: str) -> tuple[Talk, Party]:
    """Read a talk and the party that acts in it, by seat or account. Raises `not_found` (G6)."""
    number = decode_id(talk_id)
    planned, me = (
        talk_store.find(reader, number),
        talk_store.party_in(reader, number, scope.me.account),
    )
    if planned is None or me is None:
        raise Refused("not_found")
    return planned, me


def is_past(reader: Reader, planned: Talk, now: int) -> bool:
    """Tell whether a talk is over for so long that its links open nothing."""
    ended = planned.ended_at or planned.ends_at
    return now >= ended + planning.service_of(reader, planned).keeps_contact


def let_in(txn: Transaction, scope: Scope, planned: Talk, role: Role) -> tal.Entered:
    """Give one who takes part a session of their seat; they have come if the doors are open."""
    me = planning.seat_of(txn, planned, talk_store.parties(txn, planned.id)[role], scope.now)
    assert me.seat is not None, "made just now, or before"
    until = planned.ends_at + planning.service_of(txn, planned).keeps_contact
    token = take_seat(txn, me.seat, scope.now, until)
    if planned.state in talk.OPEN and scope.now >= planned.starts_at - talk.DOORS:
        planned = planning.arrive(txn, planned, role, scope.now)
    return tal.Entered(token, until, talk_views.seen(txn, planned, role, scope.now))


def _leave(txn: Transaction, planned: Talk, me: Party, reason: str, now: int) -> Talk:
    if me.entered_at is None:
        raise Refused("not_now")
    talk_store.put_party(txn, replace(me, left_at=now, reason=reason))
    if _goes_on_without(txn, planned, me):
        if planned.conversation is not None and me.seat is not None:
            lifetime.depart(txn, planned.conversation, me.seat, now)
        planning.announce(txn, planned)
        return planned
    return planning.end(txn, planned, Event.ENDED, now)


def _goes_on_without(reader: Reader, planned: Talk, me: Party) -> bool:
    """Tell whether a talk goes on: without a coordinator, or when one has taken it over."""
    if planned.band is AgeBand.UNDER_15 or me.role is Role.CITIZEN:
        return False
    if me.role is Role.COORDINATOR:
        left = talk_store.parties(reader, planned.id)[Role.VOLUNTEER].left_at
        return left is None
    who = talk_store.parties(reader, planned.id).get(Role.COORDINATOR)
    return who is not None and who.entered_at is not None and who.left_at is None


def is_taken(reader: Reader, planned: Talk) -> bool:
    """Tell whether the volunteer is taken right after the talk."""
    return not booking_store.is_free(
        reader, VOLUNTEER_SIDE, planned.volunteer, planned.ends_at, planned.ends_at + talk.MORE
    )


def lengthen(txn: Transaction, planned: Talk) -> Talk:
    """Add five minutes if both want them; raises `Taken` if they are another's by now."""
    parties = talk_store.parties(txn, planned.id)
    both = (parties[Role.CITIZEN], parties[Role.VOLUNTEER])
    if not all(one.wants_more for one in both):
        return planned
    for one in both:
        talk_store.put_party(txn, replace(one, wants_more=False))
    until = planned.ends_at + talk.MORE
    taken_by = planned.booking or planned.id
    booking_store.occupy(txn, VOLUNTEER_SIDE, planned.volunteer, planned.ends_at, until, taken_by)
    planned = replace(planned, ends_at=until)
    talk_store.save(txn, planned)
    return planned
