"""What happens to a talk inside a unit of work: planned, moved, entered, ended, erased.

Bookings, the line, courses and coordinators all plan talks by these. Each emits what the parties'
open pages are told.
"""

import datetime
from collections.abc import Iterable
from dataclasses import replace

from chat.accounts.links import digest, new_token
from chat.accounts.seats import open_seat, remove_seat
from chat.accounts.service import standing
from chat.conversations import lifetime
from chat.safety.model import latest_birth
from chat.scope import copenhagen_date
from chat.snaksammen import booking, booking_store, talk, talk_store, volunteer_store
from chat.snaksammen.model import KIND, AgeBand, Appointment, Role, TalkChanged, Told
from chat.snaksammen.onboarding import Volunteer
from chat.snaksammen.talk import Event
from chat.snaksammen.talk_store import Party, Talk
from chat.snaksammen.volunteer_store import Coordinator, Service
from chat.storage.database import Reader, Transaction
from protocol.errors import Language

SYMBOL = "💬"

_YOUNGEST = {AgeBand.UNDER_15: 9, AgeBand.TEEN: 15, AgeBand.ADULT: 18}
"""Whole years of age at which a band begins (SnakSammen has had users from nine)."""


# --- who takes part -------------------------------------------------------------------------------


def volunteer_party(reader: Reader, talk_id: int, one: Volunteer, now: int) -> Party:
    """Make a volunteer a party, under the name of the profile."""
    return Party(
        talk_id, Role.VOLUNTEER, one.account, one.profile.name, _language(reader, one.account, now)
    )


def coordinator_party(reader: Reader, talk_id: int, who: Coordinator, now: int) -> Party:
    """Make a coordinator a party: announced, visible to all."""
    return Party(
        talk_id, Role.COORDINATOR, who.account, who.name, _language(reader, who.account, now)
    )


def _language(reader: Reader, account: int, now: int) -> Language:
    person = standing(reader, account, copenhagen_date(now))
    return "da" if person is None else person.language


def plan(txn: Transaction, planned: Talk, parties: Iterable[Party]) -> None:
    """Add a talk and who takes part."""
    talk_store.add(txn, planned)
    for party in parties:
        talk_store.put_party(txn, party)


def replace_party(txn: Transaction, planned: Talk, party: Party, now: int) -> None:
    """Let another take a role: the links, the seat and the session of the one before end."""
    before = talk_store.parties(txn, planned.id).get(party.role)
    if before is not None:
        talk_store.revoke_links(txn, planned.id, party.role)
        if before.seat is not None:
            remove_seat(txn, before.seat, now)
    talk_store.put_party(txn, party)


# --- telling --------------------------------------------------------------------------------------


def appointment(reader: Reader, planned: Talk) -> Appointment:
    """Say what a talk is, for whoever is told."""
    service = service_of(reader, planned)
    return Appointment(
        planned.id, planned.booking, service.danish, service.english, planned.starts_at,
        planned.ends_at,
    )  # fmt: skip


def service_of(reader: Reader, planned: Talk) -> Service:
    """Give the service that a talk is of."""
    found = volunteer_store.service(reader, planned.service)
    assert found is not None, "services are changed, and never deleted"
    return found


def told(
    txn: Transaction, planned: Talk, *, links: bool, roles: Iterable[Role] = tuple(Role)
) -> tuple[Told, ...]:
    """List those who take part and are to be told, each with a new link of their own if `links`."""
    parties = talk_store.parties(txn, planned.id)
    return tuple(
        Told(
            party.role,
            party.language,
            party.account,
            party.email,
            party.phone,
            ", ".join(other.name for other in parties.values() if other is not party),
            new_link(txn, planned.id, party.role) if links else None,
        )
        for party in parties.values()
        if party.role in roles
    )


def new_link(txn: Transaction, talk_id: int, role: Role) -> str:
    """Make a personal link; gives its token, of which only the digest is kept."""
    token = new_token()
    talk_store.add_link(txn, digest(token), talk_id, role)
    return token


def announce(txn: Transaction, planned: Talk) -> None:
    """Have everyone's open page read the talk again."""
    parties = talk_store.parties(txn, planned.id).values()
    ids = {one for party in parties for one in (party.seat, party.account) if one is not None}
    txn.emit(TalkChanged(planned.id, planned.state.value, tuple(sorted(ids))))


