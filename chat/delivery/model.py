"""A notice to a person by mail, SMS or Web Push, and when to try again: pure rules.

Which words a notice becomes stands in `chat.delivery.letters` and `chat.delivery.short`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from chat.storage.facts import Fact
from protocol.errors import Language

Channel = Literal["mail", "sms", "push"]

Kind = Literal[
    "confirm_email",
    "already_registered",
    "parent_consent",
    "consent_given",
    "consent_withdrawn",
    "reset_password",
    "no_account",
    "password_changed",
    "confirm_new_email",
    "email_change_asked",
    "new_answer",
    "unread_messages",
    "bubble_unanswered",
    "booking_confirmed",
    "booking_moved",
    "booking_moved_with_apology",
    "booking_cancelled",
    "talk_soon",
    "talk_link",
    "no_show",
    "offer_made",
    "coordinator_needed",
    "branch_invitation",
    "phone_code",
]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell one person; never the text of a message.

    `address`: an e-mail address, a telephone number (E.164) or a push subscription. `at`: when it
    is to go out, UTC ms; from `expires_at` on it is of no use. `params` fill the words. Of notices
    with the same `dedupe` only the first goes out, for at least 30 days. `about` names what it
    speaks of, for whoever withdraws it. Neither of these two may hold anything personal.
    """

    kind: Kind
    address: str = field(repr=False)
    language: Language
    at: int
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    dedupe: str | None = None
    channel: Channel = "mail"
    account: int | None = None
    about: str | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is to go out now, for the time number `attempts`."""

    id: int
    channel: Channel
    kind: Kind
    account: int | None
    address: str = field(repr=False)
    language: Language
    params: Mapping[str, str] = field(repr=False)
    attempts: int
    created_at: int
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class NoticeQueued(Fact):
    """A notice waits in synced storage."""

    notice: int


@dataclass(frozen=True, slots=True)
class AddressGone(Fact):
    """What a notice was addressed to takes nothing any more."""

    channel: Channel
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeadNotice:
    """A notice that will not be tried again, for an operator: no address, no words.

    `replayable`: its address and words are kept yet, as they are for a day.
    """

    id: int
    channel: str
    kind: str
    attempts: int
    failure: str
    settled_at: int
    replayable: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many notices of a channel are in a state, and when the first of them is or was due."""

    channel: str
    state: str
    count: int
    due_at: int


URGENT: frozenset[Kind] = frozenset({"talk_soon", "offer_made", "coordinator_needed"})
"""What is of use only at once: it passes quiet hours, and wakes a sleeping telephone."""

_UNREAD: frozenset[Kind] = frozenset({"new_answer", "unread_messages"})


def topic(notice: Waiting) -> str:
    """Name what a newer push message takes the place of (RFC 8030, section 5.4).

    What is unread is told anew as it then is; anything else only takes the place of its own repeat.
    """
    return "unread" if notice.kind in _UNREAD else f"notice-{notice.id:016x}"


MAX_ATTEMPTS = 20
FIRST_RETRY_MS = 10_000
LAST_RETRY_MS = 6 * 3_600_000
FIRST_PAUSE_MS = 1_000
LAST_PAUSE_MS = 60_000


def retry_delay_ms(attempts: int, dice: float) -> int:
    """Tell how long to wait after failure number `attempts`: 10 s doubling to 6 h, with jitter.

    `dice` is in [0, 1): it spreads the wait over its upper double, so that notices that failed
    together are not tried together.
    """
    return min(int((FIRST_RETRY_MS << min(attempts - 1, 30)) * (1 + dice)), LAST_RETRY_MS)


def pause_ms(failures: int) -> int:
    """Tell how long to leave a server alone that could not be reached so often in a row."""
    return min(FIRST_PAUSE_MS << min(failures - 1, 30), LAST_PAUSE_MS)
