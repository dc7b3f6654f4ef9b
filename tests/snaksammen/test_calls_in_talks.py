"""The call in a talk keeps the talk's clock."""

import pytest

from chat.calls.service import Calls, check_calls_of
from chat.conversations.remembered import RememberedRights
from chat.scope import Actor, Scope
from chat.settings import Settings
from chat.snaksammen import model
from chat.snaksammen.calling import CallsInTalks
from chat.storage.facts import Facts
from protocol import calls as wire
from protocol import requests as ask
from protocol import talks as tal
from tests.snaksammen.house import HOUR, MINUTE, House, token_of
from tests.snaksammen.test_links import actor_of, booked

pytestmark = pytest.mark.anyio
SETTINGS = Settings(turn_urls=("turn:turn.example.dk",), turn_secret="shared")


class Talking:
    """Karim and his guest, in a talk and in the call in it."""

    def __init__(self, house: House, facts: Facts) -> None:
        self.house = house
        rights = RememberedRights(house.database, facts)
        self.seats: list[Actor] = []
        self.calls = Calls(house.database, house.broker, facts, rights, SETTINGS, lambda: house.now)
        self.calls.plan_by(model.KIND, CallsInTalks())
        facts.in_transaction(
            model.TalkChanged, lambda fact, txn: check_calls_of(txn, model.KIND, fact.talk)
        )

    async def begin(self) -> None:
        """Let both come by their links, and one call the other."""
        house, fact = self.house, await booked(self.house)
        house.now += HOUR - MINUTE
        entered = [await house.enter(token_of(fact, role)) for role in ("volunteer", "citizen")]
        self.seats = [await actor_of(house, one) for one in entered]
        self.talk = entered[1].talk
        assert self.talk.conversation is not None
        for number in (0, 1):
            asked = wire.StartCall(self.talk.conversation, f"device-{number}", "text")
            self.call = (await self.calls.start(self.scope(number), asked)).call

    def scope(self, number: int) -> Scope:
        """Act as one of them, now."""
        return Scope(self.house.now, "da", self.seats[number])

    async def now(self) -> wire.Call | None:
        """The call as it is."""
        await self.calls.tick()
        asked = ask.OneConversation(self.call.conversation)
        return (await self.calls.get(self.scope(0), asked)).call

    async def extend(self, number: int) -> wire.Call:
        """Ask for five more minutes in the call."""
        asked = wire.ExtendCall(self.call.id, f"device-{number}")
        return await self.calls.extend(self.scope(number), asked)

    async def planned(self) -> tal.Talk:
        """The talk as it is."""
        return await self.house.snak.talks.get(self.scope(0), tal.OneTalk(self.talk.id))


@pytest.fixture
async def talking(house: House, facts: Facts) -> Talking:
    """Both are in the call."""
    talking = Talking(house, facts)
    await talking.begin()
    return talking


async def test_it_ends_when_the_talk_does(talking: Talking) -> None:
    assert talking.call.state == "active"
    assert talking.call.ends_at == talking.talk.ends_at


async def test_five_more_minutes_in_the_call_are_five_more_of_the_talk(talking: Talking) -> None:
    await talking.extend(0)
    call = await talking.extend(1)
    planned = await talking.planned()
    assert call.ends_at == planned.ends_at == talking.talk.ends_at + 5 * MINUTE


async def test_five_more_minutes_of_the_talk_are_five_more_in_the_call(talking: Talking) -> None:
    for number in (0, 1):
        await talking.house.snak.talks.more(talking.scope(number), tal.OneTalk(talking.talk.id))
    call = await talking.now()
    assert call is not None
    assert call.ends_at == (await talking.planned()).ends_at == talking.talk.ends_at + 5 * MINUTE


async def test_when_the_talk_is_over_so_is_the_call(talking: Talking) -> None:
    leaving = tal.LeaveTalk(talking.talk.id)
    await talking.house.snak.talks.leave(talking.scope(1), leaving)
    assert await talking.now() is None
