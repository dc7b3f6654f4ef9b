"""What the server talks about: accounts, municipalities, bubbles, conversations, messages.

These types stand in replies and events alike. Times are UTC milliseconds since 1970; ids are
opaque strings; dates are ISO 8601.
"""

import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from protocol.errors import Language

# A pattern costs msgspec a microsecond, so it checks only the length of ids; `protocol.codec`
# checks their form where they come from a client, at a quarter of that.
ID_PATTERN = "[0-7][0-9a-f]{15}"
CLIENT_ID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

Id = Annotated[
    str,
    Meta(
        min_length=16,
        max_length=16,
        description="An opaque id.",
        extra_json_schema={"pattern": f"^{ID_PATTERN}$"},
    ),
]
ClientId = Annotated[
    str,
    Meta(
        min_length=36,
        max_length=36,
        description="A UUID (version 7, RFC 9562) that the client makes once for each message.",
        extra_json_schema={"pattern": f"^{CLIENT_ID_PATTERN}$"},
    ),
]
Seq = Annotated[
    int,
    Meta(ge=0, le=2**53 - 1, description="The number of an entry in its conversation, from 1."),
]
Milliseconds = Annotated[int, Meta(ge=0, le=2**53 - 1, description="UTC milliseconds since 1970.")]
MunicipalityCode = Annotated[int, Meta(ge=101, le=999, description="The official municipal code.")]
MessageText = Annotated[str, Meta(min_length=1, max_length=4000)]
DESCRIPTION_CHARACTERS = 300
# `(?!\n)$` because in Python a bare `$` also matches before a last line break.
Email = Annotated[
    str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+(?!\n)$")
]
Alias = Annotated[str, Meta(min_length=2, max_length=40)]
Password = Annotated[str, Meta(max_length=256)]
Cursor = Annotated[str, Meta(max_length=40, description="Opaque; from hello, events and replies.")]


class Empty(Struct, frozen=True):
    """Nothing to say."""


class Municipality(Struct, frozen=True):
    """A municipality (*kommune*) and whether it subscribes today (domain rule 1)."""

    code: MunicipalityCode
    name: str
    region: str
    subscribes: bool


class Account(Struct, frozen=True):
    """One's own account; nobody else ever sees it."""

    id: Id
    email: str
    alias: str
    born: datetime.date
    municipality: MunicipalityCode
    language: Language
    state: Literal["unconfirmed", "awaiting_consent", "active", "suspended"]
    read_receipts: bool = True
    """Whether others see what one has read, and one what they have: only if both say so."""
    presence: bool = False
    """Whether others see that one is here, and one that they are: only if both say so."""


class Session(Struct, frozen=True):
    """A login. `token` is given once, to apps; a browser has a cookie instead."""

    id: Id
    expires_at: Milliseconds
    account: Account
    token: str | None = None


class SessionSummary(Struct, frozen=True):
    """One of the places where the account is logged in."""

    id: Id
    created_at: Milliseconds
    last_seen_at: Milliseconds
    expires_at: Milliseconds
    device: str
    current: bool


class Consent(Struct, frozen=True):
    """What a parent is asked, and what they have answered (domain rule 2)."""

    alias: str
    state: Literal["asked", "given", "withdrawn"]


class Block(Struct, frozen=True):
    """One whom the account has blocked, under the alias they have now. They are never told."""

    id: Id
    alias: str
    blocked_at: Milliseconds


class BlockPage(Struct, frozen=True):
    """One's blocks, newest first; `next` is given back as `before` to read on, null at the end."""

    blocks: list[Block]
    next: str | None


class Interest(Struct, frozen=True):
    """Something people like to do, by its stable slug."""

    slug: str
    danish: str
    english: str
    symbol: str


class Bubble(Struct, frozen=True):
    """A bubble (*boble*) as one viewer sees it.

    `municipality` is null where it is not shown (a child's bubble, domain rule 2). `held` tells
    its author why nobody else sees it yet; `conversation` is the viewer's own conversation from
    it, if they have replied; `answers` only the author sees.
    """

    id: Id
    title: str
    text: str
    interests: list[str]
    symbol: str
    picture: Id | None
    author: str
    municipality: MunicipalityCode | None
    created_at: Milliseconds
    edited_at: Milliseconds | None
    state: Literal["open", "closed", "held"]
    mine: bool
    conversation: Id | None = None
    answers: int | None = None
    held: str | None = None


class BubblePage(Struct, frozen=True):
    """Bubbles, newest first; `next` is given back as `before` to read on, null at the end."""

    bubbles: list[Bubble]
    next: str | None


class Count(Struct, frozen=True):
    """How many there are that the viewer may see; 1,000 means that many or more."""

    count: int


class Picture(Struct, frozen=True, omit_defaults=True):
    """An uploaded picture, re-encoded.

    `description`, in a message: what it shows, in the sender's words, for those who do not see it.
    """

    id: Id
    width: int
    height: int
    description: str = ""


ReactionKind = Literal["heart", "thumbs_up", "laugh", "surprise", "sad", "thanks"]

QUOTED_CHARACTERS = 140


class Reaction(Struct, frozen=True):
    """Who reacted to a message in one way, by rising member number; never nobody."""

    kind: ReactionKind
    members: list[int]


