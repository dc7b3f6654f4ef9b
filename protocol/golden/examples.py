"""One typed example of every command, reply and HTTP body; those of events are in `events`.

The golden frames, the examples in OpenAPI and AsyncAPI and those at `/docs` are all made from
these. Anna and Bo talk over Bo's bubble about a walk in the woods.
"""

import datetime

from msgspec import Struct
from msgspec.structs import replace

from protocol import calls, notices
from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused
from protocol.golden import snaksammen
from protocol.messages import (
    Changed,
    Position,
    Resumed,
)
from protocol.operations import (
    Interests,
    Municipalities,
    Sessions,
    SocketTicket,
)

NOON = 1_795_262_400_000  # 21 November 2026, 12:00 UTC
MINUTE, DAY = 60_000, 86_400_000
AFTER = NOON + 3 * MINUTE

ANNA, BO = 2, 1  # their member numbers
ACCOUNT_ID = "019d2f0c5a0e1001"
SESSION_ID = "019d2f0c5b1f2002"
BUBBLE_ID = "019d2f0c5c203003"
CONVERSATION_ID, LEFT_ID = "019d2f0c5d314004", "019d2f0c5d314007"
PICTURE_ID = "019d2f0c5e425005"
BLOCK_ID = "019d2f0c5f536006"
SUBSCRIPTION_ID = "019d2f0c6ab47007"
CLIENT_ID_BO = "019d2f0c-5f53-7abc-8def-0123456789ab"
CLIENT_ID_ANNA = "019d2f0c-6064-7abc-8def-0123456789ab"
CLIENT_ID_ANSWER = "019d2f0c-7175-7abc-8def-0123456789ab"
TOKEN = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"  # noqa: S105 — an example, opens nothing
CURSOR, LATER_CURSOR = "7f3a-29", "7f3a-2b"
FOR_EVER = 2**53 - 1

SUBSCRIPTION = notices.PushSubscription(SUBSCRIPTION_ID, "fcm.googleapis.com", current=True)
NOTICE_SETTINGS = notices.NoticeSettings(
    choices=[
        notices.NoticeChoice("answer", "mail", on=True),
        notices.NoticeChoice("answer", "push", on=True),
        notices.NoticeChoice("unread", "sms", on=True),
        notices.NoticeChoice("talk_soon", "mail", on=True, fixed=True),
    ],
    quiet=notices.QuietHours(start=22 * 60, until=7 * 60),
    channels=["mail", "sms", "push"],
    phone="•• •• •• 56",
    push_key=(
        "BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U"
    ),
    subscriptions=[SUBSCRIPTION],
)

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
PICTURE = res.Picture(PICTURE_ID, 1280, 960, "En bænk under et stort bøgetræ")
ANSWER = res.Message(
    seq=4,
    ordinal=3,
    sender=ANNA,
    client_id=CLIENT_ID_ANSWER,
    sent_at=NOON + 2 * MINUTE,
    text="Ja! Jeg står ved denne bænk.",
    quote=res.Quote(FROM_BO.seq, BO, FROM_BO.text),
    picture=PICTURE,
)
EDITED = replace(ANSWER, text="Ja! Jeg sidder på denne bænk.", edited_at=AFTER, changed_seq=5)
REACTED = replace(EDITED, changed_seq=6, reactions=[res.Reaction("heart", [BO])])
PINNED = replace(REACTED, changed_seq=7, pinned=True)
TAKEN_BACK = replace(FROM_ANNA, text="", deleted=True, changed_seq=8)
ENTRIES = [
    res.Entry(1, "message", FROM_ANNA.sent_at, TAKEN_BACK),
    res.Entry(2, "message", FROM_BO.sent_at, FROM_BO),
    res.Entry(3, "origin_closed", NOON + MINUTE),
    res.Entry(4, "message", ANSWER.sent_at, PINNED),
]
CHANGES = [
    res.Entry(5, "message_edited", AFTER, by=ANNA, target=4),
    res.Entry(6, "message_reacted", AFTER, by=BO, target=4),
    res.Entry(7, "message_pinned", AFTER, by=BO, target=4),
    res.Entry(8, "message_deleted", AFTER, by=ANNA, target=1),
]
NOW = {4: PINNED, 1: TAKEN_BACK}
OWN = res.Own(muted_until=FOR_EVER, draft="Skal jeg tage")
CONVERSATION = res.Conversation(
    id=CONVERSATION_ID,
    kind="bubble",
    origin=res.Origin("bubble", BUBBLE_ID, BUBBLE.title, BUBBLE.symbol),
    members=[
        res.Member(BO, "Bo", "author", me=False, delivered_seq=8, read_seq=7),
        res.Member(ANNA, "Anna fra Ballerup", "replier", me=True, delivered_seq=8, read_seq=1),
    ],
    first_seq=1,
    last_seq=8,
    last_ordinal=3,
    unread=1,
    last_message=PINNED,
    updated_at=AFTER,
    closed=False,
    own=OWN,
    pinned=[PINNED],
)
BLOCK = res.Block(BLOCK_ID, "Bo", NOON)
SENT = res.Sent(CONVERSATION_ID, seq=4, ordinal=3, sent_at=ANSWER.sent_at)
FOUND = res.FoundPage([res.Found(CONVERSATION_ID, PINNED, [(24, 4)])], next=None)
PRESENCE = res.Presence(CONVERSATION_ID, [BO])
SESSION = res.Session(SESSION_ID, NOON + 30 * DAY, ACCOUNT, token=TOKEN)

