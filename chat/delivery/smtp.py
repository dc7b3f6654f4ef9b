"""Hands mail to an SMTP server (RFC 5321): one connection for a burst."""

import asyncio
import datetime
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as CRLF
from email.utils import format_datetime, parseaddr

import aiosmtplib

from chat.delivery.carrier import Deferred, Mail, Rejected, Unreachable

SECONDS = 9.0
"""For connecting, and again for one mail: together less than a mailer may take."""

GOODBYE_SECONDS = 2.0
IMPLICIT_TLS_PORT = 465
SHUTTING_DOWN = 421
PERMANENT = 500

_POLICY = CRLF.clone(cte_type="7bit")


class SMTPMailer:
    """Sends through one server; connects when there is something to send.

    `sender`: the From header, a name with an address. TLS from the start on port 465; else by
    STARTTLS, and then only by it, if `starttls` says so. Logs in if there is a username.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: str,
        username: str = "",
        password: str = "",
        starttls: bool = False,
    ) -> None:
        self._sender = sender
        self._address = parseaddr(sender)[1]
        self._domain = self._address.rpartition("@")[2]
        implicit = port == IMPLICIT_TLS_PORT
        self._client = aiosmtplib.SMTP(
            hostname=host,
            port=port,
            username=username or None,
            password=password or None,
            local_hostname=self._domain,
            timeout=SECONDS,
            use_tls=implicit,
            start_tls=starttls and not implicit,
        )

    async def send(self, mail: Mail) -> None:
        """Return once the server has accepted the mail. Raises `SendFailed`."""
        try:
            message = self.message(mail)
        except ValueError:
            raise Rejected("bad_address") from None
        await self._connect()
        try:
            async with asyncio.timeout(SECONDS):
                await self._client.sendmail(self._address, [mail.to], message.as_bytes())
        except aiosmtplib.SMTPSenderRefused as error:
            await self.close()
            raise Unreachable(str(error.code)) from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            await self._fail(error.recipients[0].code)
        except aiosmtplib.SMTPResponseException as error:
            await self._fail(error.code)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # It may even have been accepted: it goes again, under the same Message-ID.
            await self.close()
            raise Deferred(type(error).__name__) from None

    async def close(self) -> None:
        """Say goodbye, if connected."""
        if self._client.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self._client.quit(timeout=GOODBYE_SECONDS)
        self._client.close()

    def message(self, mail: Mail) -> EmailMessage:
        """Write a mail: the same bytes each time. Raises `ValueError` for a bad address."""
        message = EmailMessage(policy=_POLICY)
        message["From"] = self._sender
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject
        sent_at = datetime.datetime.fromtimestamp(mail.at / 1000, datetime.UTC)
        message["Date"] = format_datetime(sent_at)
        message["Message-ID"] = f"<notice-{mail.id:016x}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        message.set_boundary(f"samtale-{mail.id:016x}")
        if mail.calendar:
            message.add_attachment(mail.calendar, subtype="calendar", filename="samtale.ics")
            message.set_boundary(f"samtale-{mail.id:016x}-all")
        return message

    async def _connect(self) -> None:
        if self._client.is_connected:
            return
        try:
            async with asyncio.timeout(SECONDS):
                await self._client.connect()
        except aiosmtplib.SMTPResponseException as error:
            await self.close()
            raise Unreachable(str(error.code)) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            await self.close()
            raise Unreachable(type(error).__name__) from None

    async def _fail(self, code: int) -> None:
        if code == SHUTTING_DOWN:
            await self.close()
            raise Unreachable(str(code)) from None
        failed = Rejected if code >= PERMANENT else Deferred
        raise failed(str(code)) from None
