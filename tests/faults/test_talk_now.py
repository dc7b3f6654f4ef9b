"""Talk now under kills: nobody is lost from the line or served twice, and the order is kept."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from loadtests.people import Person, move_in
from loadtests.processes import ServerProcess
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


async def found_branch(folder: Path) -> list[str]:
    """Make a branch with three volunteers; gives their tokens."""
    tokens = []
    database = await SQLiteDatabase.open(folder / "samtale.db", Facts())
    try:
        await House.build(database, Facts())
        for name in ("Karim", "Sara", "Mads")[:VOLUNTEERS]:
            who = move_in(folder / "samtale.db", f"{name}s konto")
            await admit(database, who.account, name)
            tokens.append(who.token)
    finally:
        await database.close()
    return tokens


async def admit(database: SQLiteDatabase, account: int, name: str) -> None:
    def unit(txn: Any) -> None:
        branch = txn.one("SELECT id FROM branches")["id"]
        txn.run(
            "INSERT INTO volunteers (id, account_id, branch_id, state, name, words, languages,"
            " interests, agreement_at, course_at, since) VALUES (?, ?, ?, 'active', ?, '', 'da',"
            " '', 1, 1, 1)",
            account + 1, account, branch, name,
        )  # fmt: skip

    await database.write(unit)


@pytest.mark.faults
@pytest.mark.slow
async def test_nobody_is_lost_or_served_twice_and_the_order_is_kept(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server")
    server.data.mkdir()
    tokens = await found_branch(server.data)
    people = [move_in(server.data / "samtale.db", f"Borger {n}") for n in range(CITIZENS)]
    await asyncio.to_thread(server.start)
    try:
        async with httpx.AsyncClient(base_url=server.url) as api:
            talks = await an_evening(server, api, tokens, people)
    finally:
        server.stop()
    assert len(set(talks)) == CITIZENS
    with closing(sqlite3.connect(server.data / "samtale.db")) as connection:
        entries = [
            row[0]
            for row in connection.execute(
                "SELECT e.account_id FROM talks t JOIN line_entries e ON e.id = t.entry_id"
                " ORDER BY t.starts_at, t.id"
            )
        ]
    assert entries == [person.account for person in people]


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
    for _ in range(KILLS):
        async with asyncio.timeout(60):
            await served.get()
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    async with asyncio.timeout(120):
        talks = await asyncio.gather(*waiting)
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    return talks
