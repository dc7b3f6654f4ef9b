"""Servers whose sockets are spoken to byte by byte, and people to be there."""

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import httpx
import pytest

from chat.app import Server
from chat.cluster import Cluster
from chat.rounds import running
from chat.settings import Settings
from chat.storage.facts import Facts
from chat.storage.opening import open_database
from loadtests.people import Person, move_in
from loadtests.processes import ServerProcess
from tests.conversations.town import Town
from tests.patience import PATIENCE_SECONDS
from tests.realtime.raw import RawSocket
from tests.wire import new_client_id

MoveIn = Callable[..., Person]
Arrive = Callable[[Person], Awaitable[RawSocket]]

MANY = {
    "SAMTALE_LIMITS_MESSAGES_PER_MINUTE": "1000000",
    "SAMTALE_LIMITS_MESSAGES_BURST": "1000000",
}
"""More messages than a person writes."""


class Talk(NamedTuple):
    """Two people and their conversation: its author has written nothing yet."""

    author: Person
    replier: Person
    conversation: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the limits that everyone has, but for the number of messages."""
    process = ServerProcess(tmp_path_factory.mktemp("shell"), **MANY).start()
    yield process
    process.stop()


def person_on(server: ServerProcess, alias: str = "Mette") -> Person:
    """Make somebody."""
    suffix = "".join(secrets.choice("abcdefghijkl") for _ in range(10))
    return move_in(server.database, f"{alias} {suffix}")


def talk_on(server: ServerProcess, tls: ssl.SSLContext | None = None) -> Talk:
    """Make two people who talk."""
    mette, ali = person_on(server), person_on(server, "Ali")
    with httpx.Client(base_url=server.url, verify=tls or True, timeout=PATIENCE_SECONDS) as api:
        words = {"title": "Gåtur", "text": "Jeg vil gerne gå en tur om søndagen."}
        bubble = api.post("/api/v1/bubbles", headers=mette.headers, json=words).json()["id"]
        reply = {"client_id": new_client_id(), "text": "Hej"}
        sent = api.post(f"/api/v1/bubbles/{bubble}/replies", headers=ali.headers, json=reply)
    return Talk(mette, ali, str(sent.json()["conversation"]))


@pytest.fixture
def mette(server: ServerProcess) -> Person:
    """Somebody."""
    return person_on(server)


@pytest.fixture
def talk(server: ServerProcess) -> Talk:
    """Two people who talk."""
    return talk_on(server)


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
