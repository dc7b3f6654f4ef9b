"""Limits that protect people and the server hold for all processes together (docs/adr/0034).

The same on every setup: with one process there is nobody to agree with.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest

from loadtests.people import Person, move_in
from loadtests.processes import ServerProcess
from tests.flows.conftest import ALONE, Started
from tests.flows.test_replies import post_bubble
from tests.patience import PATIENCE_SECONDS
from tests.wire import wire

pytestmark = pytest.mark.everywhere

SOCKETS, EDITS, REGISTRATIONS = 3, 8, 6
SMALL = {
    "SAMTALE_LIMITS_SOCKETS_PER_ACCOUNT": str(SOCKETS),
    "SAMTALE_LIMITS_BUBBLE_EDITS_PER_MINUTE": str(EDITS),
    "SAMTALE_LIMITS_REGISTRATIONS_PER_HOUR_AND_ADDRESS": str(REGISTRATIONS),
}


@pytest.fixture(scope="module")
def strict(
    setup: str, tmp_path_factory: pytest.TempPathFactory, clusters: Started
) -> Iterator[ServerProcess]:
    """A server where things are soon too much."""
    if setup != ALONE:
        yield clusters(setup, "strict", SMALL)
        return
    server = ServerProcess(tmp_path_factory.mktemp("strict"), **SMALL).start()
    yield server
    server.stop()


@pytest.fixture
def mette(strict: ServerProcess) -> Person:
    """Someone new."""
    return move_in(strict.database, f"Mette {secrets.token_hex(5)}")


@pytest.fixture
async def doors(strict: ServerProcess) -> AsyncIterator[list[httpx.AsyncClient]]:
    """HTTP to each process."""
    ports = getattr(strict, "ports", [strict.port])
    async with AsyncExitStack() as stack:
        clients = [
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS)
            for port in ports
        ]
        yield [await stack.enter_async_context(client) for client in clients]


async def test_one_socket_too_many_closes_the_oldest_wherever_it_is(
    strict: ServerProcess, mette: Person
) -> None:
    async with AsyncExitStack() as stack:
        sockets = []
        for number in range(3 * SOCKETS):
            sockets.append(await stack.enter_async_context(wire(strict, mette.headers)))
            await sockets[-1].do("account.get")
            if number >= SOCKETS:
                assert await sockets[number - SOCKETS].closed() == 4001
        for one in sockets[-SOCKETS:]:
            await one.do("account.get")


async def test_edits_at_every_process_are_counted_together(
    strict: ServerProcess, doors: list[httpx.AsyncClient], mette: Person
) -> None:
    bubble = await post_bubble(doors[0], mette)

    async def edit(door: httpx.AsyncClient) -> bool:
        path = f"/api/v1/bubbles/{bubble}"
        answer = await door.patch(path, headers=mette.headers, json={"text": secrets.token_hex(8)})
        assert answer.status_code in {200, 429}
        return answer.status_code == 200

    while await edit(doors[0]):
        pass
    await _soon_refused_at_all(doors, edit, EDITS)


async def test_what_a_stranger_asks_at_every_process_is_counted_together(
    strict: ServerProcess, doors: list[httpx.AsyncClient]
) -> None:
    async def register(door: httpx.AsyncClient) -> bool:
        name = secrets.token_hex(6)
        body = {"email": f"{name}@people.example", "password": "tung regn i maj", "alias": "Anna",
                "born": "1980-01-01", "municipality": 151}  # fmt: skip
        answer = await door.post("/api/v1/accounts", json=body)
        assert answer.is_success or answer.status_code == 429
        return answer.is_success

    while await register(doors[0]):
        pass
    await _soon_refused_at_all(doors, register, REGISTRATIONS)


async def _soon_refused_at_all(
    doors: list[httpx.AsyncClient], ask: Callable[[httpx.AsyncClient], Awaitable[bool]], limit: int
) -> None:
    """Ask each of the others until it has heard: it gets there long before its own count would."""
    for door in doors[1:]:
        passed = 0
        while await ask(door):
            passed += 1
            assert passed < limit, "each process counts for itself"
            await asyncio.sleep(0.4)
