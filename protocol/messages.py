"""The frames of the socket: command, reply and event, and the class of every event.

A command has exactly one reply, with its id; an event has none. The commands themselves are rows
of `protocol.operations`, shared with HTTP.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from protocol.calls import Call, CallEnded, CallStarted, Signal
from protocol.errors import Then
from protocol.resources import (
    Account,
    Cursor,
    Empty,
    Entry,
    Id,
    Message,
    Milliseconds,
    Own,
    Seq,
)
from protocol.talks import OfferMade, TalkChanged
from protocol.volunteering import SnakRole

SUBPROTOCOL = "samtale.v1"
VERSION = 1

CommandId = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class CommandFrame(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a client sends; without an id nobody waits for the answer."""

    id: CommandId | UnsetType = UNSET
    command: str
    data: Raw = Raw(b"{}")


class ErrorBody(Struct, frozen=True, omit_defaults=True):
    """An error on the wire; `code` is a key of `protocol.errors.ERRORS`."""

    code: str
    message: str
    then: Then
    retry_after_ms: int | None = None
    field: str | None = None


class Problem(Struct, frozen=True):
    """The JSON body of an HTTP answer that refuses."""

    error: ErrorBody


class ReplyFrame(Struct, frozen=True, omit_defaults=True):
    """The one answer to a command. Either `data` (ok) or `error` (not ok) is given.

    A command without an id is answered only if it is refused: then `id` is null, and `command` says
    which command it was.
    """

    id: CommandId | None
    ok: bool
    data: Any = None
    error: ErrorBody | None = None
    command: str | None = None


class EventClass(StrEnum):
    """How an event is numbered, kept and resumed; every event type is declared as one."""

    CONNECTION = "connection"  # about this socket only; not kept
    ENTRY = "entry"  # seq 1..n in its conversation; kept; resumed (G2, G4, G5)
    POSITION = "position"  # one monotone number a member, last wins; in the snapshot on resume
    ACCOUNT = "account"  # numbered by account_seq; only this account's devices; resumed
    EPHEMERAL = "ephemeral"  # of one conversation; not kept, may be shed
    NUDGE = "nudge"  # says which snapshot to read again; not kept, may be shed


class Hello(Struct, frozen=True):
    """The first event of every authenticated socket: all a client must know to go on.

    `reconnect_spread_ms`: after a loss that nobody announced, come back at a random moment within
    this time, if it is longer than one's own back-off: so many are connected. `roles`: what one is
    to SnakSammen besides a citizen. `calls_in`: the kinds of conversations that can be
    called in. `ids_optional`: a command may come without an id, if nobody waits for its answer.
    """

    version: int
    server_time: Milliseconds
    session: Id
    account: Account
    cursor: Cursor
    epoch: str
    heartbeat_ms: int
    limits: dict[str, int]
    commands: list[str]
    reconnect_spread_ms: int = 0
    roles: list[SnakRole] = []
    calls_in: list[str] = []
    ids_optional: bool = False


class OriginClosed(Struct, frozen=True):
    """The author has closed the bubble that the conversation came from."""

    at: Milliseconds


class MemberJoined(Struct, frozen=True):
    """One more takes part, by member number; the conversation tells who."""

    at: Milliseconds
    by: int


class MemberLeft(Struct, frozen=True):
    """One takes part no more, and the others go on."""

    at: Milliseconds
    by: int


class Position(Struct, frozen=True):
    """How far a member has received and read; both only rise."""

    member: int
    delivered_seq: Seq
    read_seq: Seq


class MessageChange(Struct, frozen=True):
    """A member has changed a message: the message as it is now."""

    by: int
    at: Milliseconds
    message: Message


class Typing(Struct, frozen=True):
    """A member is writing or thinking, for the next six seconds unless a message comes first."""

    member: int
    doing: Literal["writing", "thinking"] = "writing"


class TypingStopped(Struct, frozen=True):
    """A member writes no more."""

    member: int


class PresenceChanged(Struct, frozen=True):
    """A member has come, or has been gone for half a minute."""

    member: int
    here: bool


class Draining(Struct, frozen=True):
    """The server will stop: reconnect after a random part of `spread_ms`."""

    spread_ms: int


class Busy(Struct, frozen=True):
    """Too many come at once: come back after `retry_after_ms`, which is one's place in line."""

    retry_after_ms: Milliseconds


class EventType(Struct, frozen=True):
    """One row of the table of events."""

    name: str
    event_class: EventClass
    data: type[Struct]
    summary: str


