"""A local branch with volunteers and citizens, at a clock that the test turns."""

import datetime
import secrets
from dataclasses import dataclass
from typing import Any

from chat.accounts import bulk
from chat.bubbles.interests import INTERESTS
from chat.realtime.broker import MemoryBroker
from chat.scope import Actor, Scope
from chat.snaksammen import model
from chat.snaksammen.service import SnakSammen
from chat.storage.database import Database, Transaction
from chat.storage.facts import Facts
from chat.storage.ids import new_id
from protocol import requests as ask
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.ids import decode_id

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MONDAY = 1_794_812_400_000  # Monday, 16 November 2026, 08:00 in Copenhagen
AARHUS = 751
FACTS = (
    model.BranchInvitation, model.BookingConfirmed, model.BookingMoved, model.BookingCancelled,
    model.TalkSoon, model.LinkAsked, model.NoShow, model.OfferMade,
    model.CoordinatorNeeded, model.TalkChanged,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account."""

    actor: Actor

    @property
    def account(self) -> int:
        return self.actor.account


class House:
    """One branch, Aarhus, with a coordinator; everything real but the clock."""

    def __init__(self, database: Database, facts: Facts) -> None:
        self.database = database
        self.now = MONDAY
        self.broker = MemoryBroker()
        self.snak = SnakSammen(database, self.broker, facts, INTERESTS)
        self.told: list[Any] = []
        for kind in FACTS:
            facts.in_transaction(kind, lambda fact, _: self.told.append(fact))

    @classmethod
    async def build(cls, database: Database, facts: Facts) -> "House":
        """Found the branch."""
        house = cls(database, facts)
        house.coordinator = await house.person("Kirsten")
        await house.snak.volunteers.found_branch(
            "Aarhus", AARHUS, house.coordinator.account, "Kirsten", house.now
        )
        return house

    coordinator: Person

    async def person(self, alias: str, age: int = 40) -> Person:
        """Let someone have an account."""
        today = datetime.datetime.fromtimestamp(self.now / 1000, datetime.UTC).date()
        born = today.replace(year=today.year - age, day=1)
        account, joined = new_id(self.now), self.now - 365 * DAY
        newcomer = bulk.Newcomer(
            account, f"{account}@people.example", f"{alias} {secrets.token_hex(4)}", born, AARHUS,
            joined, consented=True,
        )  # fmt: skip

        def unit(txn: Transaction) -> None:
            bulk.move_in(txn, [newcomer])

        await self.database.write(unit)
        return Person(Actor(account, 1, True, born, AARHUS, joined))

    def scope(self, person: Person | None = None, address: str = "") -> Scope:
        """Act as someone, or as a guest, now."""
        actor = None if person is None else person.actor
        return Scope(self.now, "da", actor, address or secrets.token_hex(4))

    def last(self, kind: type) -> Any:
        """Give the latest fact of a kind."""
        return next(fact for fact in reversed(self.told) if isinstance(fact, kind))

    def facts(self, kind: type) -> list[Any]:
        """Give the facts of a kind so far."""
        return [fact for fact in self.told if isinstance(fact, kind)]

    async def volunteer(
        self,
        name: str,
        *,
        languages: tuple[str, ...] = ("da",),
        certificate_until: datetime.date | None = None,
        person: Person | None = None,
    ) -> Person:
        """Invite, accept, sign, train and admit a volunteer."""
        who = person or await self.person(name + "s konto")
        volunteers = self.snak.volunteers
        await volunteers.invite(
            self.scope(self.coordinator), vol.InviteToBranch("volunteer", name, "v@example.dk")
        )
        token = self.last(model.BranchInvitation).token
        await volunteers.accept(self.scope(who), vol.AcceptInvitation(token))
        await volunteers.sign(self.scope(who), ask.Nothing())
        mine = await volunteers.update(
            self.scope(who), vol.UpdateVolunteer(languages=list(languages))
        )
        await volunteers.record(
            self.scope(self.coordinator),
            vol.RecordVolunteer(
                mine.profile.id, course_done=True, certificate_until=certificate_until,
                state="active",
            ),
        )  # fmt: skip
        return who

    async def publish(self, volunteer: Person, *starts: int) -> list[str]:
        """Publish times; gives their ids."""
        made = [
            await self.snak.timetable.publish(
                self.scope(volunteer), vol.PublishTime("snaksammen", at)
            )
            for at in starts
        ]
        return [one.id for one in made]

    async def free(self, **narrowed: Any) -> list[vol.FreeTime]:
        """Give the free times that a guest finds."""
        return (await self.snak.timetable.find(self.scope(), vol.FindTimes(**narrowed))).times

    async def book(
        self, time: str, person: Person | None = None, *, band: vol.AgeBand = "18_up", **more: Any
    ) -> vol.Booking:
        """Hold and confirm a time, as a citizen or (with name and e-mail) as a guest."""
        bookings = self.snak.bookings
        by_parent = bool(more.pop("by_parent", False))
        held = await bookings.hold(self.scope(person), vol.HoldTime(time, band, by_parent))
        assert held.hold is not None, "the time is free"
        return await bookings.confirm(self.scope(person), vol.ConfirmBooking(held.hold, **more))

    async def enter(self, token: str) -> tal.Entered:
        """Follow a personal link."""
        return await self.snak.talks.enter(self.scope(), tal.EnterTalk(token))

    def seated(self, entered: tal.Entered, actor: Actor) -> Scope:
        """Act by a seat's session."""
        return Scope(self.now, "da", actor, "")

    async def pass_time(self, milliseconds: int, step: int = 30_000) -> None:
        """Let the clock run, with the rounds that it brings."""
        until = self.now + milliseconds
        while self.now < until:
            self.now = min(self.now + step, until)
            await self.snak.every_second(self.now)


def token_of(fact: Any, role: str) -> str:
    """Give the link's token that a fact carries for one party."""
    (token,) = [one.token for one in fact.tell if one.role.value == role]
    assert token is not None
    return str(token)


def number(identifier: str) -> int:
    """Read an id."""
    return decode_id(identifier)
