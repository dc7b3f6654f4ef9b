"""A process full of people who have the app open and say nothing: sockets, and little else.

A connection of asyncio takes kilobytes, and some twenty microseconds for each ping. Nothing is
needed of these people but an upgrade and a pong now and then, so each is the number of an open file
on one epoll, and costs this process some sixty bytes.
"""

import errno
import gc
import heapq
import os
import select
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from loadtests.driver import wire
from loadtests.seed import token
from loadtests.validity import raise_open_files

HOST = "127.0.0.1"
PER_ADDRESS = 5_000
"""Connections from one address of 127.0.0.0/8, each of which has some 28,000 ports."""

BIND_ADDRESS_NO_PORT = 24
"""IP_BIND_ADDRESS_NO_PORT: the port is chosen when it is known where to, out of many more."""

AT_ONCE = 8
WAIT_SECONDS = 0.25
OPEN_WITHIN_SECONDS = 30.0
BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 5.0)

PING = bytes((0x80 | wire.PING, 0))
PONG = wire.frame(wire.PONG, b"")


@dataclass(frozen=True, slots=True)
class Part:
    """Whom one process plays: `count` people of a group, with an address of its own (1 to 250)."""

    group: str
    count: int
    port: int
    number: int
    per_second: float = float("inf")

    def upgrade(self, person: int) -> bytes:
        """Write the request of one of them."""
        return wire.upgrade(HOST, self.port, token(f"{self.group}/{person}/0"))

    def source(self, person: int) -> tuple[str, int]:
        """Tell from where one of them comes."""
        return f"127.0.{self.number}.{1 + person // PER_ADDRESS % 250}", 0


@dataclass(slots=True)
class Count:
    """How a crowd fares. `failed` and `lost` by what happened: before hello, and after it."""

    wanted: int = 0
    open: int = 0
    opening: int = 0
    sent_away: int = 0
    pongs: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: "Count") -> "Count":
        self.wanted += other.wanted
        self.open += other.open
        self.opening += other.opening
        self.sent_away += other.sent_away
        self.pongs += other.pongs
        self.failed += other.failed
        self.lost += other.lost
        return self


