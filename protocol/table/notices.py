"""Operations of notifications: what one is told of, and where one is reached."""

from protocol import notices as wire
from protocol import requests as ask
from protocol import resources as res
from protocol.operation import Access, Operation

ROWS = (
    Operation(
        "notice_settings.get",
        "What one is told of on which channels, the quiet hours, and where one is reached.",
        ask.Nothing,
        wire.NoticeSettings,
        Access.ACCOUNT,
        "GET",
        "/api/v1/notice-settings",
    ),
    Operation(
        "notice_settings.update",
        "Choose what one is told of; what is not given stays.",
        wire.UpdateNoticeSettings,
        wire.NoticeSettings,
        Access.ACCOUNT,
        "PATCH",
        "/api/v1/notice-settings",
    ),
    Operation(
        "push.subscribe",
        "Let this browser take Web Push until its session ends.",
        wire.SubscribePush,
        wire.PushSubscription,
        Access.ACCOUNT,
        "POST",
        "/api/v1/push-subscriptions",
        status=201,
    ),
    Operation(
        "push.unsubscribe",
        "End one of one's own subscriptions. Doing it twice is kind.",
        wire.UnsubscribePush,
        res.Empty,
        Access.ACCOUNT,
        "DELETE",
        "/api/v1/push-subscriptions/{subscription}",
    ),
    Operation(
        "phone.change",
        "Ask for notices at a telephone number; a code goes to it by SMS.",
        wire.ChangePhone,
        res.Empty,
        Access.ACCOUNT,
        "POST",
        "/api/v1/phone",
        status=202,
    ),
    Operation(
        "phone.confirm",
        "Confirm a telephone number by the code that came to it.",
        wire.ConfirmPhone,
        res.Empty,
        Access.ACCOUNT,
        "POST",
        "/api/v1/phone/confirm",
    ),
    Operation(
        "phone.remove",
        "Let no notice go to one's telephone number, and forget it.",
        ask.Nothing,
        res.Empty,
        Access.ACCOUNT,
        "DELETE",
        "/api/v1/phone",
    ),
)
