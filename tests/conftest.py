"""Fixtures that every folder of tests may use."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from chat.storage.facts import Facts
from chat.storage.opening import OpenDatabase, open_database
from loadtests.beside import Address
from loadtests.postgres import PostgresServer
from tests.databases import Lending, SQLiteTemplate
from tests.servers import MailSink, ServerProcess

# No test here is timed: a busy machine is not a fault of the code.
settings.register_profile("samtale", deadline=None)
settings.load_profile("samtale")

LONGEST_FIRST = ("browser", "loadtests", "workers", "flows")
"""Folders whose files take minutes: run beside each other, none of them may begin as the last."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let all flows run on one setup."""
    names = "sqlite, sqlite+redis, postgresql+redis"
    parser.addoption("--setup", default="", help=f"run all flows on this setup: {names}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first."""
    folders = [*LONGEST_FIRST, ""]
    items.sort(key=lambda item: folders.index(_long_folder(item)))


def _long_folder(item: pytest.Item) -> str:
    folder = item.path.parent.name
    return folder if folder in LONGEST_FIRST else ""


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run async tests on the event loop that the server runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session", autouse=True)
def no_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust no authority that a test does not name: a client would read all of the world's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("authorities")))
        yield


@pytest.fixture
def facts() -> Facts:
    """Hooks of one test's features."""
    return Facts()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole run."""
    server = PostgresServer(synced=False).start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def lending(postgres: PostgresServer) -> Lending:
    """Databases in PostgreSQL."""
    return Lending(postgres)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SQLiteTemplate:
    """Databases in files."""
    return SQLiteTemplate(tmp_path_factory.mktemp("template") / "samtale.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Address]:
    """Where a database of one's own is: on either engine."""
    if request.param == "sqlite":
        template: SQLiteTemplate = request.getfixturevalue("sqlite_template")
        yield template.copy(tmp_path / "samtale.db")
        return
    lending: Lending = request.getfixturevalue("lending")
    lent = lending.lend()
    yield lent
    lending.take_back(lent)


@pytest.fixture
async def database(address: Address, facts: Facts) -> AsyncIterator[OpenDatabase]:
    """A real database with the newest schema."""
    database = await open_database(address, facts)
    yield database
    await database.close()


@pytest.fixture
def mail() -> Iterator[MailSink]:
    """A mail server."""
    sink = MailSink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def server(tmp_path: Path, mail: MailSink) -> Iterator[ServerProcess]:
    """A running server of one's own, with mail."""
    process = ServerProcess(
        tmp_path / "server", SAMTALE_SMTP_HOST="127.0.0.1", SAMTALE_SMTP_PORT=str(mail.port)
    )
    process.start()
    yield process
    process.stop()
