"""Two people in a conversation, at two devices each, over the public interfaces alone."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from loadtests.people import Person
from loadtests.processes import ServerProcess
from protocol.operations import OPERATIONS
from tests.protocol.schema_check import check_answer
from tests.wire import Wire, new_client_id, wire

Json = dict[str, Any]

DONE = ""
"""What stands for a code where nothing was refused."""


class Side:
    """One person: two sockets, and HTTP."""

    def __init__(self, api: httpx.AsyncClient, person: Person, devices: Sequence[Wire]) -> None:
        self.api = api
        self.person = person
        self.devices = list(devices)
        self.cursor = ""

    @property
    def phone(self) -> Wire:
        """The first device."""
        return self.devices[0]

    @property
    def computer(self) -> Wire:
        """The second device."""
        return self.devices[1]

    async def answer(self, command: str, **data: object) -> httpx.Response:
        """Ask over HTTP, by the published table."""
        row = OPERATIONS[command]
        path = row.path.format(**data)
        rest = {name: value for name, value in data.items() if f"{{{name}}}" not in row.path}
        how: Json = {"json": rest} if rest and row.method != "GET" else {"params": rest}
        answer = await self.api.request(row.method, path, headers=self.person.headers, **how)
        check_answer(command, answer.status_code, answer.content)
        return answer

    async def http(self, command: str, **data: object) -> Json:
        """Ask over HTTP what must be answered."""
        answer = await self.answer(command, **data)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def by(self, way: str, command: str, **data: object) -> tuple[str, Json]:
        """Ask by socket or HTTP; gives the code of the refusal or `DONE`, and the answer."""
        if way == "socket":
            reply = await self.phone.ask(command, **data)
            return (DONE, reply["data"]) if reply["ok"] else (reply["error"]["code"], {})
        answer = await self.answer(command, **data)
        found = answer.json()
        return (DONE, found) if answer.is_success else (found["error"]["code"], {})


class Meeting:
    """Mette's bubble, Ole's reply ("Hej Mette", entry 1), and both of them at two devices.

    Mette is member 1, Ole member 2.
    """

    def __init__(
        self, server: ServerProcess, bubble: str, talk: str, hers: Side, his: Side
    ) -> None:
        self.server = server
        self.bubble = bubble
        self.talk = talk
        self.mette = hers
        self.ole = his

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both people."""
        return self.mette, self.ole

    @property
    def sockets(self) -> list[Wire]:
        """All four devices."""
        return [*self.mette.devices, *self.ole.devices]

    async def all_hear(self, name: str, *among: Side) -> Json:
        """Wait until all devices (of some) have the same next event of a name; gives it."""
        sockets = [device for side in among or self.sides for device in side.devices]
        heard = [await socket.event(name) for socket in sockets]
        assert heard == [heard[0]] * len(sockets)
        assert heard[0]["conversation"] == self.talk
        return heard[0]

    async def nobody_hears(self, *among: Side) -> None:
        """Assert that no device (of some) has heard of anything up to now."""
        await asyncio.sleep(self.server.settle_seconds)
        for side in among or self.sides:
            for device in side.devices:
                await device.do("account.get")
                assert device.events == []

    async def forget_events(self) -> None:
        """Let everything that has happened arrive, and put it aside; coming back starts here."""
        await asyncio.sleep(self.server.settle_seconds)
        await self.start_here()

    async def start_here(self) -> None:
        """Put aside what has arrived; coming back starts here."""
        for side in self.sides:
            for device in side.devices:
                side.cursor = (await device.do("conversation.list"))["cursor"]
                device.events.clear()

    async def snapshot(self, side: Side) -> Json:
        """The conversation as one of them sees it."""
        return await side.http("conversation.get", conversation=self.talk)

    async def history(self, side: Side, **page: object) -> list[Json]:
        """Entries as one of them sees them, the newest 200 unless a page says otherwise."""
        asked = {"limit": 200, **page}
        return list((await side.http("history.fetch", conversation=self.talk, **asked))["entries"])

    async def message(self, side: Side, seq: int) -> Json:
        """One message as one of them finds it in history."""
        (entry,) = await self.history(side, after=seq - 1, limit=1)
        assert (entry["seq"], entry["kind"]) == (seq, "message")
        return dict(entry["message"])

    async def missed(self, side: Side) -> Json:
        """What one who comes back is told since events were forgotten."""
        async with wire(self.server, side.person.headers) as device:
            resumed: Json = await device.do("session.resume", cursor=side.cursor)
            assert not resumed["more"]
            return resumed

    async def missed_here(self, side: Side) -> Json | None:
        """What of it is about this conversation; None for nothing."""
        resumed = await self.missed(side)
        found = [one for one in resumed["conversations"] if one["conversation"] == self.talk]
        return found[0] if found else None

    async def all_that_shows(self, side: Side) -> str:
        """Everything that one of them can read or is told of this conversation, as text."""
        listed = await side.http("conversation.list")
        parts = [await self.snapshot(side), await self.history(side), listed]
        return json.dumps([*parts, await self.missed(side)])


@asynccontextmanager
async def meeting(
    server: ServerProcess, api: httpx.AsyncClient, mette: Person, ole: Person
) -> AsyncIterator[Meeting]:
    """Let Ole reply to a bubble of Mette's, with both at their devices."""
    async with AsyncExitStack() as stack:
        people = (mette, mette, ole, ole)
        sockets = [await stack.enter_async_context(wire(server, one.headers)) for one in people]
        hers, his = Side(api, mette, sockets[:2]), Side(api, ole, sockets[2:])
        bubble = (await hers.http("bubble.post", title="Gåtur", text="Skal vi gå en tur?"))["id"]
        reply = {"bubble": bubble, "client_id": new_client_id(), "text": "Hej Mette"}
        talk = (await his.phone.do("bubble.reply", **reply))["conversation"]
        met = Meeting(server, bubble, talk, hers, his)
        for device in (*hers.devices, his.computer):  # the phone that wrote it has the answer
            await device.event("message.created")
        await met.start_here()
        yield met
