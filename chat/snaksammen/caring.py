"""Use cases of care (domain rule 6): a coordinator called, how it felt, a report, a debrief."""

import json
from dataclasses import replace

from chat.conversations import lifetime
from chat.scope import Scope
from chat.snaksammen import care, line_store, talk, talk_store, volunteer_store
from chat.snaksammen.model import AgeBand, CoordinatorNeeded, Role, Told
from chat.snaksammen.talk_store import Talk
from chat.snaksammen.talks import access_talk
from chat.storage.database import Database, Reader, Transaction
from chat.storage.ids import new_id
from protocol import resources as res
from protocol import talks as tal
from protocol.errors import Refused
from protocol.ids import encode_id


class Caring:
    """What looks after people during a talk and after it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def crisis_card(self, scope: Scope, request: tal.AskCrisisCard) -> tal.CrisisCard:
        """Whom to turn to, by age; nobody is told that one has asked."""
        card = care.crisis_card(AgeBand(request.age_band))
        return tal.CrisisCard(
            [tal.Help(one.slug, one.phone, one.danish, one.english) for one in card]
        )

    async def call_coordinator(self, scope: Scope, request: tal.OneTalk) -> res.Empty:
        """Call a coordinator, as the volunteer: the citizen is not told. Raises `not_found`."""

        def unit(txn: Transaction) -> None:
            planned, me = access_talk(txn, scope, request.talk)
            if me.role is not Role.VOLUNTEER or planned.state not in talk.OPEN:
                raise Refused("not_found")
            alert_coordinators(txn, planned, "volunteer_calls", scope.now)

        await self._database.write(unit)
        return res.Empty()

    async def feel(self, scope: Scope, request: tal.Feel) -> res.Empty:
        """Keep how one felt, by talk and by nothing else; the last tap counts.

        Raises `Refused`: `not_found`, also for anyone but the citizen.
        """

        def unit(txn: Transaction) -> None:
            planned, me = access_talk(txn, scope, request.talk)
            if me.role is not Role.CITIZEN:
                raise Refused("not_found")
            talk_store.set_feeling(txn, planned.id, request.when, request.feeling)

        await self._database.write(unit)
        return res.Empty()

    async def report(self, scope: Scope, request: tal.ReportTalk) -> tal.TalkReport:
        """Report that something was wrong; what was said is kept with it, and shown in the branch.

        Reporting twice is reporting once. Raises `Refused`: `not_found`, `not_now` once the text
        is erased.
        """
        return await self._database.write(_report, scope, request)

    async def debrief(self, scope: Scope, request: tal.Debrief) -> res.Empty:
        """Keep the volunteer's note without content; after a hard talk the line pauses.

        Raises `Refused`: `not_found`, `not_now` before the end.
        """
        await self._database.write(_debrief, scope, request)
        return res.Empty()


def alert_coordinators(txn: Transaction, planned: Talk, kind: str, now: int) -> None:
    """Alert everyone who coordinates the branch of a talk."""
    alert = volunteer_store.add_alert(txn, planned.branch, kind, planned.id, planned.volunteer, now)
    tell = tuple(
        Told(Role.COORDINATOR, "da", who.account)
        for who in volunteer_store.coordinators_of(txn, planned.branch)
    )
    txn.emit(CoordinatorNeeded(planned.id, alert, kind, now, tell))


def _report(txn: Transaction, scope: Scope, request: tal.ReportTalk) -> tal.TalkReport:
    planned, me = access_talk(txn, scope, request.talk)
    if me.entered_at is None:
        raise Refused("not_found")
    known = talk_store.report_by(txn, planned.id, me.role)
    if known is None:
        if planned.conversation is None:
            raise Refused("not_now")
        said = lifetime.said(txn, planned.conversation)
        known = new_id(scope.now)
        evidence = json.dumps(
            [{"role": role, "at": at, "text": text} for _, role, at, text in said],
            ensure_ascii=False,
        )
        talk_store.add_report(
            txn, known, planned, me.role, request.reason, request.words, evidence, scope.now
        )
        alert_coordinators(txn, planned, "reported", scope.now)
    return tal.TalkReport(
        encode_id(known), encode_id(planned.id), me.role.value, request.reason, scope.now
    )


def _debrief(txn: Transaction, scope: Scope, request: tal.Debrief) -> None:
    planned, me = access_talk(txn, scope, request.talk)
    if me.role is not Role.VOLUNTEER:
        raise Refused("not_found")
    if planned.state is not talk.State.ENDED:
        raise Refused("not_now")
    talk_store.add_debrief(
        txn, planned, request.weight, call_wanted=request.call_wanted, now=scope.now
    )
    duty = line_store.duty_of(txn, planned.volunteer, scope.now)
    if request.weight == "hard" and duty is not None:
        until = scope.now + care.HARD_PAUSE
        line_store.put_duty(txn, replace(duty, paused_until=until))
    one = volunteer_store.volunteer(txn, planned.volunteer)
    if request.call_wanted and one is not None:
        volunteer_store.save_volunteer(txn, replace(one, call_wanted_at=scope.now))


def read_report(reader: Reader, branch: int, report: int) -> tal.TalkReport:
    """Read a report with what was said. Raises `not_found` (G6)."""
    row = talk_store.report(reader, branch, report)
    if row is None:
        raise Refused("not_found")
    said = [tal.Said(one["role"], one["at"], one["text"]) for one in json.loads(row["evidence"])]
    return tal.TalkReport(
        encode_id(row["id"]), encode_id(row["talk_id"]), row["by_role"], row["reason"], row["at"],
        row["words"], said,
    )  # fmt: skip
