"""Fixtures of conversations."""

from pathlib import Path

import pytest

from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from tests.conversations.town import Town


@pytest.fixture
async def town(database: SQLiteDatabase, facts: Facts, tmp_path: Path) -> Town:
    """A fresh town."""
    return Town(database, facts, tmp_path / "samtale.db")
