from collections.abc import AsyncIterator

import pytest

from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from tests.notifications.town import Town


@pytest.fixture
async def town(database: SQLiteDatabase, facts: Facts) -> AsyncIterator[Town]:
    """A town without people yet."""
    town = await Town.founded(database, facts)
    yield town
    town.passwords.close()
