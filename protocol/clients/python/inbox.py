"""Keeps a person's conversations in step with the server, reading what is not known yet."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from protocol.clients.python.client import Client
from protocol.clients.python.conversations import Conversations
from protocol.clients.python.effects import Arrived, CaughtUp, Event, Resync, Told
from protocol.clients.python.outcome import Interrupted, Refusal
from protocol.errors import Then
from protocol.messages import Position
from protocol.requests import (
    FetchHistory,
    ListConversations,
    MarkRead,
    OneConversation,
    SendMessage,
)
from protocol.resources import Conversation, ConversationPage, History, Picture, Presences, Sent

PAGE = 50


class Inbox:
    """What an app shows: `conversations`. Made by `Inbox.of`."""

    def __init__(self, client: Client) -> None:
        self.conversations = Conversations()
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._meanwhile: list[Callable[[], None]] = []
        self._reading = asyncio.Lock()
        self._moved = asyncio.Event()
        self._stale = True

    @classmethod
    @asynccontextmanager
    async def of(cls, client: Client) -> AsyncIterator["Inbox"]:
        """Read the snapshot, and stay in step."""
        inbox = cls(client)
        ends = [client.listen(inbox._hear), client.listen_to_state(inbox._connected)]
        try:
            await inbox.settled()
            yield inbox
        finally:
            for end in ends:
                end()

    async def settled(self) -> None:
        """Read whatever is not known well enough."""
        async with self._reading:
            while self._stale or self.conversations.unknown:
                if self._stale:
                    await self._load()
                else:
                    await self._read_one(self.conversations.unknown.pop())

    async def changed(self, is_so: Callable[[Conversations], bool]) -> None:
        """Wait until something is so."""
        while True:
            self._moved.clear()
            await self.settled()
            if is_so(self.conversations):
                return
            await self._moved.wait()

    # --- what is on screen

    async def open(
        self, conversation: str, *, around: int | None = None, since: int | None = None
    ) -> None:
        """Read the newest entries, or those around a place, and keep them in step."""
        async with self._reading:
            await self._open(conversation, around, since)

    async def older(self, conversation: str) -> None:
        """Read the entries before the oldest that is kept."""
        await self._more(conversation, "older")

    async def newer(self, conversation: str) -> None:
        """Read the entries after the newest that is kept."""
        await self._more(conversation, "newer")

    # --- what this device does itself: it gets no event of it

    async def send(
        self,
        conversation: str,
        text: str,
        *,
        reply_to: int | None = None,
        picture: Picture | None = None,
    ) -> Sent:
        """Send a message, as `Client.send`; `picture.description` goes with it."""
        request = SendMessage(
            conversation,
            self._client.new_client_id(),
            text,
            reply_to=reply_to,
            picture=picture.id if picture else None,
            description=picture.description if picture else "",
        )
        sent = await self._client.deliver(request)
        self._apply(lambda: self.conversations.sent(request, sent, picture))
        return sent

    async def mark_read(self, conversation: str) -> None:
        """Mark everything that is known of it as read."""
        known = self.conversations.get(conversation)
        if known is None or not (known.unread or known.own.marked_unread):
            return
        seq = known.last_seq
        await self._client.command("conversation.read", MarkRead(conversation, seq))
        mine = Position(self.conversations.me(conversation).number, seq, seq)
        moved = Event("position.moved", mine, conversation)
        self._apply(lambda: self.conversations.event(moved, self._now()))

    def watch_presence(self, *conversations: str) -> None:
        """Hear of who is here, in those on screen instead of those named before."""

        def told(presences: Presences) -> None:
            self._apply(lambda: self.conversations.signs.watched(presences))

        self._client.watch_presence(conversations, told)

    # --- inside

    def _now(self) -> float:
        return self._loop.time() * 1_000

    def _connected(self, online: bool) -> None:
        if not online:
            self.conversations.signs.blind()
            self._moved.set()

    def _hear(self, told: Told) -> None:
        match told:
            case Event():
                self._apply(lambda: self.conversations.event(told, self._now()))
            case Arrived(conversation, seq):
                self._apply(lambda: self.conversations.arrived(conversation, seq))
            case CaughtUp():
                self._apply(lambda: self.conversations.caught_up(told))
            case Resync():
                self._stale = True
                self._moved.set()

    def _apply(self, change: Callable[[], None]) -> None:
        """Apply a change, and again to an answer under way, which may be older."""
        if self._reading.locked():
            self._meanwhile.append(change)
        change()
        self._moved.set()

    def _answered(self) -> None:
        for change in self._meanwhile:
            change()
        self._moved.set()

    async def _load(self) -> None:
        self._stale = False
        self._meanwhile = []
        page: ConversationPage = await self._client.ask(
            "conversation.list", ListConversations(limit=PAGE)
        )
        self.conversations.snapshot(page.conversations, fresh=True)
        while page.next is not None:
            page = await self._client.ask("conversation.list", ListConversations(page.next, PAGE))
            self.conversations.snapshot(page.conversations)
        self._answered()
        for conversation in self.conversations.open:
            await self._open(conversation)

    async def _read_one(self, conversation: str) -> None:
        self._meanwhile = []
        asked = OneConversation(conversation)
        try:
            known: Conversation = await self._client.ask("conversation.get", asked)
        except Refusal as refusal:
            if refusal.error.then is Then.RETRY:
                self.conversations.unknown.add(conversation)
                raise
            return  # what may not be seen any more is left out
        except Interrupted:
            self.conversations.unknown.add(conversation)
            raise
        self.conversations.put(known)
        self._answered()
        if conversation in self.conversations.open and not self.conversations.is_whole(
            conversation
        ):
            await self._open(conversation)

    async def _open(
        self, conversation: str, around: int | None = None, since: int | None = None
    ) -> None:
        self._meanwhile = []
        known: Conversation = await self._client.ask(
            "conversation.get", OneConversation(conversation)
        )
        place = FetchHistory(conversation, around=around, since=since, limit=PAGE)
        history: History = await self._client.ask("history.fetch", place)
        self.conversations.put(known)
        self.conversations.close(conversation)
        elsewhere = around is not None or since is not None
        self.conversations.page(conversation, history, "around" if elsewhere else "older")
        self._answered()

    async def _more(self, conversation: str, direction: str) -> None:
        async with self._reading:
            kept = self.conversations.stretch(conversation)
            entries = self.conversations.entries(conversation)
            if kept is None or not entries or not getattr(kept, direction):
                return
            self._meanwhile = []
            if direction == "older":
                place = FetchHistory(conversation, before=entries[0].seq, limit=PAGE)
            else:
                place = FetchHistory(conversation, after=entries[-1].seq, limit=PAGE)
            history: History = await self._client.ask("history.fetch", place)
            self.conversations.page(conversation, history, direction)
            self._answered()
