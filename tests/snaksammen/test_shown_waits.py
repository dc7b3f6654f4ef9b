"""Evenings of talk now through the use cases: what people were shown, and how long they waited."""

import random
from contextlib import suppress

import pytest

from chat.snaksammen import line_store
from protocol import requests as ask
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.errors import Refused
from tests.snaksammen.house import DAY, MINUTE, House, Person

NOTHING = ask.Nothing()
STEP = 30_000


class Hall:
    """Volunteers who take what is offered, talk, and note how it was; citizens who come and go."""

    def __init__(self, house: House, dice: random.Random) -> None:
        self.house, self.dice, self.snak = house, dice, house.snak
        self.talks: dict[str, tuple[Person, int]] = {}
        self.waiting: list[tuple[Person, int]] = []
        self.count = 0

    async def open(self) -> None:
        tongues = [("da",), ("da",), ("da", "ar")]
        self.volunteers = [
            await self.house.volunteer(f"Frivillig {number}", languages=spoken)
            for number, spoken in enumerate(tongues)
        ]
        for one in self.volunteers:
            await self.snak.lines.start_duty(self.house.scope(one), NOTHING)
        (time,) = await self.house.publish(self.volunteers[0], self.house.now + 90 * MINUTE)
        await self.house.book(time, name="Gerda", email="gerda@example.dk")

    async def arrive(self) -> None:
        self.count += 1
        person = await self.house.person(f"Borger {self.count}")
        wish = tal.JoinLine(
            language="ar" if self.dice.random() < 0.15 else "da",
            service="sprogland" if self.dice.random() < 0.15 else "snaksammen",
        )
        await self.snak.lines.join(self.house.scope(person), wish)
        patient = self.dice.random() < 0.7
        leaves = 4 * 60 * MINUTE if patient else int(self.dice.expovariate(1 / (12 * MINUTE)))
        self.waiting.append((person, self.house.now + leaves))

    async def minute_by_minute(self, minutes: int, per_hour: float) -> None:
        until = self.house.now + minutes * MINUTE
        while self.house.now < until:
            if self.dice.random() < per_hour / 120:
                await self.arrive()
            await self.citizens()
            for one in self.volunteers:
                await self.work(one)
            await self.house.pass_time(STEP, STEP)

    async def citizens(self) -> None:
        """Look at one's place, or give up."""
        still = []
        for person, leaves in self.waiting:
            scope = self.house.scope(person)
            place = await self.snak.lines.get(scope, NOTHING)
            if place.state == "waiting" and self.house.now >= leaves:
                await self.snak.lines.leave(scope, NOTHING)
            elif place.state == "waiting":
                still.append((person, leaves))
            elif place.talk is not None:
                entered = await self.snak.talks.join(scope, tal.OneTalk(place.talk))
                usual = entered.talk.ends_at - entered.talk.starts_at
                share = self.dice.choices([0.2, 0.7, 0.95, 1.0], [1, 2, 3, 10])[0]
                self.talks[place.talk] = (person, self.house.now + int(usual * share))
        self.waiting = still

    async def work(self, one: Person) -> None:
        """Take an offer nine times of ten; end the talk when it has lasted long enough."""
        scope = self.house.scope(one)
        duty = await self.snak.lines.get_duty(scope, NOTHING)
        if duty.talk in self.talks:
            person, ends = self.talks[duty.talk]
            if self.house.now >= ends:
                wish = tal.LeaveTalk(duty.talk, "done")
                await self.snak.talks.leave(self.house.scope(person), wish)
        elif duty.offers and self.dice.random() < 0.5:  # a breath, a debrief, another window
            with suppress(Refused):  # a colleague was quicker
                await self.snak.lines.take(scope, tal.OneOffer(duty.offers[0].id))


@pytest.mark.slow
@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", [7, 8])
async def test_what_is_shown_holds_for_four_of_five_through_the_use_cases(
    house: House, seed: int
) -> None:
    put = vol.PutService("sprogland", "Sprogland", "Sprogland", 40)
    await house.snak.volunteers.put_service(house.scope(house.coordinator), put)
    hall = Hall(house, random.Random(seed))
    await hall.open()
    await hall.minute_by_minute(240, per_hour=11)
    shown, held = await house.database.read(line_store.shown_and_waited, house.now - DAY)
    assert shown >= 20
    assert held / shown >= 0.8, f"{held} of {shown}"
