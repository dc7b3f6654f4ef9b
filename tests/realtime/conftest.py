"""Servers whose sockets are spoken to byte by byte, and people to be there."""

import secrets
import ssl
from collections.abc import Callable, Iterator
from typing import NamedTuple

import httpx
import pytest

from loadtests.people import Person, move_in
from loadtests.processes import ServerProcess
from tests.patience import PATIENCE_SECONDS
from tests.wire import new_client_id

MoveIn = Callable[..., Person]

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
