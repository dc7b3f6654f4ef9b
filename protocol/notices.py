"""Notifications: what someone is told of, on which channels, and where they are reached."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from protocol.requests import Request
from protocol.resources import Id

NoticeKind = Literal["answer", "unread", "reminder", "booking", "talk_soon", "offer", "alert"]
Channel = Literal["mail", "sms", "push"]
Minute = Annotated[
    int, Meta(ge=0, lt=1440, description="A minute of the day in Copenhagen: 1320 is 22.00.")
]
PhoneNumber = Annotated[
    str,
    Meta(min_length=4, max_length=40, description="As people write it; Danish without a country."),
]


class NoticeChoice(Struct, frozen=True):
    """Whether one is told of a kind on a channel; `fixed` where one cannot choose.

    `answer`: the first message of a conversation. `unread`: later ones, told of once until one has
    read. `reminder`: how to widen a bubble. `booking`: a talk booked, moved or cancelled.
    `talk_soon`: a talk begins. `offer`: to volunteers on duty, someone waits. `alert`: to
    coordinators.
    """

    kind: NoticeKind
    channel: Channel
    on: bool
    fixed: bool = False


class QuietHours(Struct, frozen=True, forbid_unknown_fields=True):
    """When nothing makes a sound but what is of use only at once; over midnight or not."""

    start: Minute
    until: Minute


class NoticeSettings(Struct, frozen=True):
    """What one has chosen, and how one can be reached.

    `channels`: those this server sends on. `phone`: the end of one's confirmed number.
    `push_key`: the server's public key, with which a browser subscribes (RFC 8292), if it does Web
    Push. `subscriptions`: where one's browsers are reached.
    """

    choices: list[NoticeChoice]
    quiet: QuietHours | None
    channels: list[Channel]
    phone: str | None
    push_key: str | None
    subscriptions: list["PushSubscription"]


class PushSubscription(Struct, frozen=True):
    """A browser of one's own that takes Web Push; `current`: it belongs to this session."""

    id: Id
    service: str
    current: bool


class OneChoice(Struct, frozen=True, forbid_unknown_fields=True):
    """Choose whether one is told of a kind on a channel."""

    kind: NoticeKind
    channel: Channel
    on: bool


class UpdateNoticeSettings(Request, frozen=True):
    """Change what is given, leave the rest. `quiet` null: no quiet hours."""

    choices: Annotated[list[OneChoice], Meta(max_length=40)] | UnsetType = UNSET
    quiet: QuietHours | UnsetType | None = UNSET


class SubscribePush(Request, frozen=True):
    """What a browser's `PushSubscription.toJSON()` gives; it ends with the session."""

    endpoint: Annotated[str, Meta(max_length=2048)]
    p256dh: Annotated[str, Meta(max_length=200)]
    auth: Annotated[str, Meta(max_length=100)]


class UnsubscribePush(Request, frozen=True):
    """End a browser's subscription; one that is not there is no error."""

    subscription: Id


class ChangePhone(Request, frozen=True):
    """Ask for another telephone number; a code goes to it."""

    phone: PhoneNumber


class ConfirmPhone(Request, frozen=True):
    """The code that came by SMS."""

    code: Annotated[str, Meta(min_length=1, max_length=20)]
