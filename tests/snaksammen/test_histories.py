"""A thousand histories of booking, moving, cancelling and handing over: nobody is double-booked."""

import random
from pathlib import Path

import pytest

from chat.snaksammen.times import moment
from chat.storage.database import Reader
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from protocol import requests as ask
from protocol import volunteering as vol
from protocol.errors import Refused
from tests.snaksammen.house import DAY, MINUTE, House, Person
from tests.snaksammen.test_times import AUTUMN

HISTORIES, STEPS = 250, 8
KINDLY = {"already_booked", "not_found", "not_now", "colleague_taken", "too_many_bookings"}
NIGHT = 90  # half past one: the hour from two to three comes twice


class History:
    """Three volunteers, four citizens and a guest, in the night in which summer time ends."""

    def __init__(self, house: House, dice: random.Random) -> None:
        self.house = house
        self.dice = dice
        self.volunteers: list[tuple[Person, str]] = []
        self.citizens: list[Person] = []
        self.booked: list[tuple[Person, str]] = []

    async def settle(self) -> None:
        start = moment(AUTUMN, NIGHT)
        assert start is not None
        self.house.now = start - DAY
        for name in ("Karim", "Sara", "Mads"):
            person = await self.house.volunteer(name)
            mine = await self.house.snak.volunteers.get(self.house.scope(person), ask.Nothing())
            self.volunteers.append((person, mine.profile.id))
        self.citizens = [await self.house.person(f"Borger {number}") for number in range(4)]

    async def publish_the_night(self) -> None:
        """Publish times of all three, that overlap between them but not for one."""
        start = moment(AUTUMN, NIGHT)
        assert start is not None
        for shift, (person, _) in enumerate(self.volunteers):
            first = start + shift * 10 * MINUTE
            await self.house.publish(person, *(first + n * 20 * MINUTE for n in range(10)))

    async def step(self) -> None:
        act = self.dice.choice([self.book, self.book, self.book, self.move, self.cancel, self.hand])
        try:
            await act()
        except Refused as refused:
            if refused.code not in KINDLY:
                raise

    async def book(self) -> None:
        found = await self.house.free(limit=100)
        if found:
            person = self.dice.choice(self.citizens)
            booking = await self.house.book(self.dice.choice(found).id, person)
            self.booked.append((person, booking.id))

    async def move(self) -> None:
        found = await self.house.free(limit=100)
        if self.booked and found:
            person, booking = self.dice.choice(self.booked)
            wish = vol.MoveBooking(booking, self.dice.choice(found).id)
            await self.house.snak.bookings.move(self.house.scope(person), wish)

    async def cancel(self) -> None:
        if self.booked:
            person, booking = self.dice.choice(self.booked)
            await self.house.snak.bookings.cancel(self.house.scope(person), vol.OneBooking(booking))

    async def hand(self) -> None:
        if self.booked:
            _, booking = self.dice.choice(self.booked)
            (giver, _), (_, taker) = self.dice.sample(self.volunteers, 2)
            await self.house.snak.bookings.hand_over(
                self.house.scope(giver), vol.HandOver(booking, taker)
            )


def overlaps(reader: Reader, column: str) -> int:
    row = reader.one(
        f"SELECT COUNT(*) AS n FROM bookings a JOIN bookings b ON a.{column} = b.{column}"
        " AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
        " WHERE a.state IN ('held', 'confirmed') AND b.state IN ('held', 'confirmed')"
    )
    assert row is not None
    return int(row["n"])


def out_of_step(reader: Reader) -> int:
    """Count bookings whose taken ticks are not exactly their time, on both sides."""
    wrong = 0
    for row in reader.all(
        "SELECT id, state, volunteer_id, account_id, starts_at, ends_at FROM bookings"
    ):
        taken = reader.all("SELECT side, who, at FROM occupied WHERE booking_id = ?", row["id"])
        ticks = range(row["starts_at"], row["ends_at"], 5 * MINUTE)
        sides = {1: row["volunteer_id"], 2: row["account_id"]}
        wanted = {(side, who, at) for side, who in sides.items() for at in ticks}
        expected = wanted if row["state"] in {"held", "confirmed"} else set()
        wrong += {tuple(one) for one in taken} != expected
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_no_history_double_books_anyone_across_the_night_when_summer_time_ends(
    tmp_path: Path, seed: int
) -> None:
    booked = 0
    facts = Facts()
    # One database file for all: histories are nights, each cleared after it was looked at.
    database = await SQLiteDatabase.open(tmp_path / "nights.db", facts)
    try:
        house = await House.build(database, facts)
        history = History(house, random.Random(seed))
        await history.settle()
        await history.publish_the_night()
        for _ in range(HISTORIES):
            history.booked.clear()
            for _ in range(STEPS):
                await history.step()
            booked += len(history.booked)
            assert await database.read(overlaps, "volunteer_id") == 0
            assert await database.read(overlaps, "account_id") == 0
            assert await database.read(out_of_step) == 0

            def clear(txn: object) -> None:
                for table in ("talk_links", "talk_parties", "talks", "bookings", "occupied"):
                    txn.run(f"DELETE FROM {table}")  # type: ignore[attr-defined]

            await database.write(clear)
            house.told.clear()
            house.snak.bookings._buckets = type(house.snak.bookings._buckets)()
    finally:
        await database.close()
    assert booked > HISTORIES * 2
