"""The outbox: what waits for a socket is bounded to the byte (G8)."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from chat.realtime.outbox import Outbox, Rounds
from chat.rounds import running
from chat.settings import Limits, Settings
from loadtests.people import move_in
from tests.realtime.raw import RawSocket

LIMIT = 150_000


async def test_an_outbox_holds_so_many_bytes_and_no_more(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), limits=Limits(outbox_bytes=LIMIT))
    async with running(settings) as server:
        mette = move_in(settings.database_address, "Mette")
        state = SimpleNamespace(connections=set())
        listening = await asyncio.get_running_loop().create_server(
            lambda: server.sockets(None, state, None), "127.0.0.1", 0
        )
        port = listening.sockets[0].getsockname()[1]
        with RawSocket(port, receive_buffer=2_048) as client:
            assert await asyncio.to_thread(client.upgrade, mette.headers) == 101
            assert (await asyncio.to_thread(client.json))["event"] == "hello"
            (one,) = server.hub.everyone()
            waiting = one._transport.get_write_buffer_size  # type: ignore[attr-defined]

            async def push(count: int, *, ephemeral: bool = False) -> int:
                one.push(bytes(count), ephemeral)
                await asyncio.sleep(0)  # it is written at the end of the loop's turn
                return int(waiting())

            while await push(10_000) < LIMIT // 2:
                pass  # until the kernel takes no more, and a little
            assert await push(LIMIT - 1 - waiting()) == LIMIT - 1
            assert await push(1) == LIMIT
            assert await push(1, ephemeral=True) == LIMIT
            assert len(server.hub) == 1
            await push(1)
            assert len(server.hub) == 0
        listening.close()


class Written:
    """A transport that takes everything."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False


async def test_what_was_read_is_not_told_again_now_or_later_and_nothing_else_is_left_out() -> None:
    written = Written()
    outbox = Outbox(cast("asyncio.Transport", written), Rounds(LIMIT))
    outbox.hold()
    for position, frame in ((7, b"a"), (0, b"b"), (9, b"c"), (8, b"d")):
        outbox.push(frame, ephemeral=False, position=position)
    outbox.release(after=8)
    for position, frame in ((8, b"e"), (10, b"f"), (0, b"g")):
        outbox.push(frame, ephemeral=False, position=position)
    await asyncio.sleep(0)
    assert written.data == b"bcfg"


async def test_a_page_of_what_was_missed_does_not_bring_back_what_hello_left_out() -> None:
    written = Written()
    outbox = Outbox(cast("asyncio.Transport", written), Rounds(LIMIT))
    outbox.hold()
    outbox.release(after=8)
    outbox.hold()
    outbox.push(b"a", ephemeral=False, position=6)
    outbox.release(after=5)
    outbox.push(b"b", ephemeral=False, position=9)
    await asyncio.sleep(0)
    assert written.data == b"b"
