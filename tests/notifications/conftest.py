from collections.abc import AsyncIterator

import pytest

from chat.storage.database import Database
from chat.storage.facts import Facts
from tests.notifications.town import Town


@pytest.fixture
async def town(database: Database, facts: Facts) -> AsyncIterator[Town]:
    """A town without people yet."""
    town = await Town.founded(database, facts)
    yield town
    town.passwords.close()
