"""When bytes reached this machine, by the kernel's own clock: however late a process reads them.

socket(7), SO_TIMESTAMPNS: the time at which the kernel had received the last of the bytes that a
read gives. With TLS the library reads, so nothing is known of that.
"""

import socket
import struct
import time
from collections.abc import Sequence

SO_TIMESTAMPNS = 35
"""Of Linux; Python does not name it."""

SPACE = 64
"""Bytes that a stamp takes beside what is read, and some more."""

_moment = struct.Struct("@qq").unpack


def ask_for_stamps(one: socket.socket) -> None:
    """Have the kernel give a stamp with whatever is read by `recvmsg`."""
    one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)


def arrival(beside: Sequence[tuple[int, int, bytes]]) -> float:
    """Give the moment (of `perf_counter`) at which something had arrived that was read just now.

    `beside` is what `recvmsg` gave beside the bytes; without a stamp in it, that is now.
    """
    now = time.perf_counter()
    for _, kind, data in beside:
        if kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _moment(data)
            lag: float = time.time() - seconds - nanoseconds / 1e9
            return now - max(0.0, lag)
    return now
