"""Fixtures of storage: what is here is about the SQLite file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase


@pytest.fixture
async def database(tmp_path: Path, facts: Facts) -> AsyncIterator[SQLiteDatabase]:
    """A real database file with the newest schema."""
    database = await SQLiteDatabase.open(tmp_path / "samtale.db", facts)
    yield database
    await database.close()
