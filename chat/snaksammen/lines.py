"""Use cases of talking now: wait in the line, be on duty, take an offer."""

from dataclasses import replace

from chat.accounts.model import normalise_email
from chat.accounts.seats import open_seat, take_seat
from chat.accounts.service import standing
from chat.realtime.limits import Buckets, Countable, Rate
from chat.safety.model import age_band, latest_birth
from chat.scope import Scope
from chat.snaksammen import (
    booking_store,
    line,
    line_store,
    matching,
    onboarding,
    planning,
    talk,
    talk_store,
    talks,
    timetable,
    volunteer_store,
)
from chat.snaksammen.access import acting_volunteer
from chat.snaksammen.booking import VOLUNTEER_SIDE, Taken
from chat.snaksammen.line_store import Duty, Entry
from chat.snaksammen.model import DAY, MINUTE, AgeBand, Role, TalkSoon
from chat.snaksammen.onboarding import Volunteer
from chat.snaksammen.talk_store import Party, Talk
from chat.storage.database import Database, Reader, Transaction
from chat.storage.ids import new_id
from protocol import requests as ask
from protocol import talks as tal
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id

RENEW_BELOW = line.LEASE - MINUTE

JOINING = Rate(burst=10, per_minute=10)
"""Times that one address may join."""

_ADULT_AGE = {AgeBand.TEEN: 15, AgeBand.ADULT: 18}


class Lines:
    """The line, from both sides."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._buckets = Buckets()
        self.shared: dict[str, Countable] = {"line_joins": self._buckets}

    # --- who waits --------------------------------------------------------------------------------

    async def join(self, scope: Scope, request: tal.JoinLine) -> tal.Place:
        """Wait for the next free volunteer; who waits already keeps their place.

        The range that is shown now is kept, to measure how often it holds.

        Raises `Refused`: `parent_books` under 15, `invalid_field`, `rate_limited`.
        """
        key = scope.address if scope.actor is None else scope.actor.account
        self._buckets.spend(key, JOINING, scope.now)
        onboarding.clean_languages([request.language], "language")
        band = AgeBand(request.age_band)
        if band is AgeBand.UNDER_15:
            raise Refused("parent_books")
        return await self._database.write(_join, scope, request, band)

    async def get(self, scope: Scope, request: ask.Nothing) -> tal.Place:
        """See one's place, which keeps it for ten minutes. Raises `not_found`."""

        def look(reader: Reader) -> tuple[Entry, tal.Place]:
            entry = _own(reader, scope)
            return entry, _place(reader, scope, entry)

        entry, place = await self._database.read(look)
        # A page reads often; a lease need not be renewed each time.
        if entry.state is line.State.WAITING and entry.seen_until < scope.now + RENEW_BELOW:
            until = scope.now + line.LEASE
            await self._database.write(line_store.keep, entry.id, until)
        return place

    async def leave(self, scope: Scope, request: ask.Nothing) -> tal.Place:
        """Leave the line; leaving twice is leaving once. Raises `not_found`, `not_now`."""

        def unit(txn: Transaction) -> tal.Place:
            entry = _own(txn, scope)
            state = line.after(entry.state, line.Event.LEFT)
            if entry.state is not state:
                drop(txn, entry, state, scope.now)
            return _place(txn, scope, replace(entry, state=state))

        return await self._database.write(unit)

    async def call_back(self, scope: Scope, request: tal.AskCallBack) -> tal.Place:
        """Keep one's place for three hours without waiting here; a link comes in one's turn.

        A guest gives an e-mail or a phone number. Raises `Refused`: `not_found`, `not_now`,
        `invalid_field`.
        """
        email = None if request.email is None else normalise_email(request.email)

        def unit(txn: Transaction) -> tal.Place:
            entry = _own(txn, scope)
            line.after(entry.state, line.Event.SEEN)
            if entry.account is None and email is None and request.phone is None:
                raise Refused("invalid_field", field="email")
            until = scope.now + line.CALL_BACK
            line_store.set_call_back(txn, entry.id, email, request.phone, until)
            return _place(txn, scope, replace(entry, call_back=True))

        return await self._database.write(unit)

    # --- who is on duty ---------------------------------------------------------------------------

    async def start_duty(self, scope: Scope, request: ask.Nothing) -> tal.Duty:
        """Be on duty, until one ends it or is not seen for three minutes.

        Raises `Refused`: `not_found`, `not_now` for whoever is not active.
        """

        def unit(txn: Transaction) -> tal.Duty:
            one = acting_volunteer(txn, scope, active=True)
            before = line_store.duty_of(txn, one.id, scope.now)
            if before is None:
                line_store.end_duty(txn, one.id)
            since, paused = (before.since, before.paused_until) if before else (scope.now, 0)
            line_store.put_duty(txn, Duty(one.id, since, scope.now + line.DUTY, paused))
            matching.match(txn, scope.now)
            matching.announce(txn, scope.now)
            return _duty(txn, one, scope.now)

        return await self._database.write(unit)

    async def get_duty(self, scope: Scope, request: ask.Nothing) -> tal.Duty:
        """See one's duty and what is offered; reading it keeps one on duty. Raises `not_found`."""

        def unit(txn: Transaction) -> tal.Duty:
            one = acting_volunteer(txn, scope)
            before = line_store.duty_of(txn, one.id, scope.now)
            if before is not None:
                line_store.put_duty(txn, replace(before, seen_until=scope.now + line.DUTY))
            return _duty(txn, one, scope.now)

        return await self._database.write(unit)

    async def end_duty(self, scope: Scope, request: ask.Nothing) -> tal.Duty:
        """Be off duty; the talk that one is in goes on. Raises `not_found`."""

        def unit(txn: Transaction) -> tal.Duty:
            one = acting_volunteer(txn, scope)
            line_store.end_duty(txn, one.id)
            matching.announce(txn, scope.now)
            return _duty(txn, one, scope.now)

        return await self._database.write(unit)

    async def take(self, scope: Scope, request: tal.OneOffer) -> tal.Entered:
        """Take an offer: the talk begins. Whoever waits longest of those offered is served.

        Taking it again gives the same talk. Raises `Refused`: `not_found`, `not_now`,
        `offer_taken`.
        """
        try:
            return await self._database.write(_take, scope, decode_id(request.offer))
        except Taken:
            raise Refused("not_now") from None

    async def every_second(self, now: int) -> None:
        """Let go of who is not seen any more, and offer anew what nobody took."""
        if not await self._database.read(line_store.waiting):
            return

        def unit(txn: Transaction) -> None:
            gone = line_store.unseen(txn, now, 50)
            for entry in gone:
                drop(txn, entry, line.after(entry.state, line.Event.LAPSED), now)
            matching.match(txn, now)
            if gone:
                matching.announce(txn, now)

        await self._database.write(unit)


