"""Who serves from a PostgreSQL database: one server alone, or several that hear each other.

An advisory lock says so, held by a session of its own: exclusive for one that is alone, shared for
one of several. It goes when the process dies; the server's keepalives find a machine that is gone.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from chat.storage.locks import TakenFolder
from chat.storage.sessions import CONNECT_SECONDS, is_storage

log = structlog.get_logger(__name__)

TENANT_LOCK = 0x73616D74616C65 + 1
LOOK_SECONDS = 1.0
ANSWER_SECONDS = 6.0

_SETTINGS = {
    "application_name": "samtale tenant",
    # A machine that is gone without a word holds the lock for a quarter of a minute, not two hours.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
}


class TakenDatabase(TakenFolder):
    """Another server serves from the database, and the two would not hear each other."""


class DatabaseTenancy:
    """Holds the lock while the server runs. Use `take`.

    When the session is lost the lock is taken again; `lost` is called if another server was
    quicker, for then this one must not go on.
    """

    def __init__(self, url: str, alone: bool, lost: Callable[[], None]) -> None:
        self._url = url
        self._try = "pg_try_advisory_lock" if alone else "pg_try_advisory_lock_shared"
        self._lost = lost
        self._session: Any = None
        self._keeping: asyncio.Task[None] | None = None

    @classmethod
    async def take(cls, url: str, *, alone: bool, lost: Callable[[], None]) -> "DatabaseTenancy":
        """Take the lock. Raises `TakenDatabase`, and `OSError` when there is no way to it."""
        tenancy = cls(url, alone, lost)
        try:
            await tenancy._lock()
        except TakenDatabase:
            raise
        except Exception as error:
            if is_storage(error):
                raise ConnectionError(f"no way to the database: {type(error).__name__}") from error
            raise
        tenancy._keeping = asyncio.create_task(tenancy._keep(), name="tenancy")
        return tenancy

    async def end(self) -> None:
        """Let go of it."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._hang_up()

    async def _lock(self) -> None:
        self._session = await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            command_timeout=ANSWER_SECONDS,
            server_settings=_SETTINGS,
        )
        if not await self._session.fetchval(f"SELECT {self._try}({TENANT_LOCK})"):
            await self._hang_up()
            raise TakenDatabase

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if self._session is None:
                    await self._lock()
                await self._session.execute("SELECT 1")
            except TakenDatabase:
                log.error("another_server_serves_this_database")
                self._lost()
                return
            except Exception as error:
                if not is_storage(error):
                    raise
                await self._hang_up()

    async def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await session.close(timeout=1.0)
