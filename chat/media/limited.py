"""Runs the re-encoder in a limited child process: one picture a child, one child at a time.

A decoder that is captured by a picture dies with that picture: it shares nothing with the server,
and no other person's picture ever passes through the same process.
"""

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import structlog

from chat.media.model import ANSWER_BYTES, ChildStatus, Reencoded, unpack
from protocol.errors import Refused

log = structlog.get_logger(__name__)

COMMAND = (sys.executable, "-I", "-m", "chat.media.reencoder")
WALL_SECONDS = 30.0


class LimitedReencoder:
    """Re-encodes pictures off the event loop, in a thread that waits for one child at a time."""

    def __init__(self, wall_seconds: float = WALL_SECONDS) -> None:
        self._wall_seconds = wall_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    async def reencode(self, body: bytes, max_pixels: int) -> Reencoded:
        """Make a picture ours.

        Raises `Refused`: `bad_picture` if it cannot be decoded within the child's memory and
        processor time, `too_large` over the pixels, `unavailable` if the machine is too busy.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self.run, body, max_pixels)

    def close(self) -> None:
        """Take no more pictures; the one at work ends by itself within its wall time."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def run(self, body: bytes, max_pixels: int) -> Reencoded:
        """Do the same, and wait for it."""
        with _memory_file() as given, _memory_file() as made:
            given.write(body)
            given.seek(0)
            try:
                child = subprocess.run(  # noqa: S603 — our own module and a number, no shell
                    (*COMMAND, str(max_pixels)),
                    stdin=given,
                    stdout=made,
                    stderr=subprocess.DEVNULL,
                    env={},  # the settings and their secrets stay here
                    cwd="/",
                    timeout=self._wall_seconds,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise _not_now(type(error).__name__) from None
            _check_status(child.returncode)
            try:
                return unpack(os.pread(made.fileno(), ANSWER_BYTES, 0))
            except ValueError as error:
                raise _not_now(str(error)) from None


def _memory_file() -> BinaryIO:
    """Make a file that never touches a disk; the kernel lets go of it when it is closed."""
    return os.fdopen(os.memfd_create("picture"), "w+b")


def _check_status(status: int) -> None:
    """Turn the child's end into an answer; a signal means a limit met or a decoder broken."""
    if status == ChildStatus.TOO_LARGE:
        raise Refused("too_large")
    if status < 0:
        log.warning("reencoder_killed", signal=-status)
        raise Refused("bad_picture")
    if status == ChildStatus.UNREADABLE:
        raise Refused("bad_picture")
    if status != ChildStatus.DONE:
        raise _not_now(f"status {status}")


def _not_now(cause: str) -> Refused:
    log.error("reencoder_failed", cause=cause)
    return Refused("unavailable", retry_after_ms=5_000)