# --- the line -------------------------------------------------------------------------------------


def _join(txn: Transaction, scope: Scope, request: tal.JoinLine, band: AgeBand) -> tal.Place:
    if volunteer_store.service(txn, request.service) is None:
        raise Refused("invalid_field", field="service")
    actor = scope.actor
    if actor is not None:
        before = line_store.of_person(txn, actor.account)
        if before is not None and before.state is line.State.WAITING:
            line_store.keep(txn, before.id, scope.now + line.LEASE)
            return _place(txn, scope, before)
    entry = Entry(
        new_id(scope.now), txn.positions(), request.service, line.State.WAITING,
        request.language, band, None, None, "", request.interface, None, None, False,
        scope.now, scope.now + line.LEASE,
    )  # fmt: skip
    session = None
    if actor is not None and not actor.guest:
        entry = _with_account(txn, scope, request, entry)
    else:
        entry, session = _with_seat(txn, scope, request, entry)
    line_store.join(txn, entry)
    matching.match(txn, scope.now)
    matching.announce(txn, scope.now)
    place = _place(txn, scope, entry, session)
    if place.low_ms is not None and place.high_ms is not None:
        line_store.set_shown(txn, entry.id, place.low_ms, place.high_ms, scope.now)
    return place


def _with_account(txn: Transaction, scope: Scope, request: tal.JoinLine, entry: Entry) -> Entry:
    person = standing(txn, scope.me.account, scope.today)
    if person is None or not person.active:
        raise Refused("not_active")
    own = age_band(person.born, scope.today)
    if own.is_child and person.born > latest_birth(15, scope.today):
        raise Refused("parent_books")
    name = person.alias if request.name is None else onboarding.clean_name(request.name)
    band = AgeBand.TEEN if own.is_child else entry.band
    return replace(entry, account=person.account, name=name, interface=person.language, band=band)


def _with_seat(
    txn: Transaction, scope: Scope, request: tal.JoinLine, entry: Entry
) -> tuple[Entry, str]:
    if request.name is None:
        raise Refused("invalid_field", field="name")
    name = onboarding.clean_name(request.name)
    seat = open_seat(
        txn,
        name=name,
        language=request.interface,
        born=latest_birth(_ADULT_AGE[entry.band], scope.today),
        municipality=volunteer_store.any_municipality(txn),
        now=scope.now,
    )
    session = take_seat(txn, seat, scope.now, scope.now + DAY)
    return replace(entry, seat=seat, name=name), session


def _own(reader: Reader, scope: Scope) -> Entry:
    entry = line_store.of_person(reader, scope.me.account)
    if entry is None:
        raise Refused("not_found")
    return entry


def drop(txn: Transaction, entry: Entry, state: line.State, now: int) -> None:
    """Let one wait no more, and offer the next."""
    if line_store.settle(txn, entry.id, state, now):
        line_store.close_offers(txn, entry.id, line.Offer.WITHDRAWN)
        matching.match(txn, now)
        matching.announce(txn, now)


