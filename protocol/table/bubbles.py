"""Operations of municipalities and bubbles."""

from msgspec import Struct

from protocol import requests as ask
from protocol import resources as res
from protocol.operation import Access, Operation


class Municipalities(Struct, frozen=True):
    """All 98, by code."""

    municipalities: list[res.Municipality]


class Interests(Struct, frozen=True):
    """All there are, in the order in which they are shown."""

    interests: list[res.Interest]


ROWS = (
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
)
