"""One typed example of every event, from the life of Anna and Bo."""

from protocol import calls
from protocol import resources as res
from protocol.golden import snaksammen
from protocol.golden.examples import (
    ACCOUNT,
    AFTER,
    ANNA,
    BO,
    CALL,
    CALL_ID,
    CANDIDATE,
    CONVERSATION_ID,
    CURSOR,
    DEVICE_ANNA,
    DEVICE_BO,
    EDITED,
    FROM_BO,
    LATER_CURSOR,
    LEFT_ID,
    MINUTE,
    NOON,
    OFFER,
    OWN,
    PINNED,
    REACTED,
    SESSION_ID,
    TAKEN_BACK,
)
from protocol.messages import (
    Busy,
    Draining,
    EventFrame,
    Hello,
    MemberJoined,
    MemberLeft,
    MessageChange,
    OriginClosed,
    Position,
    PresenceChanged,
    Typing,
    TypingStopped,
)
from protocol.operations import COMMANDS


def _change(event: str, seq: int, by: int, message: res.Message) -> EventFrame:
    data = MessageChange(by, AFTER, message)
    return EventFrame(event, CONVERSATION_ID, seq=seq, cursor=LATER_CURSOR, data=data)


EVENTS_SEEN: dict[str, EventFrame] = snaksammen.EVENTS_SEEN | {
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
                roles=["volunteer"],
                calls_in=["snaksammen"],
                ids_optional=True,
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
        _change("message.edited", 5, ANNA, EDITED),
        _change("message.reacted", 6, BO, REACTED),
        _change("message.pinned", 7, BO, PINNED),
        _change("message.deleted", 8, ANNA, TAKEN_BACK),
        EventFrame(
            "call.started",
            CONVERSATION_ID,
            seq=9,
            cursor=LATER_CURSOR,
            data=calls.CallStarted(NOON, ANNA),
        ),
        EventFrame(
            "call.ended", CONVERSATION_ID, seq=10, cursor=LATER_CURSOR, data=calls.CallEnded(AFTER)
        ),
        EventFrame(
            "member.joined",
            CONVERSATION_ID,
            seq=11,
            cursor=LATER_CURSOR,
            data=MemberJoined(AFTER, 3),
        ),
        EventFrame(
            "member.left", CONVERSATION_ID, seq=12, cursor=LATER_CURSOR, data=MemberLeft(AFTER, 3)
        ),
        EventFrame("call.changed", CONVERSATION_ID, data=CALL),
        EventFrame(
            "call.signalled",
            CONVERSATION_ID,
            data=calls.Signal(CALL_ID, BO, DEVICE_BO, DEVICE_ANNA, OFFER, (CANDIDATE,)),
        ),
        EventFrame("position.moved", CONVERSATION_ID, cursor=LATER_CURSOR, data=Position(BO, 8, 7)),
        EventFrame("account.changed", account_seq=4, cursor=LATER_CURSOR, data=ACCOUNT),
        EventFrame("blocks.changed", account_seq=5, cursor=LATER_CURSOR, data=res.Empty()),
        EventFrame("conversation.changed", CONVERSATION_ID, cursor=LATER_CURSOR, data=OWN),
        EventFrame("conversation.left", LEFT_ID, cursor=LATER_CURSOR, data=res.Empty()),
        EventFrame("typing.started", CONVERSATION_ID, data=Typing(BO, "thinking")),
        EventFrame("typing.stopped", CONVERSATION_ID, data=TypingStopped(BO)),
        EventFrame("presence.changed", CONVERSATION_ID, data=PresenceChanged(BO, here=True)),
    )
}
