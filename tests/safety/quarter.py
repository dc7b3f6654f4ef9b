"""A quarter: a village whose people can block each other, and whose events are heard."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from chat.accounts.suspensions import Suspensions
from chat.app import register_inner_hooks
from chat.bubbles.service import Bubbles
from chat.conversations.service import Conversations, other_member
from chat.municipalities.model import SubscriptionsChanged
from chat.realtime.broker import MemoryBroker, Publication
from chat.safety.service import Blocks
from protocol import requests as ask
from protocol import resources as res
from protocol.codec import decode_frame
from protocol.cursors import write_cursor
from protocol.errors import Refused
from protocol.messages import AnyFrame, Resumed
from tests.bubbles.village import LIMITS, Village, new_client_id
from tests.people import Person

EPOCH = "0123abcd"


@dataclass
class Quarter(Village):
    """People, what they need to find each other, and to be rid of each other."""

    heard: list[Publication] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.broker = MemoryBroker()
        self.broker.attach(self.heard.append)
        self.blocks = Blocks(self.database, self.broker, self.facts, partial(write_cursor, EPOCH))
        self.conversations = Conversations(self.database, self.broker, self.facts, LIMITS, EPOCH)
        self.bubbles = Bubbles(self.database, self.municipalities, self.conversations, LIMITS)
        self.suspensions = Suspensions(self.database)
        register_inner_hooks(self.facts)
        self.facts.after_commit(SubscriptionsChanged, self.municipalities.follow)
        self.blocks.find_by("bubble", self.bubbles.author)
        self.blocks.find_by("conversation", other_member)

    def move_in(self, alias: str, *args: Any, **facts: Any) -> Person:
        """Make a person whose events are heard."""
        person = super().move_in(alias, *args, **facts)
        self.broker.follow(person.account)
        return person

    async def talk(self, author: Person, replier: Person, title: str = "Gåtur i skoven") -> str:
        """Let one post a bubble and another reply to it; gives the conversation."""
        return (await self.reply(replier, await self.post(author, title))).conversation

    async def send(
        self, person: Person, conversation: str, text: str = "Hej", client_id: str | None = None
    ) -> res.Sent:
        """Send a message."""
        message = ask.SendMessage(conversation, client_id or new_client_id(), text)
        return await self.conversations.send(self.scope(person), message)

    async def block(self, person: Person, **named: str) -> res.Block:
        """Block the other in a `conversation`, or the author of a `bubble`."""
        return await self.blocks.create(self.scope(person), ask.CreateBlock(**named))

    async def lift(self, person: Person, block: res.Block) -> None:
        """Lift a block."""
        await self.blocks.lift(self.scope(person), ask.LiftBlock(block.id))

    async def blocked(self, person: Person, **page: Any) -> list[res.Block]:
        """List whom a person has blocked."""
        return (await self.blocks.list(self.scope(person), ask.ListBlocks(**page))).blocks

    async def read(self, person: Person, conversation: str, seq: int) -> None:
        """Mark everything up to a seq as read."""
        request = ask.MarkRead(conversation, seq)
        await self.conversations.positions.read(self.scope(person), request)

    async def type(self, person: Person, conversation: str) -> None:
        """Write, without sending yet; long after the last time."""
        self.later(3_000)
        request = ask.StartTyping(conversation)
        await self.conversations.typing.start(self.scope(person), request)

    async def conversation(self, person: Person, conversation: str) -> res.Conversation:
        """Look at one conversation."""
        request = ask.OneConversation(conversation)
        return await self.conversations.get_conversation(self.scope(person), request)

    async def resumed(self, person: Person, cursor: str) -> Resumed:
        """Come back."""
        return await self.conversations.resume(self.scope(person), cursor)

    async def view(self, person: Person, cursor: str) -> Any:
        """Everything a person can be shown of their conversations and own bubbles."""
        scope = self.scope(person)
        page = await self.conversations.list_conversations(scope, ask.ListConversations())
        histories = [
            await self.conversations.fetch_history(scope, ask.FetchHistory(one.id, limit=200))
            for one in page.conversations
        ]
        own = await self.bubbles.list(scope, ask.ListBubbles(mine=True))
        missed = (await self.resumed(person, cursor)).conversations
        shown = msgspec.to_builtins([page.conversations, histories, own, missed])
        heard = [one.frame for one in self.heard if person.account in one.accounts]
        return shown, heard

    async def is_closed(self, person: Person, conversation: str) -> bool:
        """Tell whether writing meets a closed conversation; nothing else may refuse it."""
        code = await outcome(self.send(person, conversation))
        assert code in (None, ("conversation_closed", None))
        return code is not None

    def events(self, name: str, person: Person | None = None) -> list[AnyFrame]:
        """Give the events of a name that were published, to a person if one is given."""
        heard = [
            decode_frame(one.frame)
            for one in self.heard
            if person is None or person.account in one.accounts
        ]
        return [frame for frame in heard if frame.event == name]


async def outcome(awaitable: Awaitable[Any]) -> tuple[str, str | None] | None:
    """Give the code and the field of a refusal, None if there was none."""
    try:
        await awaitable
    except Refused as refused:
        return refused.code, refused.field
    return None


async def refusal(awaitable: Awaitable[Any]) -> tuple[str, str | None]:
    """Give the code and the field of a refusal, which there must be."""
    refused = await outcome(awaitable)
    assert refused is not None
    return refused
