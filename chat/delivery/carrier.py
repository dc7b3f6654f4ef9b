"""What the outbox needs of whatever takes a notice, and the ways in which that may fail."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

Item_contra = TypeVar("Item_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, the same however often it is sent: `id` becomes its Message-ID, `at` its date.

    `calendar`: an iCalendar file (RFC 5545) to go with it, empty for none.
    """

    id: int
    at: int
    to: str
    subject: str
    text: str
    html: str
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class SMS:
    """One text to a telephone (E.164, `+4512345678`): `id` becomes the provider's reference."""

    id: int
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Push:
    """One message to a browser: `to` is its subscription, as `chat.delivery.webpush` writes it.

    Of messages with one `topic` that wait at the push service the newest stays (RFC 8030, section
    5.4). `ttl`: how many seconds it may wait there.
    """

    to: str
    body: bytes
    topic: str
    urgent: bool
    ttl: int


class SendFailed(Exception):
    """Not accepted. `reason` is a status code or one word: it goes to the log.

    `retry_after_ms`: how long the other side asked to be left alone, if it did.
    """

    def __init__(self, reason: str, retry_after_ms: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_ms = retry_after_ms


class Rejected(SendFailed):
    """This one will never be accepted."""


class Gone(Rejected):
    """The address takes nothing any more."""


class Deferred(SendFailed):
    """This one may be accepted later; others may be accepted now."""


class Unreachable(SendFailed):
    """Nothing can be handed over at present; it says nothing about this one."""


class Carrier(Protocol[Item_contra]):
    """Hands notices over, one at a time: a mail server, an SMS gateway, the push services."""

    async def send(self, item: Item_contra, /) -> None:
        """Return once it is accepted. Raises `SendFailed`; ends within 20 s."""
        ...

    async def close(self) -> None:
        """End the burst: let go of what was kept for the next one. `send` may come again."""
        ...
