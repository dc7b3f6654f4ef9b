"""What SnakSammen holds of an account: given to it, and erased (domain rule 7, G7).

What stays: that there was a talk, when and how long; a report with its evidence, and who looked at
it, which is kept to protect people (G7's documented safeguarding hold). None leads to an account.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from chat.accounts.seats import remove_seat
from chat.conversations import lifetime
from chat.snaksammen import (
    booking_store,
    line,
    line_store,
    lines,
    planning,
    rebooking,
    rights_store,
    talk,
    talk_store,
    volunteer_store,
)
from chat.snaksammen.booking import COORDINATOR_SIDE, Booking
from chat.snaksammen.model import AgeBand, BookingConfirmed, Role
from chat.snaksammen.talk_store import Party, Talk
from chat.storage.database import Reader, Transaction
from protocol.errors import Refused

AT_ONCE = 10
"""Talks that one unit of work calls off (at most 5 ms)."""


class TalkRights:
    """The part of `chat.rights` that SnakSammen answers for."""

    def export(self, reader: Reader, account: int) -> dict[str, Any]:
        """Give bookings, talks, the line, feelings, notes, times: what is about this one alone."""
        one = volunteer_store.volunteer_of(reader, account)
        return rights_store.all_of(reader, account, None if one is None else one.id)

    def erase(self, txn: Transaction, account: int, now: int) -> bool:
        """Call off what is to come, telling the others; then forget. Tells whether all is gone."""
        rights_store.forget_coordinator(txn, account)
        talks = rights_store.open_talks(txn, account, AT_ONCE)
        for planned in talks:
            me = talk_store.party_in(txn, planned.id, account)
            if me is not None:
                _step_out(txn, planned, me, now)
        if talks:
            return False
        entry = line_store.of_person(txn, account)
        if entry is not None and entry.state is line.State.WAITING:
            lines.drop(txn, entry, line.State.LEFT, now)
        for held in booking_store.holds_of(txn, account):
            booking_store.drop_hold(txn, held, now)
        for seat in rights_store.forget_parties(txn, account):
            remove_seat(txn, seat, now)
        rights_store.forget_citizen(txn, account)
        rights_store.release_coordinator(txn, account)
        one = volunteer_store.volunteer_of(txn, account)
        if one is not None:
            rights_store.forget_volunteer(txn, one.id)
        return True


def _step_out(txn: Transaction, planned: Talk, me: Party, now: int) -> None:
    """Let a talk go on without a coordinator where it can; end it or call it off otherwise."""
    if me.role is Role.COORDINATOR and _goes_on(txn, planned, me, now):
        return
    found = None if planned.booking is None else booking_store.find(txn, planned.booking)
    if found is not None and planned.state is not talk.State.RUNNING:
        rebooking.call_off(txn, found, planned, now)
    elif planned.state is talk.State.PLANNED:
        planning.end(txn, planned, talk.Event.CANCELLED, now)
    else:
        planning.end(txn, planned, talk.Event.ENDED, now)


def _goes_on(txn: Transaction, planned: Talk, me: Party, now: int) -> bool:
    if planned.band is AgeBand.UNDER_15:
        found = None if planned.booking is None else booking_store.find(txn, planned.booking)
        return planned.state is talk.State.PLANNED and found is not None and _another(
            txn, found, planned, now
        )  # fmt: skip
    volunteer = talk_store.parties(txn, planned.id)[Role.VOLUNTEER]
    if volunteer.left_at is not None:
        return False
    talk_store.put_party(txn, replace(me, left_at=now))
    if planned.conversation is not None and me.seat is not None:
        lifetime.depart(txn, planned.conversation, me.seat, now)
    planning.announce(txn, planned)
    return True


def _another(txn: Transaction, found: Booking, planned: Talk, now: int) -> bool:
    """Announce another coordinator of the branch in a child's booking, who gets the link."""
    with suppress(Refused):  # none is free: nothing has been written
        chosen = rebooking.announced_coordinator(txn, found)
        who = None if chosen is None else volunteer_store.coordinator(txn, chosen)
        if who is None:
            return False
        found = replace(found, coordinator=who.account)
        booking_store.occupy(
            txn, COORDINATOR_SIDE, who.account, found.starts_at, found.ends_at, found.id
        )
        booking_store.save(txn, found, now)
        party = planning.coordinator_party(txn, planned.id, who, now)
        planning.replace_party(txn, planned, party, now)
        tell = planning.told(txn, planned, links=True, roles=(Role.COORDINATOR,))
        txn.emit(BookingConfirmed(planning.appointment(txn, planned), tell))
        planning.announce(txn, planned)
        return True
    return False
