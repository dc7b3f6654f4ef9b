"""The server behaves as in every golden transcript that it is shown (protocol/golden/README.md).

Every frame on the way is checked against the published documents besides.
"""

import asyncio
import json
import re
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from loadtests.people import HERLEV, Person, move_in
from loadtests.processes import ServerProcess
from protocol.clients.python import Client, Http, Refusal, connect
from protocol.messages import SUBPROTOCOL
from protocol.requests import (
    CreateBlock,
    EditMessage,
    LiftBlock,
    MarkRead,
    Nothing,
    OneBubble,
    OneConversation,
    OneMessage,
    PostBubble,
    React,
    ReplyToBubble,
    SendMessage,
    StartTyping,
)
from protocol.resources import Conversation, ReactionKind
from tests.flows.conftest import MoveIn
from tests.patience import PATIENCE_SECONDS
from tests.protocol.replay import assert_fits, fill, read_transcript, transcripts_for
from tests.protocol.schema_check import check_from_client, check_from_server
from tests.wire import new_client_id


class World:
    """Anna, Bo, his bubble, and their conversation."""

    def __init__(self, server: ServerProcess, anna: Person, bo: Person) -> None:
        self.server = server
        self.anna = Http(server.url, anna.token)
        self.bo = Http(server.url, bo.token)
        self.bo_online: Client | None = None
        self.bubble = ""
        self.conversation = ""
        self.block = ""
        self.restarts = False
        self.bound: dict[str, Any] = {"$token": anna.token}

    async def begin(self, other: Person) -> None:
        """Bo posts a bubble, Anna replies; Bo also talks to somebody else."""
        posted = await self.bo.call(
            "bubble.post",
            PostBubble("Gåtur i skoven", "Hver torsdag, også i regnvejr.", symbol="🌲"),
        )
        self.bubble = posted.id
        self.conversation = await self._reply(self.anna, "Hej Bo")
        others = await self._reply(Http(self.server.url, other.token), "Hej fra en anden")
        read = OneConversation(self.conversation)
        conversation: Conversation = await self.anna.call("conversation.get", read)
        numbers = {member.me: member.number for member in conversation.members}
        account = await self.anna.call("account.get", Nothing())
        self.bound |= {
            "$account": msgspec.to_builtins(account),
            "$conversation": self.conversation,
            "$others_conversation": others,
            "$anna": numbers[True],
            "$bo": numbers[False],
        }

    async def _reply(self, person: Http, text: str) -> str:
        sent = await person.call("bubble.reply", ReplyToBubble(self.bubble, new_client_id(), text))
        return str(sent.conversation)

    async def happens(self, words: str) -> None:
        """Do what the words say."""
        if found := re.fullmatch(r'(bo|anna\'s other device) sends "(.*)"', words):
            person = self.bo if found[1] == "bo" else self.anna
            request = SendMessage(self.conversation, new_client_id(), found[2])
            await person.call("message.send", request)
        elif found := re.fullmatch(r"bo reads up to (\d+)", words):
            read = MarkRead(self.conversation, int(found[1]))
            await self.bo.call("conversation.read", read)
        elif re.fullmatch(r"bo (edits|deletes|reacts|takes|cannot)\b.*", words):
            await self._bo_changes(words)
        elif words == "bo types":
            assert self.bo_online is not None
            await self.bo_online.command("typing.start", StartTyping(self.conversation))
        elif words == "bo closes the bubble":
            await self.bo.call("bubble.close", OneBubble(self.bubble))
        elif words == "bo blocks anna":
            block = CreateBlock(conversation=self.conversation)
            self.block = (await self.bo.call("block.create", block)).id
        elif words == "bo lifts the block":
            await self.bo.call("block.lift", LiftBlock(self.block))
        elif words == "anna logs out everywhere":
            await self.anna.call("session.end_all", Nothing())
        elif words == "the server restarts":
            assert self.server.process is not None
            self.server.process.send_signal(signal.SIGTERM)
            self.restarts = True
        else:
            pytest.fail(f"this does not happen in our world: {words}")

    async def _bo_changes(self, words: str) -> None:
        here = self.conversation
        if found := re.fullmatch(r'bo edits (\d+) to "(.*)"', words):
            await self.bo.call("message.edit", EditMessage(here, int(found[1]), found[2]))
        elif found := re.fullmatch(r"bo deletes (\d+)", words):
            await self.bo.call("message.delete", OneMessage(here, int(found[1])))
        elif found := re.fullmatch(r"bo reacts to (\d+) with (\w+)", words):
            reaction = msgspec.convert(found[2], ReactionKind)
            await self.bo.call("reaction.add", React(here, int(found[1]), reaction))
        elif found := re.fullmatch(r"bo takes (\w+) back from (\d+)", words):
            reaction = msgspec.convert(found[1], ReactionKind)
            await self.bo.call("reaction.remove", React(here, int(found[2]), reaction))
        elif words == "bo cannot send any more":
            with pytest.raises(Refusal, match="conversation_closed"):
                await self.bo.call("message.send", SendMessage(here, new_client_id(), "Hallo?"))
        else:
            pytest.fail(f"this does not happen in our world: {words}")


