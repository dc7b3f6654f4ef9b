"""Fixtures that every folder of tests may use."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase


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
