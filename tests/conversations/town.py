"""A town: conversations over a real database, people, and a broker that is listened to."""

import datetime
from dataclasses import dataclass, field

from chat.conversations.model import Opening
from chat.conversations.service import Conversations, log_position
from chat.realtime.broker import MemoryBroker, Publication
from chat.scope import Actor, Scope
from chat.settings import Limits
from chat.storage.database import Transaction
from chat.storage.facts import Facts
from chat.storage.opening import OpenDatabase
from loadtests.beside import Address
from protocol.clients.python.uuid7 import ClientIds
from protocol.codec import decode_frame
from protocol.cursors import write_cursor
from protocol.messages import AnyFrame
from protocol.requests import SendMessage
from protocol.resources import Sent
from tests.people import Person, move_in

NOON = 1_795_000_000_000
EPOCH = "0123abcd"
PLENTY = Limits(
    messages_per_minute=1_000_000, messages_burst=1_000_000, searches_per_minute=1_000_000
)

new_client_id = ClientIds().make


@dataclass
class Town:
    """People, and what they need to talk."""

    database: OpenDatabase
    facts: Facts
    address: Address
    limits: Limits = PLENTY
    now: int = NOON
    heard: list[Publication] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.broker = MemoryBroker()
        self.broker.attach(self.heard.append)
        self.conversations = Conversations(
            self.database, self.broker, self.facts, self.limits, EPOCH
        )

    def move_in(self, alias: str, age: int = 40) -> Person:
        """Make a person whose events are listened to."""
        person = move_in(self.address, alias, age=age)
        self.broker.follow(person.account)
        return person

    def scope(self, person: Person, connection: int = 0) -> Scope:
        """Act as a person."""
        born = datetime.date(1980, 1, 1)
        actor = Actor(person.account, person.account, True, born, 151, joined_at=0)
        return Scope(now=self.now, actor=actor, connection=connection)

    async def reply(
        self,
        replier: Person,
        author: Person,
        text: str = "Hej",
        *,
        bubble: int = 7,
        client_id: str | None = None,
    ) -> Sent:
        """Write to the author of a bubble."""

        def prepare(txn: Transaction) -> Opening:
            return Opening("bubble", bubble, "Gåtur", "🚶", author.account, replier.account)

        return await self.conversations.open_and_send(
            self.scope(replier), prepare, client_id or new_client_id(), text
        )

    async def send(
        self, person: Person, conversation: str, text: str, client_id: str | None = None
    ) -> Sent:
        """Send a message."""
        message = SendMessage(conversation, client_id or new_client_id(), text)
        return await self.conversations.send(self.scope(person), message)

    async def position(self) -> int:
        """Tell the position of the newest change."""
        return await self.database.read(log_position)

    async def cursor(self) -> str:
        """Tell where live events go on from, as of now."""
        return write_cursor(EPOCH, await self.position())

    def all_events(self) -> list[AnyFrame]:
        """Give what was published, in that order."""
        return [decode_frame(publication.frame) for publication in self.heard]

    def events(self, name: str) -> list[AnyFrame]:
        """Give the events of a name that were published."""
        return [frame for frame in self.all_events() if frame.event == name]
