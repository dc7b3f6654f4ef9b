"""One server for all flows that do not kill it; each test brings its own people.

The same flows run on every setup, without a change: those marked `everywhere` always, all of them
with `--setup NAME`. On several processes whoever opens two sockets has them in two processes.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from loadtests.cluster import ClusterProcess
from loadtests.people import Person, move_in
from loadtests.postgres import PostgresServer
from loadtests.processes import SERVER, ServerProcess
from tests.flows.meeting import Meeting, meeting
from tests.patience import PATIENCE_SECONDS
from tests.servers import MailSink

MoveIn = Callable[..., Person]


ALONE, REDIS, POSTGRESQL = "sqlite", "sqlite+redis", "postgresql+redis"
SETUPS = (ALONE, REDIS, POSTGRESQL)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a flow on the setup that was asked for, or on all if it is marked so."""
    if "setup" not in metafunc.fixturenames:
        return
    asked = metafunc.config.getoption("--setup")
    everywhere = metafunc.definition.get_closest_marker("everywhere") is not None
    setups = [asked] if asked else SETUPS if everywhere else [ALONE]
    metafunc.parametrize("setup", setups, scope="session")


Started = Callable[[str, str, dict[str, str]], ServerProcess]


@pytest.fixture(scope="session")
def clusters(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Started]:
    """Servers of several processes, each started once for the whole run."""
    running: dict[tuple[str, str], ClusterProcess] = {}

    def start(setup: str, name: str, environment: dict[str, str]) -> ServerProcess:
        if (setup, name) not in running:
            processes = 2
            if setup == POSTGRESQL:
                postgres: PostgresServer = request.getfixturevalue("postgres")
                environment = environment | {"SAMTALE_DATABASE": postgres.create(f"flows_{name}")}
                processes = 3
            cluster = ClusterProcess(
                tmp_path_factory.mktemp(name), processes, None, SERVER, **environment
            )
            running[setup, name] = cluster
            cluster.start()
        return running[setup, name]

    yield start
    for one in running.values():
        one.end()


@pytest.fixture(scope="session")
def town_mail() -> Iterator[MailSink]:
    """The mail server of the shared server."""
    sink = MailSink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture(scope="module")
def town_server(
    setup: str, tmp_path_factory: pytest.TempPathFactory, town_mail: MailSink, clusters: Started
) -> Iterator[ServerProcess]:
    """A server with the limits that everyone has."""
    mail = {"SAMTALE_SMTP_HOST": "127.0.0.1", "SAMTALE_SMTP_PORT": str(town_mail.port)}
    if setup != ALONE:
        yield clusters(setup, "town", mail)
        return
    server = ServerProcess(tmp_path_factory.mktemp("town"), **mail)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def someone(town_server: ServerProcess) -> MoveIn:
    """Make people in the shared town."""
    database = town_server.database

    def make(alias: str, **facts: object) -> Person:
        suffix = "".join(secrets.choice("abcdefghijkl") for _ in range(10))
        return move_in(database, f"{alias} {suffix}", **facts)  # type: ignore[arg-type]

    return make


@pytest.fixture
async def api(town_server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to the shared server."""
    async with httpx.AsyncClient(base_url=town_server.url, timeout=PATIENCE_SECONDS) as client:
        yield client


@pytest.fixture(scope="module")
def roomy_server(
    setup: str, tmp_path_factory: pytest.TempPathFactory, clusters: Started
) -> Iterator[ServerProcess]:
    """A server where one may send more than a person does."""
    limits = {"SAMTALE_CONFIG": str(Path(__file__).with_name("limits.toml"))}
    if setup != ALONE:
        yield clusters(setup, "roomy", limits)
        return
    server = ServerProcess(tmp_path_factory.mktemp("roomy"), **limits)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settler(roomy_server: ServerProcess) -> MoveIn:
    """Make people in the roomy town."""
    return partial(move_in, roomy_server.database)


@pytest.fixture
async def api_of_roomy(roomy_server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to the roomy server."""
    async with httpx.AsyncClient(base_url=roomy_server.url, timeout=PATIENCE_SECONDS) as client:
        yield client


@pytest.fixture
async def met(
    roomy_server: ServerProcess, api_of_roomy: httpx.AsyncClient, settler: MoveIn
) -> AsyncIterator[Meeting]:
    """Mette and Ole in conversation, at two devices each, where one may send a lot."""
    suffix = secrets.token_hex(4)
    mette, ole = settler(f"Mette {suffix}"), settler(f"Ole {suffix}")
    async with meeting(roomy_server, api_of_roomy, mette, ole) as both:
        yield both
