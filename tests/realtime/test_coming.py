"""What a device had read when it came is not told to it again, by whatever way it comes (G5)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from chat.app import Server
from chat.cluster import Cluster
from chat.rounds import running
from chat.settings import Settings
from chat.storage.facts import Facts
from chat.storage.opening import open_database
from tests.conversations.town import Town
from tests.people import Person
from tests.realtime.raw import RawSocket

Arrive = Callable[[Person], Awaitable[RawSocket]]


@pytest.fixture
async def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """One of several processes, whose Redis is away; it looks at the log when it is told to."""
    monkeypatch.setattr(Cluster, "wait", lambda cluster: asyncio.Event().wait())
    async with running(Settings(data=str(tmp_path), redis_url="redis://127.0.0.1:1")) as server:
        yield server


@pytest.fixture
async def elsewhere(here: Server) -> AsyncIterator[Town]:
    """Another process on the same store, of which nothing is heard."""
    facts, address = Facts(), here.settings.database_address
    database = await open_database(address, facts, shared=True)
    yield Town(database, facts, address)
    await database.close()


@pytest.fixture
async def arrive(here: Server) -> AsyncIterator[Arrive]:
    """Connect a device, and hear hello."""
    state = SimpleNamespace(connections=set())
    listening = await asyncio.get_running_loop().create_server(
        lambda: here.sockets(None, state, None), "127.0.0.1", 0
    )
    with ExitStack() as stack:

        def connect(person: Person) -> RawSocket:
            device = stack.enter_context(RawSocket(listening.sockets[0].getsockname()[1]))
            assert device.upgrade(person.headers) == 101
            assert device.json()["event"] == "hello"
            return device

        yield lambda person: asyncio.to_thread(connect, person)
    listening.close()


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
