"""SnakSammen's people: volunteers with times or on duty, citizens who book or wait in the line.

They go the way of the pages: an account's socket tells that something has changed, HTTP asks what;
whoever has entered the talk does the rest in its `Room`. Whom a volunteer meets is the server's to
say: an offer that is taken serves whoever waits longest.
"""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from loadtests.driver.asking import Asking, Refused
from loadtests.driver.room import Entered, Room
from loadtests.driver.socket import Busy, Refusal, Socket
from loadtests.driver.talk import Phone, Site
from loadtests.measures import Kind
from loadtests.scenarios import Scenario, Stage

LANGUAGES = ("da", "en", "ar", "so", "ti", "uk", "fa", "tr", "ur", "pl", "de", "fr")
"""One for each worker: who speaks it is offered those who do, so both ends have one clock."""

LOOK_SECONDS = 5.0
"""A page looks again after so long, even if nobody has told it to."""

AGAIN_SECONDS = 1.0
FREE_TIMES = 20
"""A page of them."""

SLOT = 300_000
"""Times begin on whole five minutes. In ms."""

NEVER_CAME_SECONDS = 60.0


class Couple(NamedTuple):
    """A volunteer and a citizen who are there for the same room: a token each."""

    volunteer: str
    citizen: str


@dataclass(frozen=True, slots=True)
class _Person:
    """One who looks for a talk, as long as their room is open (moments of `perf_counter`)."""

    name: str
    token: str
    closes: float
    seconds: float
    volunteers: bool

    @property
    def looking(self) -> bool:
        """Whether they still look for one."""
        return time.perf_counter() < self.closes


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One who has entered a talk first."""

    entered: Entered
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)


Look = Callable[[_Person], Awaitable[str | None]]
"""Looks whether there is a talk to enter now; gives its id."""


class SnakSammen:
    """All rooms of one worker. Whatever goes wrong is counted as an error of the run."""

    def __init__(self, site: Site, asking: Asking, couples: Sequence[Couple], worker: int) -> None:
        self._site, self._asking, self._couples, self._worker = site, asking, couples, worker
        self._language = LANGUAGES[worker % len(LANGUAGES)]
        self._dice = random.Random(f"rooms/{worker}")
        self._entered: dict[str, _Waiting] = {}
        self._rooms: set[Room] = set()

    @property
    def open(self) -> int:
        """How many talks are held now: both have entered."""
        return len(self._rooms)

    @property
    def phones(self) -> list[Phone]:
        """The phones of all who talk now."""
        return [phone for room in self._rooms for phone in room.phones]

    async def run(self, scenario: Scenario, start: float) -> None:
        """Hold this worker's rooms, from a moment (of `perf_counter`) until all are closed."""
        count = min(scenario.rooms, len(self._couples))
        people = []
        for number, couple in enumerate(self._couples[:count]):
            opens, closes = (start + at for at in scenario.open_between(number / count))
            for name, token, volunteers in (
                ("v", couple.volunteer, True), ("g", couple.citizen, False),
            ):  # fmt: skip
                one = _Person(
                    f"{name}{self._worker}.{number}", token, closes, scenario.room_seconds,
                    volunteers,
                )  # fmt: skip
                people.append(self._take_part(one, opens, books=number % 2 == 0))
        # One of the workers sees to it, for it is one time for everybody.
        rushes = (
            []
            if self._worker
            else [self._rush(stage.rush, at) for at, stage in _beginnings(scenario, start)]
        )
        await asyncio.gather(*people, *rushes)

    async def _take_part(self, one: _Person, opens: float, *, books: bool) -> None:
        """Go from talk to talk; every other pair meets at a booked time, the first time."""
        await asyncio.sleep(max(0.0, opens - time.perf_counter()))
        if one.volunteers:
            with suppress(Refused, OSError):  # what is wrong shows again, and is counted, below
                await self._asking.ask(one.token, "volunteer.update", languages=[self._language])
        again = False
        while one.looking:
            try:
                entered = await self._find(one, books=books, again=again)
                books = again = False  # only now: who gets no answer stays where the other waits
                if entered is not None:
                    await self._talk(one, entered)
            except (Refused, Refusal, OSError) as why:
                self._site.meter.error(f"talk: {_said(why)}")
                again = not again
                await asyncio.sleep(AGAIN_SECONDS)

    # --- finding each other

    async def _find(self, one: _Person, *, books: bool, again: bool) -> Entered | None:
        """Find a talk and enter it; None if the room was closed meanwhile.

        `again`: they got no answer the last time, and have what they asked for perhaps.
        """
        if books:
            look: Look = self._booked
            if await look(one) is None:
                await (self._publish(one) if one.volunteers else self._book(one))
        elif one.volunteers:
            await self._asking.ask(one.token, "duty.start")
            look = self._offered
        else:
            if not again or not await self._is_in_line(one):
                await self._asking.ask(one.token, "line.join", language=self._language)
            look = self._taken
        began = time.perf_counter()
        talk = await self._wait_for(one, look)
        if talk is None:
            await self._give_up(one, books=books)
            talk = await look(one)  # somebody may have been quicker
        if talk is None:
            return None
        entered = await self._asking.ask(one.token, "talk.join", talk=talk)
        if not one.volunteers and not books:
            self._site.meter.record(Kind.MEET, began, began, time.perf_counter())
        room = entered["talk"]["conversation"]
        return Entered(one.name, entered["session"], talk, room)

    async def _wait_for(self, one: _Person, look: Look) -> str | None:
        """Look whenever the server says that something has changed, and now and then."""
        socket = await self._open(one.token)
        bell = asyncio.Event()
        socket.take = lambda _: bell.set()
        try:
            while one.looking:
                bell.clear()
                if (talk := await look(one)) is not None:
                    return talk
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), LOOK_SECONDS)
        finally:
            self._site.driver.forget(socket)
        return None

    async def _open(self, token: str) -> Socket:
        while True:
            try:
                return await self._site.driver.open(token)
            except Busy as busy:
                await asyncio.sleep(busy.retry_after)

    async def _offered(self, one: _Person) -> str | None:
        duty = await self._asking.ask(one.token, "duty.get")
        for offer in duty["offers"]:
            try:
                entered = await self._asking.ask(one.token, "offer.take", offer=offer["id"])
            except Refused as why:
                if str(why) not in {"offer_taken", "not_now"}:
                    raise
            else:
                return str(entered["talk"]["id"])
        running: str | None = duty["talk"]
        return running

    async def _is_in_line(self, one: _Person) -> bool:
        """Tell whether they wait, or have been taken."""
        try:
            place = await self._asking.ask(one.token, "line.get")
        except Refused as why:
            if str(why) != "not_found":
                raise
            return False
        return place["state"] in {"waiting", "taken"}

    async def _taken(self, one: _Person) -> str | None:
        place = await self._asking.ask(one.token, "line.get")
        if place["state"] == "lapsed":
            raise Refused("lapsed")
        talk: str | None = place["talk"]
        return talk

    async def _booked(self, one: _Person) -> str | None:
        bookings = await self._asking.ask(
            one.token, "booking.list", as_volunteer=str(one.volunteers).lower()
        )
        mine = [own["talk"] for own in bookings["bookings"] if own["state"] == "confirmed"]
        return str(mine[0]) if mine else None

    async def _publish(self, one: _Person) -> None:
        try:
            await self._asking.ask(
                one.token, "time.publish", service="snaksammen", starts_at=soon()
            )
        except Refused as why:
            if str(why) != "times_overlap":  # it was published, and the answer did not come
                raise

    async def _book(self, one: _Person) -> None:
        """Book any free time; whoever was not first takes one of those named instead."""
        free: list[dict[str, Any]] = []
        while one.looking:
            if not free:
                found = await self._asking.ask(
                    one.token, "time.find", language=self._language, limit=FREE_TIMES
                )
                free = [own for own in found["times"] if own["starts_at"] <= soon()]
            if not free:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            chosen = self._dice.choice(free)
            try:
                held = await self._hold(one.token, chosen["id"])
            except Refused as why:
                if str(why) != "not_found":  # it began while one thought about it
                    raise
                free = []
                continue
            if held["hold"] is not None:
                await self._asking.ask(
                    one.token, "booking.confirm", hold=held["hold"], language=self._language
                )
                return
            free = [own for own in held["alternatives"] if own["starts_at"] <= soon()]

    async def _hold(self, token: str, chosen: str) -> dict[str, Any]:
        held, began, done = await self._asking.timed(
            token, "booking.hold", time=chosen, age_band="18_up"
        )
        self._site.meter.record(Kind.HOLD, began, began, done)
        return held

    async def _give_up(self, one: _Person, *, books: bool) -> None:
        """Look no more, so that nobody waits for one who has gone."""
        if not books:
            with suppress(Refused):  # who was taken meanwhile can leave the line no more
                await self._asking.ask(one.token, "duty.end" if one.volunteers else "line.leave")

    # --- the talk

    async def _talk(self, one: _Person, entered: Entered) -> None:
        """Talk: whoever comes second opens the room, and the first waits until it is over."""
        first = self._entered.pop(entered.talk, None)
        if first is None:
            await self._wait_for_the_other(one, entered)
            return
        first.arrived.set()
        volunteer, citizen = entered, first.entered
        if not one.volunteers:
            volunteer, citizen = citizen, volunteer
        room = Room(self._site, self._asking, self._dice, volunteer, citizen)
        self._rooms.add(room)
        try:
            await room.hold(min(one.closes, time.perf_counter() + one.seconds))
        finally:
            room.close()
            self._rooms.discard(room)
            first.over.set()

    async def _wait_for_the_other(self, one: _Person, entered: Entered) -> None:
        """Wait until the talk is over. Raises `Refused` if the other should be there and is not."""
        mine = self._entered[entered.talk] = _Waiting(entered)
        try:
            await asyncio.wait_for(mine.arrived.wait(), NEVER_CAME_SECONDS)
        except TimeoutError:
            self._entered.pop(entered.talk, None)
            if one.looking:  # else the other's room may have been closed before
                raise Refused("the other never came") from None
        else:
            await mine.over.wait()

    # --- a rush

    async def _rush(self, people: int, at: float) -> None:
        """Have many want one time within a second: one has it, the others are told of others."""
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        citizens = [couple.citizen for couple in self._couples[-people:]]
        tomorrow = soon() + 86_400_000
        publisher = self._couples[-1].volunteer
        try:
            time_ = await self._asking.ask(
                publisher, "time.publish", service="snaksammen", starts_at=tomorrow
            )
            answers = await asyncio.gather(
                *(self._rushing(token, time_["id"]) for token in citizens)
            )
        except (Refused, OSError) as why:
            self._site.meter.error(f"rush: {_said(why)}")
            return
        won = sum(answer["hold"] is not None for answer in answers)
        if won != 1:
            self._site.meter.error(f"rush: {won} have the same time")

    async def _rushing(self, token: str, wanted: str) -> dict[str, Any]:
        await asyncio.sleep(self._dice.random())
        return await self._hold(token, wanted)


def soon() -> int:
    """Give the next whole five minutes at least two minutes ahead: the doors are open. In ms."""
    return (int(time.time() * 1_000) + 120_000) // SLOT * SLOT + SLOT


def _beginnings(scenario: Scenario, start: float) -> Iterator[tuple[float, Stage]]:
    for stage in scenario.stages:
        if stage.rush:
            yield start, stage
        start += stage.seconds


def _said(why: BaseException) -> str:
    """Name what went wrong: a code, or the kind of it; never what was said."""
    text = str(why)
    found = _CODE.search(text)
    return found.group(1) if found else text.splitlines()[0][:60] if text else type(why).__name__


_CODE = re.compile(r'"code":"([a-z_]+)"')
