"""Whatever closes a conversation looks the same, and acts on open sockets, whoever did it (G6)."""

import datetime
import hashlib
import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from chat.app import register_inner_hooks
from chat.conversations.service import other_member
from chat.realtime.broker import MemoryBroker
from chat.safety.service import Blocks
from chat.scope import Actor, Scope
from chat.storage.changes import add_change
from chat.storage.database import Transaction
from chat.storage.facts import Facts
from chat.storage.opening import OpenDatabase, open_database
from loadtests.beside import beside
from loadtests.people import Person
from loadtests.processes import ServerProcess
from protocol.cursors import write_cursor
from protocol.requests import CreateBlock
from tests.flows.conftest import MoveIn
from tests.flows.test_blocks import block, talk_between, try_to_write
from tests.wire import Wire, new_client_id, wire

TOLD_WITHIN = 2.0
REPOSITORY = Path(__file__).parent.parent.parent


def admin(server: ServerProcess, action: str, person: Person) -> float:
    """Use the command line beside a running server; gives when it was done."""
    email = f"{person.account}@people.example"
    command = ["admin", action, email, "--data", str(server.data)]
    done = subprocess.run(
        [sys.executable, "-m", "chat.cli", *command],
        cwd=REPOSITORY, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return time.monotonic()


def parents_link(server: ServerProcess, child: Person) -> str:
    """Give a child a parent who has consented; gives the token of the parent's link."""
    token = secrets.token_urlsafe(32)
    with beside(server.database) as store:
        store.run(
            "INSERT INTO links (digest, purpose, account_id) VALUES (?, 'consent', ?)",
            hashlib.sha256(token.encode()).digest(), child.account,
        )  # fmt: skip
        store.run("INSERT INTO consents VALUES (?, 1, 'given', 0)", child.account)
    return token


# --- one answer -----------------------------------------------------------------------------------


async def by_a_block(api: httpx.AsyncClient, _: ServerProcess, child: Person, talk: str) -> None:
    await block(api, child, conversation=talk)


async def by_suspension(_: httpx.AsyncClient, town: ServerProcess, child: Person, __: str) -> None:
    admin(town, "suspend", child)


async def by_lost_consent(
    api: httpx.AsyncClient, town: ServerProcess, child: Person, _: str
) -> None:
    token = parents_link(town, child)
    answer = await api.post("/api/v1/consents/withdraw", json={"token": token})
    assert answer.json()["state"] == "withdrawn"


Closing = Callable[[httpx.AsyncClient, ServerProcess, Person, str], Awaitable[None]]


async def raw_reply(socket: Wire, command: str, **data: object) -> str:
    """Give a reply as it stands on the wire."""
    await socket.socket.send(json.dumps({"id": 7, "command": command, "data": data}))
    return str(await socket.socket.recv())


async def everything_shown(
    api: httpx.AsyncClient, socket: Wire, ole: Person, talk: str, bubble: str
) -> list[str]:
    """Everything the other is answered on the wire, as text."""
    message = {"client_id": new_client_id(), "text": "Hallo?"}
    frames = [
        await raw_reply(socket, "message.send", conversation=talk, **message),
        await raw_reply(socket, "typing.start", conversation=talk),
        await raw_reply(socket, "bubble.reply", bubble=bubble, **message),
        await raw_reply(socket, "conversation.list"),
        await raw_reply(socket, "conversation.get", conversation=talk),
        await raw_reply(socket, "history.fetch", conversation=talk),
    ]
    answers = [
        await api.post(f"/api/v1/conversations/{talk}/messages", json=message, headers=ole.headers),
        await api.get(f"/api/v1/bubbles/{bubble}", headers=ole.headers),
        await api.get("/api/v1/bubbles", params={"mine": "true"}, headers=ole.headers),
        await api.get("/api/v1/blocks", headers=ole.headers),
    ]
    for answer in answers:
        by_itself = {"date", "x-request-id"}
        headers = {key: text for key, text in answer.headers.items() if key not in by_itself}
        frames.append(f"{answer.status_code} {headers} {answer.text}")
    return frames


def without_ids(frame: str, seen: dict[str, str]) -> str:
    """Write ids, aliases, times and cursors as the order in which they first came."""

    def numbered(found: re.Match[str]) -> str:
        return seen.setdefault(found[0], f"<{len(seen)}>")

    names = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-7][0-9a-f]{15}|[0-9a-f]{8}-[0-9a-f]+"
    return re.sub(rf"{names}|\b\d{{13}}\b|(Ida|Ole) [a-l]{{10}}", numbered, frame)