CALL_ID = "019d2f0c60647008"
DEVICE_ANNA, DEVICE_BO = "annas-phone-1f2e3d", "bos-computer-4c5b6a"
CALL = calls.Call(
    id=CALL_ID,
    conversation=CONVERSATION_ID,
    version=4,
    state="active",
    started_by=ANNA,
    started_at=NOON,
    parties=[
        calls.CallParty(BO, DEVICE_BO, "video", connected=True, wants_more=False),
        calls.CallParty(ANNA, DEVICE_ANNA, "voice", connected=True, wants_more=True),
    ],
    server_time=NOON + 2 * MINUTE,
    ends_at=NOON + 15 * MINUTE,
    closes_at=NOON + 15 * MINUTE + 30_000,
)
ICE = calls.Ice(
    "relay",
    [
        calls.IceServer(
            ["turn:turn.example.dk:3478?transport=udp", "turns:turn.example.dk:443"],
            f"{NOON // 1_000 + 600}:{CALL_ID}-2",
            "h4oG6uJ0vE2mSa3Xk9dQwYb1R7c=",
        )
    ],
    NOON + 10 * MINUTE,
)
OFFER = calls.Description(
    "offer",
    "v=0\r\no=- 46117314 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\n",
)
CANDIDATE = calls.Candidate(
    "candidate:1 1 udp 41885695 203.0.113.7 49170 typ relay raddr 0.0.0.0 rport 0", mid="0", line=0
)

REQUESTS: dict[str, ask.Request] = {
    **snaksammen.REQUESTS,
    "account.register": ask.RegisterAccount(
        email="anna@example.dk",
        password="en lang og sjov sætning",  # noqa: S106 — an example, opens nothing
        alias="Anna fra Ballerup",
        born=datetime.date(1960, 5, 1),
        municipality=151,
    ),
    "account.confirm": ask.UseToken(TOKEN),
    "account.get": ask.Nothing(),
    "account.update": ask.UpdateAccount(
        alias="Anna", language="en", read_receipts=True, presence=True
    ),
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
    "history.fetch": ask.FetchHistory(CONVERSATION_ID, around=4, limit=50),
    "message.send": ask.SendMessage(
        CONVERSATION_ID,
        CLIENT_ID_ANSWER,
        ANSWER.text,
        reply_to=FROM_BO.seq,
        picture=PICTURE_ID,
        description=PICTURE.description,
    ),
    "message.edit": ask.EditMessage(CONVERSATION_ID, ANSWER.seq, EDITED.text),
    "message.delete": ask.OneMessage(CONVERSATION_ID, FROM_ANNA.seq),
    "reaction.add": ask.React(CONVERSATION_ID, ANSWER.seq, "heart"),
    "reaction.remove": ask.React(CONVERSATION_ID, ANSWER.seq, "heart"),
    "message.pin": ask.OneMessage(CONVERSATION_ID, ANSWER.seq),
    "message.unpin": ask.OneMessage(CONVERSATION_ID, ANSWER.seq),
    "message.search": ask.SearchMessages("bænke", conversation=CONVERSATION_ID, limit=20),
    "conversation.read": ask.MarkRead(CONVERSATION_ID, 8),
    "conversation.delivered": ask.MarkDelivered(CONVERSATION_ID, 8),
    "conversation.update": ask.UpdateConversation(CONVERSATION_ID, muted_until=FOR_EVER),
    "conversation.leave": ask.OneConversation(CONVERSATION_ID),
    "draft.save": ask.SaveDraft(CONVERSATION_ID, OWN.draft),
    "typing.start": ask.StartTyping(CONVERSATION_ID, "thinking"),
    "typing.stop": ask.OneConversation(CONVERSATION_ID),
    "presence.get": ask.OneConversation(CONVERSATION_ID),
    "presence.watch": ask.WatchPresence([CONVERSATION_ID]),
    "call.start": calls.StartCall(CONVERSATION_ID, DEVICE_ANNA, "voice"),
    "call.join": calls.JoinCall(CALL_ID, DEVICE_ANNA, "voice", take_over=True),
    "call.get": ask.OneConversation(CONVERSATION_ID),
    "call.signal": calls.SignalCall(CALL_ID, DEVICE_ANNA, BO, OFFER, (CANDIDATE,)),
    "call.renew": calls.OneCall(CALL_ID, DEVICE_ANNA),
    "call.media": calls.ChangeCall(CALL_ID, DEVICE_ANNA, "voice", connected=True),
    "call.extend": calls.ExtendCall(CALL_ID, DEVICE_ANNA),
    "call.leave": calls.LeaveCall(CALL_ID, DEVICE_ANNA),
    "call.end": calls.OneCall(CALL_ID, DEVICE_ANNA),
    "notice_settings.get": ask.Nothing(),
    "notice_settings.update": notices.UpdateNoticeSettings(
        choices=[notices.OneChoice("unread", "sms", on=True)],
        quiet=notices.QuietHours(start=22 * 60, until=7 * 60),
    ),
    "push.subscribe": notices.SubscribePush(
        "https://fcm.googleapis.com/fcm/send/dQw4:APA91b",
        "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
        "tBHItJI5svbpez7KI4CCXg",
    ),
    "push.unsubscribe": notices.UnsubscribePush(SUBSCRIPTION_ID),
    "phone.change": notices.ChangePhone("20 12 34 56"),
    "phone.confirm": notices.ConfirmPhone("271828"),
    "phone.remove": ask.Nothing(),
    "block.create": ask.CreateBlock(conversation=CONVERSATION_ID),
    "block.list": ask.ListBlocks(limit=20),
    "block.lift": ask.LiftBlock(BLOCK_ID),
    "session.authenticate": ask.Authenticate(TOKEN),
    "session.resume": ask.Resume(CURSOR),
}

