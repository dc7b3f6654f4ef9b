"""People who write to each other, mail that goes out, and a clock that the test holds."""

import datetime
import json
import uuid
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import partial
from typing import Any

from argon2 import PasswordHasher

from chat.accounts.passwords import Passwords
from chat.accounts.service import Accounts
from chat.app import register_inner_hooks
from chat.bubbles.service import Bubbles
from chat.conversations.model import Opening
from chat.conversations.service import Conversations, other_member
from chat.delivery.carrier import Carrier
from chat.delivery.model import Channel
from chat.delivery.outbox import Outbox
from chat.municipalities.service import Municipalities
from chat.notifications import reach_store, store
from chat.notifications.model import Cell, Choices, Quiet
from chat.notifications.sweeper import Sweeper
from chat.notifications.teller import Teller
from chat.notifications.unread import UnreadNotices
from chat.realtime.broker import MemoryBroker
from chat.safety.service import Blocks
from chat.scope import Actor, Scope
from chat.settings import Limits, Settings
from chat.storage.database import Database, Transaction
from chat.storage.facts import Facts
from chat.storage.ids import new_id
from protocol.cursors import write_cursor
from protocol.errors import Language
from protocol.ids import encode_id
from protocol.requests import (
    CreateBlock,
    LiftBlock,
    MarkRead,
    PostBubble,
    RegisterAccount,
    ReplyToBubble,
    SendMessage,
)

START = 1_750_000_000_000
SECOND = 1_000
AWAY = 60 * SECOND
SETTINGS = Settings(base_url="https://samtale.example", away_after_ms=AWAY)
PASSWORD = "kaffe og kage klokken tre"


