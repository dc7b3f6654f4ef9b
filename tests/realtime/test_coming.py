"""What a device had read when it came is not told to it again, by whatever way it comes (G5)."""

import asyncio
from collections.abc import Sequence

import pytest

from chat.app import Server
from chat.cluster import Cluster
from chat.realtime.order import Found, Hole
from tests.conversations.town import Town
from tests.realtime.conftest import Arrive
from tests.realtime.raw import TEXT, RawSocket, command, masked
from tests.wire import new_client_id


async def heard(device: RawSocket) -> int:
    """Give the seq of the next entry."""
    while "seq" not in (event := await asyncio.to_thread(device.json)):
        pass
    return int(event["seq"])


@pytest.mark.parametrize("way", ["published late", "read from the log"])
async def test_a_device_that_comes_hears_only_what_it_has_not_read(
    here: Server, elsewhere: Town, arrive: Arrive, way: str
) -> None:
    assert isinstance(here.company, Cluster)
    mette, ali = elsewhere.move_in("Mette"), elsewhere.move_in("Ali")
    talk = (await elsewhere.reply(ali, mette)).conversation
    computer = await arrive(mette)
    await here.company.heal()
    await elsewhere.send(ali, talk, "Er du der?")
    phone = await arrive(mette)
    if way == "published late":
        here.company.hear([elsewhere.heard[-1]])
    await here.company.heal()
    assert await heard(computer) == 2
    await elsewhere.send(ali, talk, "Nå, så er du jo")
    await here.company.heal()
    assert await heard(computer) == 3
    assert await heard(phone) == 3


async def test_who_writes_first_where_the_log_is_just_being_read_is_not_told_what_they_wrote(
    here: Server, elsewhere: Town, arrive: Arrive
) -> None:
    """What was written waits for what may be before it, when a round reads both from the log."""
    assert isinstance(here.company, Cluster)
    mette, ali = elsewhere.move_in("Mette"), elsewhere.move_in("Ali")
    talk = (await elsewhere.reply(ali, mette)).conversation
    phone = await arrive(mette)
    read = asyncio.Event()

    async def read_late(holes: Sequence[Hole]) -> Found:
        await read.wait()
        return {}

    here.company.order.mend_by(read_late)
    message = {"conversation": talk, "client_id": new_client_id(), "text": "Ja?"}
    phone.send(masked(TEXT, command(1, "message.send", **message)))
    assert (await asyncio.to_thread(phone.json))["data"]["seq"] == 2
    await here.company.heal()
    read.set()
    await elsewhere.send(ali, talk, "Vi ses")
    await here.company.heal()
    assert await heard(phone) == 3
