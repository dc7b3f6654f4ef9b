"""Fixtures of conversations."""

import pytest

from chat.storage.facts import Facts
from chat.storage.opening import OpenDatabase
from loadtests.beside import Address
from tests.conversations.town import Town


@pytest.fixture
async def town(database: OpenDatabase, facts: Facts, address: Address) -> Town:
    """A fresh town."""
    return Town(database, facts, address)