class Postbox:
    """A carrier that keeps what it is handed."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def send(self, item: Any) -> None:
        self.mails.append(item)

    async def close(self) -> None:
        pass


@dataclass
class Town:
    """One server's features, wired as the composition root does."""

    database: Database
    facts: Facts
    municipalities: Municipalities
    now: int = START
    connected: set[int] = field(default_factory=set)
    people: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.passwords = Passwords(hasher=PasswordHasher(1, 8, parallelism=1))
        limits = Limits(messages_burst=10_000, messages_per_minute=10_000)
        self.accounts = Accounts(
            self.database,
            self.facts,
            self.passwords,
            self.municipalities.exists,
            SETTINGS.base_url,
            limits,
        )
        broker = MemoryBroker()
        self.talks = Conversations(self.database, broker, self.facts, limits, "epoch")
        self.bubbles = Bubbles(self.database, self.municipalities, self.talks, limits)
        self.postbox = Postbox()
        self.phones: Postbox = Postbox()
        self.browsers: Postbox = Postbox()
        self.outbox = Outbox(self.database, self.facts, self._carriers(), lambda: self.now)
        self.teller = Teller(SETTINGS.base_url, {"mail", "sms", "push"})
        self.outbox.refresh("new_answer", UnreadNotices(self.teller).refresh)
        self.blocks = Blocks(self.database, broker, self.facts, partial(write_cursor, "epoch"))
        self.blocks.find_by("conversation", other_member)
        register_inner_hooks(self.facts)
        self.sweeper = self.another_sweeper()

    @classmethod
    async def founded(cls, database: Database, facts: Facts) -> "Town":
        """Make a town without people yet."""
        return cls(database, facts, await Municipalities.open(database))

    async def person(self, name: str, language: Language = "da") -> int:
        """Give a new person's account; their address is name@town.dk."""
        request = RegisterAccount(
            email=f"{name}@town.dk",
            password=PASSWORD,
            alias=name,
            born=datetime.date(1980, 1, 1),
            municipality=151,
            language=language,
        )
        self.people[name] = await self.accounts.admit(Scope(self.now, language), request)
        return self.people[name]

    def scope(self, account: int) -> Scope:
        born = datetime.date(1980, 1, 1)
        return Scope(self.now, "da", Actor(account, 1, True, born, 151, 0))

    async def reply(self, author: int, replier: int, bubble: int = 7, text: str = "Hej") -> int:
        """Let one write to a bubble's author; gives the conversation."""

        def prepare(_: Transaction) -> Opening:
            return Opening("bubble", bubble, "Kaffe", "☕", author, replier)

        client_id = str(uuid.uuid4())
        sent = await self.talks.open_and_send(self.scope(replier), prepare, client_id, text)
        return int(sent.conversation, 16)

    async def post(self, account: int, title: str = "Kaffe på torvet") -> int:
        """Let one post a bubble."""
        posted = PostBubble(title, "Jeg vil gerne drikke kaffe med nogen.")
        return int((await self.bubbles.post(self.scope(account), posted)).id, 16)

    async def answer(self, account: int, bubble: int) -> int:
        """Let one reply to a bubble; gives the conversation."""
        reply = ReplyToBubble(encode_id(bubble), str(uuid.uuid4()), "Det vil jeg også.")
        return int((await self.bubbles.reply(self.scope(account), reply)).conversation, 16)

    async def write(self, account: int, talk: int, text: str = "Er du der?") -> int:
        """Let one write on; gives the seq."""
        message = SendMessage(encode_id(talk), str(uuid.uuid4()), text)
        return (await self.talks.send(self.scope(account), message)).seq

    async def read(self, account: int, talk: int, seq: int = 1_000) -> None:
        await self.talks.positions.read(self.scope(account), MarkRead(encode_id(talk), seq))

    async def block(self, account: int, talk: int) -> str:
        """Let one block the other in a conversation; gives the block."""
        request = CreateBlock(conversation=encode_id(talk))
        return (await self.blocks.create(self.scope(account), request)).id

    async def lift(self, account: int, block: str) -> None:
        await self.blocks.lift(self.scope(account), LiftBlock(block))

    def _carriers(self) -> dict[Channel, Carrier[Any]]:
        return {"mail": self.postbox, "sms": self.phones, "push": self.browsers}

    def another_sweeper(self) -> Sweeper:
        """Give a fresh sweeper over the same database, as a new process has."""
        return Sweeper(self.database, SETTINGS, self.teller)

    async def sweep(self) -> None:
        await self.sweeper.sweep(self.now, self.connected.__contains__)

    async def wait(self, milliseconds: int, every: int = 2 * SECOND) -> None:
        """Let time go by, with a sweep at least every two seconds, as the server does."""
        until = self.now + milliseconds
        while self.now < until:
            self.now = min(self.now + every, until)
            await self.sweep()

    async def reach(self, account: int, *, phone: str | None = None, browser: str = "") -> None:
        """Let a person be reached by telephone, or on a browser."""

        def unit(txn: Transaction) -> None:
            if phone is not None:
                kept = reach_store.Phone(phone, self.now, None, None, 0, 0, 0)
                reach_store.set_phone(txn, account, kept)
            if browser:
                row = reach_store.PushRow(new_id(self.now), account, 1, browser, browser)
                reach_store.add_push(txn, row, self.now)

        await self.database.write(unit)

    async def choose(
        self, account: int, chosen: dict[Cell, bool], quiet: Quiet | None = None
    ) -> None:
        await self.database.write(store.set_choices, account, Choices(chosen, quiet))

    async def texts(self) -> list[tuple[str, str]]:
        """Give the SMS since the last call: number and text."""
        await self.outbox.send_due()
        sent, self.phones.mails = self.phones.mails, []
        return [(sms.to, sms.text) for sms in sent]

    async def pushed(self) -> list[tuple[str, str, str]]:
        """Give the push messages since the last call: browser, title and line."""
        await self.outbox.send_due()
        sent, self.browsers.mails = self.browsers.mails, []
        said = [(push.to, json.loads(push.body)) for push in sent]
        return [(to, words["title"], words["line"]) for to, words in said]

    async def mails(self) -> list[tuple[str, str, str]]:
        """Give the mails since the last call: name, subject, text."""
        await self.outbox.send_due()
        sent, self.postbox.mails = self.postbox.mails, []
        return [
            (parseaddr(mail.to)[1].partition("@")[0].title(), mail.subject, mail.text)
            for mail in sent
        ]