async def shown_after(
    closing: Closing, town: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> list[str]:
    """Give all that the other is answered after a closing, and after what follows it."""
    ida, ole = someone("Ida", age=14), someone("Ole", age=16)
    bubble, talk = await talk_between(api, ida, ole)
    async with wire(town, ole.headers) as at_ole:
        await closing(api, town, ida, talk)
        read = await api.post(
            f"/api/v1/conversations/{talk}/read", json={"seq": 1}, headers=ida.headers
        )
        assert read.status_code == 200
        frames = await everything_shown(api, at_ole, ole, talk, bubble)
    seen: dict[str, str] = {}
    return [without_ids(frame, seen) for frame in frames]


@pytest.mark.parametrize("closing", [by_suspension, by_lost_consent])
async def test_a_block_looks_byte_for_byte_like_any_other_closing(
    closing: Closing, town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    blocked = await shown_after(by_a_block, town_server, someone, api)
    closed = await shown_after(closing, town_server, someone, api)
    assert json.loads(blocked[0])["error"]["code"] == "conversation_closed"
    assert blocked == closed


# --- by another process ---------------------------------------------------------------------------


@pytest.mark.alone
async def test_an_operator_suspends_an_account_whose_sockets_are_open(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    mette, ole = someone("Mette"), someone("Ole")
    bubble, talk = await talk_between(api, mette, ole)
    async with (
        wire(town_server, mette.headers) as at_mette,
        wire(town_server, ole.headers) as at_ole,
    ):
        sent = {"conversation": talk, "client_id": new_client_id(), "text": "Hej"}
        first = await at_mette.do("message.send", **sent)
        await at_ole.event("message.created")

        done = admin(town_server, "suspend", mette)
        event = await at_mette.event("account.changed")
        assert time.monotonic() - done < TOLD_WITHIN
        assert event["data"]["state"] == "suspended"
        assert await try_to_write(at_mette, talk) == "not_active"
        assert await try_to_write(at_ole, talk) == "conversation_closed"
        assert await at_mette.do("message.send", **sent) == {**first, "duplicate": True}
        hidden = await api.get(f"/api/v1/bubbles/{bubble}", headers=ole.headers)
        assert hidden.status_code == 404
        posted = {"title": "Kaffe", "text": "Hvem vil med på kaffe?"}
        refused = await api.post("/api/v1/bubbles", json=posted, headers=mette.headers)
        assert refused.json()["error"]["code"] == "not_active"
        for path in ("account", "conversations", f"conversations/{talk}/entries", "sessions"):
            answer = await api.get(f"/api/v1/{path}", headers=mette.headers)
            assert answer.status_code == 200
        assert [event["event"] for event in at_ole.events] == []

        done = admin(town_server, "reinstate", mette)
        assert (await at_mette.event("account.changed"))["data"]["state"] == "active"
        assert time.monotonic() - done < TOLD_WITHIN
        await at_mette.send(talk, "Så er jeg her igen")
        await at_ole.event("message.created")
        shown = await api.get(f"/api/v1/bubbles/{bubble}", headers=ole.headers)
        assert shown.status_code == 200


def test_the_command_line_says_what_it_cannot_do(town_server: ServerProcess) -> None:
    command = [sys.executable, "-m", "chat.cli", "admin", "suspend", "nobody@people.example"]
    for data, words in ((town_server.data, "does not exist"), (Path("/nowhere"), "no database")):
        done = subprocess.run(
            [*command, "--data", str(data)],
            cwd=REPOSITORY, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 1
        assert words in done.stderr


@asynccontextmanager
async def another_process(server: ServerProcess) -> AsyncIterator[tuple[OpenDatabase, Facts]]:
    """Open the server's database as a second process does."""
    facts = Facts()
    register_inner_hooks(facts)
    database = await open_database(server.database, facts, checkpoints=False)
    try:
        yield database, facts
    finally:
        await database.close()


@pytest.mark.alone
async def test_a_session_that_another_process_ends_closes_its_sockets_and_no_other(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    mette = someone("Mette")
    ticket = await api.post("/api/v1/socket-tickets", headers=mette.headers)
    assert ticket.status_code == 201
    other = str(secrets.token_urlsafe(32))

    def log_in_elsewhere(txn: Transaction) -> None:
        txn.run(
            "INSERT INTO sessions SELECT id + 1, ?, account_id, kind, device, created_at,"
            " last_seen_at, expires_at FROM sessions WHERE account_id = ?",
            hashlib.sha256(other.encode()).digest(),
            mette.account,
        )

    def log_out(txn: Transaction) -> None:
        txn.run("DELETE FROM sessions WHERE id = ?", mette.account)
        add_change(txn, "session", mette.account, 0)

    async with another_process(town_server) as (database, _):
        await database.write(log_in_elsewhere)
        async with (
            wire(town_server, mette.headers) as ended,
            wire(town_server, {"Authorization": f"Bearer {other}"}) as kept,
        ):
            await database.write(log_out)
            done = time.monotonic()
            assert await ended.closed() == 4301
            assert time.monotonic() - done < TOLD_WITHIN
            answer = await api.get("/api/v1/account", headers=mette.headers)
            assert answer.status_code == 401
            await kept.do("account.get")


@pytest.mark.alone
async def test_a_block_made_by_another_process_acts_on_open_sockets(
    town_server: ServerProcess, someone: MoveIn, api: httpx.AsyncClient
) -> None:
    mette, ole = someone("Mette"), someone("Ole")
    _, talk = await talk_between(api, mette, ole)
    async with (
        another_process(town_server) as (database, facts),
        wire(town_server, mette.headers) as at_mette,
        wire(town_server, ole.headers) as at_ole,
    ):
        await at_mette.do("typing.start", conversation=talk)  # its rights are remembered now
        await at_ole.event("typing.started")
        blocks = Blocks(database, MemoryBroker(), facts, partial(write_cursor, "epoch"))
        blocks.find_by("conversation", other_member)
        now = time.time_ns() // 1_000_000
        actor = Actor(mette.account, 1, True, datetime.date(1980, 1, 1), 151, 0)
        scope = Scope(now, actor=actor)
        await blocks.create(scope, CreateBlock(conversation=talk))
        done = time.monotonic()
        await at_mette.event("blocks.changed")
        assert time.monotonic() - done < TOLD_WITHIN
        assert await at_ole.refusal("typing.start", conversation=talk) == "conversation_closed"
        assert await try_to_write(at_ole, talk) == "conversation_closed"
