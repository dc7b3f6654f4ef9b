"""The Python client gets through to the server, wherever a connection breaks on its way in."""

import asyncio
import secrets
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosedError

from loadtests.processes import ServerProcess
from protocol.clients.python import shell
from protocol.clients.python.client import Client
from tests.flows.conftest import MoveIn
from tests.patience import PATIENCE_SECONDS

BROKEN = 10
"""Connections that break before one is let through."""

RESET = struct.pack("ii", 1, 0)
"""Of SO_LINGER: a close is a reset."""


@asynccontextmanager
async def door(server: ServerProcess, answer: bytes | None) -> AsyncIterator[str]:
    """Listen before the server; gives the address.

    The first connections are reset: at once, or after their request and part of an answer. It does
    so in a thread, for a reset may come between any two steps of the client's loop.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    letting_in: set[asyncio.Task[None]] = set()

    def break_some() -> socket.socket:
        for _ in range(BROKEN):
            one, _ = listening.accept()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            if answer is not None:
                one.recv(65_536)
                one.sendall(answer)
            one.close()
        return listening.accept()[0]

    async def let_in() -> None:
        one = await asyncio.to_thread(break_some)
        here, there = await asyncio.gather(
            asyncio.open_connection(sock=one), asyncio.open_connection("127.0.0.1", server.port)
        )
        await asyncio.gather(pump(here[0], there[1]), pump(there[0], here[1]))

    letting_in.add(asyncio.create_task(let_in()))
    try:
        yield "http://{}:{}".format(*listening.getsockname())
        await asyncio.gather(*letting_in)
    finally:
        listening.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
    writer.close()


@pytest.mark.parametrize(
    "answer",
    [None, b"", b"HTTP/1.1 101 Sw", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"],
    ids=["at once", "after the request", "within the first line", "within the headers"],
)
async def test_whoever_is_cut_off_on_the_way_in_comes_again(
    roomy_server: ServerProcess, settler: MoveIn, answer: bytes | None
) -> None:
    mette = settler(f"Mette {secrets.token_hex(4)}")
    async with door(roomy_server, answer) as url:
        assert await gets_online(url, mette.token)


async def test_whoever_is_cut_off_before_the_first_word_comes_again(
    roomy_server: ServerProcess, settler: MoveIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the end may be seen before the request is written: no socket can be made
    to do so, so it is the library's answer to it that is made here.
    """  # noqa: D205
    broken = iter(range(3))

    def open_or_break(*args: Any, **kwargs: Any) -> Any:
        if next(broken, None) is not None:
            raise ConnectionClosedError(None, None)
        return open_socket(*args, **kwargs)

    monkeypatch.setattr(shell, "open_socket", open_or_break)
    assert await gets_online(roomy_server.url, settler(f"Mette {secrets.token_hex(4)}").token)


async def gets_online(url: str, token: str) -> bool:
    """Tell whether a client comes online, whatever breaks before."""
    client = Client(url, token)
    client.start()
    try:
        online = asyncio.create_task(client.online())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not online.done():
                client.wake()
                await asyncio.wait([online], timeout=0.02)
        return online.exception() is None
    finally:
        await client.close()
