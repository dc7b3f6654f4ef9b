"""One talk of SnakSammen, from entering to leaving: a call, and text beside it.

Both ends are phones with the seats' sessions, watched by the oracle like all others.
"""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any

from loadtests.driver.asking import Asking
from loadtests.driver.calling import Caller
from loadtests.driver.socket import Busy, Refusal
from loadtests.driver.talk import Phone, Site
from loadtests.measures import Kind

TEXT_SECONDS = 15.0
"""Between two messages beside a call, on average (assumed)."""

LAST_WORDS_SECONDS = 10.0
"""So long one who leaves waits until what was written has arrived."""

LEAVING_ID = 2**31 + 2**29
TRIES = 40


@dataclass(frozen=True, slots=True)
class Entered:
    """One who has entered: under which name, with which session of which talk."""

    name: str
    session: str
    talk: str
    conversation: str


class Room:
    """A talk of two who have both entered. Errors are counted, and end it."""

    def __init__(
        self, site: Site, asking: Asking, dice: random.Random, volunteer: Entered, citizen: Entered
    ) -> None:
        self._site, self._asking, self._dice = site, asking, dice
        self._volunteer, self._citizen = volunteer, citizen
        self.phones: list[Phone] = []

    async def hold(self, until: float) -> None:
        """Enter, call, write beside it, and leave at a moment (of `perf_counter`).

        Raises `Refused`, `Refusal`, `OSError` where the server would not.
        """
        seen = await self._asking.ask(
            self._volunteer.session, "conversation.get", conversation=self._volunteer.conversation
        )
        phones = [self._phone(one, other, seen["last_seq"]) for one, other in self._ends]
        phones[0].other, phones[1].other = phones[1], phones[0]
        self.phones = phones
        try:
            for phone in phones:
                await self._connect(phone)
            await self._call(seen)
            await self._write(until)
            await self._leave()
        except BaseException:
            for phone in phones:
                phone.ear.leave()  # what comes now finds nobody: that is not the server's loss
            raise

    @property
    def _ends(self) -> tuple[tuple[Entered, Entered], tuple[Entered, Entered]]:
        return (self._volunteer, self._citizen), (self._citizen, self._volunteer)

    def _phone(self, one: Entered, other: Entered, last_seq: int) -> Phone:
        # Names are one talk's own: another talk of the same two is told apart by them.
        names = (f"{one.name}.{one.talk}", f"{other.name}.{one.talk}")
        return Phone(self._site, one.session, names, one.conversation, last_seq)

    async def _connect(self, phone: Phone) -> None:
        for _ in range(TRIES):
            try:
                return await phone.connect()
            except Busy as busy:
                await asyncio.sleep(busy.retry_after)
        raise Refusal("busy for too long")

    async def _call(self, seen: dict[str, Any]) -> None:
        """Have the volunteer call, and the citizen answer; it goes on until one leaves."""
        mine = next(one["number"] for one in seen["members"] if one["me"])
        theirs = next(one["number"] for one in seen["members"] if not one["me"])
        volunteer, citizen = (phone.socket for phone in self.phones)
        if volunteer is None or citizen is None:
            raise Refusal("the line broke")
        caller = Caller(volunteer, citizen, self._volunteer.conversation, (mine, theirs))
        began = time.perf_counter()
        await caller.set_up()
        self._site.meter.record(Kind.CALL, began, began, time.perf_counter())

    async def _write(self, until: float) -> None:
        """Write now and then, at moments that nobody's slowness moves."""
        due = time.perf_counter()
        while (due := due + self._dice.expovariate(1 / TEXT_SECONDS)) < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._dice.choice(self.phones).write(due)
        await asyncio.sleep(max(0.0, until - time.perf_counter()))

    async def _leave(self) -> None:
        """Say goodbye once everything has arrived; who stays is told and goes as well."""
        patience = time.perf_counter() + LAST_WORDS_SECONDS
        while time.perf_counter() < patience and not self._settled:  # noqa: ASYNC110 — as `settle`
            await asyncio.sleep(0.02)
        if not self._settled:
            self._site.meter.error("talk: not all answered and heard when one leaves")
        leaver = self._dice.choice(self.phones).socket
        if leaver is not None:
            leaving = {"talk": self._volunteer.talk, "reason": "done"}
            await leaver.ask(LEAVING_ID, "talk.leave", leaving)
        self.close()

    @property
    def _settled(self) -> bool:
        return all(one.at_rest and not one.unheard and one.connected for one in self.phones)

    def close(self) -> None:
        """Put both phones away."""
        for phone in self.phones:
            phone.disconnect()
