"""Opens connections: many, at a rate, from as many addresses as it takes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from msgspec import Raw

from loadtests.driver import wire
from loadtests.driver.exchange import Exchange
from loadtests.driver.pair import Pair
from loadtests.driver.socket import Busy, Socket
from loadtests.driver.stamped import connect_stamped

LOOPBACK = "127.0.0.1"
PORTS_PER_ADDRESS = 10_000
AT_ONCE = 64


class Driver:
    """Everything that is connected to one server."""

    def __init__(self, port: int, host: str = LOOPBACK, tls: ssl.SSLContext | None = None) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._opened = 0
        self.sockets: set[Socket] = set()

    async def open(self, token: str) -> Socket:
        """Connect and wait for hello. Raises `Refusal`, `OSError`."""
        socket, _ = await self.enter(token)
        return socket

    async def enter(self, token: str, *, stamped: bool = False) -> tuple[Socket, Raw]:
        """Connect and wait for hello, whose data is given too. Raises `Refusal`, `OSError`.

        A `stamped` one knows when what it reads had arrived, unless it is of TLS.
        A source address has some 28,000 ports; of loopback, addresses are taken in turn.
        """
        source = f"127.0.0.{1 + self._opened // PORTS_PER_ADDRESS % 250}"
        self._opened += 1
        upgrade = wire.upgrade(self._host, self._port, token)
        opened: asyncio.Future[Raw] | None = None

        def make() -> Socket:
            nonlocal opened
            socket = Socket(upgrade)
            opened = socket.opened
            return socket

        local = (source, 0) if self._host == LOOPBACK else None
        if stamped and self._tls is None:
            socket = make()
            await connect_stamped(socket, self._host, self._port, local)
        else:
            _, socket = await asyncio.get_running_loop().create_connection(
                make, self._host, self._port, local_addr=local, ssl=self._tls
            )
        assert opened is not None, "made with the socket"
        hello = await opened
        self.sockets.add(socket)
        return socket, hello

    async def open_all(
        self,
        tokens: Sequence[str],
        *,
        per_second: float = float("inf"),
        progress: Callable[[float], None] = lambda _: None,
    ) -> list[Socket]:
        """Connect for each token, in order, a few at once and no faster than `per_second`."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        sockets: dict[int, Socket] = {}

        async def work(numbers: Iterable[int]) -> None:
            for number in numbers:
                await asyncio.sleep(max(0.0, started + number / per_second - loop.time()))
                sockets[number] = await self._enter(tokens[number])
                progress(len(sockets))

        await asyncio.gather(*(work(range(at, len(tokens), AT_ONCE)) for at in range(AT_ONCE)))
        return [sockets[number] for number in range(len(tokens))]

    async def _enter(self, token: str) -> Socket:
        """Connect, and come back when the server says so if there are too many."""
        while True:
            try:
                return await self.open(token)
            except Busy as busy:
                await asyncio.sleep(busy.retry_after)

    async def open_exchanges(
        self, members: Sequence[tuple[tuple[str, ...], str]]
    ) -> list[Exchange]:
        """Connect four for each (the sender's two tokens and the reader's two, conversation)."""
        sockets = await self.open_all([token for tokens, _ in members for token in tokens])
        return [
            Exchange(sockets[4 * number : 4 * number + 4], conversation, number)
            for number, (_, conversation) in enumerate(members)
        ]

    async def open_pairs(
        self, members: Sequence[tuple[str, str, str]], text_bytes: int = 200
    ) -> list[Pair]:
        """Connect two for each (sender's token, receiver's token, conversation)."""
        sockets = await self.open_all([token for member in members for token in member[:2]])
        return [
            Pair(sockets[2 * number], sockets[2 * number + 1], conversation, number, text_bytes)
            for number, (_, _, conversation) in enumerate(members)
        ]

    def forget(self, socket: Socket) -> None:
        """Close one connection."""
        socket.close()
        self.sockets.discard(socket)

    def close(self) -> None:
        """Close every connection."""
        for socket in self.sockets:
            socket.close()
        self.sockets.clear()


@asynccontextmanager
async def driving(port: int) -> AsyncIterator[Driver]:
    """Give a driver; closes what it opened, and lets the goodbyes go out."""
    driver = Driver(port)
    try:
        yield driver
    finally:
        driver.close()
        await asyncio.sleep(0.1)
