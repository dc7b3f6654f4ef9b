"""Fixtures of SnakSammen."""

import pytest

from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from tests.snaksammen.house import House


@pytest.fixture
async def house(database: SQLiteDatabase, facts: Facts) -> House:
    """A fresh branch."""
    return await House.build(database, facts)
