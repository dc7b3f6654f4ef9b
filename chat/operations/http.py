"""The operators' port: metrics and readiness in full, for whoever may reach it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.operations.metrics import CONTENT_TYPE, Metrics


def metrics_route(metrics: Metrics) -> BaseRoute:
    """Serve the metrics."""

    async def show(_: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return Route("/metrics", show)


class _Listener(uvicorn.Server):
    """uvicorn's server beside another one, which hears the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the other."""
        yield


@contextlib.asynccontextmanager
async def operators_port(host: str, port: int, routes: list[BaseRoute]) -> AsyncIterator[None]:
    """Listen for operators while the context lasts; not at all on port 0. Raises `OSError`."""
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
    listening = socket.create_server((host, port), family=family)
    task = asyncio.create_task(listener.serve([listening]), name="operators")
    try:
        yield
    finally:
        listener.should_exit = True
        await task
