"""Accounts on a real database, with a real mail server that keeps what they send."""

import datetime
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from argon2 import PasswordHasher

from chat.accounts.model import AccountChanged, AccountConfirmed, SessionEnded
from chat.accounts.passwords import Passwords
from chat.accounts.service import Accounts
from chat.delivery.mailbox import Mailbox, Received
from chat.delivery.outbox import Outbox
from chat.delivery.smtp import SMTPMailer
from chat.scope import Actor, Scope
from chat.settings import Limits
from chat.storage.database import Database
from chat.storage.facts import Facts
from protocol import requests as ask
from protocol import resources as res

BALLERUP = 151
MUNICIPALITIES = {BALLERUP, 163}
NOON = int(datetime.datetime(2026, 11, 22, 11, tzinfo=datetime.UTC).timestamp() * 1000)
GROWN_UP = datetime.date(1980, 4, 7)
CHILD = datetime.date(2012, 4, 7)
PASSWORD = "kaffe og kage kl. 3"

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class CountingHasher(PasswordHasher):
    """Argon2id made cheap, that counts how often it is asked."""

    def __init__(self, memory_cost: int = 8) -> None:
        super().__init__(time_cost=1, memory_cost=memory_cost, parallelism=1)
        self.count = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.count += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002
        self.count += 1
        return super().verify(hash, password)


class World:
    """One server's accounts, its clock and everybody's mailbox."""

    def __init__(self, database: Database, facts: Facts, mailbox: Mailbox, limits: Limits) -> None:
        self.database = database
        self.facts = facts
        self.limits = limits
        self.now = NOON
        self.address = "192.0.2.1"
        self.told: list[Any] = []
        for kind in (AccountChanged, AccountConfirmed, SessionEnded):
            facts.after_commit(kind, self.told.append)
        self.hasher = CountingHasher()
        self.passwords = Passwords(limits.password_queue, self.hasher)
        self.mailbox = mailbox
        mailer = SMTPMailer(mailbox.host, mailbox.port, sender="Samtale <post@samtale.example>")
        self.outbox = Outbox(database, facts, {"mail": mailer}, lambda: self.now)
        self.accounts = self.restart()

    def restart(self) -> Accounts:
        """Build accounts anew over the same store, as a new process does."""
        self.accounts = Accounts(
            self.database,
            self.facts,
            self.passwords,
            MUNICIPALITIES.__contains__,
            "https://samtale.example",
            self.limits,
        )
        return self.accounts

    def scope(self, actor: Actor | None = None) -> Scope:
        """Act now, from one's network."""
        return Scope(now=self.now, actor=actor, address=self.address)

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass."""
        self.now += milliseconds

    async def mails(self, to: str) -> list[Received]:
        """Let the post out, then give what came to an address, the newest first."""
        await self.outbox.send_due()
        return [mail for mail in self.mailbox.mails() if mail.to == to]

    async def token(self, to: str, page: str) -> str:
        """Give the token of the link to a page in the newest mail to an address."""
        (link,) = (await self.mails(to))[0].links
        found = re.fullmatch(rf"https://samtale\.example/{page}#token=([\w-]{{43}})", link)
        assert found is not None, f"{link} does not lead to {page}"
        return found[1]

    async def register(self, name: str, **changes: Any) -> None:
        """Ask for an account as an adult from Ballerup."""
        request = ask.RegisterAccount(
            **{
                "email": f"{name.lower()}@example.dk",
                "password": PASSWORD,
                "alias": name,
                "born": GROWN_UP,
                "municipality": BALLERUP,
                **changes,
            }
        )
        await self.accounts.register(self.scope(), request)

    async def confirm(self, email: str) -> str:
        """Follow the link in the newest mail; gives its token."""
        token = await self.token(email, "confirm")
        await self.accounts.confirm(self.scope(), ask.UseToken(token))
        return token

    async def log_in(self, email: str, password: str = PASSWORD, **more: Any) -> res.Session:
        """Log in."""
        request = ask.LogIn(email, password, **more)
        return await self.accounts.create_session(self.scope(), request)

    async def actor(self, session: res.Session) -> Actor:
        """Tell who acts in a session, which there must be."""
        assert session.token is not None
        actor = await self.accounts.actor(session.token, self.now)
        assert actor is not None, "the session has ended"
        return actor

    async def is_logged_in(self, session: res.Session) -> bool:
        """Tell whether a session is still good."""
        assert session.token is not None
        return await self.accounts.actor(session.token, self.now) is not None

    async def join(self, name: str, **changes: Any) -> Scope:
        """Register, confirm and log in; gives the scope in which one acts from now on."""
        await self.register(name, **changes)
        email = changes.get("email", f"{name.lower()}@example.dk")
        await self.confirm(email)
        session = await self.log_in(email, changes.get("password", PASSWORD))
        return self.scope(await self.actor(session))


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    opened = await Mailbox.open()
    yield opened
    await opened.close()


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
async def world(
    database: Database, facts: Facts, mailbox: Mailbox, limits: Limits
) -> AsyncIterator[World]:
    built = World(database, facts, mailbox, limits)
    yield built
    await built.outbox.close()
    built.passwords.close()