class Opening:
    """One connection on its way to hello."""

    __slots__ = ("failures", "head", "person", "reader", "socket", "until")

    def __init__(self, person: int, failures: int, one: socket.socket) -> None:
        self.person = person
        self.failures = failures
        self.socket = one
        self.until = time.monotonic() + OPEN_WITHIN_SECONDS
        self.head: bytes | None = b""
        self.reader = wire.Reader()

    def receive(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Give the frames behind the answer to the upgrade. Raises `OSError` if that is a no."""
        if self.head is not None:
            head, end, behind = (self.head + data).partition(b"\r\n\r\n")
            if not end:
                self.head = head
                return
            if b" 101 " not in head[:20]:
                raise OSError(head[:40].decode("latin-1").partition("\r")[0])
            self.head, data = None, behind
        yield from self.reader.receive(data)


class Crowd:
    """Connects its people a few at a time, and keeps them connected until it is told to end."""

    def __init__(self, part: Part, pipe: Connection) -> None:
        self._part, self._pipe = part, pipe
        self._people: Iterator[int] = iter(())
        self._coming_back: list[tuple[float, int, int]] = []
        self._opening: dict[int, Opening] = {}
        self._open: set[int] = set()
        self._half_read: dict[int, wire.Reader] = {}
        self._count = Count(part.count)
        self._began, self._begun = 0.0, 0
        self._halted = self._ended = False
        self._epoll = select.epoll()
        self._epoll.register(pipe.fileno(), select.EPOLLIN)

    def run(self) -> None:
        """Work until the pipe ends."""
        while not self._ended:
            for file, events in self._epoll.poll(WAIT_SECONDS, 1_024):
                if file in self._open:
                    self._listen(file)
                elif file in self._opening:
                    self._advance(file, events)
                elif file == self._pipe.fileno():
                    self._obey()
            self._open_more()

    def _obey(self) -> None:
        """Tell how it fares; told "go" begin, told "halt" open no more."""
        try:
            told = self._pipe.recv()
        except (EOFError, OSError):
            self._ended = True
            return
        if told == "go":
            self._people, self._began = iter(range(self._part.count)), time.monotonic()
        elif told == "halt":
            self._halted = True
        self._count.open, self._count.opening = len(self._open), len(self._opening)
        self._pipe.send(self._count)

    # --- coming -----------------------------------------------------------------------------------

    def _open_more(self) -> None:
        now = time.monotonic()
        for opening in [one for one in self._opening.values() if one.until < now]:
            self._fail(opening, "no answer")
        while len(self._opening) < AT_ONCE and not self._halted:
            due = (now - self._began) * self._part.per_second
            if self._coming_back and self._coming_back[0][0] <= now:
                _, person, failures = heapq.heappop(self._coming_back)
            elif self._begun < due and (person := next(self._people, -1)) >= 0:
                self._begun += 1
                failures = 0
            else:
                return
            self._connect(person, failures)

    def _connect(self, person: int, failures: int) -> None:
        try:
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError as error:
            self._come_back(person, failures, error)
            return
        opening = Opening(person, failures, one)
        try:
            one.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
            one.bind(self._part.source(person))
            one.connect((HOST, self._part.port))
        except BlockingIOError:
            pass  # as it should be
        except OSError as error:
            one.close()
            self._come_back(person, failures, error)
            return
        self._opening[one.fileno()] = opening
        self._epoll.register(one.fileno(), select.EPOLLOUT)

    def _advance(self, file: int, events: int) -> None:
        """Ask for the upgrade when it is connected; then read until hello."""
        opening = self._opening[file]
        try:
            if events & select.EPOLLOUT:
                opening.socket.send(self._part.upgrade(opening.person))
                self._epoll.modify(file, select.EPOLLIN)
                return
            data = opening.socket.recv(65_536)
            if not data:
                raise ConnectionResetError("closed before hello")
            for opcode, payload in opening.receive(data):
                self._take(opening, opcode, payload)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(opening, _name(error))

    def _take(self, opening: Opening, opcode: int, payload: bytes) -> None:
        file = opening.socket.fileno()
        if opcode == wire.CLOSE and file in self._opening:
            raise ConnectionResetError(f"closed: {payload[2:].decode()}")
        if opcode != wire.TEXT or file not in self._opening:
            return
        frame = wire.decode_whole(payload)
        if frame.event == "server.busy":
            self._count.sent_away += 1
            again = wire.decode_busy(frame.data).retry_after_ms / 1_000
            heapq.heappush(
                self._coming_back, (time.monotonic() + again, opening.person, opening.failures)
            )
            self._drop(opening)
        elif frame.event == "hello":
            del self._opening[file]
            self._open.add(opening.socket.detach())
            if opening.reader.is_half_way:
                self._half_read[file] = opening.reader

    def _fail(self, opening: Opening, why: str) -> None:
        self._drop(opening)
        self._come_back(opening.person, opening.failures, OSError(why))

    def _drop(self, opening: Opening) -> None:
        self._opening.pop(opening.socket.fileno(), None)
        opening.socket.close()

    def _come_back(self, person: int, failures: int, error: OSError) -> None:
        self._count.failed[_name(error)] += 1
        wait = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
        heapq.heappush(self._coming_back, (time.monotonic() + wait, person, failures + 1))

    # --- being there ------------------------------------------------------------------------------

    def _listen(self, file: int) -> None:
        """Answer a ping; of all else note only a goodbye."""
        try:
            data = os.read(file, 65_536)
            if data == PING and file not in self._half_read:
                os.write(file, PONG)
                self._count.pongs += 1
            elif not data:
                self._lose(file, "connection ended")
            else:
                self._read(file, data)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(file, _name(error))

    def _read(self, file: int, data: bytes) -> None:
        reader = self._half_read.pop(file, None) or wire.Reader()
        for opcode, payload in reader.receive(data):
            if opcode == wire.PING:
                os.write(file, wire.frame(wire.PONG, payload))
                self._count.pongs += 1
            elif opcode == wire.CLOSE:
                self._lose(file, f"closed: {payload[2:].decode()}")
                return
        if reader.is_half_way:
            self._half_read[file] = reader

    def _lose(self, file: int, why: str) -> None:
        self._count.lost[why] += 1
        self._open.discard(file)
        self._half_read.pop(file, None)
        os.close(file)


def _name(error: OSError) -> str:
    """Name an error so that the same ones are counted together."""
    return errno.errorcode.get(error.errno or 0, str(error))


def main(part: Part, pipe: Connection) -> None:
    """Be a crowd, in a process of its own, which leaves the servers their turn."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    raise_open_files()
    os.nice(10)
    gc.freeze()
    Crowd(part, pipe).run()
    os._exit(0)  # the kernel closes all at once, quicker than anyone else
