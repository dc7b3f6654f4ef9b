"""Real servers for tests: a process on a free port, its data in a temporary folder.

Tests start and kill them as they like; mail goes to a real SMTP server in the test's process.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from queue import Queue
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

START_SECONDS = 20.0


def free_port() -> int:
    """Find a port of loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


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

    def wait_for(self, to: str, seconds: float = 10.0) -> EmailMessage:
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


class ServerProcess:
    """`samtale serve` as its own process."""

    def __init__(self, data: Path, command: str = "serve", **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.socket_url = f"ws://127.0.0.1:{self.port}/api/v1/socket"
        self.log = data / "server.log"
        self._command = command
        self._environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "ServerProcess":
        """Start it, and wait until it is ready."""
        self.data.mkdir(parents=True, exist_ok=True)
        environment = {
            **{key: value for key, value in os.environ.items() if "SAMTALE_" not in key},
            "SAMTALE_DATA": str(self.data),
            "SAMTALE_PORT": str(self.port),
            "SAMTALE_BASE_URL": self.url,
            **self._environment,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "chat.cli", self._command],
                env=environment,
                stdout=log,
                stderr=log,
                cwd=Path(__file__).parent.parent,
            )
        self._wait_until_ready()
        return self

    def _wait_until_ready(self) -> None:
        assert self.process is not None, "started"
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            if self.get_status("/readyz") == 200:
                return
            time.sleep(0.02)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()[-4_000:]}")

    def get_status(self, path: str) -> int:
        """Ask for a path; gives the status, 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def kill(self) -> None:
        """Kill it as a power cut would: no goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        self._end(signal.SIGTERM)

    def _end(self, with_signal: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(with_signal)
            self.process.wait(timeout=20)
        self.process = None
