"""Fixtures of bubbles."""

from pathlib import Path

import pytest

from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from tests.bubbles.village import Village


@pytest.fixture
async def village(database: SQLiteDatabase, facts: Facts, tmp_path: Path) -> Village:
    """A fresh village."""
    return await Village.settle(database, facts, tmp_path / "samtale.db")