# --- the room -------------------------------------------------------------------------------------


def seat_of(txn: Transaction, planned: Talk, party: Party, now: int) -> Party:
    """Give a party with a seat, made if there is none."""
    if party.seat is not None:
        return party
    branch = volunteer_store.branch(txn, planned.branch)
    seat = open_seat(
        txn,
        name=party.name,
        language=party.language,
        born=_born(txn, planned, party, now),
        municipality=branch.municipality,
        now=now,
    )
    party = replace(party, seat=seat)
    talk_store.put_party(txn, party)
    return party


def _born(reader: Reader, planned: Talk, party: Party, now: int) -> datetime.date:
    """Give a date of birth that the party's age allows; a citizen's own is not carried over."""
    band = planned.band if party.role is Role.CITIZEN else AgeBand.ADULT
    return latest_birth(_YOUNGEST[band], copenhagen_date(now))


def arrive(txn: Transaction, planned: Talk, role: Role, now: int) -> Talk:
    """Let one come in: the first opens the conversation, and with all there the talk runs."""
    parties = talk_store.parties(txn, planned.id)
    me = parties[role]
    if me.entered_at is not None and me.left_at is None and planned.conversation is not None:
        return planned
    parties = {key: seat_of(txn, planned, one, now) for key, one in parties.items()}
    me = replace(parties[role], entered_at=me.entered_at or now, left_at=None)
    talk_store.put_party(txn, me)
    if planned.conversation is None:
        members = [(one.seat, one.role.value) for one in parties.values() if one.seat is not None]
        conversation = lifetime.open_between(
            txn, KIND, planned.id, title=service_of(txn, planned).danish,
            symbol=SYMBOL, members=members, now=now,
        )  # fmt: skip
        planned = replace(planned, conversation=conversation)
    here = [one.role for one in parties.values() if one.entered_at is not None or one.role is role]
    state = talk.after(planned.state, talk.on_entering(planned.band, here))
    began = now if state is talk.State.RUNNING and planned.began_at is None else planned.began_at
    planned = replace(planned, state=state, began_at=began)
    talk_store.save(txn, planned)
    announce(txn, planned)
    return planned


def empty_room(txn: Transaction, planned: Talk, now: int) -> Talk:
    """Erase the conversation of a talk that did not begin, and let nobody have come yet."""
    if planned.conversation is not None:
        lifetime.erase(txn, planned.conversation)
    for party in talk_store.parties(txn, planned.id).values():
        if party.entered_at is not None:
            talk_store.put_party(txn, replace(party, entered_at=None, left_at=None))
    return replace(planned, conversation=None)


def end(txn: Transaction, planned: Talk, event: Event, now: int) -> Talk:
    """End a talk, or what was to be one: nothing more is said, and the text is erased later."""
    state = talk.after(planned.state, event)
    if state is planned.state:
        return planned
    if planned.conversation is not None:
        lifetime.close(txn, planned.conversation, now)
    booking_store.release(txn, planned.booking or planned.id)
    erase_at = now + service_of(txn, planned).keeps_text
    planned = replace(planned, state=state, ended_at=now, erase_at=erase_at)
    talk_store.save(txn, planned)
    _settle_booking(txn, planned, now)
    announce(txn, planned)
    return planned


def _settle_booking(txn: Transaction, planned: Talk, now: int) -> None:
    """Note of a booking whether its talk took place; one that is called off says so itself."""
    found = None if planned.booking is None else booking_store.find(txn, planned.booking)
    if found is None or found.state is not booking.State.CONFIRMED:
        return
    if planned.state is not talk.State.CANCELLED:
        event = booking.Event.KEPT if planned.began_at is not None else booking.Event.MISSED
        booking_store.save(txn, replace(found, state=booking.after(found.state, event)), now)


def erase(txn: Transaction, planned: Talk, now: int) -> None:
    """Erase what was said in a talk that is over (domain rule 7, G7)."""
    if planned.conversation is not None:
        lifetime.erase(txn, planned.conversation)
    talk_store.set_erased(txn, planned.id, now)
    announce(txn, planned)
