"""Who in the line is offered to whom, inside a unit of work."""

from dataclasses import dataclass

from chat.snaksammen import booking_store, estimate, line, line_store, talk_store, volunteer_store
from chat.snaksammen.booking import VOLUNTEER_SIDE
from chat.snaksammen.line import Free, Waiting
from chat.snaksammen.line_store import Duty, Entry, Offer
from chat.snaksammen.model import MINUTE, LineMoved, OfferMade, Role, Told
from chat.snaksammen.onboarding import Volunteer
from chat.storage.database import Reader, Transaction
from chat.storage.ids import new_id

ROOM = 20 * MINUTE
"""A volunteer with a booking sooner than this is offered nobody."""

DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Ready:
    """A volunteer on duty, and in how long (ms) they can talk: 0 now; in a talk since `since`."""

    one: Volunteer
    duty: Duty
    since: int

    @property
    def free(self) -> bool:
        """Tell whether they could talk now."""
        return self.since == 0


def ready(reader: Reader, now: int) -> list[Ready]:
    """List who is on duty, and when each can talk."""
    duties = line_store.on_duty(reader, now)
    known = volunteer_store.volunteers_by_id(reader, [duty.volunteer for duty in duties])
    return [Ready(known[duty.volunteer], duty, _since(reader, duty, now)) for duty in duties]


def _since(reader: Reader, duty: Duty, now: int) -> int:
    running = talk_store.running_of(reader, duty.volunteer)
    if running is not None:
        return max(1, now - running.starts_at)
    if duty.paused_until > now:
        return now - duty.paused_until
    taken = booking_store.next_taken(reader, VOLUNTEER_SIDE, duty.volunteer, now)
    return -ROOM if taken is not None and taken < now + ROOM else 0


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


def expected(reader: Reader, entry: Entry, position: int, now: int) -> estimate.Wait | None:
    """Estimate how long one waits; None while nobody is on duty who speaks the language."""
    running = [
        one.since for one in ready(reader, now) if entry.language in one.one.profile.languages
    ]
    service = volunteer_store.service(reader, entry.service)
    usual = service.length if service else 15 * MINUTE
    lengths = talk_store.recent_lengths(reader, entry.service, now - 30 * DAY)
    # Until there is a history: talks mostly end on time, and some much sooner.
    lengths = lengths if len(lengths) >= 20 else [*lengths, *_guess(usual)]
    found = estimate.waits(position, running, lengths)
    return found[-1] if found else None


def _guess(usual: int) -> list[int]:
    return [usual * share // 100 for share in (30, 50, 70, 85, 95, 100, 100, 100, 105, 135)]
