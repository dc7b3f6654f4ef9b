"""What a process has committed and told nobody when it dies reaches those at the others (G2)."""

import asyncio
from typing import Any

from chat.app import Server
from chat.cluster import Cluster
from protocol import requests as ask
from tests.conversations.town import Town
from tests.realtime.conftest import Arrive
from tests.realtime.raw import RawSocket

LONG_AGO = -3_600.0


def die(company: Cluster) -> None:
    """Hear a last word of the other process, and nothing for so long that it is dead."""
    company.redis.directory.heard("the other", LONG_AGO, company.safe_position)
    company.redis._say_alive()


async def event(device: RawSocket, name: str) -> dict[str, Any]:
    """Give the next event of a name."""
    while (found := await asyncio.to_thread(device.json)).get("event") != name:
        pass
    return found


async def test_a_mark_that_was_not_published_is_told_although_what_came_after_it_was(
    here: Server, elsewhere: Town, arrive: Arrive
) -> None:
    assert isinstance(here.company, Cluster)
    mette, ali = elsewhere.move_in("Mette"), elsewhere.move_in("Ali")
    talk = (await elsewhere.reply(ali, mette)).conversation
    his = await arrive(ali)
    await here.company.heal()
    talks = elsewhere.conversations
    await talks.positions.read(elsewhere.scope(mette), ask.MarkRead(talk, 1))
    await elsewhere.send(mette, talk, "Ja?")
    here.company.deliver(elsewhere.heard[-1])
    await event(his, "message.created")
    await here.company.heal()
    die(here.company)
    await here.company.heal()
    moved = await event(his, "position.moved")
    assert moved["data"] == {"member": 1, "delivered_seq": 1, "read_seq": 1}


async def test_a_draft_that_was_not_published_is_told_to_ones_other_devices(
    here: Server, elsewhere: Town, arrive: Arrive
) -> None:
    assert isinstance(here.company, Cluster)
    mette, ali = elsewhere.move_in("Mette"), elsewhere.move_in("Ali")
    talk = (await elsewhere.reply(ali, mette)).conversation
    hers = await arrive(mette)
    await here.company.heal()
    talks, scope = elsewhere.conversations, elsewhere.scope(mette)
    await talks.own_sides.save_draft(scope, ask.SaveDraft(talk, "Hej Ali,"))
    await here.company.heal()
    die(here.company)
    await here.company.heal()
    assert (await event(hers, "conversation.changed"))["data"]["draft"] == "Hej Ali,"
