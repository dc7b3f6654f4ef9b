"""Use cases of coordinators: what goes on in the branch, and a hand where one is needed.

Never what is said in a talk, unless one has joined it, announced and visible to everyone.
"""

from chat.conversations import lifetime
from chat.scope import Scope
from chat.snaksammen import (
    booking_store,
    booking_views,
    caring,
    line_store,
    planning,
    rebooking,
    talk,
    talk_store,
    talks,
    time_store,
    volunteer_store,
)
from chat.snaksammen.access import access_volunteer, acting_coordinator
from chat.snaksammen.booking import Booking, Taken
from chat.snaksammen.model import DAY, HOUR, Role
from chat.snaksammen.talk_store import Talk
from chat.snaksammen.volunteer_store import Coordinator
from chat.storage.database import Database, Reader, Transaction
from chat.storage.ids import new_id
from protocol import requests as ask
from protocol import resources as res
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id

WEEK = 7 * DAY


class Coordination:
    """A branch, seen and helped by those who coordinate it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def overview(self, scope: Scope, request: ask.Nothing) -> tal.Overview:
        """See duty, the line, talks, alerts, no-shows, waits. Raises `not_found`."""

        def read(reader: Reader) -> tal.Overview:
            return _overview(reader, acting_coordinator(reader, scope), scope.now)

        return await self._database.read(read)

    async def settle_alert(self, scope: Scope, request: tal.OneAlert) -> res.Empty:
        """Note that an alert was seen to. Raises `not_found`."""

        def unit(txn: Transaction) -> None:
            who = acting_coordinator(txn, scope)
            alert = decode_id(request.alert)
            if not volunteer_store.settle_alert(txn, who.branch, alert, scope.now):
                raise Refused("not_found")

        await self._database.write(unit)
        return res.Empty()

    async def attend(self, scope: Scope, request: tal.OneTalk) -> tal.Entered:
        """Join a talk of the branch, or take it over: announced, a visible third member.

        When the volunteer leaves then, the talk goes on. Raises `not_found`, `not_now` when it
        is over.
        """

        def unit(txn: Transaction) -> tal.Entered:
            who = acting_coordinator(txn, scope)
            planned = _talk_of(txn, who, decode_id(request.talk))
            if planned.state not in talk.OPEN:
                raise Refused("not_now")
            _announce_in(txn, planned, who, scope.now)
            return talks.let_in(txn, scope, planned, Role.COORDINATOR)

        return await self._database.write(unit)

    async def reassign(self, scope: Scope, request: vol.HandOver) -> vol.Booking:
        """Give a booking of the branch to another of its volunteers, who is free then.

        Raises `Refused`: `not_found`, `not_now`, `colleague_taken`.
        """

        def unit(txn: Transaction) -> vol.Booking:
            who = acting_coordinator(txn, scope)
            found, planned = _booking_of(txn, who, request.booking)
            colleague = access_volunteer(txn, who, decode_id(request.volunteer))
            found = rebooking.give_to(txn, found, planned, colleague, scope.now)
            return booking_views.shown(txn, found, Role.VOLUNTEER)

        try:
            return await self._database.write(unit)
        except Taken:
            raise Refused("colleague_taken", field="volunteer") from None

    async def call_off(self, scope: Scope, request: vol.CallOff) -> vol.Booking:
        """Cancel a booking of the branch with a message to everyone in it.

        Raises `Refused`: `not_found`, `not_now`.
        """

        def unit(txn: Transaction) -> vol.Booking:
            who = acting_coordinator(txn, scope)
            found, planned = _booking_of(txn, who, request.booking)
            found = rebooking.call_off(txn, found, planned, scope.now, request.message.strip())
            return booking_views.shown(txn, found, Role.VOLUNTEER)

        return await self._database.write(unit)

    async def list_reports(self, scope: Scope, request: ask.Nothing) -> tal.TalkReports:
        """List the reports of the branch, without what was said. Raises `not_found`."""

        def read(reader: Reader) -> tal.TalkReports:
            who = acting_coordinator(reader, scope)
            return tal.TalkReports(
                [
                    tal.TalkReport(
                        encode_id(row["id"]), encode_id(row["talk_id"]), row["by_role"],
                        row["reason"], row["at"],
                    )
                    for row in talk_store.reports_of(reader, who.branch)
                ]
            )  # fmt: skip

        return await self._database.read(read)

    async def read_report(self, scope: Scope, request: tal.OneReport) -> tal.TalkReport:
        """Look at a report with what was said; the look is logged first. Raises `not_found`."""

        def unit(txn: Transaction) -> tal.TalkReport:
            who = acting_coordinator(txn, scope)
            found = caring.read_report(txn, who.branch, decode_id(request.report))
            talk_store.add_look(
                txn, new_id(scope.now), decode_id(request.report), who.account, scope.now
            )
            return found

        return await self._database.write(unit)


def _talk_of(reader: Reader, who: Coordinator, talk_id: int) -> Talk:
    planned = talk_store.find(reader, talk_id)
    if planned is None or planned.branch != who.branch:
        raise Refused("not_found")
    # Who is in it as somebody else cannot be its coordinator.
    party = talk_store.party_in(reader, talk_id, who.account)
    if party is not None and party.role is not Role.COORDINATOR:
        raise Refused("not_found")
    return planned


def _booking_of(reader: Reader, who: Coordinator, booking_id: str) -> tuple[Booking, Talk]:
    found = booking_store.find(reader, decode_id(booking_id))
    planned = None if found is None else talk_store.of_booking(reader, found.id)
    if found is None or planned is None or planned.branch != who.branch:
        raise Refused("not_found")
    return found, planned


def _announce_in(txn: Transaction, planned: Talk, who: Coordinator, now: int) -> None:
    """Make a coordinator a party of a talk, and a member of its conversation if it is open."""
    before = talk_store.parties(txn, planned.id).get(Role.COORDINATOR)
    if before is not None and before.account == who.account and before.left_at is None:
        return
    if before is not None and before.seat is not None and planned.conversation is not None:
        lifetime.depart(txn, planned.conversation, before.seat, now)
    party = planning.coordinator_party(txn, planned.id, who, now)
    planning.replace_party(txn, planned, party, now)
    if planned.conversation is not None:
        party = planning.seat_of(txn, planned, party, now)
        assert party.seat is not None, "made just now"
        lifetime.join(txn, planned.conversation, party.seat, party.role.value, now)
    planning.announce(txn, planned)


def _overview(reader: Reader, who: Coordinator, now: int) -> tal.Overview:
    waiting = line_store.waiting(reader)
    waits = line_store.recent_waits(reader, now - WEEK)
    shown, held = line_store.shown_and_waited(reader, now - WEEK)
    volunteers = volunteer_store.volunteers_of(reader, who.branch)
    return tal.Overview(
        branch=volunteer_store.branch(reader, who.branch).name,
        on_duty=_on_duty(reader, who, now),
        waiting=len(waiting),
        longest_wait_ms=max((now - one.joined_at for one in waiting), default=0),
        talks=[_running(reader, one) for one in talk_store.near(reader, who.branch, now + HOUR)],
        alerts=[
            tal.Alert(
                encode_id(row["id"]),
                row["kind"],
                None if row["talk_id"] is None else encode_id(row["talk_id"]),
                None if row["volunteer_id"] is None else encode_id(row["volunteer_id"]),
                row["at"],
            )
            for row in volunteer_store.open_alerts(reader, who.branch)
        ],
        no_shows=volunteer_store.count_alerts(reader, who.branch, "no_show", now - WEEK),
        unused_times=time_store.count_unused(reader, who.branch, now - WEEK, now),
        waits_p50_ms=_share(waits, 0.50),
        waits_p95_ms=_share(waits, 0.95),
        calls_wanted=[encode_id(one.id) for one in volunteers if one.call_wanted_at is not None],
        ranges_shown=shown,
        ranges_held=held,
    )


def _on_duty(reader: Reader, who: Coordinator, now: int) -> list[tal.OnDuty]:
    duties = line_store.on_duty(reader, now)
    known = volunteer_store.volunteers_by_id(reader, [one.volunteer for one in duties])
    found = []
    for duty in duties:
        one = known[duty.volunteer]
        if one.branch != who.branch:
            continue
        running = talk_store.running_of(reader, one.id)
        found.append(
            tal.OnDuty(
                encode_id(one.id),
                one.profile.name,
                duty.since,
                duty.paused_until if duty.paused_until > now else None,
                None if running is None else encode_id(running.id),
            )
        )
    return found


def _running(reader: Reader, one: Talk) -> tal.RunningTalk:
    parties = talk_store.parties(reader, one.id).values()
    return tal.RunningTalk(
        talk=encode_id(one.id),
        booking=None if one.booking is None else encode_id(one.booking),
        service=one.service,
        state=one.state.value,
        volunteer=encode_id(one.volunteer),
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        age_band=one.band.value,
        here=[
            party.role.value
            for party in parties
            if party.entered_at is not None and party.left_at is None
        ],
    )


def _share(rising: list[int], share: float) -> int | None:
    """Give what a share of the waits was no longer than; None without any."""
    if not rising:
        return None
    return rising[min(int(share * len(rising)), len(rising) - 1)]
