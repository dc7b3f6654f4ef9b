"""Calls: what is asked for and told about them. Signalling passes the server, media never do.

The words are those of WebRTC (RFC 8829): a description is an SDP offer or answer, a candidate an
ICE candidate (RFC 8839).
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from protocol.requests import Request
from protocol.resources import Id, Milliseconds

DESCRIPTION_CHARACTERS = 16_384
CANDIDATE_CHARACTERS = 512
CANDIDATES = 20
"""Candidates in one batch."""

Medium = Literal["video", "voice", "text"]
EndReason = Literal["declined", "cancelled", "unanswered", "failed", "lost", "left", "over"]
Device = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-z_-]{8,40}(?!\n)$",
        description="What a page calls itself while it is in a call: random, made once.",
    ),
]
MemberNumber = Annotated[int, Meta(ge=1, le=1_000)]


class Description(Struct, frozen=True, forbid_unknown_fields=True):
    """An SDP offer or answer. The server takes every address out of it."""

    type: Literal["offer", "answer"]
    sdp: Annotated[str, Meta(min_length=1, max_length=DESCRIPTION_CHARACTERS)]


class Candidate(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An ICE candidate; an empty one says that there are no more.

    The server lets pass only those of the relay, unless all in the call have chosen otherwise.
    """

    candidate: Annotated[str, Meta(max_length=CANDIDATE_CHARACTERS)]
    mid: Annotated[str, Meta(max_length=16)] | None = None
    line: Annotated[int, Meta(ge=0, le=100)] | None = None


# --- what is asked for ----------------------------------------------------------------------------


class StartCall(Request, frozen=True):
    """Call the others in a conversation; if a call is on already, join it.

    `direct`: let the others learn one's address, if they let one learn theirs.
    """

    conversation: Id
    device: Device
    media: Medium = "video"
    direct: bool = False


class JoinCall(Request, frozen=True):
    """Answer a call, or come back to it. `take_over`: go on here rather than at another device."""

    call: Id
    device: Device
    media: Medium = "video"
    direct: bool = False
    take_over: bool = False


class SignalCall(Request, frozen=True):
    """Hand a description, candidates, or both to another one in the call, by member number."""

    call: Id
    device: Device
    to: MemberNumber
    description: Description | None = None
    candidates: Annotated[tuple[Candidate, ...], Meta(max_length=CANDIDATES)] = ()


class ChangeCall(Request, frozen=True):
    """Go on by video, voice or text; say whether media flow. What is left out stays."""

    call: Id
    device: Device
    media: Medium | None = None
    connected: bool | None = None


class LeaveCall(Request, frozen=True):
    """Leave, with the way back open for a while. Without `device`: decline what rings."""

    call: Id
    device: Device | None = None


class OneCall(Request, frozen=True):
    """Name a call that one is in."""

    call: Id
    device: Device


class ExtendCall(Request, frozen=True):
    """Ask for five more minutes, or take that back; they are given once all ask."""

    call: Id
    device: Device
    wants: bool = True


# --- what is told ---------------------------------------------------------------------------------


class CallParty(Struct, frozen=True):
    """One who is in a call, by member number.

    `connected`: media flow, as their device sees it. `device` changes when they go on elsewhere.
    """

    member: int
    device: str
    media: Medium
    connected: bool
    wants_more: bool


class Call(Struct, frozen=True):
    """A call as it is now; all times by the server's clock.

    `version` rises with every change: of two states the one with the higher is the later.
    `expires_at`: when the present state does (it rings, connects or changes no longer), null for
    an active one. `warned` once it ends soon; at `ends_at` one says goodbye, at `closes_at` it is
    over. `direct` when all have chosen to let the others learn their address.
    """

    id: Id
    conversation: Id
    version: int
    state: Literal["ringing", "connecting", "active", "changing", "ended"]
    started_by: int
    started_at: Milliseconds
    parties: list[CallParty]
    server_time: Milliseconds
    expires_at: Milliseconds | None = None
    ends_at: Milliseconds | None = None
    closes_at: Milliseconds | None = None
    warned: bool = False
    extensions: int = 0
    direct: bool = False
    ended_at: Milliseconds | None = None
    reason: EndReason | None = None


class CurrentCall(Struct, frozen=True):
    """The call that is on in a conversation; null when there is none."""

    call: Call | None


class IceServer(Struct, frozen=True, omit_defaults=True):
    """A server for ICE, as `RTCPeerConnection` takes it."""

    urls: list[str]
    username: str = ""
    credential: str = ""


class Ice(Struct, frozen=True):
    """How media may travel, and the credentials for it, good until `expires_at`: renew them before.

    By the relay only; directly, if all chose so; or, in a demo without a relay, on this machine.
    """

    mode: Literal["relay", "direct", "loopback"]
    servers: list[IceServer]
    expires_at: Milliseconds


class Joined(Struct, frozen=True):
    """One is in the call: what it looks like, and how media may travel."""

    call: Call
    ice: Ice


class CallStarted(Struct, frozen=True):
    """A member has started a call."""

    at: Milliseconds
    by: int


class CallEnded(Struct, frozen=True):
    """The call is over; `by`: the member who called in vain, 0 when it was answered."""

    at: Milliseconds
    by: int = 0


class Signal(Struct, frozen=True, omit_defaults=True):
    """A description or candidates from another one in the call; `to` names the device meant."""

    call: Id
    by: int
    device: str
    to: str
    description: Description | None = None
    candidates: tuple[Candidate, ...] = ()
