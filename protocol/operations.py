"""THE PUBLISHED TABLE: every operation, its request, reply, HTTP place, and whether a socket may.

`chat.routes` binds each to one use case; OpenAPI, AsyncAPI, `hello` and the clients are made from
it. An operation is named `noun.verb`.
"""

from enum import StrEnum

from msgspec import Struct

from protocol import requests as ask
from protocol import resources as res
from protocol.messages import Resumed


class Access(StrEnum):
    """Who may call."""

    PUBLIC = "public"  # anyone
    ACCOUNT = "account"  # an account with a session, active or not
    ACTIVE = "active"  # an account that is confirmed, consented to and not suspended
    CONNECTION = "connection"  # a socket that has not authenticated yet


class Operation(Struct, frozen=True):
    """One row. `method` and `path` are empty for what only a socket can do."""

    name: str
    summary: str
    request: type[ask.Request]
    reply: type[Struct]
    access: Access
    method: str = ""
    path: str = ""
    socket: bool = False
    status: int = 200


class Municipalities(Struct, frozen=True):
    """All 98, by code."""

    municipalities: list[res.Municipality]


class Interests(Struct, frozen=True):
    """All there are, in the order in which they are shown."""

    interests: list[res.Interest]


class Sessions(Struct, frozen=True):
    """Where the account is logged in, the latest used first."""

    sessions: list[res.SessionSummary]


class SocketTicket(Struct, frozen=True):
    """Good for one socket within 30 seconds, as the token of `session.authenticate`."""

    ticket: str


