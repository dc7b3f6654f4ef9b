"""What comes out of the client's state: things for the shell to do, and things to tell."""

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from protocol.messages import Changed, ErrorBody
from protocol.resources import Change, Sent


@dataclass(frozen=True, slots=True)
class Open:
    """Open a socket, then say `opened`, or `closed` if it cannot be."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a text frame."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the socket and forget it: nothing more of it is to be said."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened. Entries come in order of seq and once each, live or by resume."""

    name: str
    data: Struct
    conversation: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Resync:
    """More was missed than a resume gives: read a fresh snapshot (`conversation.list`)."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Everything missed in a conversation, or a page of it, has been told: it stands so now."""

    changed: Changed


@dataclass(frozen=True, slots=True)
class Arrived:
    """The server knows that everything up to `seq` has arrived here: one's own mark stands there.

    The others hear of it by an event; the socket that said so does not.
    """

    conversation: str
    seq: int


@dataclass(frozen=True, slots=True)
class Acked:
    """A message is stored (G1)."""

    client_id: str
    sent: Sent


@dataclass(frozen=True, slots=True)
class Refused:
    """A message was refused for good."""

    client_id: str
    error: ErrorBody


@dataclass(frozen=True, slots=True)
class Done:
    """A change of a message is done, or was refused for good."""

    change_id: int
    reply: Change | ErrorBody


@dataclass(frozen=True, slots=True)
class Answered:
    """A command has its reply: data, an error, or None when it was lost with its connection."""

    command_id: int
    reply: Struct | ErrorBody | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The server wants this client no longer, or not before it logs in."""

    behaviour: Literal["stop", "log_in"]
    code: int


Happening = Event | Resync

Told = Happening | CaughtUp | Arrived

Effect = Open | Send | Drop | Told | Acked | Refused | Done | Answered | Stopped
