"""Servers as processes of their own, on a free port, to be started and killed at will."""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from loadtests.keeper import REPOSITORY, keep

START_SECONDS = 180.0
SERVER = "chat.cli"
FIRST_PORT, PORTS = 12_000, 20_000


def free_port() -> int:
    """Find a port of loopback that nobody listens on.

    It is none of those that the system gives to outgoing connections: one of these could have it
    before whoever asked for it does.
    """
    while True:
        port = FIRST_PORT + secrets.randbelow(PORTS)
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class NotStarted(Exception):
    """The server ended before it was ready, or was not ready in time; says what it logged last."""


class ServerProcess:
    """`samtale serve` as its own process."""

    def __init__(
        self, data: Path, command: str = "serve", module: str = SERVER, **environment: str
    ) -> None:
        self.data = data
        self.home = REPOSITORY
        """Where the program stands."""
        self._module = module
        self.port = free_port()
        self.operators_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "server.log"
        self._command = command
        self._environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def database(self) -> Path | str:
        """Where its database is: the file, or the URL."""
        return self._environment.get("SAMTALE_DATABASE") or self.data / "samtale.db"

    @property
    def socket_url(self) -> str:
        """Where sockets are opened."""
        return f"ws://127.0.0.1:{self.port}/api/v1/socket"

    settle_seconds = 0.0
    """How long what has happened may take to be told to all: nothing is under way in one."""

    def is_ready(self) -> bool:
        """Tell whether it takes work."""
        return self.get_status("/readyz") == 200

    def end(self) -> None:
        """Stop it for good, and all that was started for it."""
        self.stop()

    def start(self) -> "ServerProcess":
        """Start it, and wait until it is ready. Raises `NotStarted`."""
        self.data.mkdir(parents=True, exist_ok=True)
        environment = {
            **{key: value for key, value in os.environ.items() if "SAMTALE_" not in key},
            "SAMTALE_DATA": str(self.data),
            "SAMTALE_PORT": str(self.port),
            "SAMTALE_OPERATORS_PORT": str(self.operators_port),
            "SAMTALE_BASE_URL": self.url,
            **self._environment,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 — our own program
                [sys.executable, "-m", self._module, self._command],
                env=environment,
                stdout=log,
                stderr=log,
                cwd=self.home,
            )
        keep(self.process)
        self._wait_until_ready()
        return self

    def _wait_until_ready(self) -> None:
        assert self.process is not None, "started"
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            if self.is_ready():
                return
            time.sleep(0.02)
        ended = self.process.poll()
        how = "is not ready" if ended is None else f"ended with {ended}"
        raise NotStarted(f"the server did not start, it {how}:\n{self.log.read_text()[-4_000:]}")

    def get_status(self, path: str) -> int:
        """Ask for a path; gives the status, 0 when nobody answers."""
        return self.get_status_at(self.port, path)

    def get_status_at(self, port: int, path: str) -> int:
        """Ask for a path at a port of this machine, as `get_status`."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def wait_until_it_dies(self, seconds: float) -> None:
        """Wait for it to end by itself. Raises `subprocess.TimeoutExpired`."""
        assert self.process is not None, "started"
        self.process.wait(seconds)

    @property
    def has_died(self) -> bool:
        """Whether it has ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def spoil(self, module: str, broken: str) -> None:
        """Have one that is broken on purpose in its place from the next start on."""
        self.stop()
        self._module = module
        self._environment["SAMTALE_BREAK"] = broken

    def mend(self) -> None:
        """Put the server as it is in the place of one that was broken on purpose."""
        self.kill()
        self._module = SERVER
        self._environment.pop("SAMTALE_BREAK", None)
        self.start()

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