EVENTS: dict[str, EventType] = {
    row.name: row
    for row in (
        EventType("hello", EventClass.CONNECTION, Hello, "The socket is authenticated."),
        EventType(
            "server.draining", EventClass.CONNECTION, Draining, "The server is about to stop."
        ),
        EventType(
            "server.busy", EventClass.CONNECTION, Busy, "Not now: the socket closes with 4101."
        ),
        EventType(
            "message.created", EventClass.ENTRY, Message, "A message is stored and numbered."
        ),
        EventType("message.edited", EventClass.ENTRY, MessageChange, "A message has another text."),
        EventType("message.deleted", EventClass.ENTRY, MessageChange, "A message was taken back."),
        EventType(
            "message.reacted",
            EventClass.ENTRY,
            MessageChange,
            "Someone reacted to a message, or took it back.",
        ),
        EventType(
            "message.pinned", EventClass.ENTRY, MessageChange, "A message was pinned, or unpinned."
        ),
        EventType(
            "origin.closed", EventClass.ENTRY, OriginClosed, "The bubble was closed by its author."
        ),
        EventType(
            "member.joined",
            EventClass.ENTRY,
            MemberJoined,
            "One more takes part: read the conversation for who it is.",
        ),
        EventType(
            "member.left", EventClass.ENTRY, MemberLeft, "One has left, and the others go on."
        ),
        EventType("call.started", EventClass.ENTRY, CallStarted, "A member has started a call."),
        EventType("call.ended", EventClass.ENTRY, CallEnded, "The call is over."),
        EventType("call.changed", EventClass.EPHEMERAL, Call, "A call looks like this now."),
        EventType(
            "call.signalled",
            EventClass.EPHEMERAL,
            Signal,
            "Another one in the call hands over a description or candidates.",
        ),
        EventType(
            "position.moved", EventClass.POSITION, Position, "A member has read or received more."
        ),
        EventType(
            "account.changed", EventClass.ACCOUNT, Account, "One's own account looks like this now."
        ),
        EventType(
            "blocks.changed", EventClass.ACCOUNT, Empty, "One's blocks changed: list them anew."
        ),
        EventType(
            "conversation.changed",
            EventClass.ACCOUNT,
            Own,
            "One's own side of a conversation looks like this now.",
        ),
        EventType(
            "conversation.left", EventClass.ACCOUNT, Empty, "One has left: forget the conversation."
        ),
        EventType("talk.changed", EventClass.NUDGE, TalkChanged, "Read the talk again."),
        EventType("line.changed", EventClass.NUDGE, Empty, "Read one's place in line again."),
        EventType("duty.changed", EventClass.NUDGE, Empty, "Read one's duty and offers again."),
        EventType("offer.made", EventClass.NUDGE, OfferMade, "Someone waits to talk now."),
        EventType("typing.started", EventClass.EPHEMERAL, Typing, "A member is writing."),
        EventType(
            "typing.stopped", EventClass.EPHEMERAL, TypingStopped, "A member writes no more."
        ),
        EventType(
            "presence.changed", EventClass.EPHEMERAL, PresenceChanged, "A member came or went."
        ),
    )
}


class EventFrame(Struct, frozen=True, omit_defaults=True):
    """What the server sends unasked.

    `conversation` and `seq` stand on entries, `conversation` on positions and typing,
    `account_seq` on account entries; `cursor` on everything that is resumed.
    """

    event: str
    conversation: Id | None = None
    seq: int | None = None
    account_seq: int | None = None
    cursor: Cursor | None = None
    data: Any = None


class Changed(Struct, frozen=True):
    """What one conversation missed: its entries in rising order, and its members' positions.

    `opened` when the conversation is new since the cursor: read it whole.
    """

    conversation: Id
    entries: list[Entry]
    positions: list[Position]
    last_seq: Seq
    last_ordinal: int
    unread: int
    own: Own = Own()
    opened: bool = False


class Resumed(Struct, frozen=True):
    """Everything missed since the cursor, or its first page: go on from `cursor` if `more`.

    `account` is one's own account if it changed, `blocks` whether one's blocks did; `left` are the
    conversations that one has left, on another device.
    """

    conversations: list[Changed]
    account: Account | None
    cursor: Cursor
    more: bool
    blocks: bool = False
    left: list[Id] = []


class AnyFrame(Struct, frozen=True):
    """How a client tells a reply from an event before it looks closer."""

    id: CommandId | None = None
    command: str | None = None
    ok: bool | None = None
    event: str | None = None
    conversation: Id | None = None
    seq: int | None = None
    account_seq: int | None = None
    cursor: Cursor | None = None
    data: Raw = Raw(b"null")
    error: ErrorBody | None = None
