"""What tests talk to: real server processes, and a real SMTP server that keeps what it takes."""

import re
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import Queue
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from loadtests.processes import ServerProcess, free_port
from tests.patience import PATIENCE_SECONDS

__all__ = ["MailSink", "ServerProcess", "free_port"]


class MailSink:
    """A real SMTP server that keeps what it takes."""

    def __init__(self) -> None:
        self.port = free_port()
        self._mails: Queue[EmailMessage] = Queue()
        self._kept: list[EmailMessage] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 — aiosmtpd calls it so
        content = envelope.original_content or b""
        self._mails.put(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
        return "250 kept"

    def start(self) -> None:
        """Listen."""
        self._controller.start()

    def stop(self) -> None:
        """Listen no more."""
        self._controller.stop()

    def wait_for(self, to: str, seconds: float = PATIENCE_SECONDS) -> EmailMessage:
        """Give the next mail to an address that was not given before."""
        until = time.monotonic() + seconds
        while True:
            for mail in self._kept:
                if mail["To"].lower() == to.lower():
                    self._kept.remove(mail)
                    return mail
            self._kept.append(self._mails.get(timeout=max(0.01, until - time.monotonic())))

    def link(self, to: str, path: str) -> str:
        """Give the token of the link to a page in the next mail to an address."""
        mail = self.wait_for(to)
        body = mail.get_body(("plain",))
        assert body is not None, "every mail has a plain text"
        found = re.search(rf"{re.escape(path)}#token=([\w-]+)", body.get_content())
        assert found is not None, f"no link to {path} in the mail"
        return found[1]
