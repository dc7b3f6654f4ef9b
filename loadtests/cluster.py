"""Several server processes on one port, with a Redis of their own, to be broken piece by piece."""

import itertools
import os
import signal
import socket
from pathlib import Path
from typing import Protocol

from loadtests.postgres import PostgresServer
from loadtests.processes import SERVER, ServerProcess, free_port
from loadtests.redis_process import RedisProcess


class Station(Protocol):
    """What the processes meet at."""

    url: str

    def stop(self) -> None:
        """End all of it."""
        ...


class OneRedis:
    """A Redis, and nothing beside it."""

    def __init__(self) -> None:
        self.redis = RedisProcess().start()
        self.url = self.redis.url

    def stop(self) -> None:
        """End it."""
        self.redis.stop()


class RedisAndPostgres(OneRedis):
    """The same with a PostgreSQL beside it."""

    def __init__(self) -> None:
        super().__init__()
        self._postgres = PostgresServer().start()
        self.database = self._postgres.create("town")

    def stop(self) -> None:
        """End both."""
        self._postgres.remove()
        super().stop()


class ClusterProcess(ServerProcess):
    """`samtale serve --workers N` over SQLite and Redis.

    Each process listens on a port of its own too: `socket_url` names another one every time, so
    that whoever opens two sockets has them in two processes.
    """

    def __init__(
        self,
        data: Path,
        workers: int = 2,
        station: Station | None = None,
        module: str = SERVER,
        **environment: str,
    ) -> None:
        self.station = station or OneRedis()
        self.ports = [free_port() for _ in range(workers)]
        self._turns = itertools.cycle(self.ports)
        super().__init__(
            data,
            module=module,
            SAMTALE_WORKERS=str(workers),
            SAMTALE_WORKER_PORTS=",".join(map(str, self.ports)),
            SAMTALE_REDIS_URL=self.station.url,
            **environment,
        )
        self.operators_port = _free_row(workers)

    settle_seconds = 0.5

    @property
    def socket_url(self) -> str:
        """Name the next process's port."""
        return f"ws://127.0.0.1:{next(self._turns)}/api/v1/socket"

    @property
    def workers(self) -> list[int]:
        """List the process ids of the workers, in no order."""
        assert self.process is not None, "started"
        pid = self.process.pid
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = [child for one in tasks for child in (one / "children").read_text().split()]
        return [int(child) for child in children]

    def is_ready(self) -> bool:
        """Tell whether every process takes work."""
        return all(self.get_status_at(port, "/readyz") == 200 for port in self.ports)

    def kill(self) -> None:
        """Kill all of them as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            for worker in self.workers:
                os.kill(worker, signal.SIGKILL)
        super().kill()

    def end(self) -> None:
        """Stop the processes, and Redis with them."""
        try:
            self.stop()
        finally:
            self.station.stop()


def _free_row(length: int) -> int:
    """Find so many ports in a row that nobody listens on; gives the first."""
    while True:
        first = free_port()
        row = [socket.socket() for _ in range(length)]
        try:
            for number, one in enumerate(row):
                one.bind(("127.0.0.1", first + number))
        except (OSError, OverflowError):
            continue
        finally:
            for one in row:
                one.close()
        return first
