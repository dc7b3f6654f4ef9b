"""What the clock brings about: holds lapse, people are reminded, talks end, text is erased.

Every step is one unit of work that looks again at what it changes, so that several processes may
run the rounds at the same time, and one that dies in the middle leaves nothing half done.
"""

from collections.abc import Callable
from contextlib import suppress

from chat.accounts.seats import remove_seat
from chat.snaksammen import (
    booking,
    booking_store,
    line_store,
    planning,
    rebooking,
    talk,
    talk_store,
    timetable,
    volunteer_store,
)
from chat.snaksammen.model import DAY, NoShow, Role, TalkSoon
from chat.snaksammen.talk_store import Talk
from chat.snaksammen.time_store import Time
from chat.storage.database import Database, Reader, Transaction
from protocol.errors import Refused

AT_ONCE = 10
"""Talks that one unit of work changes (at most 5 ms)."""


class Rounds:
    """Goes through what is due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def every_second(self, now: int) -> None:
        """Lapse, remind, give up, end and erase what is due."""
        await self._database.write(booking_store.lapse, now)
        await self._each(lambda r: talk_store.to_remind(r, now + talk.REMIND, now, AT_ONCE),
                         _remind, now)  # fmt: skip
        await self._each(lambda r: talk_store.overdue(r, now - talk.GRACE, AT_ONCE), _give_up, now)
        await self._each(lambda r: talk_store.run_out(r, now - talk.SOFT_END, AT_ONCE), _end, now)
        await self._each(lambda r: talk_store.to_erase(r, now, AT_ONCE), _erase, now)

    async def every_hour(self, now: int) -> None:
        """Forget who took part in talks that are long over, and who waited."""

        def tidy(txn: Transaction) -> int:
            old = talk_store.long_over(txn, now, AT_ONCE)
            for party in old:
                talk_store.forget_party(txn, party)
                if party.seat is not None:
                    remove_seat(txn, party.seat, now)
            return len(old)

        while await self._database.write(tidy):
            pass
        await self._database.write(_forget_line, now)
        await self._database.write(booking_store.forget_taken, now - DAY)
        await self._database.write(volunteer_store.tidy_invitations, now)

    async def _each(
        self,
        due: Callable[[Reader], list[Talk]],
        work: Callable[[Transaction, Talk, int], None],
        now: int,
    ) -> None:
        """Do what is due until nothing is; each talk is read again inside its unit of work."""
        if not await self._database.read(due):
            return

        def unit(txn: Transaction) -> int:
            found = due(txn)
            for one in found:
                work(txn, one, now)
            return len(found)

        while await self._database.write(unit) == AT_ONCE:
            pass


def _remind(txn: Transaction, planned: Talk, now: int) -> None:
    talk_store.set_reminded(txn, planned.id, now)
    tell = planning.told(txn, planned, links=True)
    txn.emit(TalkSoon(planning.appointment(txn, planned), tell))


def _end(txn: Transaction, planned: Talk, now: int) -> None:
    planning.end(txn, planned, talk.Event.ENDED, now)


def _erase(txn: Transaction, planned: Talk, now: int) -> None:
    planning.erase(txn, planned, now)


def _give_up(txn: Transaction, planned: Talk, now: int) -> None:
    """Someone did not come: find the nearest other time and say sorry, or only say sorry."""
    parties = talk_store.parties(txn, planned.id)
    entered = [role for role, one in parties.items() if one.entered_at is not None]
    absent = talk.absent(planned.band, entered) or Role.CITIZEN
    again = volunteer_store.was_alerted(txn, "no_show", planned.id)
    volunteer_store.add_alert(txn, planned.branch, "no_show", planned.id, planned.volunteer, now)
    if not again and _rebook(txn, planned, absent, now):
        return
    planned = planning.end(txn, planned, talk.Event.GIVEN_UP, now)
    tell = planning.told(txn, planned, links=False)
    txn.emit(NoShow(planning.appointment(txn, planned), absent, tell))


def _rebook(txn: Transaction, planned: Talk, absent: Role, now: int) -> bool:
    """Move a booking to the nearest time: with another volunteer if it was ours who was absent."""
    found = None if planned.booking is None else booking_store.find(txn, planned.booking)
    if found is None or found.course is not None or planned.ends_at < now - DAY:
        return False
    near = timetable.nearest(
        txn, found.service, now, now, band=found.band, language=found.language,
        account=found.account or 0, count=20,
    )  # fmt: skip
    for time in near:
        if (time.volunteer == planned.volunteer) is (absent is Role.VOLUNTEER):
            continue
        one = volunteer_store.volunteer(txn, time.volunteer)
        if one is None or not _citizen_free(txn, found, time):
            continue
        with suppress(Refused):  # no coordinator then: nothing has been written
            rebooking.move_to(txn, found, planned, time, one, now, apology=True)
            return True
    return False


def _citizen_free(reader: Reader, found: booking.Booking, time: Time) -> bool:
    key = found.citizen_key
    return key is None or booking_store.is_free(
        reader, *key, time.starts_at, time.ends_at, found.id
    )


def _forget_line(txn: Transaction, now: int) -> None:
    """Forget who waited long ago, and the seats of those who did not come to talk."""
    for service in volunteer_store.services(txn):
        before = now - service.keeps_contact
        for seat in line_store.seats_without_talk(txn, service.slug, before):
            remove_seat(txn, seat, now)
        line_store.forget_settled(txn, service.slug, before)
