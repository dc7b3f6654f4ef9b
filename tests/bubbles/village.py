"""A village: bubbles and everything beneath them over a real database, and people."""

import datetime
import time
from dataclasses import dataclass

from chat.accounts.model import AccountChanged
from chat.bubbles.service import Bubbles
from chat.conversations.service import Conversations
from chat.municipalities.model import SubscriptionsChanged
from chat.municipalities.service import Municipalities
from chat.realtime.broker import MemoryBroker
from chat.scope import Actor, Scope
from chat.settings import Limits
from chat.storage.database import Database, Transaction
from chat.storage.facts import Facts
from loadtests.beside import Address, beside
from protocol import requests as ask
from protocol import resources as res
from protocol.clients.python.uuid7 import ClientIds
from protocol.ids import encode_id
from tests.people import BALLERUP, Person, move_in

LIMITS = Limits(messages_per_minute=1_000_000, messages_burst=1_000_000)
HOUR = 3_600_000
DAY = 24 * HOUR
YEAR = 365 * DAY

new_client_id = ClientIds().make


@dataclass
class Village:
    """People, and what they need to find each other."""

    database: Database
    facts: Facts
    address: Address
    municipalities: Municipalities
    now: int

    def __post_init__(self) -> None:
        self.conversations = Conversations(
            self.database, MemoryBroker(), self.facts, LIMITS, "0123abcd"
        )
        self.bubbles = Bubbles(self.database, self.municipalities, self.conversations, LIMITS)
        self.facts.in_transaction(AccountChanged, self.bubbles.follow_account)
        self.facts.after_commit(SubscriptionsChanged, self.municipalities.follow)

    @classmethod
    async def settle(cls, database: Database, facts: Facts, address: Address) -> "Village":
        """Open one, with the 98 municipalities."""
        now = time.time_ns() // 1_000_000
        return cls(database, facts, address, await Municipalities.open(database), now)

    def move_in(
        self, alias: str, municipality: int = BALLERUP, age: int = 40, *, joined_days_ago: int = 365
    ) -> Person:
        """Make a person."""
        person = move_in(self.address, alias, municipality=municipality, age=age)
        self._update(person, "joined_at", self.now - joined_days_ago * DAY)
        return person

    def be_born(self, person: Person, born: datetime.date) -> None:
        """Give a person another date of birth, before they post anything."""
        self._update(person, "born", born.isoformat())

    def _update(self, person: Person, column: str, value: object) -> None:
        with beside(self.address) as store:
            store.run(f"UPDATE accounts SET {column} = ? WHERE id = ?", value, person.account)

    async def change(
        self, person: Person, *, municipality: int = BALLERUP, age: int = 40, active: bool = True
    ) -> None:
        """Let an account change, as accounts tell it."""
        born = datetime.date.fromtimestamp((self.now - age * YEAR) / 1000)  # noqa: DTZ012 — whole years

        def unit(txn: Transaction) -> None:
            txn.run(
                "UPDATE accounts SET municipality = ?, born = ?, suspended = ? WHERE id = ?",
                municipality,
                born.isoformat(),
                int(not active),
                person.account,
            )
            seen = res.Account(
                encode_id(person.account), "", person.alias, born, municipality, "da", "active"
            )
            fact = AccountChanged(
                person.account, txn.positions(), 1, person.alias, municipality, born, active, seen
            )
            txn.emit(fact)

        await self.database.write(unit)

    def scope(self, person: Person) -> Scope:
        """Act as a person; what their session knew long ago must not matter."""
        actor = Actor(person.account, 1, True, datetime.date(1900, 1, 1), 0, joined_at=0)
        return Scope(now=self.now, actor=actor)

    async def post(
        self,
        person: Person,
        title: str = "Gåtur i skoven",
        text: str = "Hvem vil med ud på søndag?",
        interests: tuple[str, ...] = (),
    ) -> res.Bubble:
        """Post a bubble, a second later than the last."""
        self.now += 1_000
        request = ask.PostBubble(title, text, list(interests))
        return await self.bubbles.post(self.scope(person), request)

    async def titles(self, person: Person, **narrowed: object) -> list[str]:
        """List the titles that a person finds; the count must say the same."""
        request = ask.ListBubbles(**narrowed)  # type: ignore[arg-type]
        page = await self.bubbles.list(self.scope(person), request)
        if not request.mine and request.before is None and page.next is None:
            counting = ask.CountBubbles(request.interest, request.municipality, request.query)
            count = await self.bubbles.count(self.scope(person), counting)
            assert count.count == len(page.bubbles)
        return [bubble.title for bubble in page.bubbles]

    async def get(self, person: Person, bubble: res.Bubble) -> res.Bubble:
        """Look at one bubble."""
        return await self.bubbles.get(self.scope(person), ask.OneBubble(bubble.id))

    async def reply(
        self, person: Person, bubble: res.Bubble, text: str = "Hej", client_id: str | None = None
    ) -> res.Sent:
        """Reply to a bubble."""
        request = ask.ReplyToBubble(bubble.id, client_id or new_client_id(), text)
        return await self.bubbles.reply(self.scope(person), request)

    async def close(self, person: Person, bubble: res.Bubble) -> res.Bubble:
        """Find someone."""
        return await self.bubbles.close(self.scope(person), ask.OneBubble(bubble.id))

    async def edit(self, person: Person, bubble: res.Bubble, **changes: object) -> res.Bubble:
        """Edit a bubble."""
        request = ask.EditBubble(bubble.id, **changes)  # type: ignore[arg-type]
        return await self.bubbles.edit(self.scope(person), request)

    def later(self, milliseconds: int) -> None:
        """Let time pass."""
        self.now += milliseconds
