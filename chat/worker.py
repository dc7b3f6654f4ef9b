"""The place of one process among several: what its supervisor has handed to it."""

import asyncio
import os
import signal
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A slot's number, and the open files that the process inherits: where it listens, its link."""

    number: int
    listening: tuple[int, ...]
    link: int

    def sockets(self) -> list[socket.socket]:
        """Open what it listens on."""
        return [socket.socket(fileno=file) for file in self.listening]

    def say_ready(self) -> None:
        """Tell the supervisor that connections are taken."""
        os.write(self.link, b"r")

    def watch(self) -> None:
        """Drain when the supervisor is gone: nobody would start this process anew."""
        asyncio.get_running_loop().add_reader(self.link, self._supervisor_gone)

    def _supervisor_gone(self) -> None:
        asyncio.get_running_loop().remove_reader(self.link)
        os.kill(os.getpid(), signal.SIGTERM)


def write_place(place: Place) -> str:
    """Write a place as an argument."""
    return ":".join(map(str, (place.number, place.link, *place.listening)))


def read_place(text: str) -> Place:
    """Read it. Raises `ValueError`."""
    number, link, *listening = map(int, text.split(":"))
    return Place(number, tuple(listening), link)
