"""Talk now under kills: nobody is lost from the line or served twice, and the order is kept."""

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat.storage.database import Database
from chat.storage.facts import Facts
from chat.storage.opening import open_database
from loadtests.beside import Address, beside
from loadtests.chaos.setups import SETUPS
from loadtests.cluster import ClusterProcess
from loadtests.people import Person, move_in
from loadtests.processes import SERVER, ServerProcess
from protocol.operations import OPERATIONS
from tests.snaksammen.house import House

VOLUNTEERS, CITIZENS, KILLS = 3, 20, 5
AGAIN_AFTER_S, LOOKS_AFTER_S = 0.1, 1.0


class Someone:
    """A person over HTTP who asks again until there is an answer, as every client does."""

    def __init__(self, api: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._api = api
        self._headers = headers

    async def ask(self, operation: str, **data: str) -> tuple[int, dict[str, Any]]:
        row = OPERATIONS[operation]
        path = row.path.format(**data)
        rest = {name: value for name, value in data.items() if f"{{{name}}}" not in row.path}
        body = None if row.method in {"GET", "DELETE"} else rest
        while True:
            try:
                answer = await self._api.request(row.method, path, headers=self._headers, json=body)
            except httpx.TransportError:
                await asyncio.sleep(AGAIN_AFTER_S)  # no answer yet: nobody knows when there is one
                continue
            if answer.status_code < 500:
                return answer.status_code, dict(answer.json())
            await asyncio.sleep(AGAIN_AFTER_S)


async def waits(citizen: Someone, joined: asyncio.Event) -> str:
    """Wait in the line until one is taken; gives the talk."""
    status, _ = await citizen.ask("line.join")
    assert status == 201
    joined.set()
    while True:
        _, place = await citizen.ask("line.get")
        assert place["state"] in {"waiting", "taken"}, "nobody is lost"
        if place["state"] == "taken":
            return str(place["talk"])
        await asyncio.sleep(LOOKS_AFTER_S)


async def serves(volunteer: Someone, served: "asyncio.Queue[str]") -> None:
    """Be on duty, take what is offered, talk for a moment, and again."""
    while True:
        await volunteer.ask("duty.start")
        _, duty = await volunteer.ask("duty.get")
        for offer in duty["offers"][:1]:
            status, entered = await volunteer.ask("offer.take", offer=offer["id"])
            assert status in {200, 409}, entered
            if status == 200:
                served.put_nowait(entered["talk"]["id"])
        _, duty = await volunteer.ask("duty.get")
        if duty["talk"] is not None:
            await volunteer.ask("talk.leave", talk=duty["talk"])
        await asyncio.sleep(AGAIN_AFTER_S)


async def found_branch(address: Address) -> list[str]:
    """Make a branch with three volunteers, whose talks are kept for a day; gives their tokens."""
    tokens = []
    database = await open_database(address, Facts())
    try:
        await House.build(database, Facts())
        await database.write(lambda txn: txn.run("UPDATE services SET keep_text_minutes = 1440"))
        for name in ("Karim", "Sara", "Mads")[:VOLUNTEERS]:
            who = move_in(address, f"{name}s konto")
            await admit(database, who.account, name)
            tokens.append(who.token)
    finally:
        await database.close()
    return tokens


async def admit(database: Database, account: int, name: str, languages: str = "da") -> None:
    def unit(txn: Any) -> None:
        branch = txn.one("SELECT id FROM branches")["id"]
        txn.run(
            "INSERT INTO volunteers (id, account_id, branch_id, state, name, words, languages,"
            " interests, agreement_at, course_at, since) VALUES (?, ?, ?, 'active', ?, '', ?,"
            " '', 1, 1, 1)",
            account + 1, account, branch, name, languages,
        )  # fmt: skip

    await database.write(unit)


@pytest.mark.faults
@pytest.mark.heavy
@pytest.mark.slow
@pytest.mark.parametrize("setup", list(SETUPS))
async def test_nobody_is_lost_or_served_twice_and_the_order_is_kept(
    tmp_path: Path, setup: str
) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    server = SETUPS[setup].make(folder, "", SERVER, {})
    try:
        tokens = await found_branch(server.database)
        people = [move_in(server.database, f"Borger {n}") for n in range(CITIZENS)]
        await asyncio.to_thread(server.start)
        async with httpx.AsyncClient(base_url=server.url) as api:
            talks = await an_evening(server, api, tokens, people)
        assert len(set(talks)) == CITIZENS
        assert served_in_order(server.database) == [person.account for person in people]
    finally:
        await asyncio.to_thread(server.end)


def served_in_order(address: Address) -> list[int]:
    """Who was served, in the order of the log: in it, a talk begins with its conversation."""
    with beside(address) as database:
        rows = database.run(
            "SELECT e.account_id FROM talks t JOIN line_entries e ON e.id = t.entry_id"
            " JOIN conversations c ON c.id = t.conversation_id ORDER BY c.opened_position"
        )
    return [row[0] for row in rows]


async def break_something(server: ServerProcess, dice: random.Random) -> None:
    """Kill the server, or as often one process of several, which others go on without."""
    if isinstance(server, ClusterProcess) and dice.random() < 0.5:
        os.kill(dice.choice(server.workers), signal.SIGKILL)
        return
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)


async def an_evening(
    server: ServerProcess, api: httpx.AsyncClient, tokens: list[str], people: list[Person]
) -> list[str]:
    """Let everyone wait and be served while the server is killed; gives the talks."""
    volunteers = [Someone(api, {"Authorization": f"Bearer {token}"}) for token in tokens]
    served: asyncio.Queue[str] = asyncio.Queue()
    waiting = []
    for person in people:  # one after another, so that it is known who came first
        joined = asyncio.Event()
        waiting.append(asyncio.create_task(waits(Someone(api, person.headers), joined)))
        await joined.wait()
    working = [asyncio.create_task(serves(one, served)) for one in volunteers]
    dice = random.Random(1)
    for _ in range(KILLS):
        async with asyncio.timeout(120):
            await served.get()
        await break_something(server, dice)
    async with asyncio.timeout(300):
        talks = await asyncio.gather(*waiting)
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    return talks
