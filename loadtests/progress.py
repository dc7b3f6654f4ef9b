"""Progress bars on a terminal; silence anywhere else."""

import sys
from typing import Self

WIDTH = 30


class Bar:
    """One line that fills, and goes when it is done. Use it in a `with`."""

    def __init__(self, title: str, total: float) -> None:
        self._title = title
        self._total = total or 1.0
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        self.show(0)
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def show(self, done: float) -> None:
        """Say how far it has got."""
        if self._shown:
            filled = round(WIDTH * min(1.0, done / self._total))
            bar = "█" * filled + "·" * (WIDTH - filled)
            sys.stderr.write(f"\r{self._title:<32} {bar} {done:,.0f}/{self._total:,.0f}")
            sys.stderr.flush()
