"""Makes of a notice what its channel carries: a mail, an SMS or a push message. Pure."""

from collections.abc import Callable, Mapping

from chat.delivery import letters, short
from chat.delivery.carrier import SMS, Mail
from chat.delivery.model import Channel, Notice, Waiting


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
    )


def sms(notice: Waiting, now: int) -> SMS:
    """Write an SMS. Raises `KeyError`."""
    text = short.as_sms(notice.kind, notice.language, notice.params)
    return SMS(notice.id, notice.address, text)


Compose = Callable[[Waiting, int], Mail | SMS]

COMPOSE: Mapping[Channel, Compose] = {"mail": mail, "sms": sms}
