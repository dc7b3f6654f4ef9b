"""What the outbox needs of whatever takes mail, and the three ways in which it may fail."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, the same however often it is sent: `id` becomes its Message-ID, `at` its date."""

    id: int
    at: int
    to: str
    subject: str
    text: str
    html: str


class MailFailed(Exception):
    """Not accepted. `reason` is a status code or one word: it goes to the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MailRejected(MailFailed):
    """This mail will never be accepted."""


class MailDeferred(MailFailed):
    """This mail may be accepted later; others may be accepted now."""


class MailerUnreachable(MailFailed):
    """No mail can be handed over at present; it says nothing about this one."""


class Mailer(Protocol):
    """Hands mail over, one at a time."""

    async def send(self, mail: Mail) -> None:
        """Return once the mail is accepted. Raises `MailFailed`; ends within 20 s."""
        ...

    async def close(self) -> None:
        """End the burst: let go of what was kept for the next mail. `send` may come again."""
        ...
