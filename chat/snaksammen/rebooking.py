"""What happens to a booking inside a unit of work: planned, moved, given to another, called off."""

from dataclasses import replace

from chat.scope import copenhagen_date
from chat.snaksammen import (
    booking,
    booking_store,
    onboarding,
    planning,
    talk,
    talk_store,
    volunteer_store,
)
from chat.snaksammen.booking import COORDINATOR_SIDE, VOLUNTEER_SIDE, Booking, Event, State
from chat.snaksammen.model import AgeBand, BookingCancelled, BookingMoved
from chat.snaksammen.onboarding import Volunteer
from chat.snaksammen.talk_store import Party, Talk
from chat.snaksammen.time_store import Time
from chat.snaksammen.volunteer_store import Coordinator
from chat.storage.database import Reader, Transaction
from chat.storage.ids import new_id
from protocol.errors import Refused


def occupy(txn: Transaction, found: Booking) -> None:
    """Take the time of everyone in a booking. Raises `Taken`."""
    start, stop = found.starts_at, found.ends_at
    booking_store.occupy(txn, VOLUNTEER_SIDE, found.volunteer, start, stop, found.id)
    if found.citizen_key is not None:
        booking_store.occupy(txn, *found.citizen_key, start, stop, found.id)
    if found.coordinator is not None:
        booking_store.occupy(txn, COORDINATOR_SIDE, found.coordinator, start, stop, found.id)


def announced_coordinator(reader: Reader, found: Booking) -> int | None:
    """Choose the coordinator who takes part where a child does (domain rule 2)."""
    if found.band is not AgeBand.UNDER_15:
        return None
    one = volunteer_store.volunteer(reader, found.volunteer)
    assert one is not None, "a booking names its volunteer"
    for who in volunteer_store.coordinators_of(reader, one.branch):
        free = booking_store.is_free(
            reader, COORDINATOR_SIDE, who.account, found.starts_at, found.ends_at, found.id
        )
        if free and who.account not in {one.account, found.account}:
            return who.account
    raise Refused("no_coordinator")


def plan_talk(txn: Transaction, found: Booking, citizen: Party, now: int) -> Talk:
    """Plan the talk of a booking, with everyone whose time it takes."""
    one = volunteer_store.volunteer(txn, found.volunteer)
    assert one is not None, "a booking names its volunteer"
    planned = Talk(
        new_id(now), found.id, None, found.service, talk.State.PLANNED, one.id, one.branch,
        found.band, found.starts_at, found.ends_at,
    )  # fmt: skip
    parties = [
        replace(citizen, talk=planned.id),
        planning.volunteer_party(txn, planned.id, one, now),
    ]
    who = _announced(txn, found)
    if who is not None:
        parties.append(planning.coordinator_party(txn, planned.id, who, now))
    planning.plan(txn, planned, parties)
    return planned


def _announced(reader: Reader, found: Booking) -> Coordinator | None:
    if found.coordinator is None:
        return None
    return volunteer_store.coordinator(reader, found.coordinator)


def move_to(
    txn: Transaction,
    found: Booking,
    planned: Talk,
    time: Time,
    one: Volunteer,
    now: int,
    *,
    apology: bool = False,
) -> tuple[Booking, Talk]:
    """Move a booking and its talk to a time of a volunteer's. Raises `Taken`, `not_now`."""
    before = found.starts_at
    state = booking.after(found.state, Event.MOVED)
    planned = replace(planned, state=talk.after(planned.state, talk.Event.MOVED))
    found = replace(
        found, state=state, volunteer=one.id, starts_at=time.starts_at, ends_at=time.ends_at,
        service=time.service,
    )  # fmt: skip
    found = replace(found, coordinator=announced_coordinator(txn, found))
    booking_store.release(txn, found.id)
    occupy(txn, found)
    booking_store.save(txn, found, now)
    other_volunteer = planned.volunteer != one.id
    planned = planning.empty_room(txn, planned, now)
    planned = replace(
        planned, volunteer=one.id, branch=one.branch, starts_at=found.starts_at,
        ends_at=found.ends_at, service=found.service,
    )  # fmt: skip
    talk_store.save(txn, planned)
    if other_volunteer:
        party = planning.volunteer_party(txn, planned.id, one, now)
        planning.replace_party(txn, planned, party, now)
    who = _announced(txn, found)
    if who is not None:
        party = planning.coordinator_party(txn, planned.id, who, now)
        planning.replace_party(txn, planned, party, now)
    talk_store.set_reminded(txn, planned.id, None)
    tell = planning.told(txn, planned, links=True)
    txn.emit(BookingMoved(planning.appointment(txn, planned), before, tell, apology))
    planning.announce(txn, planned)
    return found, planned


def give_to(
    txn: Transaction, found: Booking, planned: Talk, colleague: Volunteer, now: int
) -> Booking:
    """Give a booking to another volunteer at the same time. Raises `Taken`, `not_now`."""
    fit = onboarding.may_meet(colleague.steps, found.band, copenhagen_date(found.starts_at))
    if (
        colleague.state is not onboarding.State.ACTIVE
        or not fit
        or colleague.account == found.account
        or colleague.account == found.coordinator
    ):
        raise Refused("not_found", field="volunteer")
    if colleague.id == found.volunteer:
        return found
    time = Time(0, colleague.id, found.service, found.starts_at, found.ends_at)
    return move_to(txn, found, planned, time, colleague, now)[0]


def call_off(
    txn: Transaction, found: Booking, planned: Talk, now: int, message: str = ""
) -> Booking:
    """Cancel a booking and its talk, and tell everyone. Raises `Refused("not_now")`."""
    if found.state is State.CANCELLED:
        return found
    found = replace(found, state=booking.after(found.state, Event.CANCELLED))
    planned = planning.end(txn, planned, talk.Event.CANCELLED, now)
    booking_store.save(txn, found, now)
    tell = planning.told(txn, planned, links=False)
    txn.emit(BookingCancelled(planning.appointment(txn, planned), tell, message))
    return found
