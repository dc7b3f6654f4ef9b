"""An outbox on a real database, and a real mail server that fails as told."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from chat.delivery.carrier import Carrier, Mail
from chat.delivery.model import Notice, NoticeQueued
from chat.delivery.outbox import Outbox, enqueue
from chat.delivery.smtp import SMTPMailer
from chat.storage.database import Database
from chat.storage.facts import Facts
from tests.servers import free_port

NOON = 1_795_345_200_000
MINUTE = 60_000
HOUR = 60 * MINUTE


class MailServer:
    """A real SMTP server: it takes mail, unless the next answers say otherwise."""

    def __init__(self) -> None:
        self.port = free_port()
        self.answers: deque[str] = deque()
        self.refused: dict[str, str] = {}
        self.taken: list[Message] = []
        self.connections = 0
        self.arrived = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def handle_RCPT(  # noqa: N802 — aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 — aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.popleft() if self.answers else "250 OK"
        if answer.startswith("250"):
            self.taken.append(message_from_bytes(envelope.original_content or b""))
            self.arrived.set()
        return answer

    def _connected(self) -> SMTP:
        self.connections += 1
        return SMTP(self, hostname="localhost", loop=asyncio.get_running_loop())

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connected, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None


class Post:
    """A database with an outbox, its clock, and the server it sends to."""

    def __init__(self, database: Database, facts: Facts, server: MailServer) -> None:
        self.database = database
        self.facts = facts
        self.server = server
        self.now = NOON
        self.queued: list[NoticeQueued] = []
        facts.after_commit(NoticeQueued, self.queued.append)
        self.outbox = self.another()

    def mailer(self) -> Carrier[Mail]:
        """Give a fresh connection to the server."""
        return SMTPMailer("127.0.0.1", self.server.port, sender="Samtale <post@samtale.example>")

    def another(self, mailer: Carrier[Mail] | None = None) -> Outbox:
        """Give a fresh outbox over the same database, as a new process has."""
        return Outbox(
            self.database, self.facts, {"mail": mailer or self.mailer()}, lambda: self.now
        )

    async def write(self, name: str = "bo", *, at: int = NOON, **more: Any) -> None:
        """Let a notice go to somebody."""
        notice = Notice(
            "new_answer",
            f"{name}@example.dk",
            "da",
            at,
            {"link": "https://samtale.example/"},
            **more,
        )
        await self.database.write(enqueue, notice)

    async def state(self) -> list[tuple[str, int, str | None]]:
        """Give each notice's state, attempts and failure, in order."""
        return await self.database.read(
            lambda reader: [
                (row["state"], row["attempts"], row["failure"])
                for row in reader.all("SELECT * FROM notices ORDER BY id")
            ]
        )


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    opened = MailServer()
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def post(database: Database, facts: Facts, server: MailServer) -> AsyncIterator[Post]:
    built = Post(database, facts, server)
    yield built
    await built.outbox.close()
