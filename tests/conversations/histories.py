"""Random histories of a small town: everybody does everything at any time, on several devices."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import httpx

from loadtests.people import BALLERUP, GLADSAXE, move_in
from loadtests.processes import ServerProcess
from tests.conversations.bridge import JavaScriptDevice, Node
from tests.conversations.devices import Device, Http, Json, fresh
from tests.wire import new_client_id

PEOPLE = 3
DEVICES_AT_MOST = 6
ALLOWED = {
    "", "conversation_closed", "bubble_closed", "not_found", "own_bubble", "rate_limited", "gone",
}  # fmt: skip
REACTIONS = ("heart", "laugh")


class Step(NamedTuple):
    """One thing that happens; the numbers say to whom and with what, in turn."""

    verb: str
    who: int
    what: int


class History:
    """A town while a history runs. Use `begin`, `play` each step, then `end`."""

    def __init__(
        self, server: ServerProcess, api: httpx.AsyncClient, node: Node | None = None
    ) -> None:
        self._server = server
        self._api = api
        self._node = node
        town = "".join(secrets.choice("abcdefghijkl") for _ in range(10))
        database = server.database
        self._people = [move_in(database, f"{name} {town}") for name in ("Mette", "Ali", "Eva")]
        self._http = [Http(api, person) for person in self._people]
        self._bubbles: list[list[str]] = [[] for _ in self._people]
        self._moves = 0
        self.devices: list[Device | JavaScriptDevice] = []

    async def begin(self) -> None:
        """Everybody posts a bubble, and has a device."""
        for number in range(PEOPLE):
            await self._post(number)
            await self._arrive(number, 0)

    async def play(self, step: Step) -> None:
        """Do one thing, if it can be done."""
        await getattr(self, f"_{step.verb}")(step.who, step.what)

    async def end(self) -> None:
        """All is written down; whoever was away comes back, and hears everything."""
        for number in range(PEOPLE):
            await self._move(number, 0)
        for device in self.devices:
            if not device.online:
                await device.come_back()
            await device.rest()
        # One that came back may have sent what the others have yet to hear, and tell of.
        for device in self.devices * 2:
            await device.rest()

    async def truth(self, device: Device | JavaScriptDevice) -> Json:
        """Read what a device ought to know."""
        return await fresh(self._http[self._people.index(device.person)])

    async def close(self) -> None:
        """Nobody is there any more."""
        for device in self.devices:
            await device.vanish()

    # --- devices ----------------------------------------------------------------------------------

    async def _arrive(self, who: int, what: int) -> None:
        if len(self.devices) == DEVICES_AT_MOST:
            return
        number = who % PEOPLE
        device = self._device_of(number)
        self.devices.append(device)
        if what % 2 and isinstance(device, Device):
            await device.arrive_by_reading_first()
        else:
            await device.arrive()

    def _device_of(self, number: int) -> Device | JavaScriptDevice:
        person, http = self._people[number], self._http[number]
        if self._node is None:
            return Device(self._server, person, http)
        return JavaScriptDevice(self._server, person, self._api, self._node)

    async def _vanish(self, who: int, what: int) -> None:
        device = self._device(who)
        if device.online:
            await device.hear(what % 5)
            await device.vanish()

    async def _come_back(self, who: int, what: int) -> None:
        device = self._device(who)
        if not device.online:
            await device.come_back(pages=what % 3 or 1_000)

    async def _hear(self, who: int, what: int) -> None:
        device = self._device(who)
        if device.online:
            await device.hear(what)

    def _device(self, who: int) -> Device | JavaScriptDevice:
        return self.devices[who % len(self.devices)]

    # --- what people do ---------------------------------------------------------------------------

    async def _in_a_conversation(
        self,
        who: int,
        what: int,
        do: Callable[[Device | JavaScriptDevice, str], Awaitable[str | None]],
    ) -> None:
        device = self._device(who)
        if device.online and device.conversations:
            conversation = device.conversations[what % len(device.conversations)]
            code = await do(device, conversation)
            assert (code or "") in ALLOWED, code

    async def _write(self, who: int, what: int) -> None:
        await self._in_a_conversation(who, what, lambda one, talk: one.write(talk, f"nr. {what}"))

    async def _write_and_vanish(self, who: int, what: int) -> None:
        await self._in_a_conversation(who, what, lambda one, talk: one.write_and_vanish(talk, "?"))

    async def _read(self, who: int, what: int) -> None:
        await self._in_a_conversation(who, what, lambda one, talk: one.read(talk, what % 3))

    async def _type(self, who: int, what: int) -> None:
        await self._in_a_conversation(who, what, lambda one, talk: one.type(talk))

    async def _answer(self, who: int, what: int) -> None:
        """Reply to a bubble, from a device that has no socket."""
        bubbles = self._bubbles[what % PEOPLE]
        code, _ = await self._http[who % PEOPLE].do(
            "POST",
            f"bubbles/{bubbles[what // PEOPLE % len(bubbles)]}/replies",
            client_id=new_client_id(),
            text=f"Svar {what}",
        )
        assert code in ALLOWED, code

    async def _burst(self, who: int, what: int) -> None:
        """Everybody at once."""
        await asyncio.gather(
            *(self._answer(who + turn, what + turn) for turn in range(4)),
            *(self._write(turn, what + turn) for turn in range(len(self.devices))),
        )

    async def _rush(self, who: int, what: int) -> None:
        """Somebody comes, or comes back, while everybody else goes on."""
        comer = self._device(who)
        await comer.vanish()
        others = [number for number, device in enumerate(self.devices) if device is not comer]
        await asyncio.gather(
            self._come_back(who, what),
            self._arrive(who, what),
            *(self._chatter(number, what) for number in others),
        )

    async def _chatter(self, who: int, what: int) -> None:
        for turn in range(3):
            await self._write(who, what + turn)
            await self._answer(who, what + turn)

    async def _close_bubble(self, who: int, what: int) -> None:
        number = who % PEOPLE
        code, _ = await self._http[number].do("POST", f"bubbles/{self._bubbles[number][-1]}/close")
        assert code in ALLOWED, code
        await self._post(number)

    async def _post(self, number: int) -> None:
        code, bubble = await self._http[number].do(
            "POST", "bubbles", title="Gåtur", text="Jeg vil gerne gå en tur om søndagen."
        )
        assert code == ""
        self._bubbles[number].append(bubble["id"])

    async def _move(self, who: int, what: int) -> None:
        self._moves += 1
        code, _ = await self._http[who % PEOPLE].do(
            "PATCH",
            "account",
            language="en" if self._moves % 2 else "da",
            municipality=GLADSAXE if self._moves % 4 < 2 else BALLERUP,
        )
        assert code == ""

    async def _block(self, who: int, what: int) -> None:
        """Block the author of a bubble, or lift the newest block."""
        http = self._http[who % PEOPLE]
        blocks = await http.pages("blocks", "blocks")
        if blocks:
            code, _ = await http.do("DELETE", f"blocks/{blocks[0]['id']}")
            assert code == ""
        elif who % PEOPLE != what % PEOPLE:
            code, _ = await http.do("POST", "blocks", bubble=self._bubbles[what % PEOPLE][0])
            assert code in ALLOWED, code

    # --- what people do with messages, and with their own side --------------------------------

    async def _with_a_message(
        self, who: int, what: int, method: str, path: str = "", **data: object
    ) -> None:
        """Do something to one of the newest messages of a conversation."""
        http = self._http[who % PEOPLE]
        conversation = await self._conversation(who, what)
        if conversation is None:
            return
        history = await http.history(conversation)
        messages = [entry["seq"] for entry in history if entry["kind"] == "message"][-4:]
        where = f"conversations/{conversation}/messages/{messages[what % len(messages)]}{path}"
        code, _ = await http.do(method, where, **data)
        assert code in ALLOWED, code

    async def _conversation(self, who: int, what: int) -> str | None:
        http = self._http[who % PEOPLE]
        conversations = [one["id"] for one in await http.pages("conversations", "conversations")]
        conversations.sort()
        return conversations[what % len(conversations)] if conversations else None

    async def _edit(self, who: int, what: int) -> None:
        await self._with_a_message(who, what, "PATCH", text=f"rettet {what}")

    async def _delete(self, who: int, what: int) -> None:
        await self._with_a_message(who, what, "DELETE")

    async def _react(self, who: int, what: int) -> None:
        await self._with_a_message(who, what, "PUT", f"/reactions/{REACTIONS[what % 2]}")

    async def _unreact(self, who: int, what: int) -> None:
        await self._with_a_message(who, what, "DELETE", f"/reactions/{REACTIONS[what % 2]}")

    async def _pin(self, who: int, what: int) -> None:
        await self._with_a_message(who, what, "PUT", "/pin")

    async def _unpin(self, who: int, what: int) -> None:
        await self._with_a_message(who, what, "DELETE", "/pin")

    async def _quote(self, who: int, what: int) -> None:
        """Answer one of the newest messages."""
        http, conversation = self._http[who % PEOPLE], await self._conversation(who, what)
        if conversation is None:
            return
        history = await http.history(conversation)
        messages = [entry["seq"] for entry in history if entry["kind"] == "message"][-4:]
        code, _ = await http.do(
            "POST", f"conversations/{conversation}/messages",
            client_id=new_client_id(), text=f"til det {what}",
            reply_to=messages[what % len(messages)],
        )  # fmt: skip
        assert code in ALLOWED, code

    async def _on_own_side(
        self, who: int, what: int, method: str, path: str, **data: object
    ) -> None:
        http, conversation = self._http[who % PEOPLE], await self._conversation(who, what)
        if conversation is not None:
            code, _ = await http.do(method, f"conversations/{conversation}{path}", **data)
            assert code in ALLOWED, code

    async def _deliver(self, who: int, what: int) -> None:
        await self._on_own_side(who, what, "POST", "/delivered", seq=what)

    async def _draft(self, who: int, what: int) -> None:
        await self._on_own_side(who, what, "PUT", "/draft", text="kladde " * (what % 3))

    async def _mute(self, who: int, what: int) -> None:
        await self._on_own_side(who, what, "PATCH", "", muted_until=what or None)

    async def _archive(self, who: int, what: int) -> None:
        await self._on_own_side(who, what, "PATCH", "", archived=what % 3 > 0)

    async def _mark_unread(self, who: int, what: int) -> None:
        await self._on_own_side(who, what, "PATCH", "", marked_unread=what % 3 > 0)

    async def _leave(self, who: int, what: int) -> None:
        await self._on_own_side(who, what, "POST", "/leave")

    async def _receipts(self, who: int, what: int) -> None:
        """Let others see what one reads, or not."""
        code, _ = await self._http[who % PEOPLE].do("PATCH", "account", read_receipts=what % 2 > 0)
        assert code == ""


OFTEN = [
    "write", "answer", "read", "hear", "vanish", "come_back", "edit", "delete", "react", "quote",
]  # fmt: skip
SELDOM = [
    "arrive", "write_and_vanish", "type", "burst", "rush", "close_bubble", "move", "block",
    "unreact", "pin", "unpin", "deliver", "draft", "mute", "archive", "mark_unread", "leave",
    "receipts",
]  # fmt: skip
VERBS = [*OFTEN, *OFTEN, *SELDOM]
"""Every verb of `History`, some more likely than others."""
