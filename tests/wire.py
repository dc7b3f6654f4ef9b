"""A bare socket for tests that say every frame themselves; a real client stands in `protocol`.

What the server sends must be in the published documents.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from loadtests.processes import ServerProcess
from protocol.clients.python.uuid7 import ClientIds
from protocol.messages import SUBPROTOCOL
from tests.patience import PATIENCE_SECONDS
from tests.protocol.schema_check import check_from_server

new_client_id = ClientIds().make


class Wire:
    """One socket: commands with their replies, and events in the order in which they came.

    Several processes may say a member's marks once more, and these are passed over if none rises
    (`several`); one process tells each once, and all that it tells is kept.
    """

    def __init__(self, socket: ClientConnection, *, several: bool = False) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self._several = several
        self._marks: dict[tuple[str, int], tuple[int, int]] = {}
        self._replies: dict[int | None, dict[str, Any]] = {}
        self._ids = itertools.count(1)
        self._asked: dict[int | None, str] = {}

    async def ask(self, command: str, **data: object) -> dict[str, Any]:
        """Send a command; gives its whole reply."""
        number = next(self._ids)
        self._asked[number] = command
        await self.socket.send(json.dumps({"id": number, "command": command, "data": data}))
        return await self.reply_to(number)

    async def do(self, command: str, **data: object) -> Any:
        """Send a command that must succeed; gives its data."""
        reply = await self.ask(command, **data)
        assert reply["ok"], reply
        return reply["data"]

    async def refusal(self, command: str, **data: object) -> str:
        """Send a command that must be refused; gives the code."""
        reply = await self.ask(command, **data)
        assert not reply["ok"], reply
        return str(reply["error"]["code"])

    async def send(self, conversation: str, text: str) -> Any:
        """Send a message; gives the ack."""
        return await self.do(
            "message.send", conversation=conversation, client_id=new_client_id(), text=text
        )

    async def say(self, frame: str | bytes) -> dict[str, Any]:
        """Send anything at all; gives the next reply without an id, or with id 0."""
        await self.socket.send(frame)
        while not (found := self._replies.keys() & {None, 0}):
            await self._receive()
        return self._replies.pop(found.pop())

    async def reply_to(self, number: int) -> dict[str, Any]:
        """Wait for the reply to a command."""
        while number not in self._replies:
            await self._receive()
        return self._replies.pop(number)

    async def event(self, name: str) -> dict[str, Any]:
        """Wait for the next event of a name; those before it stay in `events`."""
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            await self._receive()

    async def next_event(self) -> dict[str, Any]:
        """Wait for the next event, whatever it is."""
        while not self.events:
            await self._receive()
        return self.events.pop(0)

    async def closed(self) -> int:
        """Wait until the server closes; gives the close code, 1006 without a close frame."""
        with suppress(ConnectionClosed):
            while True:
                await self._receive()
        return self.socket.close_code or 1006

    async def _receive(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            frame = json.loads(await self.socket.recv())
        command = self._asked.pop(frame.get("id"), None)
        if command or not frame.get("ok"):
            check_from_server(frame, command)
        if "event" in frame:
            if self._is_news(frame):
                self.events.append(frame)
        else:
            self._replies[frame["id"]] = frame

    def _is_news(self, event: dict[str, Any]) -> bool:
        if event["event"] != "position.moved" or not self._several:
            return True
        data = event["data"]
        member = event["conversation"], data["member"]
        before = self._marks.get(member, (0, 0))
        marks = max(before[0], data["delivered_seq"]), max(before[1], data["read_seq"])
        self._marks[member] = marks
        return marks != before


@asynccontextmanager
async def wire(
    server: ServerProcess, headers: Mapping[str, str] | None = None, *, greeted: bool = True
) -> AsyncIterator[Wire]:
    """Open a socket; `greeted` waits for hello."""
    async with connect_socket(
        server.socket_url,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        additional_headers=headers or {},
        ping_interval=None,
        max_size=None,
    ) as socket:
        one = Wire(socket, several=server.settle_seconds > 0)
        if greeted:
            await one.event("hello")
        yield one
