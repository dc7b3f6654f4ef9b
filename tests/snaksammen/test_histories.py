"""A thousand histories of booking, moving, cancelling and handing over: nobody is double-booked."""

import datetime
import random
from pathlib import Path

import pytest

from chat.snaksammen.times import moment
from chat.storage.database import Reader, Transaction
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from protocol import requests as ask
from protocol import volunteering as vol
from protocol.errors import Refused
from tests.snaksammen.house import DAY, MINUTE, House, Person
from tests.snaksammen.test_times import AUTUMN, SPRING

HISTORIES, STEPS = 125, 8
"""Histories of each night, for each of the seeds; what happens in one."""

KINDLY = {"already_booked", "not_found", "not_now", "colleague_taken", "too_many_bookings"}
NIGHT = 90  # half past one: the hour from two to three comes twice, or not at all
CLOCK = range(NIGHT, 270, 20)
"""When the weekly times of a night begin, in minutes on the clock; some are skipped in spring."""

GUESTS = ("gerda@example.dk", "viggo@example.dk")


class History:
    """Three volunteers, four citizens and two guests, in a night in which the clocks change."""

    def __init__(self, house: House, dice: random.Random) -> None:
        self.house = house
        self.dice = dice
        self.volunteers: list[tuple[Person, str]] = []
        self.citizens: list[Person] = []
        self.booked: list[tuple[Person | None, str]] = []

    async def settle(self) -> None:
        self.house.now = evening_before(AUTUMN)
        for name in ("Karim", "Sara", "Mads"):
            person = await self.house.volunteer(name)
            mine = await self.house.snak.volunteers.get(self.house.scope(person), ask.Nothing())
            self.volunteers.append((person, mine.profile.id))
        self.citizens = [await self.house.person(f"Borger {number}") for number in range(4)]

    async def publish_the_night(self, date: datetime.date) -> None:
        """Publish times of all three, that overlap between them but not for one.

        Two go by moments, one by the clock on the wall.
        """
        self.house.now = evening_before(date)
        for shift, (person, _) in enumerate(self.volunteers[:2]):
            first = starting(date) + shift * 10 * MINUTE
            await self.house.publish(person, *(first + n * 20 * MINUTE for n in range(10)))
        by_the_clock = self.house.scope(self.volunteers[2][0])
        for minute in CLOCK:
            wish = vol.PublishWeekly("snaksammen", date.weekday(), minute, date, date)
            await self.house.snak.timetable.publish_weekly(by_the_clock, wish)

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
            time = self.dice.choice(found).id
            person = self.dice.choice([*self.citizens, None, None])
            email = None if person else self.dice.choice(GUESTS)
            name = None if person else "Gæst"
            booking = await self.house.book(time, person, name=name, email=email)
            self.booked.append((person, booking.id))

    async def move(self) -> None:
        found = await self.house.free(limit=100)
        theirs = [(person, booking) for person, booking in self.booked if person is not None]
        if theirs and found:
            person, booking = self.dice.choice(theirs)
            wish = vol.MoveBooking(booking, self.dice.choice(found).id)
            await self.house.snak.bookings.move(self.house.scope(person), wish)

    async def cancel(self) -> None:
        if self.booked:
            citizen, booking = self.dice.choice(self.booked)
            person = citizen or self.dice.choice(self.volunteers)[0]  # a guest's: its volunteer
            await self.house.snak.bookings.cancel(self.house.scope(person), vol.OneBooking(booking))

    async def hand(self) -> None:
        if self.booked:
            _, booking = self.dice.choice(self.booked)
            (giver, _), (_, taker) = self.dice.sample(self.volunteers, 2)
            await self.house.snak.bookings.hand_over(
                self.house.scope(giver), vol.HandOver(booking, taker)
            )


def starting(date: datetime.date) -> int:
    """When a night begins, in UTC ms."""
    start = moment(date, NIGHT)
    assert start is not None, "the clocks change later"
    return start


def evening_before(date: datetime.date) -> int:
    return starting(date) - DAY


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
        "SELECT id, state, volunteer_id, account_id, guest, starts_at, ends_at FROM bookings"
    ):
        taken = reader.all("SELECT side, who, at FROM occupied WHERE booking_id = ?", row["id"])
        ticks = range(row["starts_at"], row["ends_at"], 5 * MINUTE)
        sides = {1: row["volunteer_id"], 2: row["account_id"], 3: row["guest"]}
        wanted = {(side, who, at) for side, who in sides.items() if who for at in ticks}
        expected = wanted if row["state"] in {"held", "confirmed"} else set()
        wrong += {tuple(one) for one in taken} != expected
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_no_history_double_books_anyone_across_a_night_in_which_the_clocks_change(
    tmp_path: Path, seed: int
) -> None:
    facts = Facts()
    # One database file for all: histories are nights, each cleared after it was looked at.
    database = await SQLiteDatabase.open(tmp_path / "nights.db", facts)
    try:
        house = await House.build(database, facts)
        history = History(house, random.Random(seed))
        await history.settle()
        for date in (AUTUMN, SPRING):
            await history.publish_the_night(date)
            assert await live_through(history) > HISTORIES * 2
    finally:
        await database.close()


async def live_through(history: History) -> int:
    """Live through the histories of a night; gives how often someone booked."""
    booked, database = 0, history.house.database
    for _ in range(HISTORIES):
        history.booked.clear()
        for _ in range(STEPS):
            await history.step()
        booked += len(history.booked)
        for column in ("volunteer_id", "account_id", "guest"):
            assert await database.read(overlaps, column) == 0
        assert await database.read(out_of_step) == 0
        await database.write(clear)
        history.house.told.clear()
        bookings = history.house.snak.bookings
        bookings._buckets = type(bookings._buckets)()
    return booked


def clear(txn: Transaction) -> None:
    for table in ("talk_links", "talk_parties", "talks", "bookings", "occupied"):
        txn.run(f"DELETE FROM {table}")
