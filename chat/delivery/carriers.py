"""Builds the carriers that the settings ask for: no setting, no channel."""

from typing import Any

from chat.delivery.carrier import Carrier
from chat.delivery.mailbox import DemoPhone, Mailbox
from chat.delivery.model import Channel
from chat.delivery.posting import Poster
from chat.delivery.sms import GatewayAPI
from chat.delivery.smtp import SMTPMailer
from chat.scope import Clock
from chat.settings import Settings


def carriers(
    settings: Settings, mailbox: Mailbox | None, clock: Clock
) -> dict[Channel, Carrier[Any]]:
    """Give a carrier for each channel that can be sent on; in the demo mail and SMS stay here."""
    found: dict[Channel, Carrier[Any]] = {}
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
