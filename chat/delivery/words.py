"""Makes of a notice what its channel carries: a mail, an SMS or a push message. Pure."""

import json
from collections.abc import Callable, Mapping

from chat.delivery import letters, model, short
from chat.delivery.carrier import SMS, Mail, Push
from chat.delivery.model import Channel, Notice, Waiting

LONGEST_TTL_S = 24 * 3_600
"""How long a push service may keep a message for a browser that is away."""


def check(notice: Notice) -> None:
    """Check that a notice can be put into words.

    Raises `KeyError` when they do not exist or miss a param.
    """
    compose = letters.compose if notice.channel == "mail" else short.compose
    compose(notice.kind, notice.language, notice.params)


def mail(notice: Waiting, now: int) -> Mail:
    """Write a mail. Raises `KeyError`."""
    content = letters.compose(notice.kind, notice.language, notice.params)
    return Mail(
        notice.id,
        notice.created_at,
        notice.address,
        content.subject,
        content.text,
        content.html,
        notice.params.get("calendar", ""),
    )


def sms(notice: Waiting, now: int) -> SMS:
    """Write an SMS. Raises `KeyError`."""
    text = short.as_sms(notice.kind, notice.language, notice.params)
    return SMS(notice.id, notice.address, text)


def push(notice: Waiting, now: int) -> Push:
    """Write a push message: what the service worker of the web client reads. Raises `KeyError`."""
    words = short.compose(notice.kind, notice.language, notice.params)
    topic = model.topic(notice)
    body = {
        "title": words.title,
        "line": words.line,
        "link": notice.params.get("link", "/"),
        "tag": topic,
        "language": notice.language,
    }
    ttl = LONGEST_TTL_S
    if notice.expires_at is not None:
        ttl = max(0, min(ttl, (notice.expires_at - now) // 1000))
    return Push(
        notice.address,
        json.dumps(body, ensure_ascii=False).encode(),
        topic,
        notice.kind in model.URGENT,
        ttl,
    )


Compose = Callable[[Waiting, int], Mail | SMS | Push]

COMPOSE: Mapping[Channel, Compose] = {"mail": mail, "sms": sms, "push": push}
