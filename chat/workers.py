"""`samtale serve --workers N`: several processes on one port, kept alive and restarted in turn.

The supervisor does nothing but this: it holds a listening socket for each process, between which
the kernel shares connections out (SO_REUSEPORT). Because it keeps them open, whoever connects while
a process is started anew waits a moment, and is not refused.

They are started as many at a time as there are cores: of two dozen at once none would be ready for
long. SIGTERM and SIGINT drain all processes; SIGHUP restarts one after another, each only when its
successor takes connections.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from chat.settings import Settings
from chat.worker import Place, write_place

log = structlog.get_logger(__name__)

READY_SECONDS = 60.0
STOP_SECONDS = 30.0
"""Beyond the time over which clients are asked to come back."""

STEADY_SECONDS = 10.0
PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0)


class Worker:
    """One process: `link` says when it is ready, and tells it when the supervisor is gone."""

    def __init__(self, process: subprocess.Popen[bytes], link: socket.socket) -> None:
        self.process = process
        self.started_at = time.monotonic()
        self._link = link
        self._ended = asyncio.get_running_loop().run_in_executor(None, process.wait)

    async def ready(self) -> bool:
        """Wait until it takes connections; False when it ends before, or takes too long."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(READY_SECONDS):
                return bool(await loop.sock_recv(self._link, 1))
        except (OSError, TimeoutError):
            return False

    async def ended(self) -> int:
        """Wait for its end; gives its exit code."""
        return await asyncio.shield(self._ended)

    async def stop(self, within: float) -> None:
        """Let it drain; kill it when that takes too long."""
        self.process.terminate()
        try:
            async with asyncio.timeout(within):
                await self.ended()
        except TimeoutError:
            log.error("worker_killed", pid=self.process.pid)
            self.process.kill()
            await self.ended()

    def forget(self) -> None:
        """Close what was shared with it."""
        self._link.close()


class Slot:
    """A place for one process: its sockets outlive it."""

    def __init__(self, number: int, sockets: Sequence[socket.socket]) -> None:
        self.number = number
        self._sockets = sockets
        self.worker: Worker | None = None

    def start(self) -> Worker:
        """Start a process in this place."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        files = [one.fileno() for one in self._sockets]
        place = Place(self.number, tuple(files), theirs.fileno())
        with theirs:
            process = subprocess.Popen(  # noqa: S603 — this very program
                [*command_again(sys.orig_argv), "--worker", write_place(place)],
                pass_fds=(*files, theirs.fileno()),
            )
        return Worker(process, ours)


class Workers:
    """The supervisor. Use `run`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._within = settings.drain_spread_ms / 1_000 + STOP_SECONDS
        self._slots = [Slot(number, sockets) for number, sockets in enumerate(_sockets(settings))]
        self._stopping = asyncio.Event()
        self._restart = asyncio.Event()

    async def run(self) -> int:
        """Run until a signal says stop. Exit codes: 0, or that of a process that cannot start."""
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._restart.set)
        at_once = len(os.sched_getaffinity(0))
        first: list[Worker] = []
        for number in range(len(self._slots)):
            for slot in self._slots[len(first) : number + at_once]:
                slot.worker = slot.start()
                first.append(slot.worker)
            worker = first[number]
            came_up = await self._comes_up(worker)
            if self._stopping.is_set() or not came_up:
                await asyncio.gather(*(one.stop(self._within) for one in first))
                return 0 if self._stopping.is_set() else await worker.ended() or 1
        log.info("workers_ready", workers=len(first), port=self._settings.port)
        keeping = [asyncio.create_task(self._keep(slot)) for slot in self._slots]
        rolling = asyncio.create_task(self._roll())
        await self._stopping.wait()
        for task in (*keeping, rolling):
            task.cancel()
        await asyncio.gather(*keeping, rolling, return_exceptions=True)
        await self._stop_all()
        return 0

    async def _comes_up(self, worker: Worker) -> bool:
        """Wait until a process takes connections, or a signal says stop."""
        ready = asyncio.ensure_future(worker.ready())
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({ready, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        return ready.done() and ready.result()

    async def _stop_all(self) -> None:
        workers = [slot.worker for slot in self._slots if slot.worker is not None]
        await asyncio.gather(*(worker.stop(self._within) for worker in workers))

    async def _keep(self, slot: Slot) -> None:
        """Start the process of a slot anew whenever it ends by itself."""
        deaths = 0
        while True:
            worker = slot.worker
            assert worker is not None, "started before"
            code = await worker.ended()
            if slot.worker is not worker:
                continue  # it was replaced
            worker.forget()
            steady = time.monotonic() - worker.started_at > STEADY_SECONDS
            deaths = 0 if steady else min(deaths + 1, len(PAUSES) - 1)
            log.error("worker_died", worker=slot.number, code=code)
            await asyncio.sleep(PAUSES[deaths])
            slot.worker = slot.start()

    async def _roll(self) -> None:
        """Replace one process after another when asked to."""
        while True:
            await self._restart.wait()
            self._restart.clear()
            log.info("rolling_restart")
            for slot in self._slots:
                await self._replace(slot)
            log.info("restarted")

    async def _replace(self, slot: Slot) -> None:
        old, new = slot.worker, slot.start()
        assert old is not None, "started before"
        if not await new.ready():
            log.error("worker_not_replaced", worker=slot.number)
            await new.stop(self._within)
            new.forget()
            return
        slot.worker = new
        await old.stop(self._within)
        old.forget()


def command_again(started_by: Sequence[str]) -> list[str]:
    """Give the command to start this program again, as it stands there by then.

    Of a script it is the script alone: its first line names the Python, and with it the libraries,
    of the installation that it belongs to, which may be a newer one under the same link.
    """
    script = Path(started_by[1]) if len(started_by) > 1 else None
    if script is not None and script.is_file() and os.access(script, os.X_OK):
        return list(started_by[1:])
    return list(started_by)


def _sockets(settings: Settings) -> list[list[socket.socket]]:
    """Bind the sockets of each process: a share of the port, and its own. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    port, found = settings.port, []
    for number in range(settings.workers):
        shared = _bound(family, settings.host, port)
        port = shared.getsockname()[1]
        own = settings.worker_ports[number : number + 1]
        found.append([shared, *(_bound(family, settings.host, one) for one in own)])
    return found


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    one = socket.socket(family)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    one.bind((host, port))
    return one
