"""What a client asks for: one type a request, used over HTTP and the socket alike.

Unknown fields are refused by name. Over HTTP a field stands in the path, the query or the JSON
body; over the socket all stand in `data`.
"""

import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from protocol.errors import Language
from protocol.resources import (
    DESCRIPTION_CHARACTERS,
    Alias,
    ClientId,
    Cursor,
    Email,
    Id,
    MessageText,
    Milliseconds,
    MunicipalityCode,
    Password,
    ReactionKind,
    Seq,
)

Token = Annotated[str, Meta(min_length=20, max_length=100)]
Title = Annotated[str, Meta(min_length=3, max_length=80)]
BubbleText = Annotated[str, Meta(min_length=10, max_length=2000)]
Slug = Annotated[str, Meta(pattern=r"^[a-z]{2,20}(?!\n)$")]
Symbol = Annotated[str, Meta(min_length=1, max_length=8, description="One emoji.")]
PageLimit = Annotated[int, Meta(ge=1, le=100)]
HistoryLimit = Annotated[int, Meta(ge=1, le=200)]


class Request(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of every request.

    What is at its default is not said: a server of the version before may not know the field.
    """


class Nothing(Request, frozen=True):
    """A request without input."""


class RegisterAccount(Request, frozen=True):
    """Ask for an account. The answer is the same whether or not the address is known."""

    email: Email
    password: Password
    alias: Alias
    born: datetime.date
    municipality: MunicipalityCode
    language: Language = "da"
    parent_email: Email | None = None


class UseToken(Request, frozen=True):
    """Follow a link from a mail."""

    token: Token


class LogIn(Request, frozen=True):
    """Start a session: a cookie for a browser, a bearer token for an app."""

    email: Email
    password: Password
    kind: Literal["browser", "app"] = "browser"
    device: Annotated[str, Meta(max_length=80)] = ""


class EndSession(Request, frozen=True):
    """Log one device out."""

    session: Id


class ChangePassword(Request, frozen=True):
    """Change the password; every other session ends."""

    current: Password
    password: Password


class ForgotPassword(Request, frozen=True):
    """Ask for a link to choose a new password. The answer never tells whether it was sent."""

    email: Email


class ResetPassword(Request, frozen=True):
    """Choose a new password by the link; every session ends."""

    token: Token
    password: Password


class UpdateAccount(Request, frozen=True):
    """Change what is given, leave the rest."""

    alias: Alias | UnsetType = UNSET
    municipality: MunicipalityCode | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    read_receipts: bool | UnsetType = UNSET
    presence: bool | UnsetType = UNSET


class ChangeEmail(Request, frozen=True):
    """Ask for another address; it counts once its link is followed."""

    email: Email
    password: Password


class PostBubble(Request, frozen=True):
    """Post a bubble; others see it once it is screened (domain rule 4)."""

    title: Title
    text: BubbleText
    interests: Annotated[list[Slug], Meta(max_length=5)] = []
    symbol: Symbol = "🫧"
    picture: Id | None = None


class EditBubble(Request, frozen=True):
    """Change what is given, leave the rest; it is screened again."""

    bubble: Id
    title: Title | UnsetType = UNSET
    text: BubbleText | UnsetType = UNSET
    interests: Annotated[list[Slug], Meta(max_length=5)] | UnsetType = UNSET
    symbol: Symbol | UnsetType = UNSET
    picture: Id | UnsetType | None = UNSET


class OneBubble(Request, frozen=True):
    """Name a bubble."""

    bubble: Id


class ListBubbles(Request, frozen=True):
    """Bubbles the viewer may see, newest first, narrowed by what is given.

    `query` searches title, text and interests by Danish word stems; every word must match.
    """

    interest: Slug | None = None
    municipality: MunicipalityCode | None = None
    query: Annotated[str, Meta(max_length=200)] | None = None
    mine: bool = False
    before: Annotated[str, Meta(max_length=40)] | None = None
    limit: PageLimit = 30


class CountBubbles(Request, frozen=True):
    """Count open bubbles that the viewer may see, narrowed by what is given."""

    interest: Slug | None = None
    municipality: MunicipalityCode | None = None
    query: Annotated[str, Meta(max_length=200)] | None = None


class ReplyToBubble(Request, frozen=True):
    """Write to the author of a bubble; the first reply opens the conversation."""

    bubble: Id
    client_id: ClientId
    text: MessageText


class OnePicture(Request, frozen=True):
    """Name a picture."""

    picture: Id


class ListConversations(Request, frozen=True):
    """One's conversations, the latest changed first."""

    before: Annotated[str, Meta(max_length=40)] | None = None
    limit: PageLimit = 50


class OneConversation(Request, frozen=True):
    """Name a conversation."""

    conversation: Id


class SendMessage(Request, frozen=True):
    """Send a message. Resend with the same client_id as often as needed (G3).

    `reply_to` is the message that it answers. With a picture, uploaded for a message, the text may
    be empty; `description` says what the picture shows.
    """

    conversation: Id
    client_id: ClientId
    text: Annotated[str, Meta(max_length=4000)]
    reply_to: Seq | None = None
    picture: Id | None = None
    description: Annotated[str, Meta(max_length=DESCRIPTION_CHARACTERS)] = ""


class OneMessage(Request, frozen=True):
    """Name a message."""

    conversation: Id
    seq: Seq


class EditMessage(Request, frozen=True):
    """Give one's own message another text."""

    conversation: Id
    seq: Seq
    text: MessageText


class React(Request, frozen=True):
    """React to a message, or take it back: once of a kind for each person."""

    conversation: Id
    seq: Seq
    reaction: ReactionKind


class SearchMessages(Request, frozen=True):
    """Look for words in one's own conversations, or in one; by Danish stems, all must be there."""

    query: Annotated[str, Meta(min_length=2, max_length=200)]
    conversation: Id | None = None
    before: Annotated[str, Meta(max_length=80)] | None = None
    limit: PageLimit = 30


class UpdateConversation(Request, frozen=True):
    """Change one's own side of a conversation: what is given; leave the rest."""

    conversation: Id
    muted_until: Milliseconds | UnsetType | None = UNSET
    archived: bool | UnsetType = UNSET
    marked_unread: bool | UnsetType = UNSET


class SaveDraft(Request, frozen=True):
    """Keep what one is writing, for all of one's devices; the last one counts. Empty: none."""

    conversation: Id
    text: Annotated[str, Meta(max_length=4000)]


class FetchHistory(Request, frozen=True):
    """Entries before or after a seq, around one, or from a moment on; without any, the newest.

    At most one of the four. `around` gives half of `limit` before it, and the rest from it on.
    """

    conversation: Id
    before: Seq | None = None
    after: Seq | None = None
    around: Seq | None = None
    since: Milliseconds | None = None
    limit: HistoryLimit = 50


class MarkRead(Request, frozen=True):
    """Everything up to and including `seq` is read; a lower number than before changes nothing."""

    conversation: Id
    seq: Seq


class MarkDelivered(Request, frozen=True):
    """Everything up to and including `seq` has arrived here; a lower number changes nothing."""

    conversation: Id
    seq: Seq


class StartTyping(Request, frozen=True):
    """Tell the others that one is writing, or needs a moment to think; once in three seconds."""

    conversation: Id
    doing: Literal["writing", "thinking"] = "writing"


class WatchPresence(Request, frozen=True):
    """Hear of who comes and goes in these conversations, instead of those named before.

    Name only what is on screen.
    """

    conversations: Annotated[list[Id], Meta(max_length=20)]


class CreateBlock(Request, frozen=True):
    """Block the other in a conversation, or the author of a bubble: give one of the two."""

    conversation: Id | None = None
    bubble: Id | None = None


class ListBlocks(Request, frozen=True):
    """One's blocks, newest first."""

    before: Annotated[str, Meta(max_length=40)] | None = None
    limit: PageLimit = 100


class LiftBlock(Request, frozen=True):
    """Name a block to lift."""

    block: Id


class Authenticate(Request, frozen=True):
    """The first frame of a socket that came without a cookie or bearer token."""

    token: Token


class Resume(Request, frozen=True):
    """Ask for everything since the cursor."""

    cursor: Cursor
