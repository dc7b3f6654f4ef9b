"""A real Redis on a free port and in its own folder, to be killed, paused and started again."""

import asyncio
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from loadtests.keeper import keep
from loadtests.processes import free_port

START_SECONDS = 60.0


class RedisProcess:
    """`redis-server`, without a file to keep anything in. Use `start`, then `stop`."""

    def __init__(self, *options: str, port: int = 0, sentinel: bool = False) -> None:
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._options = options
        self._sentinel = sentinel
        self._folder = Path(tempfile.mkdtemp(prefix="samtale-redis-"))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RedisProcess":
        """Start it, and wait until it answers. What it had in memory before is gone."""
        config = self._folder / "redis.conf"
        if not config.exists():  # a Sentinel writes its own file
            config.write_text("")
        command = ["redis-server", str(config), "--port", str(self.port), "--bind", "127.0.0.1"]
        if not self._sentinel:
            command += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        command += ["--dir", str(self._folder), *(["--sentinel"] if self._sentinel else [])]
        with (self._folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 — a program of the distribution
                [*command, *self._options], stdout=log, stderr=log
            )
        keep(self.process)
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                if self.ask("PING").startswith(("PONG", "NOAUTH")):
                    return self
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
            time.sleep(0.02)

    def ask(self, *command: str) -> str:
        """Send one command; gives the first line of its answer, without its sign."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as one:
            one.sendall(_packed(command))
            return one.makefile("rb").readline().decode().strip()[1:]

    def words(self, *command: str) -> str:
        """Send one command; gives all of its answer as it came, or nothing when it is not there."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as one:
                one.settimeout(0.5)
                one.sendall(_packed(command))
                return one.recv(65_536).decode()
        except OSError:
            return ""

    def follow(self, master: int) -> None:
        """Be the replica of another from the next start on."""
        self._options = ("--replicaof", "127.0.0.1", str(master))

    def pause(self) -> None:
        """Stop it as it stands: connections stay open and say nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it without a goodbye."""
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(10)
        self.process = None

    def stop(self) -> None:
        """End it, and remove its folder."""
        if self.process is not None and self.process.poll() is None:
            self.go_on()
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


def _packed(command: Sequence[str]) -> bytes:
    words = b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in command)
    return b"*%d\r\n" % len(command) + words


@asynccontextmanager
async def town_of_sentinel() -> AsyncIterator[tuple[RedisProcess, RedisProcess]]:
    """Run a master "town" with a replica and one Sentinel; gives the Sentinel and the master."""
    master = await asyncio.to_thread(RedisProcess().start)
    replica = RedisProcess("--replicaof", "127.0.0.1", str(master.port))
    sentinel = RedisProcess(
        "--sentinel", "monitor", "town", "127.0.0.1", str(master.port), "1", sentinel=True
    )
    try:
        await asyncio.to_thread(replica.start)
        await asyncio.to_thread(sentinel.start)
        sentinel.ask("SENTINEL", "SET", "town", "down-after-milliseconds", "500")
        sentinel.ask("SENTINEL", "SET", "town", "failover-timeout", "2000")
        while sentinel.ask("SENTINEL", "REPLICAS", "town") == "0":  # noqa: ASYNC110 — it tells nobody
            await asyncio.sleep(0.1)
        yield sentinel, master
    finally:
        for one in (sentinel, replica, master):
            await asyncio.to_thread(one.stop)
