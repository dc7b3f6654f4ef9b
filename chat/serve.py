"""Listening: one port for HTTP and sockets, until a signal says stop."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from chat import demo
from chat.operations.certificate import renew
from chat.operations.http import operators_port
from chat.realtime.front import Front
from chat.realtime.server import SocketServer
from chat.rounds import running
from chat.settings import Settings
from chat.storage.locks import Tenancy
from chat.storage.tenancy import DatabaseTenancy
from chat.worker import Place

log = structlog.get_logger(__name__)

PENDING_CONNECTIONS = 4_096
STOP_SECONDS = 10
COLLECTOR = (10_000, 50, 50)
"""How seldom garbage is looked for, by generation: work on a message leaves no cycles behind."""


class DrainingServer(uvicorn.Server):
    """uvicorn's server, which says goodbye before it stops.

    A stop takes no new sockets and asks every client to come back over a spread of time; those
    who talk on meanwhile are answered. Whoever is still there then is closed as `restarting`.
    """

    def __init__(
        self, config: uvicorn.Config, sockets: SocketServer, spread_ms: int, place: Place | None
    ) -> None:
        super().__init__(config)
        self._sockets = sockets
        self._spread_ms = spread_ms
        self._place = place

    async def startup(self, sockets: Any = None) -> None:
        """Listen, and say so to the supervisor, if there is one."""
        await super().startup(sockets)
        if self._place is not None and self.started:
            self._place.watch()
            self._place.say_ready()

    async def shutdown(self, sockets: Any = None) -> None:
        """Drain, then stop; a second interrupt stops at once."""
        if self._place is not None:  # what connects is for the others, or for who comes after
            for server in self.servers:
                server.close()
        self._sockets.drain(self._spread_ms)
        until = time.monotonic() + self._spread_ms / 1_000
        while self._waits(until):  # noqa: ASYNC110 — it ends by time and by interrupts too
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)
        # uvicorn would raise the signal again, which ends the process before storage is closed.
        self._captured_signals.clear()

    def _waits(self, until: float) -> bool:
        return bool(len(self._sockets.hub)) and time.monotonic() < until and not self.force_exit


async def run_server(
    settings: Settings, greet: Callable[[str], None], place: Place | None = None
) -> None:
    """Listen until a signal says stop.

    The demo is filled first, and `greet` is given what to say to whoever started it. `place`: which
    of several processes this is. Raises `TakenFolder` or `TakenDatabase`.
    """
    async with _tenant(settings), running(settings) as server:
        if settings.demo:
            logins = await demo.fill(
                server.accounts,
                server.passwords,
                server.bubbles,
                server.conversations,
                server.snaksammen,
                server.facts,
                server.clock(),
            )
            greet(demo.welcome(settings.base_url, logins))
        sockets = server.sockets
        config = uvicorn.Config(
            server.http(),
            host=settings.host,
            port=settings.port,
            # Two makers of protocols, one for each connection and one for each upgrade.
            http=partial(Front, settings.limits.head_within_ms),  # type: ignore[arg-type]
            ws=sockets,  # type: ignore[arg-type]
            lifespan="off",
            backlog=PENDING_CONNECTIONS,
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            ssl_certfile=settings.tls_certificate or None,
            ssl_keyfile=settings.tls_key or None,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        sockets.wheel.start()
        _renew_certificate_on_hangup(config, settings)
        _spare_the_collector()
        log.info("listening", host=settings.host, port=settings.port)
        try:
            port = settings.operators_port
            port += place.number if port and place is not None else 0
            async with operators_port(
                settings.operators_host, port, server.for_operators(), handed_on=place is not None
            ):
                listening = place.sockets() if place is not None else None
                spread_ms = settings.drain_spread_ms
                await DrainingServer(config, sockets, spread_ms, place).serve(listening)
        finally:
            sockets.wheel.stop()


@asynccontextmanager
async def _tenant(settings: Settings) -> AsyncIterator[None]:
    """Hold the database, or its folder: alone, or with others who hear each other by Redis."""
    alone = not settings.redis_url
    if settings.database:
        tenant = await DatabaseTenancy.take(settings.database, alone=alone, lost=_stop)
        try:
            yield
        finally:
            await tenant.end()
        return
    tenancy = Tenancy(Path(settings.data), alone=alone)
    try:
        yield
    finally:
        tenancy.end()


def _stop() -> None:
    """Drain and end, as when told to."""
    os.kill(os.getpid(), signal.SIGTERM)


def _renew_certificate_on_hangup(config: uvicorn.Config, settings: Settings) -> None:
    def hear() -> None:
        renew(config.ssl, settings.tls_certificate, settings.tls_key)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hear)


def _spare_the_collector() -> None:
    """Leave what lives as long as the process out of every search for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR)
