"""What a phone remembers, and why it sometimes gets no answer."""

from dataclasses import dataclass

from protocol.requests import ReplyToBubble, SendMessage
from protocol.resources import Conversation


class Gone(Exception):
    """The line broke before the answer came, or the server refused: the text says which."""


@dataclass(slots=True)
class Chat:
    """What a phone remembers of a conversation: as little as it can."""

    id: str
    me: int
    other: str
    seen: int
    last_message: int
    """The newest entry that is known, and the newest message."""


@dataclass(slots=True)
class Letter:
    """A message of one's own until it is acked; it is sent again after every break (G3)."""

    command: str
    request: SendMessage | ReplyToBubble
    other: str
    number: int
    intended: float
    sent: float = 0.0
    """When it was first handed to the network; 0 before."""

    @property
    def lane(self) -> str:
        """What it goes to: messages to the same place keep their order."""
        request = self.request
        return request.bubble if isinstance(request, ReplyToBubble) else request.conversation


def number_of(alias: str) -> str:
    """Give the number of somebody of a seeded town: their alias ends in it."""
    return alias.rpartition(" ")[2]


def chat_of(conversation: Conversation) -> Chat | None:
    """Make of a conversation of two what a phone remembers; None while one is alone in it."""
    if len(conversation.members) != 2:
        return None
    first, second = conversation.members
    me, other = (first, second) if first.me else (second, first)
    return Chat(
        conversation.id, me.number, number_of(other.alias), conversation.last_seq,
        conversation.last_message.seq if conversation.last_message else 0,
    )  # fmt: skip
