"""Fixtures that every folder of tests may use."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from tests.servers import MailSink, ServerProcess

# No test here is timed: a busy machine is not a fault of the code.
settings.register_profile("samtale", deadline=None)
settings.load_profile("samtale")


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run async tests on the event loop that the server runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def facts() -> Facts:
    """Hooks of one test's features."""
    return Facts()


@pytest.fixture
async def database(tmp_path: Path, facts: Facts) -> AsyncIterator[SQLiteDatabase]:
    """A real database file with the newest schema."""
    database = await SQLiteDatabase.open(tmp_path / "samtale.db", facts)
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
