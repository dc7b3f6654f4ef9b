"""PostgreSQL of one's own on a free port, to be started, paused and killed at will."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from loadtests.keeper import keep
from loadtests.processes import NotStarted, free_port

START_SECONDS = 60.0
ROLE = "samtale"

_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=128MB",
    "max_wal_size=2GB",
    "log_min_messages=warning",
    "timezone=UTC",
)


def binary(name: str) -> str:
    """Find a program of PostgreSQL, the newest version first. Raises `FileNotFoundError`."""
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = sorted(versions, key=lambda path: int(path.parts[4].split(".")[0]), reverse=True)
    found = newest[0] if newest else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is missing; tools/setup_system.sh installs PostgreSQL")
    return str(found)


class PostgresServer:
    """A server with a cluster of its own in a temporary folder.

    `synced=False` forgoes what a power cut needs, for tests that are not about it.
    """

    def __init__(self, *, synced: bool = True, settings: Iterable[str] = ()) -> None:
        self.port = free_port()
        # PostgreSQL refuses to run as root: then it runs as the user its package has made.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="samtale-postgres-"))
        self._settings = (*_SETTINGS, *(() if synced else _QUICK), *settings)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the server says."""
        return self._folder / "server.log"

    def url(self, database: str = "postgres") -> str:
        """Give the address of a database."""
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{database}"

    def start(self) -> "PostgresServer":
        """Start it, made if need be, and wait until it answers. Raises `NotStarted`."""
        data = self._folder / "data"
        if not data.exists():
            self._make(data)
        options = [part for setting in self._settings for part in ("-c", setting)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 — a fixed program
                [binary("postgres"), "-D", str(data), "-p", str(self.port), *options],
                user=self._user, stdout=log, stderr=log, cwd="/", start_new_session=True,
            )  # fmt: skip
        keep(self.process)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            if self._answers():
                return self
            time.sleep(0.02)
        raise NotStarted(f"PostgreSQL did not start:\n{self.log.read_text()[-4_000:]}")

    def _make(self, data: Path) -> None:
        self._folder.chmod(0o755)
        data.mkdir()
        if self._user is not None:
            shutil.chown(data, self._user)
        subprocess.run(  # noqa: S603 — a fixed program
            [binary("initdb"), "-D", str(data), "--no-sync", "--auth=trust", "--encoding=UTF8",
             "--locale=C", f"--username={ROLE}"],
            user=self._user, check=True, capture_output=True, cwd="/",
        )  # fmt: skip

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements, each in a transaction of its own."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url(database), timeout=5)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close(timeout=5)

        # In a thread of its own, for whoever calls may be on an event loop already.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, run()).result()

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database, as a copy of another; gives its address."""
        self.run(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Take a database away, whoever is connected to it."""
        self.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def pause(self) -> None:
        """Stop every process of it as a machine that hangs would: no socket is closed."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after a pause."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill every process of it at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        self._wait()

    def stop(self) -> None:
        """Stop it at once but in order: open transactions are undone."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self._wait()

    def remove(self) -> None:
        """Stop it and take its folder away."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, one: signal.Signals) -> None:
        """Reach the postmaster and every process under it: each leads a group of its own."""
        if self.process is None or self.process.poll() is not None:
            return
        children = _children(self.process.pid)
        self.process.send_signal(one)
        for child in children:
            try:
                os.kill(child, one)
            except ProcessLookupError:
                continue  # it ended by itself meanwhile

    def _wait(self) -> None:
        if self.process is not None:
            self.process.wait(timeout=START_SECONDS)
        self.process = None


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]
