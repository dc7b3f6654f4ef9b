"""Two people in a conversation in which they may call, over a real database."""

from typing import Any

import pytest
from msgspec.structs import replace

from chat.calls.service import Calls, check_calls
from chat.conversations.model import RightsRaised
from chat.settings import Settings
from chat.storage.facts import Facts
from chat.storage.opening import OpenDatabase
from loadtests.beside import Address
from protocol import calls as wire
from protocol.codec import event_data
from tests.conversations.town import PLENTY, Town
from tests.people import Person

SETTINGS = Settings(
    turn_urls=("turn:turn.example.dk:3478",),
    turn_secret="shared",
    calls_in=("bubble",),
    limits=PLENTY,
)


class Two:
    """Anna (member 2) and Bo (member 1), and what they do with calls."""

    def __init__(self, town: Town, anna: Person, bo: Person, conversation: str) -> None:
        self.town = town
        self.anna = anna
        self.bo = bo
        self.conversation = conversation
        self.calls = self.server()

    def server(self, **other: Any) -> Calls:
        """Start a server's calls anew, as after a restart: nothing is remembered."""
        town = self.town
        return Calls(
            town.database, town.broker, town.facts, town.conversations.rights,
            replace(SETTINGS, **other), lambda: town.now,
        )  # fmt: skip

    async def start(self, who: Person, device: str = "phone-one", **more: object) -> wire.Joined:
        """Start a call."""
        asked = wire.StartCall(self.conversation, device, **more)  # type: ignore[arg-type]
        return await self.calls.start(self.town.scope(who), asked)

    async def join(
        self, who: Person, call: wire.Call, device: str = "phone-two", **more: object
    ) -> wire.Joined:
        """Answer it."""
        asked = wire.JoinCall(call.id, device, **more)  # type: ignore[arg-type]
        return await self.calls.join(self.town.scope(who), asked)

    async def talk(self) -> wire.Call:
        """Have Anna call, Bo answer, and media flow."""
        call = (await self.start(self.anna)).call
        await self.join(self.bo, call)
        for who, device in ((self.anna, "phone-one"), (self.bo, "phone-two")):
            asked = wire.ChangeCall(call.id, device, connected=True)
            call = await self.calls.change(self.town.scope(who), asked)
        return call

    def heard(self, name: str) -> list[wire.Call]:
        """Give what was told of calls, in that order."""
        return [event_data(frame) for frame in self.town.events(name)]  # type: ignore[misc]


@pytest.fixture
async def two(database: OpenDatabase, facts: Facts, address: Address) -> Two:
    """Anna and Bo."""
    facts.in_transaction(RightsRaised, lambda fact, txn: check_calls(txn, fact))
    town = Town(database, facts, address)
    anna, bo = town.move_in("Anna"), town.move_in("Bo")
    sent = await town.reply(anna, bo)
    town.heard.clear()
    return Two(town, anna, bo, sent.conversation)
