"""A real coturn for tests: as it is deployed, or allowed to relay on this machine."""

import os
import secrets
import socket
import subprocess
import time
from pathlib import Path

from loadtests.processes import free_port

DEPLOYED = Path(__file__).parents[1] / "deploy" / "turnserver.conf"

ON_THIS_MACHINE = """
use-auth-secret
fingerprint
no-cli
no-tls
no-dtls
no-multicast-peers
allow-loopback-peers
"""


class Coturn:
    """One that is started, stopped and started again at the same port."""

    def __init__(self, folder: Path, config: str = ON_THIS_MACHINE, *, ipv6: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.secret = secrets.token_hex(16)
        self._folder = folder
        self._config = folder / "turnserver.conf"
        relays = ["127.0.0.1", "::1"] if ipv6 else ["127.0.0.1"]
        lines = [
            config,
            f"listening-port={self.port}",
            "listening-ip=127.0.0.1",
            *(f"relay-ip={one}" for one in relays),
            "realm=samtale.test",
            f"static-auth-secret={self.secret}",
            f"userdb={folder / 'turndb'}",
            f"pidfile={folder / 'pid'}",
            "log-file=stdout",
            "simple-log",
            "verbose",
        ]
        self._config.write_text("\n".join(lines), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is, as a browser takes it."""
        return f"turn:127.0.0.1:{self.port}?transport=udp"

    @property
    def log(self) -> str:
        """What it has said."""
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["turnserver", "-c", str(self._config)], stdout=log, stderr=log, cwd=self._folder
            )
        until = time.monotonic() + 15
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise AssertionError(self.log)

    def kill(self) -> None:
        """Let it die."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        """Ask for a binding (RFC 8489 section 6)."""
        request = bytes.fromhex("0001 0000 2112a442") + os.urandom(12)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.2)
            try:
                asking.sendto(request, ("127.0.0.1", self.port))
                return asking.recv(1_000)[8:20] == request[8:]  # an error is an answer too
            except TimeoutError:
                return False
            except OSError:
                time.sleep(0.02)  # nobody listens there yet
                return False

    def reach(self, peer: str) -> str:
        """Ask it, with its own client, to relay to a peer; gives what it says: bound or forbidden.

        The client looks no further once it is bound, so nothing is sent to the peer but a packet
        or two that go nowhere from the loopback interface.
        """
        family = ["-x"] if ":" in peer else []
        command = [
            "turnutils_uclient", *family, "-v", "-c", "-n", "1", "-u", secrets.token_hex(4),
            "-W", self.secret, "-e", peer, "-p", str(self.port), "127.0.0.1",
        ]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as asking:
            assert asking.stdout is not None
            said = b""
            try:
                for line in asking.stdout:
                    said += line
                    if b"Forbidden IP" in line:
                        return "forbidden"
                    if (
                        said.count(b"channel bind sent") > 1
                        or b"0: : success" in said.partition(b"channel bind sent")[2]
                    ):
                        return "bound"
            finally:
                asking.kill()
        return said.decode(errors="replace")
