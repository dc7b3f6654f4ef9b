"""The rules of a conversation: who may write, and what became of what was sent. Pure."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import Struct

from chat.safety.model import contact_allowed, contact_changes_on
from chat.scope import copenhagen_midnight
from chat.storage.facts import Fact
from protocol.requests import SendMessage
from protocol.resources import Message, Own, Picture, Quote

NEVER = 1 << 62
"""A moment that does not come."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the kind of a conversation decides; whoever opens one has decided the rest.

    `contact_rule`: domain rule 2 holds between every two. `needs_everyone`: it is closed as soon
    as one has left, not when only one is left. `calls`: its members may call each other.
    `leaving_hides`: what whoever leaves posts is hidden from the others, as by a block.
    """

    contact_rule: bool = True
    needs_everyone: bool = True
    calls: bool = False
    leaving_hides: bool = False


POLICIES: dict[str, Policy] = {
    "bubble": Policy(leaving_hides=True),
    "snaksammen": Policy(contact_rule=False, needs_everyone=False, calls=True),
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What an origin needs to open a conversation between its author and one who replies."""

    origin_kind: str
    origin_id: int
    title: str
    symbol: str
    author: int
    replier: int


@dataclass(frozen=True, slots=True)
class Party:
    """A member as far as the right to write goes."""

    number: int
    account: int
    born: datetime.date
    active: bool
    left: bool
    read_receipts: bool = True
    presence: bool = False


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may write in a conversation, as of one version of its rights.

    `refusals` gives the error code for each account that may not write, None for one that may;
    an account that is not in it is no member. `receipts` and `presence` tell whether all let the
    others see what they have read, and that they are here. Good until the moment `changes_at`
    (birthdays, domain rule 2), and until the stored version is another.
    """

    version: int
    numbers: dict[int, int]
    refusals: dict[int, str | None]
    changes_at: int
    receipts: bool
    presence: bool

    @property
    def accounts(self) -> tuple[int, ...]:
        """Everyone whom an event of the conversation reaches."""
        return tuple(self.numbers)

    @property
    def open(self) -> bool:
        """Tell whether all may write. In a closed one nothing of one reaches another (G6)."""
        return not any(self.refusals.values())

    def serve(self, version: int, now: int) -> bool:
        """Tell whether they are good at a moment, when the stored version is this."""
        return version == self.version and now < self.changes_at


def rights_of(
    version: int,
    parties: Sequence[Party],
    *,
    closed: bool,
    today: datetime.date,
    policy: Policy = POLICIES["bubble"],
) -> Rights:
    """Work out who may write.

    All that closes a conversation from the other side answers alike, `conversation_closed`, so
    that no one learns whether the other left, was suspended, may not be in contact, or has blocked
    them (domain rules 2 and 5). A block and an end of the conversation are `closed`. So it answers
    whoever has left, too.
    """
    present = [party for party in parties if not party.left]
    ruled = present if policy.contact_rule else []
    pairs = [(a, b) for a in ruled for b in ruled if a.number < b.number]
    contact = all(contact_allowed(a.born, b.born, today) for a, b in pairs)
    changes = [contact_changes_on(a.born, b.born, today) for a, b in pairs]
    refusals: dict[int, str | None] = {}
    for party in parties:
        others = [other for other in parties if other is not party]
        if not party.active:
            refusals[party.account] = "not_active"
        elif closed or not contact or party.left or not _in_company(others, policy):
            refusals[party.account] = "conversation_closed"
        else:
            refusals[party.account] = None
    return Rights(
        version=version,
        numbers={party.account: party.number for party in present},
        refusals=refusals,
        changes_at=min((copenhagen_midnight(day) for day in changes if day), default=NEVER),
        receipts=all(party.read_receipts for party in parties),
        presence=all(party.presence for party in parties),
    )


def _in_company(others: Sequence[Party], policy: Policy) -> bool:
    """Tell whether those are still there without whom a conversation is closed to one."""
    here = [not other.left and other.active for other in others]
    return all(here) if policy.needs_everyone else any(here)


class Outgoing(Struct, frozen=True, gc=False):
    """A message on its way into the store, with the rights last known for its conversation.

    `message` is what its sender asked for, in the words of the wire; the conversation and the
    client id stand beside it as the store has them.
    """

    message: SendMessage
    conversation: int
    client_id: bytes
    account: int
    rights: Rights | None
    now: int


class Stored(Struct, frozen=True, gc=False):
    """A message in the store: its numbers, and the rights under which it was written.

    `rights` is None for a resend, which was there before (G3).
    """

    conversation: int
    position: int
    seq: int
    ordinal: int
    at: int
    rights: Rights | None
    quote: Quote | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class MessageStored(Fact):
    """A message was stored in a unit of work of its own, sent by a socket or (0) over HTTP."""

    item: Outgoing
    stored: Stored
    connection: int


@dataclass(frozen=True, slots=True)
class MessageChanged(Fact):
    """A member has changed a message, by an entry of this kind; `message` is how it is now."""

    conversation: int
    position: int
    seq: int
    kind: str
    by: int
    at: int
    message: Message
    accounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OwnSideChanged(Fact):
    """One's own side of a conversation looks like this now."""

    conversation: int
    position: int
    account: int
    own: Own


@dataclass(frozen=True, slots=True)
class ConversationLeft(Fact):
    """One has left a conversation for good."""

    conversation: int
    position: int
    account: int


@dataclass(frozen=True, slots=True)
class EntryAdded(Fact):
    """The platform has written an entry of its own into a conversation; `by` whom it is about."""

    conversation: int
    position: int
    seq: int
    kind: str
    at: int
    accounts: tuple[int, ...]
    by: int = 0


@dataclass(frozen=True, slots=True)
class RightsRaised(Fact):
    """The rights of some conversations have another version: they are worked out anew."""

    conversations: tuple[int, ...]


class Behind(NamedTuple):
    """Someone has read up to `read_seq` in a conversation that last changed at `position`.

    As long as all four are the same, so is what is unread.
    """

    conversation: int
    account: int
    read_seq: int
    position: int


@dataclass(frozen=True, slots=True)
class Unread:
    """Someone has read up to `read_seq`, and not what another wrote to them up to `unread_seq`.

    `position`: where the conversation last changed, in the log.
    """

    account: int
    conversation: int
    read_seq: int
    unread_seq: int
    last_at: int
    position: int
