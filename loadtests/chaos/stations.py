"""What stands behind a server's processes, so that it can be broken piece by piece."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from loadtests.postgres import PostgresServer
from loadtests.processes import free_port
from loadtests.redis_process import RedisProcess
from loadtests.target import Target, answers

START_SECONDS = 60.0


def _wait(done: Callable[[], bool], what: str) -> None:
    """Wait until something is done. Raises `TimeoutError`, which says what is not."""
    until = time.monotonic() + START_SECONDS
    while not done():
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.05)


class FrozenProxy:
    """`loadtests.chaos.proxy`, or another that is started alike, as a process of its own."""

    def __init__(self, target: int, module: str = "loadtests.chaos.proxy") -> None:
        self.port = free_port()
        self._process = subprocess.Popen(  # noqa: S603 — our own program
            [sys.executable, "-m", module, str(self.port), str(target)],
            cwd=Path(__file__).parent.parent.parent,
        )
        _wait(partial(answers, Target("127.0.0.1", self.port)), "the proxy did not start")

    def freeze(self) -> None:
        """Let nothing pass, and close nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def freeze_some(self) -> None:
        """Freeze every other connection that is open now."""
        self._process.send_signal(signal.SIGUSR1)

    def go_on(self) -> None:
        """Let everything pass again; what waited comes late."""
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(signal.SIGUSR2)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(10)


class Station:
    """A Redis under an address that stays, whatever is done to it."""

    def __init__(self) -> None:
        self.redis = RedisProcess().start()
        self.proxy = FrozenProxy(self.redis.port)
        self.url = f"redis://127.0.0.1:{self.proxy.port}"

    def stop(self) -> None:
        """End all of it."""
        self.proxy.stop()
        self.redis.stop()


class PostgresStation(Station):
    """A PostgreSQL beside it, by a way that can be frozen and that can lose a commit's answer."""

    def __init__(self) -> None:
        super().__init__()
        self.postgres = PostgresServer().start()
        self.postgres.create("town")
        self._losing = FrozenProxy(self.postgres.port, "loadtests.chaos.commit_cut")
        self.way_to_postgres = FrozenProxy(self._losing.port)
        port, way = self.postgres.port, self.way_to_postgres.port
        self.database = self.postgres.url("town").replace(f":{port}/", f":{way}/")

    def lose_an_answer(self) -> None:
        """Let the next COMMIT through, and lose its answer and its link."""
        self._losing.freeze_some()

    def end_sessions(self) -> None:
        """Have PostgreSQL end every session of the processes."""
        self.postgres.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'samtale'"
        )

    def stop(self) -> None:
        """End all of it."""
        self.way_to_postgres.stop()
        self._losing.stop()
        self.postgres.remove()
        super().stop()


class SentinelStation:
    """A master, a replica and a Sentinel that fails over."""

    def __init__(self) -> None:
        self.master = RedisProcess().start()
        self._other = RedisProcess("--replicaof", "127.0.0.1", str(self.master.port)).start()
        watch = ("--sentinel", "monitor", "town", "127.0.0.1", str(self.master.port), "1")
        self._sentinel = RedisProcess(*watch, sentinel=True).start()
        for name, value in (("down-after-milliseconds", "500"), ("failover-timeout", "2000")):
            self._sentinel.ask("SENTINEL", "SET", "town", name, value)
        self.url = f"sentinel://127.0.0.1:{self._sentinel.port}/town"
        self._wait_for_replica()

    def fail_over(self) -> None:
        """Kill the master, and wait until the replica is one; the killed comes back behind it.

        Raises `TimeoutError` if there is no replica, or Sentinel makes none the master.
        """
        self._wait_for_replica()
        self.master.kill()
        _wait(lambda: "master" in self._other.words("ROLE"), "no replica became the master")
        self.master, self._other = self._other, self.master
        self._other.follow(self.master.port)
        self._other.start()

    def stop(self) -> None:
        """End all of it."""
        for one in (self._sentinel, self._other, self.master):
            one.stop()

    def _wait_for_replica(self) -> None:
        _wait(self._has_replica, "there is no replica")

    def _has_replica(self) -> bool:
        """Tell whether the replica has all that the master has, and Sentinel sees it so."""
        if "master" in self._other.words("ROLE"):  # a busy one was taken for a dead one meanwhile
            self.master, self._other = self._other, self.master
        role = self._other.words("ROLE").split()
        found = self._sentinel.words("SENTINEL", "REPLICAS", "town").split()
        flags = found[found.index("flags") + 2] if "flags" in found else ""
        return "slave" in role and "connected" in role and flags == "slave"


class PostgresSentinelStation(SentinelStation):
    """A PostgreSQL beside them."""

    def __init__(self) -> None:
        super().__init__()
        self._postgres = PostgresServer().start()
        self._postgres.create("town")
        self.database = self._postgres.url("town")

    def stop(self) -> None:
        """End all of it."""
        self._postgres.remove()
        super().stop()
