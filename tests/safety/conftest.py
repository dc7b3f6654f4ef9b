"""Fixtures of safety."""

from pathlib import Path

import pytest

from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from tests.safety.quarter import Quarter


@pytest.fixture
async def quarter(database: SQLiteDatabase, facts: Facts, tmp_path: Path) -> Quarter:
    """A fresh quarter."""
    settled = await Quarter.settle(database, facts, tmp_path / "samtale.db")
    assert isinstance(settled, Quarter)
    return settled
