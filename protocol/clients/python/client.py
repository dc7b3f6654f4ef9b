"""The client for programs: everything that one can do in a conversation."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from msgspec import UNSET, UnsetType

from protocol.clients.python.effects import Happening
from protocol.clients.python.outcome import ClientError
from protocol.clients.python.own_typing import Doing
from protocol.clients.python.shell import Shell
from protocol.clients.python.state import State
from protocol.requests import (
    EditMessage,
    FetchHistory,
    OneConversation,
    OneMessage,
    React,
    ReplyToBubble,
    Request,
    SaveDraft,
    SearchMessages,
    SendMessage,
    UpdateConversation,
    WatchPresence,
)
from protocol.resources import (
    Change,
    FoundPage,
    History,
    Own,
    Presences,
    ReactionKind,
    Sent,
)

FOR_EVER = 2**53 - 1
"""Muted until then: for ever."""


@asynccontextmanager
async def connect(
    url: str,
    token: str,
    *,
    cursor: str | None = None,
    on_event: Callable[[Happening], None] | None = None,
    tells_arrivals: bool = True,
) -> AsyncIterator["Client"]:
    """Connect to the server at an origin (`http://…` or `https://…`), and stay connected.

    Inside, the client is online at first; it reconnects for ever and resumes from its cursor.
    `cursor` is where an earlier client of the account got to. With `on_event` every event is
    handed over at once, without waiting in `events`. Unless `tells_arrivals` is false, the server
    is told of messages that have arrived.

    Raises `Stopped` if the server does not let it in.
    """
    client = Client(url, token, cursor=cursor, on_event=on_event, tells_arrivals=tells_arrivals)
    client.start()
    try:
        await client.online()
        yield client
    finally:
        await client.close()


class Client(Shell):
    """One connected account. Made by `connect`.

    Messages and changes of messages are queued while there is no connection, and go out once, in
    order, as soon as there is one. What else is asked for raises `Interrupted` if its answer was
    lost, and is safe to ask for again.
    """

    _end_watching: Callable[[], None] | None = None

    # --- messages

    async def send(
        self,
        conversation: str,
        text: str,
        client_id: str | None = None,
        *,
        reply_to: int | None = None,
        picture: str | None = None,
        description: str = "",
    ) -> Sent:
        """Send a message; back when it is in synced storage (G1), however often it is resent.

        Messages of one conversation keep their order. Raises `Refusal` if it was not stored and
        will not be; `Unsettled` if the client is closed or stopped before either is known.
        Cancelled (by a timeout), it is not resent, and may or may not be stored.
        """
        client_id = client_id or self.new_client_id()
        message = SendMessage(
            conversation,
            client_id,
            text,
            reply_to=reply_to,
            picture=picture,
            description=description,
        )
        return await self.deliver(message)

    async def reply(self, bubble: str, text: str, client_id: str | None = None) -> Sent:
        """Reply to a bubble, with the same promises; the first reply opens the conversation."""
        client_id = client_id or self.new_client_id()
        return await self.deliver(ReplyToBubble(bubble, client_id, text))

    async def edit(self, conversation: str, seq: int, text: str) -> Change:
        """Give one's own message another text.

        Like all changes: back when it is done, however late. Of those that wait, a later one
        replaces an earlier one that it makes pointless, and both get its answer. Raises `Refusal`;
        `Interrupted` if the client is closed or stopped before.
        """
        return await self._change("message.edit", EditMessage(conversation, seq, text))

    async def remove(self, conversation: str, seq: int) -> Change:
        """Take one's own message back, for everyone."""
        return await self._change("message.delete", OneMessage(conversation, seq))

    async def react(
        self, conversation: str, seq: int, reaction: ReactionKind, *, on: bool = True
    ) -> Change:
        """React to a message, or take it back."""
        command = "reaction.add" if on else "reaction.remove"
        return await self._change(command, React(conversation, seq, reaction))

    async def pin(self, conversation: str, seq: int, *, on: bool = True) -> Change:
        """Pin a message for everyone, or unpin it."""
        command = "message.pin" if on else "message.unpin"
        return await self._change(command, OneMessage(conversation, seq))

    async def history(
        self,
        conversation: str,
        *,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
        since: int | None = None,
        limit: int = 50,
    ) -> History:
        """Read a page of history; at most one place is given, without any the newest."""
        asked = FetchHistory(conversation, before, after, around, since, limit)
        page: History = await self.ask("history.fetch", asked)
        return page

    async def search(
        self,
        query: str,
        *,
        conversation: str | None = None,
        before: str | None = None,
        limit: int = 30,
    ) -> FoundPage:
        """Look for messages with these words, in all conversations or one."""
        asked = SearchMessages(query, conversation, before, limit)
        page: FoundPage = await self.ask("message.search", asked)
        return page

    # --- one's own side of a conversation

    async def update_conversation(
        self,
        conversation: str,
        *,
        muted_until: int | UnsetType | None = UNSET,
        archived: bool | UnsetType = UNSET,
        marked_unread: bool | UnsetType = UNSET,
    ) -> Own:
        """Mute until a moment or `FOR_EVER`, archive, mark as unread: what is given."""
        asked = UpdateConversation(conversation, muted_until, archived, marked_unread)
        own: Own = await self.ask("conversation.update", asked)
        return own

    async def leave(self, conversation: str) -> None:
        """Leave for good."""
        await self.ask("conversation.leave", OneConversation(conversation))

    async def save_draft(self, conversation: str, text: str) -> Own:
        """Keep what one is writing, for all of one's devices."""
        own: Own = await self.ask("draft.save", SaveDraft(conversation, text))
        return own

    # --- signs

    def typing(self, conversation: str, doing: Doing | None) -> None:
        """Say that one is writing or thinking, or None for neither: as often as one likes."""
        self._state.typing(conversation, doing, self._now())
        self._perform()

    def watch_presence(
        self, conversations: Sequence[str], told: Callable[[Presences], None]
    ) -> None:
        """Hear of who comes and goes in these, instead of those named before.

        `told` hears who is here, now and after every reconnect.
        """
        asked = WatchPresence(list(conversations))

        async def watch() -> None:
            with suppress(ClientError):  # the next connection asks again
                told(await self.command("presence.watch", asked))

        def begin(online: bool) -> None:
            if online:
                self._spawn(watch())

        if self._end_watching is not None:
            self._end_watching()
        self._end_watching = self.listen_to_state(begin)
        begin(self.state is State.ONLINE)

    async def ask(self, command: str, request: Request) -> Any:
        """Do an operation over the socket while there is one, else over HTTP."""
        if self.state is State.ONLINE:
            return await self.command(command, request)
        return await self.http.call(command, request)
