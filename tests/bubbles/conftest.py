"""Fixtures of bubbles."""

import pytest

from chat.storage.database import Database
from chat.storage.facts import Facts
from loadtests.beside import Address
from tests.bubbles.village import Village


@pytest.fixture
async def village(database: Database, facts: Facts, address: Address) -> Village:
    """A fresh village."""
    return await Village.settle(database, facts, address)
