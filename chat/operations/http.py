"""The operators' port: metrics and readiness in full, for whoever may reach it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from chat.operations.metrics import CONTENT_TYPE, Metrics
from chat.operations.readiness import Readiness, Report

NO_STORE = {"cache-control": "no-store"}


def public_routes(readiness: Readiness) -> list[BaseRoute]:
    """Say in a word that the process lives, and whether it takes work."""

    async def ready(_: Request) -> Response:
        report = await readiness.report()
        return PlainTextResponse(report.state + "\n", _status(report), NO_STORE)

    return [Route("/healthz", _alive), Route("/readyz", ready)]


def operators_routes(readiness: Readiness, metrics: Metrics) -> list[BaseRoute]:
    """Say all of it."""

    async def ready(_: Request) -> Response:
        report = await readiness.report()
        body = {"state": report.state, "checks": [asdict(check) for check in report.checks]}
        return JSONResponse(body, _status(report), NO_STORE)

    async def show(_: Request) -> Response:
        text = metrics.text(await readiness.report(), await metrics.stored())
        return Response(text, media_type=CONTENT_TYPE)

    return [Route("/healthz", _alive), Route("/readyz", ready), Route("/metrics", show)]


async def _alive(_: Request) -> Response:
    return PlainTextResponse("alive\n", headers=NO_STORE)


def _status(report: Report) -> int:
    return 200 if report.ready else 503


class _Listener(uvicorn.Server):
    """uvicorn's server beside another one, which hears the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the other."""
        yield


@contextlib.asynccontextmanager
async def operators_port(
    host: str, port: int, routes: list[BaseRoute], *, handed_on: bool = False
) -> AsyncIterator[None]:
    """Listen for operators while the context lasts; not at all on port 0. Raises `OSError`.

    `handed_on`: the process that this one replaces listens on it too, for a moment.
    """
    if not port:
        yield
        return
    config = uvicorn.Config(
        Starlette(routes=routes),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
    )
    listener = _Listener(config)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, reuse_port=handed_on)
    task = asyncio.create_task(listener.serve([listening]), name="operators")
    try:
        yield
    finally:
        listener.should_exit = True
        await task