REPLIES: dict[str, Struct] = {
    **snaksammen.REPLIES,
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
    "history.fetch": res.History([*ENTRIES, *CHANGES], more=False),
    "message.send": SENT,
    "message.edit": res.Change(CONVERSATION_ID, 5),
    "message.delete": res.Change(CONVERSATION_ID, 8),
    "reaction.add": res.Change(CONVERSATION_ID, 6),
    "reaction.remove": res.Change(CONVERSATION_ID, 9),
    "message.pin": res.Change(CONVERSATION_ID, 7),
    "message.unpin": res.Change(CONVERSATION_ID, 9),
    "message.search": FOUND,
    "conversation.read": res.Empty(),
    "conversation.delivered": res.Empty(),
    "conversation.update": OWN,
    "conversation.leave": res.Empty(),
    "draft.save": OWN,
    "typing.start": res.Empty(),
    "typing.stop": res.Empty(),
    "presence.get": PRESENCE,
    "presence.watch": res.Presences([PRESENCE]),
    "call.start": calls.Joined(CALL, ICE),
    "call.join": calls.Joined(CALL, ICE),
    "call.get": calls.CurrentCall(CALL),
    "call.signal": res.Empty(),
    "call.renew": ICE,
    "call.media": CALL,
    "call.extend": CALL,
    "call.leave": CALL,
    "call.end": CALL,
    "notice_settings.get": NOTICE_SETTINGS,
    "notice_settings.update": NOTICE_SETTINGS,
    "push.subscribe": SUBSCRIPTION,
    "push.unsubscribe": res.Empty(),
    "phone.change": res.Empty(),
    "phone.confirm": res.Empty(),
    "phone.remove": res.Empty(),
    "block.create": BLOCK,
    "block.list": res.BlockPage([BLOCK], next=None),
    "block.lift": res.Empty(),
    "session.authenticate": res.Empty(),
    "session.resume": Resumed(
        conversations=[
            Changed(
                conversation=CONVERSATION_ID,
                entries=[*ENTRIES[1:], *(replace(row, message=NOW[row.target]) for row in CHANGES)],
                positions=[Position(BO, 8, 7), Position(ANNA, 8, 1)],
                last_seq=8,
                last_ordinal=3,
                unread=1,
                own=OWN,
            )
        ],
        account=None,
        cursor=LATER_CURSOR,
        more=False,
        left=[LEFT_ID],
    ),
}

REFUSALS: dict[str, Refused] = {
    "bad_json": Refused("bad_json"),
    "invalid_field": Refused("invalid_field", field="text"),
    "not_found": Refused("not_found"),
    "rate_limited": Refused("rate_limited", retry_after_ms=2_000),
    "resync_required": Refused("resync_required"),
}
