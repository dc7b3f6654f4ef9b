"""Who in the line is offered to whom, inside a unit of work."""

from dataclasses import dataclass

from chat.snaksammen import booking_store, estimate, line, line_store, talk_store, volunteer_store
from chat.snaksammen.booking import VOLUNTEER_SIDE
from chat.snaksammen.estimate import ROOM
from chat.snaksammen.line import Free, Waiting
from chat.snaksammen.line_store import Duty, Entry, Offer
from chat.snaksammen.model import MINUTE, LineMoved, OfferMade, Role, Told
from chat.snaksammen.onboarding import Volunteer
from chat.snaksammen.talk_store import Talk
from chat.snaksammen.times import TICK
from chat.storage.database import Reader, Transaction
from chat.storage.ids import new_id

DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Ready:
    """A volunteer on duty: `since` how long (ms) their talk runs, 0 in none; `free` to talk now."""

    one: Volunteer
    duty: Duty
    since: int
    free: bool


def ready(reader: Reader, now: int) -> list[Ready]:
    """List who is on duty, and whether each can talk."""
    duties = line_store.on_duty(reader, now)
    known = volunteer_store.volunteers_by_id(reader, [duty.volunteer for duty in duties])
    return [_ready(reader, known[duty.volunteer], duty, now) for duty in duties]


def _ready(reader: Reader, one: Volunteer, duty: Duty, now: int) -> Ready:
    running = talk_store.running_of(reader, one.id)
    if running is not None:
        return Ready(one, duty, max(1, now - running.starts_at), free=False)
    taken = booking_store.next_taken(reader, VOLUNTEER_SIDE, one.id, now)
    booked = taken is not None and taken < now + ROOM
    return Ready(one, duty, 0, free=duty.paused_until <= now and not booked)


def as_free(one: Volunteer) -> Free:
    """Make of a volunteer what matching needs."""
    return Free(one.id, frozenset(one.profile.languages))


def as_waiting(entry: Entry) -> Waiting:
    """Make of one in the line what matching needs."""
    return Waiting(entry.id, entry.place, entry.language)


def match(txn: Transaction, now: int) -> None:
    """Offer the front of the line to whoever is free; what is offered already stays so.

    An offer that nobody took in time is made again: whoever waited keeps the front.
    """
    line_store.expire_offers(txn, now)
    waiting = line_store.waiting(txn)
    if not waiting:
        return
    free = [one for one in ready(txn, now) if one.free]
    chosen = line.whom_to_offer(
        [as_waiting(entry) for entry in waiting], [as_free(one.one) for one in free]
    )
    for front in chosen:
        offer = Offer(new_id(now), front.entry, now, now + line.OFFER)
        if line_store.add_offer(txn, offer):
            _tell(txn, offer, front, waiting, free, now)


def _tell(
    txn: Transaction,
    offer: Offer,
    front: Waiting,
    waiting: list[Entry],
    free: list[Ready],
    now: int,
) -> None:
    (entry,) = (one for one in waiting if one.id == front.entry)
    service = volunteer_store.service(txn, entry.service)
    tell = tuple(
        Told(Role.VOLUNTEER, "da", one.one.account)
        for one in free
        if front.language in one.one.profile.languages
    )
    names = (service.danish, service.english) if service else (entry.service, entry.service)
    txn.emit(OfferMade(offer.id, *names, offer.expires_at, tell))


def announce(txn: Transaction, now: int) -> None:
    """Have who waits read their place again, and who is on duty their offers."""
    waiting = line_store.waiting(txn)
    people = [entry.account or entry.seat for entry in waiting]
    accounts = [one.one.account for one in ready(txn, now)]
    txn.emit(LineMoved(tuple(one for one in people if one is not None), tuple(accounts)))


def expected(reader: Reader, entry: Entry, now: int) -> estimate.Wait | None:
    """Estimate how long one waits; None while nobody is on duty who speaks the language.

    Everyone in front counts, whichever service they wait for: volunteers serve them all.
    """
    waiting = line_store.waiting(reader)
    ahead = [one for one in waiting if one.place < entry.place]
    duties = ready(reader, now)
    running = {one.one.id: talk_store.running_of(reader, one.one.id) for one in duties}
    services = {entry.service, *(one.service for one in ahead)}
    services |= {talk.service for talk in running.values() if talk is not None}
    lengths = {slug: _lengths(reader, slug, now) for slug in services}
    servers = [
        estimate.Server(
            frozenset(one.one.profile.languages),
            one.since,
            lengths[talk.service] if (talk := running[one.one.id]) is not None else (),
            _busy(reader, one, talk, now),
        )
        for one in duties
    ]
    taken, gone = line_store.recent_endings(reader, now - 30 * DAY)
    return estimate.wait(
        [estimate.Waiter(one.language, lengths[one.service]) for one in ahead],
        entry.language,
        servers,
        estimate.gives_up(taken, gone),
    )


def _busy(reader: Reader, one: Ready, running: Talk | None, now: int) -> list[tuple[int, int]]:
    """List when a volunteer takes nobody: a pause, and bookings but the talk that runs.

    From and until, in ms from now.
    """
    busy = [(0, one.duty.paused_until - now)] if one.duty.paused_until > now else []
    own = 0 if running is None else running.booking or running.id
    until = now + estimate.LONGEST
    taken = booking_store.taken_between(reader, VOLUNTEER_SIDE, one.one.id, now, until)
    booked = [row["at"] - now for row in taken if row["booking_id"] != own]
    return [*busy, *((at, at + TICK) for at in booked)]


def _lengths(reader: Reader, service: str, now: int) -> list[int]:
    """Give how long the last talks of a service took, rising; at least ten."""
    found = volunteer_store.service(reader, service)
    usual = found.length if found else 15 * MINUTE
    lengths = talk_store.recent_lengths(reader, service, now - 30 * DAY)
    # Until there is a history: talks mostly end on time, and some much sooner.
    return sorted(lengths if len(lengths) >= 20 else [*lengths, *_guess(usual)])


def _guess(usual: int) -> list[int]:
    return [usual * share // 100 for share in (30, 50, 70, 85, 95, 100, 100, 100, 105, 135)]
