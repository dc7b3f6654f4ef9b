"""The ground of a load: the server, and the people and conversations that are there for it."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chat.seed.people import People, is_volunteer
from loadtests.bench.server import MeasuredServer, raised_limits
from loadtests.driver.crew import Crew
from loadtests.driver.snaksammen import Couple
from loadtests.driver.worker import Pair, trusting
from loadtests.processes import SERVER, free_port
from loadtests.residents import Residents
from loadtests.seed import Town, new_database
from loadtests.setups import RELAY, SETUPS, metrics_of, seed_town
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
    couples: Sequence[Couple] = ()

    def crew(self, *, read_every: int = 0) -> Crew:
        """Give the workers that load it."""
        return Crew(
            self.target, self.pairs, self.idle, cores=self.cores, read_every=read_every,
            ca=self.ca, couples=self.couples,
        )  # fmt: skip


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
    couples: int = 0,
    folder: Path | None = None,
    broken: str = "",
    **environment: str,
) -> Iterator[Ground]:
    """Start a server of our own with a town made for it; everything goes with it.

    Its limits are raised in number only (`loadtests/bench.env`). `couples` are volunteers of
    SnakSammen, with as many citizens. `broken` plants a bug in it.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="samtale-load-", dir=folder) as place:
        data = Path(place)
        pairs, tokens, met = _people(data, talks, idle, couples)
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
            yield Ground(target, pairs, tokens, cores, server, data, couples=met)
        finally:
            server.stop()


def _people(
    data: Path, talks: int, idle: int, couples: int
) -> tuple[list[Pair], list[str], list[Couple]]:
    with Town(new_database(data)) as town:
        authors, repliers = town.people("author", talks), town.people("replier", talks)
        opened = town.talks(list(zip(authors, repliers, strict=True)))
        town.write(opened, 20, title="histories")
        phones = town.people("phone", -(-idle // 5), 5)
        volunteers = town.volunteers("ven", couples)
        citizens = town.people("citizen", couples)
    pairs = [
        Pair(talk.author.token, talk.replier.token, talk.public_id, talk.last_seq)
        for talk in opened
    ]
    tokens = [token for tokens in zip(*(one.tokens for one in phones), strict=True)
              for token in tokens]  # fmt: skip
    met = [Couple(one.token, other.token)
           for one, other in zip(volunteers, citizens, strict=True)]  # fmt: skip
    return pairs, tokens, met


@contextmanager
def seeded_ground(
    setup: str, talks: int, idle: int, couples: int, *, workers: int, folder: Path
) -> Iterator[Ground]:
    """Start a server of our own on a setup, with a seeded town; everything goes with it.

    Its limits are raised in number only (`loadtests/bench.env`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="samtale-load-", dir=folder) as place:
        server = SETUPS[setup](Path(place), raised_limits() | RELAY)
        try:
            people = seed_town(server, 2 * talks + idle + 2 * couples)
            server.start()
            target = Target.parse(server.url, metrics_of(server))
            yield strange_ground(target, people, talks, idle, couples, workers=workers)
        finally:
            server.end()


def strange_ground(
    target: Target,
    people: Path,
    pairs: int,
    idle: int,
    couples: int = 0,
    *,
    workers: int = 1,
    ca: str = "",
) -> Ground:
    """Load a server that runs somewhere, with the people whom `samtale seed` put there.

    `people` is the file that it wrote. Raises `NotThere`, `OSError`, `ValueError`.
    """
    trusted = trusting(ca) if target.tls else None
    town = People.read(people)
    found, others = Residents(target, town, trusted).pairs_and_idle(pairs, idle)
    numbers = [one for one in range(town.accounts) if is_volunteer(one)][:couples]
    # A citizen may be idle or in a pair besides: these are other devices of the same people.
    met = [Couple(town.token(one), town.token(one - 1)) for one in numbers]
    return Ground(target, found, others, [None] * workers, ca=ca, couples=met)