class Replay:
    """Says what the client says, and compares what the server does."""

    def __init__(self, world: World, transcript: dict[str, Any]) -> None:
        self.world = world
        self.authenticated = transcript["authenticated"]
        self.commands: dict[Any, str] = {}  # by id, of those that are not answered yet
        self.socket: ClientConnection | None = None
        self.heard = 0

    async def step(self, step: dict[str, Any]) -> None:
        if self.socket is None and "world" not in step:
            await self.connect()
        match step:
            case {"client": sent}:
                await self.says(sent, step.get("padded_to", 0))
            case {"server": pattern}:
                await self.hears(pattern)
            case {"close": 1006}:
                await self.breaks()
            case {"close": code}:
                await self.is_closed(code)
            case {"world": words}:
                await self.world.happens(words)

    async def connect(self) -> None:
        if self.world.restarts:
            await asyncio.to_thread(self.world.server.stop)
            await asyncio.to_thread(self.world.server.start)
        token = self.world.bound["$token"]
        self.socket = await connect_socket(
            self.world.server.socket_url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {token}"} if self.authenticated else {},
            ping_interval=None,
        )

    async def says(self, sent: Any, padded_to: int) -> None:
        assert self.socket is not None
        if isinstance(sent, str):
            text = sent.ljust(padded_to)
            found = re.search(r'"id":(\d+),"command":"([a-z_.]+)"', text)
            if found:
                self.commands[int(found[1])] = found[2]
        else:
            frame = fill(sent, self.world.bound)
            self.commands[frame.get("id")] = frame["command"]
            text = json.dumps(frame)
        await self.socket.send(text)

    async def hears(self, pattern: dict[str, Any]) -> None:
        assert self.socket is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            frame = json.loads(await self.socket.recv())
        assert_fits(pattern, frame, self.world.bound)
        command = self.commands.pop(frame.get("id"), None)
        check_from_server(frame, command)
        self.heard += 1

    async def breaks(self) -> None:
        assert self.socket is not None
        self.socket.transport.abort()
        self.socket = None

    async def is_closed(self, code: int) -> None:
        assert self.socket is not None
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(PATIENCE_SECONDS):
                pytest.fail(f"instead of a close: {await self.socket.recv()!r}")
        assert self.socket.close_code == code
        self.socket = None

    async def ends(self) -> None:
        """Nothing more comes, and the socket is as good as before."""
        if self.socket is not None:
            await self.socket.send('{"id":4711,"command":"no.more"}')
            async with asyncio.timeout(PATIENCE_SECONDS):
                frame = json.loads(await self.socket.recv())
            assert frame["id"] == 4711, f"more came: {frame}"
            await self.socket.close()


async def replay(path: Path, server: ServerProcess, people: tuple[Person, Person, Person]) -> int:
    """Replay a transcript; gives how many frames the server has said as it is written."""
    transcript = read_transcript(path)
    anna, bo, other = people
    world = World(server, anna, bo)
    await world.begin(other)
    async with AsyncExitStack() as stack:
        if any(step.get("world") == "bo types" for step in transcript["steps"]):
            world.bo_online = await stack.enter_async_context(
                connect(server.url, bo.token, tells_arrivals=False)
            )
        replayed = Replay(world, transcript)
        for step in transcript["steps"]:
            if isinstance(step.get("client"), dict) and "clients" in transcript["replay"]:
                check_from_client(fill(step["client"], world.bound))
            await replayed.step(step)
        await replayed.ends()
    return replayed.heard


def said_by_server(path: Path) -> int:
    """Count the frames that a transcript has the server say."""
    return sum("server" in step for step in read_transcript(path)["steps"])


RESTARTING = "restarting"
ALL = {path.stem: path for path in transcripts_for("server")}


@pytest.mark.parametrize("name", sorted(ALL.keys() - {RESTARTING}))
async def test_the_server_behaves_as_in(
    name: str, town_server: ServerProcess, someone: MoveIn
) -> None:
    people = (someone("Anna"), someone("Bo", municipality=HERLEV), someone("Else"))
    assert await replay(ALL[name], town_server, people) == said_by_server(ALL[name])


async def test_a_restarted_server_behaves_as_in(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, SAMTALE_DRAIN_SPREAD_MS="100").start()
    anna, bo, other = (move_in(tmp_path / "samtale.db", name) for name in ("Anna", "Bo", "Else"))
    try:
        heard = await replay(ALL[RESTARTING], server, (anna, bo, other))
        assert heard == said_by_server(ALL[RESTARTING])
    finally:
        await asyncio.to_thread(server.stop)
