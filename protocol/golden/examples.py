"""One typed example of every command, reply, event and HTTP body.

The golden frames, the examples in OpenAPI and AsyncAPI and those at `/docs` are all made from
these. Anna and Bo talk over Bo's bubble about a walk in the woods.
"""

import datetime

from msgspec import Struct

from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused
from protocol.messages import (
    Busy,
    Changed,
    Draining,
    EventFrame,
    Hello,
    OriginClosed,
    Position,
    Resumed,
    Typing,
)
from protocol.operations import (
    COMMANDS,
    Interests,
    Municipalities,
    Sessions,
    SocketTicket,
)

NOON = 1_795_262_400_000  # 21 November 2026, 12:00 UTC
MINUTE, DAY = 60_000, 86_400_000

ANNA, BO = 2, 1  # their member numbers
ACCOUNT_ID = "019d2f0c5a0e1001"
SESSION_ID = "019d2f0c5b1f2002"
BUBBLE_ID = "019d2f0c5c203003"
CONVERSATION_ID = "019d2f0c5d314004"
PICTURE_ID = "019d2f0c5e425005"
BLOCK_ID = "019d2f0c5f536006"
CLIENT_ID_BO = "019d2f0c-5f53-7abc-8def-0123456789ab"
CLIENT_ID_ANNA = "019d2f0c-6064-7abc-8def-0123456789ab"
TOKEN = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"  # noqa: S105 — an example, opens nothing
CURSOR, LATER_CURSOR = "7f3a-29", "7f3a-2b"

ACCOUNT = res.Account(
    id=ACCOUNT_ID,
    email="anna@example.dk",
    alias="Anna fra Ballerup",
    born=datetime.date(1960, 5, 1),
    municipality=151,
    language="da",
    state="active",
)
BUBBLE = res.Bubble(
    id=BUBBLE_ID,
    title="Gåtur i skoven",
    text="Jeg går en tur hver torsdag og vil gerne følges med en.",
    interests=["natur"],
    symbol="🌲",
    picture=None,
    author="Bo",
    municipality=163,
    created_at=NOON - DAY,
    edited_at=None,
    state="open",
    mine=False,
    conversation=CONVERSATION_ID,
)
FROM_ANNA = res.Message(
    seq=1,
    ordinal=1,
    sender=ANNA,
    client_id=CLIENT_ID_ANNA,
    sent_at=NOON - MINUTE,
    text="Hej Bo, må jeg gå med?",
)
FROM_BO = res.Message(
    seq=2,
    ordinal=2,
    sender=BO,
    client_id=CLIENT_ID_BO,
    sent_at=NOON,
    text="Hej Anna, meget gerne! Torsdag kl. 10?",
)
ENTRIES = [
    res.Entry(1, "message", FROM_ANNA.sent_at, FROM_ANNA),
    res.Entry(2, "message", FROM_BO.sent_at, FROM_BO),
    res.Entry(3, "origin_closed", NOON + MINUTE),
]
CONVERSATION = res.Conversation(
    id=CONVERSATION_ID,
    kind="bubble",
    origin=res.Origin("bubble", BUBBLE_ID, BUBBLE.title, BUBBLE.symbol),
    members=[
        res.Member(BO, "Bo", "author", me=False, delivered_seq=2, read_seq=2),
        res.Member(ANNA, "Anna fra Ballerup", "replier", me=True, delivered_seq=2, read_seq=1),
    ],
    first_seq=1,
    last_seq=2,
    last_ordinal=2,
    unread=1,
    last_message=FROM_BO,
    updated_at=NOON,
    closed=False,
)
BLOCK = res.Block(BLOCK_ID, "Bo", NOON)
SENT = res.Sent(CONVERSATION_ID, seq=3, ordinal=3, sent_at=NOON + MINUTE)
SESSION = res.Session(SESSION_ID, NOON + 30 * DAY, ACCOUNT, token=TOKEN)

REQUESTS: dict[str, ask.Request] = {
    "account.register": ask.RegisterAccount(
        email="anna@example.dk",
        password="en lang og sjov sætning",  # noqa: S106 — an example, opens nothing
        alias="Anna fra Ballerup",
        born=datetime.date(1960, 5, 1),
        municipality=151,
    ),
    "account.confirm": ask.UseToken(TOKEN),
    "account.get": ask.Nothing(),
    "account.update": ask.UpdateAccount(alias="Anna", language="en"),
    "email.change": ask.ChangeEmail("anna.ny@example.dk", "en lang og sjov sætning"),
    "password.change": ask.ChangePassword("en lang og sjov sætning", "en endnu længere sætning"),
    "password.forgot": ask.ForgotPassword("anna@example.dk"),
    "password.reset": ask.ResetPassword(TOKEN, "en endnu længere sætning"),
    "consent.show": ask.UseToken(TOKEN),
    "consent.give": ask.UseToken(TOKEN),
    "consent.withdraw": ask.UseToken(TOKEN),
    "session.create": ask.LogIn(
        "anna@example.dk", "en lang og sjov sætning", kind="app", device="Annas telefon"
    ),
    "session.list": ask.Nothing(),
    "session.end": ask.Nothing(),
    "session.end_one": ask.EndSession(SESSION_ID),
    "session.end_all": ask.Nothing(),
    "socket_ticket.create": ask.Nothing(),
    "municipality.list": ask.Nothing(),
    "interest.list": ask.Nothing(),
    "bubble.post": ask.PostBubble(
        title=BUBBLE.title, text=BUBBLE.text, interests=["natur"], symbol="🌲"
    ),
    "bubble.list": ask.ListBubbles(interest="natur", municipality=163, limit=10),
    "bubble.count": ask.CountBubbles(interest="natur"),
    "bubble.get": ask.OneBubble(BUBBLE_ID),
    "bubble.edit": ask.EditBubble(BUBBLE_ID, title="Gåtur i skoven om torsdagen"),
    "bubble.close": ask.OneBubble(BUBBLE_ID),
    "bubble.reply": ask.ReplyToBubble(BUBBLE_ID, CLIENT_ID_ANNA, FROM_ANNA.text),
    "conversation.list": ask.ListConversations(limit=20),
    "conversation.get": ask.OneConversation(CONVERSATION_ID),
    "history.fetch": ask.FetchHistory(CONVERSATION_ID, after=0, limit=50),
    "message.send": ask.SendMessage(
        CONVERSATION_ID, CLIENT_ID_BO, "Hej Anna, meget gerne! Torsdag kl. 10?"
    ),
    "conversation.read": ask.MarkRead(CONVERSATION_ID, 2),
    "typing.start": ask.StartTyping(CONVERSATION_ID),
    "block.create": ask.CreateBlock(conversation=CONVERSATION_ID),
    "block.list": ask.ListBlocks(limit=20),
    "block.lift": ask.LiftBlock(BLOCK_ID),
    "session.authenticate": ask.Authenticate(TOKEN),
    "session.resume": ask.Resume(CURSOR),
}

