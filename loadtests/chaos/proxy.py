"""A TCP proxy that can be frozen: a cut without a reset, as when a cable is pulled.

    python -m loadtests.chaos.proxy PORT TARGET

SIGUSR1 freezes every other connection, in both directions, without closing anything; SIGUSR2 lets
all go on. SIGSTOP, of the process, freezes all of them and all that come.
"""

import asyncio
import signal
import sys

import uvloop

from loadtests.chaos.passage import Door, Passage


class Proxy:
    """Passes on what comes, to the port that was the target when it connected."""

    def __init__(self, target: int) -> None:
        self._door = Door(target, self._make)
        self._open: list[Passage] = []

    async def serve(self, port: int) -> None:
        """Listen for ever."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self.freeze_some)
        loop.add_signal_handler(signal.SIGUSR2, self.go_on)
        await (await self._door.listen(port)).serve_forever()

    def freeze_some(self) -> None:
        """Freeze every other connection."""
        self._open = [one for one in self._open if not one.asker.is_lost]
        for passage in self._open[::2]:
            passage.asker.stop("frozen")
            passage.target.stop("frozen")

    def go_on(self) -> None:
        """Let all go on."""
        for passage in self._open:
            passage.asker.go_on("frozen")
            passage.target.go_on("frozen")

    def _make(self) -> Passage:
        passage = Passage()
        self._open.append(passage)
        return passage


if __name__ == "__main__":
    uvloop.run(Proxy(int(sys.argv[2])).serve(int(sys.argv[1])))
