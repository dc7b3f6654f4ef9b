"""The demo: a town where a first look meets somebody."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat import demo, demo_people
from chat.app import Server
from chat.rounds import running
from chat.scope import Scope
from chat.settings import Settings
from protocol import requests as ask
from protocol import resources as res


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running(Settings(data=str(tmp_path))) as server:
        await fill(server)
        yield server


async def fill(server: Server) -> list[demo.Login]:
    return list(
        await demo.fill(
            server.accounts,
            server.passwords,
            server.bubbles,
            server.conversations,
            server.snaksammen,
            server.facts,
            server.clock(),
        )
    )


async def log_in(server: Server, name: str) -> Scope:
    email = f"{name}@demo.samtale.example"
    request = ask.LogIn(email, demo.PASSWORD, kind="app")
    session = await server.accounts.create_session(Scope(server.clock()), request)
    assert session.token is not None
    return Scope(server.clock(), actor=await server.accounts.actor(session.token, server.clock()))


async def bubbles(server: Server, scope: Scope) -> list[res.Bubble]:
    return (await server.bubbles.list(scope, ask.ListBubbles(limit=100))).bubbles


async def test_filling_it_twice_is_filling_it_once(server: Server) -> None:
    mette = await log_in(server, "mette")
    before = await bubbles(server, mette)
    assert len(await fill(server)) == 16
    assert await bubbles(server, mette) == before


async def test_the_rules_can_be_seen_at_work_in_it(server: Server) -> None:
    mette, ali, sofie = [await log_in(server, name) for name in ("mette", "ali", "sofie")]
    of_herlev = ask.ListBubbles(municipality=demo_people.HERLEV)
    assert {one.author for one in (await server.bubbles.list(mette, of_herlev)).bubbles} == {
        "Ali", "Birgit", "Olena",
    }  # fmt: skip
    assert {one.author for one in (await server.bubbles.list(ali, of_herlev)).bubbles} == {"Ali"}
    assert {one.author for one in await bubbles(server, sofie)} == {"Noah", "Sofie tegner"}


async def test_one_bubble_is_held_and_one_has_found_someone(server: Server) -> None:
    states = set()
    for person in demo_people.PEOPLE:
        scope = await log_in(server, person.name)
        mine = await server.bubbles.list(scope, ask.ListBubbles(mine=True))
        states |= {(one.author, one.state) for one in mine.bubbles if one.state != "open"}
    assert states == {("Thomas", "held"), ("Birgit", "closed")}


async def test_a_message_waits_for_whoever_looks_first(server: Server) -> None:
    scope = await log_in(server, "mette")
    page = await server.conversations.list_conversations(scope, ask.ListConversations())
    assert len(page.conversations) == 4
    newest = page.conversations[0]
    assert [one.unread for one in page.conversations] == [1, 0, 0, 0]
    assert newest.last_message is not None
    assert "baklava" in newest.last_message.text
