"""A TCP proxy that can be frozen: a cut without a reset, as when a cable is pulled.

    python -m loadtests.chaos.proxy PORT TARGET

SIGUSR1 freezes every other connection, in both directions, without closing anything; SIGUSR2 lets
all go on. SIGSTOP, of the process, freezes all of them and all that come.
"""

import asyncio
import itertools
import signal
import sys
from contextlib import suppress


class Proxy:
    """Passes on what comes, to the port that was the target when it connected."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._numbers = itertools.count()
        self._open: dict[int, asyncio.Event] = {}

    async def serve(self, port: int) -> None:
        """Listen for ever."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self.freeze_some)
        loop.add_signal_handler(signal.SIGUSR2, self.go_on)
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", port)
        await server.serve_forever()

    def freeze_some(self) -> None:
        """Freeze every other connection."""
        for flows in list(self._open.values())[::2]:
            flows.clear()

    def go_on(self) -> None:
        """Let all go on."""
        for flows in self._open.values():
            flows.set()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, flows = next(self._numbers), asyncio.Event()
        flows.set()
        self._open[number] = flows
        try:
            with suppress(OSError):
                theirs = await asyncio.open_connection("127.0.0.1", self._target)
                await asyncio.gather(
                    _pump(reader, theirs[1], flows), _pump(theirs[0], writer, flows)
                )
        finally:
            del self._open[number]
            writer.close()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: asyncio.Event
) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            await flows.wait()
            writer.write(data)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(Proxy(int(sys.argv[2])).serve(int(sys.argv[1])))
