"""Fixtures of safety."""

import pytest

from chat.storage.database import Database
from chat.storage.facts import Facts
from loadtests.beside import Address
from tests.safety.quarter import Quarter


@pytest.fixture
async def quarter(database: Database, facts: Facts, address: Address) -> Quarter:
    """A fresh quarter."""
    settled = await Quarter.settle(database, facts, address)
    assert isinstance(settled, Quarter)
    return settled
