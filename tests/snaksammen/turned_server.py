"""A server whose clock a test turns: time stands still until it is told to go on.

    SAMTALE_HANDS=file python -m tests.snaksammen.turned_server serve

Everything else is the server as it is. What the clock brings about of talks is looked for without
waiting, and told when it is done, so that a test may go on as fast as the machine does.
"""

import asyncio
import mmap
import os
import struct
import sys
from pathlib import Path

from chat import cli, rounds, serve
from loadtests.planting import replace

LOOK_SECONDS = 0.005
NUMBER = struct.Struct("q")


class Hands:
    """The hands of the clock, in a file: what time it is, and up to when talks have moved on."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(2 * NUMBER.size))
        with path.open("r+b") as file:
            self._both = mmap.mmap(file.fileno(), 2 * NUMBER.size)

    @property
    def now(self) -> int:
        """What time it is (UTC ms)."""
        return int(NUMBER.unpack_from(self._both)[0])

    def set(self, now: int) -> None:
        """Turn them."""
        NUMBER.pack_into(self._both, 0, now)

    def done(self, until: int) -> None:
        """Say that everything up to a moment was done."""
        NUMBER.pack_into(self._both, NUMBER.size, until)

    async def turn(self, now: int) -> None:
        """Turn them, and wait until the server has done what was due by then."""
        self.set(now)
        async with asyncio.timeout(60):
            while NUMBER.unpack_from(self._both, NUMBER.size)[0] < now:  # noqa: ASYNC110 — nobody tells
                await asyncio.sleep(LOOK_SECONDS)


class TurnedRounds(rounds.Rounds):
    """Rounds that say up to when they have moved talks on."""

    hands: Hands

    async def move_talks_on(self) -> None:
        """Do what is due of talks, and say so."""
        now = self.hands.now
        await super().move_talks_on()
        self.hands.done(now)


def main() -> int:
    """Serve by the hands of the file that SAMTALE_HANDS names."""
    hands = Hands(Path(os.environ.pop("SAMTALE_HANDS")))
    TurnedRounds.hands = hands
    replace(rounds, "Rounds", lambda _: TurnedRounds)
    rounds.TALKS_SECONDS = LOOK_SECONDS
    replace(serve, "running", lambda run: lambda settings: run(settings, lambda: hands.now))
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
