"""The ground of a load: the server, and the people and conversations that are there for it."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chat.seed.people import People
from loadtests.bench.server import MeasuredServer
from loadtests.driver.crew import Crew
from loadtests.driver.worker import Pair, trusting
from loadtests.processes import SERVER, free_port
from loadtests.residents import Residents
from loadtests.seed import Town, new_database
from loadtests.target import Target


@dataclass(frozen=True, slots=True)
class Ground:
    """A server with people in it. `server` is given if it is ours: it may be restarted."""

    target: Target
    pairs: Sequence[Pair]
    idle: Sequence[str]
    cores: Sequence[int | None]
    server: MeasuredServer | None = None
    folder: Path | None = None
    ca: str = ""

    def crew(self, *, read_every: int = 0) -> Crew:
        """Give the workers that load it."""
        return Crew(
            self.target, self.pairs, self.idle, cores=self.cores, read_every=read_every, ca=self.ca
        )


def share_cores(workers: int) -> tuple[int, list[int | None]]:
    """Give the server a core and the workers the others; with one core they share it."""
    cores = sorted(os.sched_getaffinity(0))
    others = cores[1:] or cores
    return cores[0], [others[number % len(others)] for number in range(workers)]


@contextmanager
def own_ground(
    talks: int,
    idle: int,
    *,
    workers: int = 1,
    folder: Path | None = None,
    broken: str = "",
    **environment: str,
) -> Iterator[Ground]:
    """Start a server of our own with a town made for it; everything goes with it.

    Its limits are raised in number only (`loadtests/bench.env`). `broken` plants a bug in it.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="samtale-load-", dir=folder) as place:
        data = Path(place)
        pairs, tokens = _people(data, talks, idle)
        core, cores = share_cores(workers)
        metrics = free_port()
        server = MeasuredServer(
            data, core, module="loadtests.broken_server" if broken else SERVER,
            SAMTALE_OPERATORS_PORT=str(metrics),
            **({"SAMTALE_BREAK": broken} if broken else {}), **environment,
        )  # fmt: skip
        server.start()
        target = Target("127.0.0.1", server.port, False, (f"http://127.0.0.1:{metrics}/metrics",))
        try:
            yield Ground(target, pairs, tokens, cores, server, data)
        finally:
            server.stop()


def _people(data: Path, talks: int, idle: int) -> tuple[list[Pair], list[str]]:
    with Town(new_database(data)) as town:
        authors, repliers = town.people("author", talks), town.people("replier", talks)
        opened = town.talks(list(zip(authors, repliers, strict=True)))
        town.write(opened, 20, title="histories")
        phones = town.people("phone", -(-idle // 5), 5)
    pairs = [
        Pair(talk.author.token, talk.replier.token, talk.public_id, talk.last_seq)
        for talk in opened
    ]
    tokens = [token for tokens in zip(*(one.tokens for one in phones), strict=True)
              for token in tokens]  # fmt: skip
    return pairs, tokens


def strange_ground(
    target: Target, people: Path, pairs: int, idle: int, *, workers: int = 1, ca: str = ""
) -> Ground:
    """Load a server that runs somewhere, with the people whom `samtale seed` put there.

    `people` is the file that it wrote. Raises `NotThere`, `OSError`, `ValueError`.
    """
    trusted = trusting(ca) if target.tls else None
    residents = Residents(target, People.read(people), trusted)
    found, others = residents.pairs_and_idle(pairs, idle)
    return Ground(target, found, others, [None] * workers, ca=ca)