class Quote(Struct, frozen=True, omit_defaults=True):
    """The message that another answers, as it is now: the first 140 characters of its text.

    `text` is empty and `deleted` true when it was deleted.
    """

    seq: Seq
    sender: int
    text: str
    picture: bool = False
    deleted: bool = False


class Message(Struct, frozen=True, omit_defaults=True):
    """A message as it is now. `sender` is a member number of the conversation.

    `ordinal` counts messages only. `text` is empty and `deleted` true when it was deleted; the
    number stays (G4). `changed_seq` is the entry that changed it last, 0 if none did: of two
    states of a message the one with the higher is the later.
    """

    seq: Seq
    ordinal: int
    sender: int
    client_id: ClientId
    sent_at: Milliseconds
    text: str
    edited_at: Milliseconds | None = None
    deleted: bool = False
    changed_seq: int = 0
    quote: Quote | None = None
    picture: Picture | None = None
    reactions: list[Reaction] = []
    pinned: bool = False


# Kinds will be added: a client that reads them as text goes on when it meets a new one.
EntryKind = Annotated[
    str,
    Meta(
        extra_json_schema={
            "enum": [
                "message",
                "origin_closed",
                "message_edited",
                "message_deleted",
                "message_reacted",
                "message_pinned",
                "call_started",
                "call_ended",
                "member_joined",
                "member_left",
            ]
        }
    ),
]


class Entry(Struct, frozen=True, omit_defaults=True):
    """One numbered entry of a conversation.

    `message`, in history: the message, when the kind is message. In a resume also for the kinds
    that change a message: that message as it is now, whose own seq is `target`. `by` is the
    member who changed it; `message_reacted` and `message_pinned` tell of both on and off.
    `origin_closed`: the author has closed the bubble; the conversation itself goes on.
    `call_started` (`by` a member) and `call_ended` frame a call; `call_ended` has a `by` too when
    nobody answered whoever called. `member_joined` and `member_left`: `by` came to those who were
    there from the beginning, or went while the others go on.
    """

    seq: Seq
    kind: EntryKind
    at: Milliseconds
    message: Message | None = None
    by: int = 0
    target: int = 0


class Member(Struct, frozen=True):
    """One who takes part, under an alias, by a number that means something only here."""

    number: int
    alias: str
    role: Literal["author", "replier", "citizen", "volunteer", "coordinator"]
    me: bool
    delivered_seq: Seq
    read_seq: Seq


class Origin(Struct, frozen=True):
    """What a conversation came from, as it was last seen; it may be `not_found` by now."""

    kind: Literal["bubble", "snaksammen"]
    id: Id
    title: str
    symbol: str


class Own(Struct, frozen=True):
    """One's own side of a conversation; the others never see it.

    `muted_until`: no notices until then; 2**53 - 1 for ever, null if not muted. `archived` ends
    with the next message, `marked_unread` when one reads. `draft` is empty when there is none.
    """

    muted_until: Milliseconds | None = None
    archived: bool = False
    marked_unread: bool = False
    draft: str = ""


class Conversation(Struct, frozen=True):
    """A conversation (*samtale*) as one of its members sees it.

    `unread` counts others' messages after one's read mark that were not deleted; 1,000 means that
    many or more. `pinned` are at most 20, by rising seq. `missed_call`: the member who called in
    vain, if nothing was said and nobody called since; else 0.
    """

    id: Id
    kind: Literal["bubble", "snaksammen"]
    origin: Origin
    members: list[Member]
    first_seq: Seq
    last_seq: Seq
    last_ordinal: int
    unread: int
    last_message: Message | None
    updated_at: Milliseconds
    closed: bool
    own: Own = Own()
    pinned: list[Message] = []
    missed_call: int = 0


class ConversationPage(Struct, frozen=True):
    """Conversations, the latest changed first; `cursor` is where live events go on from."""

    conversations: list[Conversation]
    next: str | None
    cursor: Cursor


class History(Struct, frozen=True):
    """Entries in rising order, messages in their current state; `more` in the asked direction."""

    entries: list[Entry]
    more: bool


class Found(Struct, frozen=True):
    """A message that was searched for: where its words stand in the text, as [start, length].

    Counted in Unicode code points.
    """

    conversation: Id
    message: Message
    highlights: list[tuple[int, int]]


class FoundPage(Struct, frozen=True):
    """What was found, conversation by conversation, newest first.

    Only so much is looked through at once: `next` is given back as `before` to look on, also when
    nothing was found yet; null at the end.
    """

    found: list[Found]
    next: str | None


class Change(Struct, frozen=True):
    """The entry by which a message was changed; what it was already is changed by no new one.

    The message itself comes with the event, to this socket too.
    """

    conversation: Id
    seq: Seq


class Presence(Struct, frozen=True):
    """Who is here now, of those who show it: member numbers."""

    conversation: Id
    members: list[int]


class Presences(Struct, frozen=True):
    """Who is here, in each conversation that was asked for and may be seen."""

    conversations: list[Presence]


class Sent(Struct, frozen=True):
    """The ack of a message: it is in synced storage (G1). `duplicate` when it was there (G3)."""

    conversation: Id
    seq: Seq
    ordinal: int
    sent_at: Milliseconds
    duplicate: bool = False