REPLIES: dict[str, Struct] = {
    "account.register": res.Empty(),
    "account.confirm": res.Empty(),
    "account.get": ACCOUNT,
    "account.update": ACCOUNT,
    "email.change": res.Empty(),
    "password.change": res.Empty(),
    "password.forgot": res.Empty(),
    "password.reset": res.Empty(),
    "consent.show": res.Consent("Liva", "asked"),
    "consent.give": res.Consent("Liva", "given"),
    "consent.withdraw": res.Consent("Liva", "withdrawn"),
    "session.create": SESSION,
    "session.list": Sessions(
        [
            res.SessionSummary(
                SESSION_ID, NOON - DAY, NOON, NOON + 29 * DAY, "Annas telefon", current=True
            )
        ]
    ),
    "session.end": res.Empty(),
    "session.end_one": res.Empty(),
    "session.end_all": res.Empty(),
    "socket_ticket.create": SocketTicket(TOKEN),
    "municipality.list": Municipalities(
        [res.Municipality(151, "Ballerup", "Hovedstaden", subscribes=True)]
    ),
    "interest.list": Interests([res.Interest("natur", "Natur og gåture", "Nature walks", "🌲")]),
    "bubble.post": BUBBLE,
    "bubble.list": res.BubblePage([BUBBLE], next=None),
    "bubble.count": res.Count(12),
    "bubble.get": BUBBLE,
    "bubble.edit": BUBBLE,
    "bubble.close": BUBBLE,
    "bubble.reply": res.Sent(CONVERSATION_ID, seq=1, ordinal=1, sent_at=NOON - MINUTE),
    "conversation.list": res.ConversationPage([CONVERSATION], next=None, cursor=CURSOR),
    "conversation.get": CONVERSATION,
    "history.fetch": res.History(ENTRIES, more=False),
    "message.send": SENT,
    "conversation.read": res.Empty(),
    "typing.start": res.Empty(),
    "block.create": BLOCK,
    "block.list": res.BlockPage([BLOCK], next=None),
    "block.lift": res.Empty(),
    "session.authenticate": res.Empty(),
    "session.resume": Resumed(
        conversations=[
            Changed(
                conversation=CONVERSATION_ID,
                entries=ENTRIES[1:],
                positions=[Position(BO, 2, 2), Position(ANNA, 2, 1)],
                last_seq=3,
                last_ordinal=2,
                unread=1,
            )
        ],
        account=None,
        cursor=LATER_CURSOR,
        more=False,
    ),
}

EVENTS_SEEN: dict[str, EventFrame] = {
    frame.event: frame
    for frame in (
        EventFrame(
            "hello",
            data=Hello(
                version=1,
                server_time=NOON,
                session=SESSION_ID,
                account=ACCOUNT,
                cursor=CURSOR,
                epoch="7f3a",
                heartbeat_ms=25_000,
                limits={"frame_bytes": 49_152, "text_code_points": 4_000},
                commands=COMMANDS,
            ),
        ),
        EventFrame("server.draining", data=Draining(5_000)),
        EventFrame("server.busy", data=Busy(3_200)),
        EventFrame("message.created", CONVERSATION_ID, seq=2, cursor=LATER_CURSOR, data=FROM_BO),
        EventFrame(
            "origin.closed",
            CONVERSATION_ID,
            seq=3,
            cursor=LATER_CURSOR,
            data=OriginClosed(NOON + MINUTE),
        ),
        EventFrame("position.moved", CONVERSATION_ID, cursor=LATER_CURSOR, data=Position(BO, 2, 2)),
        EventFrame("account.changed", account_seq=4, cursor=LATER_CURSOR, data=ACCOUNT),
        EventFrame("blocks.changed", account_seq=5, cursor=LATER_CURSOR, data=res.Empty()),
        EventFrame("typing.started", CONVERSATION_ID, data=Typing(BO)),
    )
}

REFUSALS: dict[str, Refused] = {
    "bad_json": Refused("bad_json"),
    "invalid_field": Refused("invalid_field", field="text"),
    "not_found": Refused("not_found"),
    "rate_limited": Refused("rate_limited", retry_after_ms=2_000),
    "resync_required": Refused("resync_required"),
}
