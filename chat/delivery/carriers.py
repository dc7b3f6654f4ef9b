"""Builds the carriers that the settings ask for: no setting, no channel."""

from email.utils import parseaddr
from typing import Any

from chat.delivery.carrier import Carrier
from chat.delivery.mailbox import DemoPhone, Mailbox
from chat.delivery.model import Channel
from chat.delivery.posting import Poster
from chat.delivery.sms import GatewayAPI
from chat.delivery.smtp import SMTPMailer
from chat.delivery.webpush import Vapid, WebPush
from chat.scope import Clock
from chat.settings import BadSettings, Settings


def vapid_of(settings: Settings) -> Vapid | None:
    """Read who we are to push services; None where there is no Web Push.

    Raises `BadSettings`.
    """
    if not settings.vapid_private_key:
        return None
    subject = settings.vapid_subject or f"mailto:{parseaddr(settings.mail_from)[1]}"
    try:
        return Vapid(settings.vapid_private_key, subject)
    except ValueError as error:
        raise BadSettings(f"vapid_private_key: {error}") from None


def channels(settings: Settings) -> frozenset[Channel]:
    """Name the channels that there will be carriers for."""
    asked: dict[Channel, bool] = {
        "push": bool(settings.vapid_private_key),
        "mail": settings.demo or bool(settings.smtp_host),
        "sms": settings.demo or bool(settings.sms_token),
    }
    return frozenset(channel for channel, there in asked.items() if there)


def carriers(
    settings: Settings, mailbox: Mailbox | None, vapid: Vapid | None, clock: Clock
) -> dict[Channel, Carrier[Any]]:
    """Give a carrier for each channel that can be sent on; in the demo mail and SMS stay here."""
    found: dict[Channel, Carrier[Any]] = {}
    if vapid is not None:
        found["push"] = WebPush(vapid, Poster(inside_too=settings.push_inside), clock)
    if mailbox is not None:
        found["mail"] = SMTPMailer(mailbox.host, mailbox.port, sender=settings.mail_from)
        found["sms"] = DemoPhone(mailbox, clock)
        return found
    if settings.smtp_host:
        found["mail"] = SMTPMailer(
            settings.smtp_host,
            settings.smtp_port,
            sender=settings.mail_from,
            username=settings.smtp_username,
            password=settings.smtp_password,
            starttls=settings.smtp_starttls,
        )
    if settings.sms_token:
        # The operator named this gateway: it may stand on their own network.
        poster = Poster(inside_too=True)
        found["sms"] = GatewayAPI(settings.sms_url, settings.sms_token, settings.sms_sender, poster)
    return found