def _place(reader: Reader, scope: Scope, entry: Entry, session: str | None = None) -> tal.Place:
    """Show one's place."""
    waits = entry.state is line.State.WAITING
    position = line_store.count_before(reader, entry) + 1 if waits else 0
    wait = matching.expected(reader, entry, scope.now) if waits else None
    is_long = waits and (wait is None or wait.high >= line.LONG_WAIT)
    near = (
        timetable.nearest(
            reader, entry.service, scope.now, scope.now, band=entry.band, language=entry.language,
            account=entry.account or 0,
        )
        if is_long
        else []
    )  # fmt: skip
    taken = talk_store.of_entry(reader, entry.id) if entry.state is line.State.TAKEN else None
    return tal.Place(
        state=entry.state.value,
        position=position,
        low_ms=None if wait is None else wait.low,
        high_ms=None if wait is None else wait.high,
        long=is_long,
        call_back=entry.call_back,
        alternatives=timetable.shown(reader, near),
        talk=None if taken is None else encode_id(taken.id),
        session=session,
    )


# --- duty -----------------------------------------------------------------------------------------


def _duty(reader: Reader, one: Volunteer, now: int) -> tal.Duty:
    duty = line_store.duty_of(reader, one.id, now)
    waiting = line_store.waiting(reader)
    running = talk_store.running_of(reader, one.id)
    offers = []
    if duty is not None and running is None and duty.paused_until <= now:
        entries = {entry.id: entry for entry in waiting}
        offers = [
            tal.Offer(
                encode_id(offer.id),
                entries[offer.entry].service,
                entries[offer.entry].language,
                offer.made_at,
                offer.expires_at,
            )
            for offer in line_store.open_offers(reader)
            if offer.entry in entries
            and entries[offer.entry].language in one.profile.languages
            and offer.expires_at > now
        ]
    paused = duty is not None and duty.paused_until > now
    return tal.Duty(
        on_duty=duty is not None,
        paused_until=duty.paused_until if duty is not None and paused else None,
        waiting=len(waiting),
        offers=offers,
        talk=None if running is None else encode_id(running.id),
    )


def _take(txn: Transaction, scope: Scope, offer: int) -> tal.Entered:
    one = acting_volunteer(txn, scope, active=True)
    state = line_store.offer_state(txn, offer)
    if state is None:
        raise Refused("not_found")
    if state == line.Offer.TAKEN and line_store.taken_by(txn, offer) == one.id:
        running = talk_store.running_of(txn, one.id)
        if running is not None:
            return talks.let_in(txn, scope, running, Role.VOLUNTEER)
    if state != line.Offer.OPEN:
        raise Refused("offer_taken")
    entry = _front(txn, one, scope.now)
    if entry is None:
        raise Refused("offer_taken")
    line_store.settle(txn, entry.id, line.State.TAKEN, scope.now)
    line_store.close_offers(txn, entry.id, line.Offer.TAKEN, one.id)
    planned = _begin(txn, entry, one, scope.now)
    entered = talks.let_in(txn, scope, planned, Role.VOLUNTEER)
    matching.match(txn, scope.now)
    matching.announce(txn, scope.now)
    return entered


def _front(txn: Transaction, one: Volunteer, now: int) -> Entry | None:
    """Give whom a volunteer serves now. Raises `not_now` if they are not on duty and free."""
    mine = [own for own in matching.ready(txn, now) if own.one.id == one.id]
    if not mine or not mine[0].free:
        raise Refused("not_now")
    waiting = line_store.waiting(txn)
    offered = {offer.entry for offer in line_store.open_offers(txn)}
    front = line.first_for(
        [matching.as_waiting(entry) for entry in waiting], offered, matching.as_free(one)
    )
    return next((entry for entry in waiting if front and entry.id == front.entry), None)


def _begin(txn: Transaction, entry: Entry, one: Volunteer, now: int) -> Talk:
    """Plan the talk of one who was taken, from now on. Raises `Taken`."""
    service = volunteer_store.service(txn, entry.service)
    assert service is not None, "whoever joined asked for it"
    planned = Talk(
        new_id(now), None, entry.id, entry.service, talk.State.PLANNED, one.id, one.branch,
        entry.band, now, now + service.length,
    )  # fmt: skip
    booking_store.occupy(txn, VOLUNTEER_SIDE, one.id, now, planned.ends_at, planned.id)
    citizen = Party(
        planned.id, Role.CITIZEN, entry.account, entry.name, entry.interface, entry.email,
        entry.phone, entry.seat,
    )  # fmt: skip
    planning.plan(txn, planned, [citizen, planning.volunteer_party(txn, planned.id, one, now)])
    if entry.call_back:
        tell = planning.told(txn, planned, links=True, roles=(Role.CITIZEN,))
        txn.emit(TalkSoon(planning.appointment(txn, planned), tell))
    planning.announce(txn, planned)
    return planned
