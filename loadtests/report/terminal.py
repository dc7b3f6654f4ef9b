"""What is seen on a terminal while a load runs, and when it has ended."""

import os
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from loadtests.measures import Book, Kind
from loadtests.report import words
from loadtests.report.svg import number
from loadtests.scenarios import Scenario, Stage
from loadtests.server import Sampler, span

WIDTH = 24
PLAIN_SECONDS = 10.0
"""Where there is no terminal, such as in the log of a build: a line every so often."""

GREEN, RED, YELLOW, BOLD, DIM, PLAIN = (f"\033[{code}m" for code in (32, 31, 33, 1, 2, 0))
TONES = {"passed": GREEN, "failed": RED, "does not count": YELLOW}


class View:
    """One line that tells how a scenario goes. Give `show` to whoever carries it out."""

    def __init__(self, scenario: Scenario, server: Sampler, out: TextIO = sys.stderr) -> None:
        self._scenario = scenario
        self._server = server
        self._out = out
        self._live = out.isatty() and os.environ.get("TERM") != "dumb"
        self._said = -PLAIN_SECONDS

    def show(self, passed: float, book: Book) -> None:
        """Tell how much has passed, and what the last full second was like."""
        if self._live:
            self._out.write("\r\033[K" + self._line(passed, book)[: _columns() + 20] + PLAIN)
            self._out.flush()
        elif passed - self._said >= PLAIN_SECONDS:
            self._said = passed
            self._out.write(_uncoloured(self._line(passed, book)) + "\n")
            self._out.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._live:
            self._out.write("\r\033[K")
            self._out.flush()

    def _line(self, passed: float, book: Book) -> str:
        whole = self._scenario.seconds or 1.0
        filled = round(WIDTH * min(1.0, passed / whole))
        bar = "█" * filled + "·" * (WIDTH - filled)
        second = book.seconds().get(int(time.time()) - 2)
        stage = _stage(self._scenario.stages, passed)
        said = f"{BOLD}{stage:<10}{PLAIN} {bar} {passed:4.0f}/{whole:.0f} s"
        if second is None:
            return said
        times = second.milliseconds.get(Kind.DELIVERED)
        said += f"  {number(second.done[Kind.DELIVERED])}/s"
        if times:
            said += f"  p50 {number(times[0])} p99 {number(times[3])} ms"
        errors = sum(second.errors.values())
        said += f"  {RED}{errors} errors{PLAIN}" if errors else f"  {DIM}0 errors{PLAIN}"
        return said + self._server_line()

    def _server_line(self) -> str:
        samples = self._server.samples[-2:]
        if len(samples) < 2:
            return ""
        last = span(*samples)
        said = "" if last.cpu is None else f"  {DIM}server {last.cpu:.2f} cores"
        return said + ("" if last.memory_mb is None else f" {last.memory_mb:.0f} MB{PLAIN}")


def _stage(stages: Sequence[Stage], passed: float) -> str:
    for stage in stages:
        if passed < stage.seconds:
            return stage.name
        passed -= stage.seconds
    return "settle"


def tell(found: Mapping[str, Any], out: TextIO = sys.stdout) -> None:
    """Say what a report says first, and the figures of the stages that count."""
    text = f"{TONES[found['outcome']]}{BOLD}{words.title(found)}{PLAIN}\n"
    for sentence in words.sentences(found):
        text += textwrap.fill(sentence, 100, initial_indent="  ", subsequent_indent="  ") + "\n"
    heads = "".join(f"{head:>9}" for head in ("count", "p50", "p90", "p99", "p99.9", "max"))
    text += f"\n{BOLD}{'ms, response time':<20}{heads}{PLAIN}\n"
    for kind, times in found["total"]["kinds"].items():
        figures = "".join(
            f"{number(times['response_ms'][name]):>9}"
            for name in ("p50", "p90", "p99", "p99_9", "max")
        )
        text += f"{kind:<20}{number(times['count']):>9}{figures}\n"
    server = found["total"]["server"]
    text += (
        f"server: {number(server['cpu'])} cores, {number(server['memory_mb'])} MB,"
        f" {number(server['cpu_us_per_message'])} µs a message,"
        f" loop lag p99 {number(server['loop_lag_ms_p99'])} ms\n"
    )
    out.write(text if out.isatty() else _uncoloured(text))


def _uncoloured(text: str) -> str:
    for code in (GREEN, RED, YELLOW, BOLD, DIM, PLAIN):
        text = text.replace(code, "")
    return text


def _columns() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 100