OPERATIONS: dict[str, Operation] = {
    row.name: row
    for row in (
        # accounts
        Operation(
            "account.register",
            "Ask for an account; a link to confirm it goes to the address.",
            ask.RegisterAccount,
            res.Empty,
            Access.PUBLIC,
            "POST",
            "/api/v1/accounts",
            status=202,
        ),
        Operation(
            "account.confirm",
            "Confirm an address by the link in the mail (a new account's, or a changed address).",
            ask.UseToken,
            res.Empty,
            Access.PUBLIC,
            "POST",
            "/api/v1/accounts/confirm",
        ),
        Operation(
            "account.get",
            "One's own account.",
            ask.Nothing,
            res.Account,
            Access.ACCOUNT,
            "GET",
            "/api/v1/account",
            socket=True,
        ),
        Operation(
            "account.update",
            "Change alias, municipality or language.",
            ask.UpdateAccount,
            res.Account,
            Access.ACCOUNT,
            "PATCH",
            "/api/v1/account",
        ),
        Operation(
            "email.change",
            "Ask for another address; a link goes there, a notice to the old one.",
            ask.ChangeEmail,
            res.Empty,
            Access.ACCOUNT,
            "POST",
            "/api/v1/account/email",
            status=202,
        ),
        Operation(
            "password.change",
            "Change the password; every other session ends.",
            ask.ChangePassword,
            res.Empty,
            Access.ACCOUNT,
            "POST",
            "/api/v1/account/password",
        ),
        Operation(
            "password.forgot",
            "Ask for a link to choose a new password.",
            ask.ForgotPassword,
            res.Empty,
            Access.PUBLIC,
            "POST",
            "/api/v1/password-resets",
            status=202,
        ),
        Operation(
            "password.reset",
            "Choose a new password by the link; every session ends.",
            ask.ResetPassword,
            res.Empty,
            Access.PUBLIC,
            "POST",
            "/api/v1/password-resets/confirm",
        ),
        Operation(
            "consent.show",
            "What a parent is asked, by the link in the mail.",
            ask.UseToken,
            res.Consent,
            Access.PUBLIC,
            "POST",
            "/api/v1/consents/show",
        ),
        Operation(
            "consent.give",
            "A parent consents.",
            ask.UseToken,
            res.Consent,
            Access.PUBLIC,
            "POST",
            "/api/v1/consents/give",
        ),
        Operation(
            "consent.withdraw",
            "A parent withdraws consent; sending stops at once.",
            ask.UseToken,
            res.Consent,
            Access.PUBLIC,
            "POST",
            "/api/v1/consents/withdraw",
        ),
        Operation(
            "session.create",
            "Log in.",
            ask.LogIn,
            res.Session,
            Access.PUBLIC,
            "POST",
            "/api/v1/sessions",
            status=201,
        ),
        Operation(
            "session.list",
            "Where one is logged in.",
            ask.Nothing,
            Sessions,
            Access.ACCOUNT,
            "GET",
            "/api/v1/sessions",
        ),
        Operation(
            "session.end",
            "Log out here.",
            ask.Nothing,
            res.Empty,
            Access.ACCOUNT,
            "DELETE",
            "/api/v1/sessions/current",
        ),
        Operation(
            "session.end_one",
            "Log one device out.",
            ask.EndSession,
            res.Empty,
            Access.ACCOUNT,
            "DELETE",
            "/api/v1/sessions/{session}",
        ),
        Operation(
            "session.end_all",
            "Log out everywhere.",
            ask.Nothing,
            res.Empty,
            Access.ACCOUNT,
            "DELETE",
            "/api/v1/sessions",
        ),
        Operation(
            "socket_ticket.create",
            "A ticket for a socket, where neither cookie nor header can be sent.",
            ask.Nothing,
            SocketTicket,
            Access.ACCOUNT,
            "POST",
            "/api/v1/socket-tickets",
            status=201,
        ),
        # municipalities and bubbles
        Operation(
            "municipality.list",
            "All municipalities, and which subscribe today.",
            ask.Nothing,
            Municipalities,
            Access.PUBLIC,
            "GET",
            "/api/v1/municipalities",
        ),
        Operation(
            "interest.list",
            "What a bubble can be about.",
            ask.Nothing,
            Interests,
            Access.PUBLIC,
            "GET",
            "/api/v1/interests",
        ),
        Operation(
            "bubble.post",
            "Post a bubble.",
            ask.PostBubble,
            res.Bubble,
            Access.ACTIVE,
            "POST",
            "/api/v1/bubbles",
            status=201,
        ),
        Operation(
            "bubble.list",
            "Bubbles one may see: all, one's own, by interest or municipality, or by words.",
            ask.ListBubbles,
            res.BubblePage,
            Access.ACTIVE,
            "GET",
            "/api/v1/bubbles",
        ),
        Operation(
            "bubble.count",
            "How many open bubbles one may see.",
            ask.CountBubbles,
            res.Count,
            Access.ACTIVE,
            "GET",
            "/api/v1/bubbles/count",
        ),
        Operation(
            "bubble.get",
            "One bubble.",
            ask.OneBubble,
            res.Bubble,
            Access.ACTIVE,
            "GET",
            "/api/v1/bubbles/{bubble}",
        ),
        Operation(
            "bubble.edit",
            "Change one's own bubble.",
            ask.EditBubble,
            res.Bubble,
            Access.ACTIVE,
            "PATCH",
            "/api/v1/bubbles/{bubble}",
        ),
        Operation(
            "bubble.close",
            "I have found someone: close one's own bubble, and tell those who wait.",
            ask.OneBubble,
            res.Bubble,
            Access.ACTIVE,
            "POST",
            "/api/v1/bubbles/{bubble}/close",
        ),
        Operation(
            "bubble.reply",
            "Write to the author; the first reply opens the conversation.",
            ask.ReplyToBubble,
            res.Sent,
            Access.ACCOUNT,
            "POST",
            "/api/v1/bubbles/{bubble}/replies",
            socket=True,
            status=201,
        ),
        # conversations. Who may not write is refused by the store, which answers resends first:
        # the first ack stands, though one was suspended since (G3).
        Operation(
            "conversation.list",
            "One's conversations, the latest changed first.",
            ask.ListConversations,
            res.ConversationPage,
            Access.ACCOUNT,
            "GET",
            "/api/v1/conversations",
            socket=True,
        ),
        Operation(
            "conversation.get",
            "One conversation.",
            ask.OneConversation,
            res.Conversation,
            Access.ACCOUNT,
            "GET",
            "/api/v1/conversations/{conversation}",
            socket=True,
        ),
        Operation(
            "history.fetch",
            "Entries of a conversation, in either direction.",
            ask.FetchHistory,
            res.History,
            Access.ACCOUNT,
            "GET",
            "/api/v1/conversations/{conversation}/entries",
            socket=True,
        ),
        Operation(
            "message.send",
            "Send a message; the answer means that it is in synced storage (G1).",
            ask.SendMessage,
            res.Sent,
            Access.ACCOUNT,
            "POST",
            "/api/v1/conversations/{conversation}/messages",
            socket=True,
            status=201,
        ),
        Operation(
            "message.edit",
            "Give one's own message another text; all see that it was edited.",
            ask.EditMessage,
            res.Change,
            Access.ACTIVE,
            "PATCH",
            "/api/v1/conversations/{conversation}/messages/{seq}",
            socket=True,
        ),
        Operation(
            "message.delete",
            "Take one's own message back, everywhere; its number stays.",
            ask.OneMessage,
            res.Change,
            Access.ACTIVE,
            "DELETE",
            "/api/v1/conversations/{conversation}/messages/{seq}",
            socket=True,
        ),
        Operation(
            "reaction.add",
            "React to a message.",
            ask.React,
            res.Change,
            Access.ACTIVE,
            "PUT",
            "/api/v1/conversations/{conversation}/messages/{seq}/reactions/{reaction}",
            socket=True,
        ),
        Operation(
            "reaction.remove",
            "Take a reaction back.",
            ask.React,
            res.Change,
            Access.ACTIVE,
            "DELETE",
            "/api/v1/conversations/{conversation}/messages/{seq}/reactions/{reaction}",
            socket=True,
        ),
        Operation(
            "message.pin",
            "Pin a message, for everyone in the conversation; at most 20.",
            ask.OneMessage,
            res.Change,
            Access.ACTIVE,
            "PUT",
            "/api/v1/conversations/{conversation}/messages/{seq}/pin",
            socket=True,
        ),
        Operation(
            "message.unpin",
            "Unpin a message.",
            ask.OneMessage,
            res.Change,
            Access.ACTIVE,
            "DELETE",
            "/api/v1/conversations/{conversation}/messages/{seq}/pin",
            socket=True,
        ),
        Operation(
            "message.search",
            "Look for words in one's own conversations.",
            ask.SearchMessages,
            res.FoundPage,
            Access.ACCOUNT,
            "GET",
            "/api/v1/messages",
            socket=True,
        ),
        Operation(
            "conversation.read",
            "Mark everything up to a seq as read.",
            ask.MarkRead,
            res.Empty,
            Access.ACCOUNT,
            "POST",
            "/api/v1/conversations/{conversation}/read",
            socket=True,
        ),
        Operation(
            "conversation.delivered",
            "Mark everything up to a seq as having arrived.",
            ask.MarkDelivered,
            res.Empty,
            Access.ACCOUNT,
            "POST",
            "/api/v1/conversations/{conversation}/delivered",
            socket=True,
        ),
        Operation(
            "conversation.update",
            "Mute, archive, or mark as unread, for oneself.",
            ask.UpdateConversation,
            res.Own,
            Access.ACCOUNT,
            "PATCH",
            "/api/v1/conversations/{conversation}",
            socket=True,
        ),
        Operation(
            "conversation.leave",
            "Leave for good; for the other it is closed, as it is for many reasons.",
            ask.OneConversation,
            res.Empty,
            Access.ACCOUNT,
            "POST",
            "/api/v1/conversations/{conversation}/leave",
            socket=True,
        ),
        Operation(
            "draft.save",
            "Keep what one is writing, for all of one's devices.",
            ask.SaveDraft,
            res.Own,
            Access.ACCOUNT,
            "PUT",
            "/api/v1/conversations/{conversation}/draft",
            socket=True,
        ),
        Operation(
            "typing.start",
            "Tell the others that one is writing, or needs a moment to think.",
            ask.StartTyping,
            res.Empty,
            Access.ACTIVE,
            "POST",
            "/api/v1/conversations/{conversation}/typing",
            socket=True,
        ),
        Operation(
            "typing.stop",
            "Tell the others that one writes no more.",
            ask.OneConversation,
            res.Empty,
            Access.ACTIVE,
            "DELETE",
            "/api/v1/conversations/{conversation}/typing",
            socket=True,
        ),
        Operation(
            "presence.get",
            "Who is here now, in one conversation; only if both show it.",
            ask.OneConversation,
            res.Presence,
            Access.ACTIVE,
            "GET",
            "/api/v1/conversations/{conversation}/presence",
            socket=True,
        ),
        Operation(
            "presence.watch",
            "Who is here now, and from now on, in the conversations on screen.",
            ask.WatchPresence,
            res.Presences,
            Access.ACTIVE,
            socket=True,
        ),
        # safety
        Operation(
            "block.create",
            "Block someone, both ways and at once; they are not told. Doing it twice is kind.",
            ask.CreateBlock,
            res.Block,
            Access.ACCOUNT,
            "POST",
            "/api/v1/blocks",
            status=201,
        ),
        Operation(
            "block.list",
            "Whom one has blocked.",
            ask.ListBlocks,
            res.BlockPage,
            Access.ACCOUNT,
            "GET",
            "/api/v1/blocks",
        ),
        Operation(
            "block.lift",
            "Lift a block.",
            ask.LiftBlock,
            res.Empty,
            Access.ACCOUNT,
            "DELETE",
            "/api/v1/blocks/{block}",
        ),
        # the socket itself
        Operation(
            "session.authenticate",
            "Authenticate a socket by its first frame; hello follows.",
            ask.Authenticate,
            res.Empty,
            Access.CONNECTION,
            socket=True,
        ),
        Operation(
            "session.resume",
            "Everything missed since a cursor, in every conversation, new ones included (G5).",
            ask.Resume,
            Resumed,
            Access.ACCOUNT,
            socket=True,
        ),
    )
}

COMMANDS = sorted(row.name for row in OPERATIONS.values() if row.socket)
