"""Evenings of talk now at a real server: what people were shown, and how long they waited."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat.scope import Scope
from chat.snaksammen import line_store
from chat.storage.facts import Facts
from chat.storage.opening import open_database
from loadtests.people import move_in
from loadtests.processes import ServerProcess
from protocol import volunteering as vol
from protocol.operations import OPERATIONS
from tests.faults.test_talk_now import admit
from tests.snaksammen.house import MINUTE, House
from tests.snaksammen.turned_server import Hands

STEP = MINUTE // 2
EVENING = 240
"""Minutes."""

TONGUES = {"Karim": "da", "Sara": "da", "Nadia": "da ar"}


@dataclass
class Hall:
    """Volunteers who take what is offered, talk, and note how it was; citizens who come and go."""

    data: Path
    api: httpx.AsyncClient
    hands: Hands
    dice: random.Random
    volunteers: list[str]
    came: int = 0
    talks: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By talk: the citizen's token, and when they will have said all."""
    waiting: list[tuple[str, int]] = field(default_factory=list)
    """The tokens of those who wait, and when they give up."""

    async def ask(self, token: str, operation: str, **data: Any) -> dict[str, Any]:
        """Ask the server; empty when it refuses."""
        row = OPERATIONS[operation]
        path = row.path.format(**data)
        rest = {name: value for name, value in data.items() if f"{{{name}}}" not in row.path}
        answer = await self.api.request(
            row.method,
            path,
            headers={"Authorization": f"Bearer {token}"},
            json=None if row.method in {"GET", "DELETE"} else rest,
        )
        assert answer.status_code in {200, 201, 409}, answer.text
        return dict(answer.json()) if answer.is_success else {}

    async def open(self) -> None:
        """Let the volunteers be on duty, and one of them be booked in an hour and a half."""
        for token in self.volunteers:
            await self.ask(token, "duty.start")
        at = (self.hands.now // (5 * MINUTE) + 18) * 5 * MINUTE
        booked = self.volunteers[0]
        time = await self.ask(booked, "time.publish", service="snaksammen", starts_at=at)
        guest = move_in(self.data / "samtale.db", "Gerda").token
        held = await self.ask(guest, "booking.hold", time=time["id"], age_band="18_up")
        await self.ask(guest, "booking.confirm", hold=held["hold"])

    async def minute_by_minute(self, minutes: int, per_hour: float) -> None:
        """Let an evening go by."""
        until = self.hands.now + minutes * MINUTE
        while self.hands.now < until:
            if self.dice.random() < per_hour / 120:
                await self.arrive()
            await self.citizens()
            for token in self.volunteers:
                await self.work(token)
            await self.hands.turn(self.hands.now + STEP)

    async def arrive(self) -> None:
        """Come and wait: most patiently, some not."""
        self.came += 1
        token = move_in(self.data / "samtale.db", f"Borger {self.came}").token
        language = "ar" if self.dice.random() < 0.15 else "da"
        service = "sprogland" if self.dice.random() < 0.15 else "snaksammen"
        await self.ask(token, "line.join", language=language, service=service)
        patient = self.dice.random() < 0.7
        leaves = 4 * 60 * MINUTE if patient else int(self.dice.expovariate(1 / (12 * MINUTE)))
        self.waiting.append((token, self.hands.now + leaves))

    async def citizens(self) -> None:
        """Look at one's place, or give up."""
        still = []
        for token, leaves in self.waiting:
            place = await self.ask(token, "line.get")
            if place["state"] == "waiting" and self.hands.now >= leaves:
                await self.ask(token, "line.leave")
            elif place["state"] == "waiting":
                still.append((token, leaves))
            elif place["talk"] is not None:
                talk = (await self.ask(token, "talk.join", talk=place["talk"]))["talk"]
                share = self.dice.choices([0.2, 0.7, 0.95, 1.0], [1, 2, 3, 10])[0]
                usual = talk["ends_at"] - talk["starts_at"]
                self.talks[talk["id"]] = (token, self.hands.now + int(usual * share))
        self.waiting = still

    async def work(self, token: str) -> None:
        """Take an offer, now or a little later; the talk ends when all was said."""
        duty = await self.ask(token, "duty.get")
        if duty["talk"] in self.talks:
            citizen, ends = self.talks[duty["talk"]]
            if self.hands.now >= ends:
                await self.ask(citizen, "talk.leave", talk=duty["talk"], reason="done")
        elif duty["offers"] and self.dice.random() < 0.5:  # a breath, a debrief, another window
            await self.ask(token, "offer.take", offer=duty["offers"][0]["id"])


async def found_branch(data: Path) -> list[str]:
    """Make a branch with two services and three volunteers; gives their tokens."""
    tokens = []
    database = await open_database(data / "samtale.db", Facts())
    try:
        house = await House.build(database, Facts())
        boss: Scope = house.scope(house.coordinator)
        put = vol.PutService("sprogland", "Sprogland", "Sprogland", 40)
        await house.snak.volunteers.put_service(boss, put)
        for name, languages in TONGUES.items():
            who = move_in(data / "samtale.db", f"{name}s konto")
            await admit(database, who.account, name, languages)
            tokens.append(who.token)
    finally:
        await database.close()
    return tokens


@asynccontextmanager
async def a_hall(data: Path, seed: int) -> AsyncIterator[Hall]:
    """A server of its own, whose clock stands at the moment that it really is."""
    volunteers = await found_branch(data)
    hands = Hands(data / "hands")
    hands.set(move_in(data / "samtale.db", "Urmager").account >> 20)
    module = "tests.snaksammen.turned_server"
    server = ServerProcess(data, module=module, SAMTALE_HANDS=str(data / "hands")).start()
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as api:
            yield Hall(data, api, hands, random.Random(seed), volunteers)
    finally:
        server.stop()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7])
async def test_what_a_real_server_shows_holds_for_four_of_five(tmp_path: Path, seed: int) -> None:
    data = tmp_path / "server"
    data.mkdir()
    async with a_hall(data, seed) as hall:
        await hall.open()
        await hall.minute_by_minute(EVENING, per_hour=11)
    database = await open_database(data / "samtale.db", Facts())
    try:
        shown, held = await database.read(line_store.shown_and_waited, 0)
    finally:
        await database.close()
    assert shown >= 20
    assert held / shown >= 0.8, f"{held} of {shown}"
