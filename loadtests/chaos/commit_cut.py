"""A TCP proxy before PostgreSQL that lets COMMIT through and swallows the answer.

    python -m loadtests.chaos.commit_cut PORT TARGET

SIGUSR1 arms it once: the next COMMIT reaches the server, which answers; the answer and the link are
dropped. Whoever asked cannot know whether it is committed.
"""

import asyncio
import signal
import sys

import uvloop

from loadtests.chaos.passage import Door, Passage

COMMIT = b"COMMIT"


class CommitCut:
    """Passes on what comes, to the target; `arm` cuts the next commit's link."""

    def __init__(self, target: int) -> None:
        self._door = Door(target, lambda: _Cut(self))
        self.armed = 0
        self.cut = 0

    def arm(self) -> None:
        """Swallow the answer to the next COMMIT."""
        self.armed += 1

    async def listen(self, port: int = 0) -> asyncio.Server:
        """Begin to listen; on a free port if it is 0."""
        return await self._door.listen(port)


class _Cut(Passage):
    """One connection, whose next answer may be swallowed."""

    def __init__(self, proxy: CommitCut) -> None:
        super().__init__()
        self._proxy = proxy
        self._swallows = False

    def ask(self, data: bytes) -> None:
        """Hand it on, and look for a COMMIT."""
        if self._proxy.armed and COMMIT in data:
            self._proxy.armed -= 1
            self._swallows = True
        super().ask(data)

    def answer(self, data: bytes) -> None:
        """Hand it on, or hang up instead."""
        if not self._swallows:
            super().answer(data)
        elif not self.asker.is_lost:
            self._proxy.cut += 1
            self.asker.close()


async def _serve(port: int, target: int) -> None:
    proxy = CommitCut(target)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, proxy.arm)
    await (await proxy.listen(port)).serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
