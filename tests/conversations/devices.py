"""A device as small as a right one can be: a snapshot, and everything that came since.

What it knows is what a client must be able to know; how it gets there is the guide to the wire
(`protocol/README.md`) and nothing else.
"""

import json
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx

from loadtests.people import Person
from loadtests.processes import ServerProcess
from tests.wire import Wire, new_client_id, wire

Json = dict[str, Any]

STATIC = ("id", "kind", "origin", "first_seq", "closed", "missed_call")
"""What of a conversation does not change by events."""

CHANGES = ("message.edited", "message.deleted", "message.reacted", "message.pinned")
PASSING = ("typing.started", "typing.stopped", "presence.changed")
"""Events that nothing is kept of."""


class Http:
    """One person's HTTP interface."""

    def __init__(self, api: httpx.AsyncClient, person: Person) -> None:
        self._api = api
        self._headers = person.headers

    async def get(self, path: str, **query: object) -> Json:
        """Read something that is there."""
        params = {name: str(value) for name, value in query.items() if value is not None}
        answer = await self._api.get(f"/api/v1/{path}", headers=self._headers, params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def find(self, path: str) -> Json | None:
        """Read something; None if it is not there."""
        answer = await self._api.get(f"/api/v1/{path}", headers=self._headers)
        assert answer.status_code in {200, 404}, answer.text
        return dict(answer.json()) if answer.is_success else None

    async def do(self, method: str, path: str, **data: object) -> tuple[str, Json]:
        """Change something; gives the code of the refusal, empty if it was done, and the answer."""
        body = {"json": data} if method != "DELETE" else {}
        answer = await self._api.request(method, f"/api/v1/{path}", headers=self._headers, **body)  # type: ignore[arg-type]
        found = answer.json()
        return ("", found) if answer.is_success else (str(found["error"]["code"]), {})

    async def pages(self, path: str, items: str) -> list[Json]:
        """Read a list to its end."""
        found: list[Json] = []
        before: str | None = None
        while True:
            page = await self.get(path, before=before, limit=20)
            found += page[items]
            before = page["next"]
            if before is None:
                return found

    async def history(self, conversation: str) -> list[Json]:
        """Read every entry of a conversation."""
        entries: list[Json] = []
        more = True
        while more:
            page = await self.get(
                f"conversations/{conversation}/entries",
                after=entries[-1]["seq"] if entries else 0,
                limit=200,
            )
            entries += page["entries"]
            more = page["more"]
        return entries


class Talk:
    """One conversation as a device knows it: what never changes, its entries, its positions."""

    def __init__(self, conversation: Json, entries: Sequence[Json]) -> None:
        self._static = {name: conversation[name] for name in STATIC}
        self._members = conversation["members"]
        self.own = conversation["own"]
        self.entries = {entry["seq"]: entry for entry in entries}
        self._positions = {
            member["number"]: {key: member[key] for key in ("delivered_seq", "read_seq")}
            for member in conversation["members"]
        }

    def add(self, entry: Json) -> None:
        """Take an entry, once, and how the message now is that it wrote or changed."""
        message = entry.get("message")
        if entry["kind"] != "message":
            entry = {name: value for name, value in entry.items() if name != "message"}
        if entry["kind"] == "message":  # known or not: what archived it was told before
            self.own = {**self.own, "archived": False}
        self.entries.setdefault(entry["seq"], entry)
        if message is not None:
            self._renew(message)

    def _renew(self, message: Json) -> None:
        """Take a message as it is now, unless what is known is later; and whatever quotes it."""
        entry = self.entries[message["seq"]]
        if message.get("changed_seq", 0) < entry["message"].get("changed_seq", 0):
            return
        self.entries[message["seq"]] = {**entry, "message": message}
        for seq, other in self.entries.items():
            quoting = other.get("message", {})
            if quoting.get("quote", {}).get("seq") == message["seq"]:
                quoting = {**quoting, "quote": quoted(message)}
                self.entries[seq] = {**other, "message": quoting}

    def move(self, position: Json) -> None:
        """Take a position: it only rises."""
        mine = self._positions[position["member"]]
        for key in mine:
            mine[key] = max(mine[key], position[key])

    @property
    def me(self) -> int:
        """One's own number."""
        return int(next(member["number"] for member in self._members if member["me"]))

    def shown(self) -> Json:
        """Give it as a fresh snapshot would."""
        last = self.entries[max(self.entries)]
        messages = [
            self.entries[seq]["message"]
            for seq in sorted(self.entries)
            if "message" in self.entries[seq]
        ]
        said = [one for one in self.entries.values() if one["kind"] in {"message", "origin_closed"}]
        read = self._positions[self.me]["read_seq"]
        return {
            **self._static,
            "members": [
                {**member, **self._positions[member["number"]]} for member in self._members
            ],
            "last_seq": last["seq"],
            "last_ordinal": len(messages),
            "unread": sum(
                one["seq"] > read and one["sender"] != self.me and not one.get("deleted")
                for one in messages
            ),
            "last_message": messages[-1],
            "updated_at": max(said, key=lambda one: int(one["seq"]))["at"],
            "own": self.own,
            "pinned": [one for one in messages if one.get("pinned")],
        }


def quoted(message: Json) -> Json:
    """Quote a message, as the guide says."""
    quote = {"seq": message["seq"], "sender": message["sender"], "text": message["text"][:140]}
    return {**quote, **({"deleted": True} if message.get("deleted") else {})}


async def fresh(http: Http) -> Json:
    """Read everything anew over the public interface."""
    conversations = await http.pages("conversations", "conversations")
    return {
        "account": await http.get("account"),
        "blocks": await http.pages("blocks", "blocks"),
        "conversations": {one["id"]: one for one in conversations},
        "entries": {one["id"]: await http.history(one["id"]) for one in conversations},
    }


class Device:
    """One of a person's devices: on the net, or away with what it knew."""

    def __init__(self, server: ServerProcess, person: Person, http: Http) -> None:
        self.person = person
        self._server = server
        self._http = http
        self._stack = AsyncExitStack()
        self._wire: Wire | None = None
        self._unheard: deque[Json] = deque()
        self._cursor = ""
        self._talks: dict[str, Talk] = {}
        self._account: Json = {}
        self._blocks: list[Json] = []

    @property
    def online(self) -> bool:
        """Whether it has a socket."""
        return self._wire is not None

    @property
    def conversations(self) -> list[str]:
        """The conversations that it knows."""
        return sorted(self._talks)

    def known(self) -> Json:
        """Give all it knows, in the form of `fresh`."""
        return {
            "account": self._account,
            "blocks": self._blocks,
            "conversations": {key: talk.shown() for key, talk in self._talks.items()},
            "entries": {
                key: [talk.entries[seq] for seq in sorted(talk.entries)]
                for key, talk in self._talks.items()
            },
        }

    # --- coming and going -------------------------------------------------------------------------

    async def arrive(self) -> None:
        """Start fresh: the cursor of hello, then everything."""
        await self._connect()
        await self._read_everything()

    async def arrive_by_reading_first(self) -> None:
        """Read everything, then come with the cursor of the first page, which is the oldest."""
        page = await self._http.get("conversations", limit=1)
        await self._read_everything()
        self._cursor = page["cursor"]
        await self.come_back()

    async def vanish(self) -> None:
        """Lose the connection, and with it what was sent and not heard."""
        if self._wire is not None:
            self._wire.socket.transport.abort()
        self._wire = None
        self._unheard.clear()
        await self._stack.aclose()

    async def come_back(self, pages: int = 1_000) -> None:
        """Resume; with fewer pages than there are, die in the middle of it."""
        cursor = self._cursor
        wire = await self._connect()
        for _ in range(pages):
            reply = await wire.ask("session.resume", cursor=cursor)
            if not reply["ok"]:
                assert reply["error"]["code"] == "resync_required"
                self._cursor = self._hello
                await self._read_everything()
                return
            await self._resumed(reply["data"])
            cursor = self._cursor = reply["data"]["cursor"]
            if not reply["data"]["more"]:
                return
        await self.vanish()

    async def _connect(self) -> Wire:
        self._wire = await self._stack.enter_async_context(
            wire(self._server, self.person.headers, greeted=False)
        )
        hello = await self._wire.event("hello")
        self._cursor = self._hello = hello["data"]["cursor"]
        return self._wire

    async def _read_everything(self) -> None:
        everything = await fresh(self._http)
        self._account, self._blocks = everything["account"], everything["blocks"]
        self._talks = {
            key: Talk(conversation, everything["entries"][key])
            for key, conversation in everything["conversations"].items()
        }

    # --- hearing ----------------------------------------------------------------------------------

    async def hear(self, at_most: int = 1_000_000) -> None:
        """Take in what was sent up to now, or the first few of it."""
        assert self._wire is not None, "online"
        await self._wire.do("account.get")
        self._unheard.extend(self._wire.events)
        self._wire.events.clear()
        for _ in range(min(at_most, len(self._unheard))):
            await self._event(self._unheard.popleft())

    async def rest(self) -> None:
        """Hear everything."""
        await self.hear()

    async def _event(self, frame: Json) -> None:
        name, data = frame["event"], frame["data"]
        if name in PASSING:
            assert frame.keys() == {"event", "conversation", "data"}
            return
        self._cursor = frame["cursor"]
        if name == "account.changed":
            self._account = data
        elif name == "blocks.changed":
            self._blocks = await self._http.pages("blocks", "blocks")
        elif name == "conversation.left":
            self._talks.pop(frame["conversation"], None)
        elif talk := await self._talk(frame["conversation"]):
            self._heard(talk, name, frame.get("seq", 0), data)

    def _heard(self, talk: Talk, name: str, seq: int, data: Json) -> None:
        kind = name.replace(".", "_")
        if name == "position.moved":
            talk.move(data)
        elif name == "conversation.changed":
            talk.own = data
        elif name == "message.created":
            talk.add({"seq": seq, "kind": "message", "at": data["sent_at"], "message": data})
        elif name == "origin.closed":
            talk.add({"seq": seq, "kind": kind, "at": data["at"]})
        elif name in CHANGES:
            changed = {**data, "target": data["message"]["seq"]}
            talk.add({"seq": seq, "kind": kind, **changed})
        else:
            raise AssertionError(f"an event that this device does not know: {name}")

    async def _resumed(self, page: Json) -> None:
        for changed in page["conversations"]:
            talk = await self._talk(changed["conversation"])
            if talk is None:
                continue
            for entry in changed["entries"]:
                talk.add(entry)
            for position in changed["positions"]:
                talk.move(position)
            talk.own = changed["own"]
        for left in page["left"]:
            self._talks.pop(left, None)
        if page["account"] is not None:
            self._account = page["account"]
        if page["blocks"]:
            self._blocks = await self._http.pages("blocks", "blocks")

    async def _talk(self, conversation: str) -> Talk | None:
        """Give a conversation; one that is new is read whole. None if one has left it since."""
        if conversation not in self._talks:
            whole = await self._http.find(f"conversations/{conversation}")
            if whole is None:
                return None
            self._talks[conversation] = Talk(whole, await self._http.history(conversation))
        return self._talks[conversation]

    # --- acting -----------------------------------------------------------------------------------

    async def write(self, conversation: str, text: str) -> str:
        """Send a message: the ack comes here, the event to all others. Gives a refusal's code."""
        assert self._wire is not None, "online"
        client_id = new_client_id()
        reply = await self._wire.ask(
            "message.send", conversation=conversation, client_id=client_id, text=text
        )
        if not reply["ok"]:
            return str(reply["error"]["code"])
        ack, talk = reply["data"], self._talks[conversation]
        message = {
            "seq": ack["seq"],
            "ordinal": ack["ordinal"],
            "sender": talk.me,
            "client_id": client_id,
            "sent_at": ack["sent_at"],
            "text": text,
        }
        talk.add({"seq": ack["seq"], "kind": "message", "at": ack["sent_at"], "message": message})
        return ""

    async def write_and_vanish(self, conversation: str, text: str) -> None:
        """Send a message, and lose the connection before the ack."""
        assert self._wire is not None, "online"
        data = {"conversation": conversation, "client_id": new_client_id(), "text": text}
        frame = json.dumps({"id": 1 << 40, "command": "message.send", "data": data})
        await self._wire.socket.send(frame)
        await self.vanish()

    async def read(self, conversation: str, back: int) -> None:
        """Mark as read all but the newest few."""
        assert self._wire is not None, "online"
        talk = self._talks[conversation]
        seq = max(0, max(talk.entries) - back)
        await self._wire.do("conversation.read", conversation=conversation, seq=seq)
        talk.move({"member": talk.me, "delivered_seq": seq, "read_seq": seq})

    async def type(self, conversation: str) -> str:
        """Say that one is writing. Gives a refusal's code."""
        assert self._wire is not None, "online"
        reply = await self._wire.ask("typing.start", conversation=conversation)
        return "" if reply["ok"] else str(reply["error"]["code"])
