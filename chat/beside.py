"""The database of a deployment, opened beside the server that runs on it, or while none does."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from errno import ENOENT
from pathlib import Path

from chat.app import register_inner_hooks, wall_clock
from chat.delivery.carriers import channels
from chat.notifications.service import tell_of_talks
from chat.settings import Settings
from chat.storage.database import Database
from chat.storage.facts import Facts
from chat.storage.opening import open_database
from protocol.errors import Refused


@asynccontextmanager
async def beside_the_server(settings: Settings) -> AsyncIterator[Database]:
    """Open it for an operator; the server's tail hears of what is changed.

    Raises `FileNotFoundError` when there is none, and `Refused("unavailable")` when it is locked.
    """
    address = settings.database_address
    if isinstance(address, Path) and not address.exists():
        raise FileNotFoundError(ENOENT, "there is no database here", str(address))
    facts = Facts()
    register_inner_hooks(facts)
    tell_of_talks(facts, settings.base_url, channels(settings), wall_clock)
    try:
        database = await open_database(address, facts, checkpoints=False, shared=True)
    except sqlite3.OperationalError as error:
        raise Refused("unavailable") from error
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def without_a_server(settings: Settings) -> AsyncIterator[Database]:
    """Open the database, made if it is not there, while no server runs on it."""
    database = await open_database(settings.database_address, Facts())
    try:
        yield database
    finally:
        await database.close()
