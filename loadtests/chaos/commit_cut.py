"""A TCP proxy before PostgreSQL that lets COMMIT through and swallows the answer.

    python -m loadtests.chaos.commit_cut PORT TARGET

SIGUSR1 arms it once: the next COMMIT reaches the server, which answers; the answer and the link are
dropped. Whoever asked cannot know whether it is committed.
"""

import asyncio
import signal
import sys
from contextlib import suppress

COMMIT = b"COMMIT"


class CommitCut:
    """Passes on what comes, to the target; `arm` cuts the next commit's link."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._armed = 0
        self.cut = 0

    def arm(self) -> None:
        """Swallow the answer to the next COMMIT."""
        self._armed += 1

    async def listen(self, port: int = 0) -> asyncio.Server:
        """Begin to listen; on a free port if it is 0."""
        return await asyncio.start_server(self._pass_on, "127.0.0.1", port)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                theirs, ours = await asyncio.open_connection("127.0.0.1", self._target)
                swallow = asyncio.Event()
                await asyncio.gather(
                    self._ask(reader, ours, swallow), self._answer(theirs, writer, swallow)
                )
        finally:
            # Of a server that is not there too: who asks is refused, as without a proxy between.
            writer.close()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, swallow: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if self._armed and COMMIT in data:
                    self._armed -= 1
                    swallow.set()
                writer.write(data)
        writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, swallow: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if swallow.is_set():
                    self.cut += 1
                    break
                writer.write(data)
        writer.close()


async def _serve(port: int, target: int) -> None:
    proxy = CommitCut(target)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, proxy.arm)
    await (await proxy.listen(port)).serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
