"""A real mail server on loopback that keeps what it gets, to be looked at: for the demo."""

import asyncio
import logging
import re
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from chat.delivery.carrier import SMS
from chat.scope import Clock

KEPT = 200
HOST = "127.0.0.1"
LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True, slots=True)
class Received:
    """A mail or SMS as its receiver reads it; `at` is its date, UTC ms."""

    to: str
    subject: str
    text: str
    links: tuple[str, ...]
    at: int


class Mailbox:
    """Everybody's mailbox: the last mails, in memory. Use `open`."""

    def __init__(self, keep: int) -> None:
        self._mails: deque[Received] = deque(maxlen=keep)
        self._server: asyncio.Server | None = None
        self.host = HOST
        self.port = 0

    @classmethod
    async def open(cls, keep: int = KEPT) -> "Mailbox":
        """Listen on a free port of loopback; keep so many mails."""
        # Its library logs addresses at level info.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        mailbox = cls(keep)
        loop = asyncio.get_running_loop()
        mailbox._server = await loop.create_server(
            lambda: SMTP(mailbox, hostname="localhost", ident="Samtale", loop=loop), HOST, 0
        )
        mailbox.port = mailbox._server.sockets[0].getsockname()[1]
        return mailbox

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def mails(self) -> list[Received]:
        """Give what came, the newest first."""
        return list(reversed(self._mails))

    def keep(self, received: Received) -> None:
        """Keep what came, by mail or SMS."""
        self._mails.append(received)

    async def handle_DATA(  # noqa: N802 — aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        content = envelope.original_content or b""
        message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
        for to in envelope.rcpt_tos:
            self.keep(_received(message, to))
        return "250 OK"


class DemoPhone:
    """An SMS gateway whose every telephone is the mailbox."""

    def __init__(self, mailbox: Mailbox, clock: Clock) -> None:
        self._mailbox = mailbox
        self._clock = clock

    async def send(self, item: SMS, /) -> None:
        """Keep an SMS."""
        links = tuple(LINK.findall(item.text))
        self._mailbox.keep(Received(item.to, "SMS", item.text, links, self._clock()))

    async def close(self) -> None:
        """Do nothing: there is no connection."""


def _received(message: EmailMessage, to: str) -> Received:
    body = message.get_body(("plain",))
    text = body.get_content().replace("\r\n", "\n") if isinstance(body, EmailMessage) else ""
    date = message["Date"].datetime if message["Date"] else None
    return Received(
        to=to,
        subject=str(message["Subject"] or ""),
        text=text,
        links=tuple(LINK.findall(text)),
        at=int(date.timestamp() * 1000) if date else 0,
    )
