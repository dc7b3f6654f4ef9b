"""The JavaScript client as a device: it thinks in Node, its sockets and requests are made here.

So what it is told comes late or never, as a test wants it, while the server is the real one.
"""

import asyncio
import itertools
import json
from asyncio.subprocess import PIPE, Process
from collections import deque
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_socket
from websockets.typing import Subprotocol

from loadtests.people import Person
from loadtests.processes import ServerProcess
from protocol.messages import SUBPROTOCOL
from tests.conversations.devices import Json
from tests.patience import PATIENCE_SECONDS

FOLDER = Path(__file__).parent.parent / "web"
OWN_IDS = 1 << 40
"""Ids of commands that this side sends; the client counts from 1."""


class Node:
    """One Node process for all devices of a history."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._devices: dict[int, JavaScriptDevice] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls) -> "Node":
        """Start it."""
        process = await asyncio.create_subprocess_exec(
            "node", "bridge.js", cwd=FOLDER, stdin=PIPE, stdout=PIPE, limit=1 << 24
        )
        return cls(process)

    async def stop(self) -> None:
        """End it; it must have lived until now."""
        assert self._process.stdin is not None
        assert self._process.returncode is None, "a client threw"
        self._process.stdin.close()
        self._process.kill()
        await self._process.wait()
        await self._reading

    def add(self, device: "JavaScriptDevice") -> int:
        """Give a device its number."""
        number = next(self._numbers)
        self._devices[number] = device
        return number

    def tell(self, device: int, do: str, **more: object) -> None:
        """Tell a device something."""
        assert self._process.stdin is not None
        line = json.dumps({"device": device, "do": do, **more})
        self._process.stdin.write(line.encode() + b"\n")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            self._devices[said["device"]].said.put_nowait(said)


class JavaScriptDevice:
    """One JavaScript client with an inbox in which every conversation is on screen."""

    def __init__(
        self, server: ServerProcess, person: Person, api: httpx.AsyncClient, node: Node
    ) -> None:
        self.person = person
        self.said: asyncio.Queue[Json] = asyncio.Queue()
        self.online = False
        self._server = server
        self._api = api
        self._node = node
        self._number = node.add(self)
        self._stack = AsyncExitStack()
        self._socket: ClientConnection | None = None
        self._ids = itertools.count(OWN_IDS)
        self._unheard: deque[str] = deque()
        self._quiet: deque[Json] = deque()
        self._answers: deque[Json] = deque()
        self._told: Json = {}

    @property
    def conversations(self) -> list[str]:
        """The conversations that it knows."""
        return sorted(one["id"] for one in self._told["conversations"])

    def known(self) -> Json:
        """Give what it knows, in the form of `fresh`, as far as it keeps that."""
        assert self._told["unknown"] == []
        return {
            "conversations": {one["id"]: one for one in self._told["conversations"]},
            "entries": self._told["entries"],
        }

    # --- coming and going -------------------------------------------------------------------------

    async def arrive(self) -> None:
        """Start fresh."""
        self._node.tell(self._number, "begin", token=self.person.token)
        await self.come_back()

    async def vanish(self) -> None:
        """Lose the connection, and with it what was sent and not heard."""
        if self._socket is None:
            return
        self._socket.transport.abort()
        self._socket, self.online = None, False
        self._unheard.clear()
        self._quiet.clear()
        await self._stack.aclose()
        self._node.tell(self._number, "closed")
        await self._listen()

    async def come_back(self, pages: int = 1_000) -> None:
        """Connect and resume; with fewer pages than there are, die in the middle of it."""
        self._socket = await self._stack.enter_async_context(
            connect_socket(
                self._server.socket_url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                ping_interval=None,
                max_size=None,
            )
        )
        self.online = True
        self._node.tell(self._number, "opened")
        await self._listen()
        while self._told["state"] != "online":
            await self._pull()
            while self._unheard and pages:
                frame = self._unheard.popleft()
                pages -= '"more":' in frame
                self._node.tell(self._number, "frame", text=frame)
            await self._listen()
            if not pages and self._told["state"] != "online":
                await self.vanish()
                return
        await self._show_everything()

    # --- hearing ----------------------------------------------------------------------------------

    async def hear(self, at_most: int = 1_000_000) -> None:
        """Take in what was sent up to now, or the first few of it; late answers before or after."""
        await self._pull()
        if at_most % 2:
            self._deliver_answers()
        for _ in range(min(at_most, len(self._unheard))):
            self._node.tell(self._number, "frame", text=self._unheard.popleft())
        await self._listen()
        if at_most > 2:
            await self._show_everything()

    async def rest(self) -> None:
        """Hear everything, until nothing is under way any more."""
        while True:
            await self._pull()
            if not (self._unheard or self._answers or self._told["unsettled"]):
                return
            await self.hear()

    async def _show_everything(self) -> None:
        """Have every answer arrive, and every conversation on screen."""
        while self._answers:
            self._deliver_answers()
            await self._listen()
        for conversation in self.conversations:
            if conversation not in self._told["entries"]:
                self._node.tell(self._number, "show", conversation=conversation)
        await self._listen()
        if self._answers:
            await self._show_everything()

    def _deliver_answers(self) -> None:
        while self._answers:
            self._node.tell(self._number, "answer", **self._answers.popleft())

    async def _listen(self) -> None:
        """Do what it wants done, until it has nothing more to say."""
        self._node.tell(self._number, "ask")
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                said = await self.said.get()
            if said["do"] == "tell":
                self._told = said
                return
            await self._do(said)

    async def _do(self, said: Json) -> None:
        if said["do"] == "fetch":
            answer = await self._api.request(
                said["method"],
                said["path"],
                headers={**self.person.headers, "Content-Type": "application/json"},
                content=said["body"],
            )
            # It is as old as now when it arrives.
            self._answers.append(
                {"id": said["id"], "status": answer.status_code, "body": answer.text}
            )
        elif said["do"] == "send" and self._socket is not None:
            await self._socket.send(said["text"])
            frame: Json = json.loads(said["text"])
            if "id" not in frame:
                self._quiet.append(frame)

    async def _pull(self) -> None:
        """Have everything here that was sent up to now."""
        if self._socket is not None and self._told["state"] == "online":
            await self._ask("account.get", {})
            while (
                self._quiet
            ):  # said again, what was said without an answer is answered when it is so
                said = self._quiet.popleft()
                await self._ask(said["command"], said["data"])
        elif self._socket is not None:
            self._unheard.append(str(await self._socket.recv()))

    async def _ask(self, name: str, data: Json) -> Json:
        assert self._socket is not None, "online"
        number = next(self._ids)
        await self._socket.send(json.dumps({"id": number, "command": name, "data": data}))
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                text = str(await self._socket.recv())
            frame: Json = json.loads(text)
            if frame.get("id") == number:
                return frame
            self._unheard.append(text)

    # --- acting -----------------------------------------------------------------------------------

    async def write(self, conversation: str, text: str) -> str:
        """Queue a message, which goes out now."""
        self._node.tell(self._number, "write", conversation=conversation, text=text)
        await self._listen()
        return ""

    async def write_and_vanish(self, conversation: str, text: str) -> None:
        """Send a message, and lose the connection before the ack; it is sent again."""
        await self.write(conversation, text)
        await self.vanish()

    async def read(self, conversation: str, back: int) -> None:
        """Mark everything that is known as read."""
        self._node.tell(self._number, "read", conversation=conversation)
        await self._listen()

    async def type(self, conversation: str) -> str:
        """Say that one is writing. Gives a refusal's code."""
        reply: dict[str, Any] = await self._ask("typing.start", {"conversation": conversation})
        return "" if reply["ok"] else str(reply["error"]["code"])
