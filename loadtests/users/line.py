"""One WebSocket to the server, by `websockets`' synchronous client, which gevent makes cheap."""

import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.frames import DATA_OPCODES, Frame
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from loadtests.stamps import SPACE, arrival, ask_for_stamps
from loadtests.target import Target
from protocol.codec import decode_frame, encode_command, event_data
from protocol.messages import SUBPROTOCOL, AnyFrame, Busy, Hello
from protocol.requests import Request

PATIENCE_SECONDS = 30.0
QUEUED_FRAMES = 1_024
"""Frames that wait for their reader inside the library, before it stops reading the network."""


class Unreachable(Exception):
    """No connection, and why, in a few words."""


class PlaceInLine(Exception):
    """The server asks to come back after so many milliseconds."""

    def __init__(self, milliseconds: int) -> None:
        super().__init__(milliseconds)
        self.milliseconds = milliseconds


@dataclass(frozen=True, slots=True)
class Host:
    """Where sockets go. `tls` says whom to trust, for https."""

    target: Target
    tls: ssl.SSLContext | None = None

    @property
    def socket_url(self) -> str:
        """The address of the socket."""
        return self.target.url.replace("http", "ws", 1) + "/api/v1/socket"


def trusting(ca: str | None) -> ssl.SSLContext:
    """Trust the usual authorities, or only those of a file of one's own."""
    return ssl.create_default_context(cafile=ca or None)


class Came(NamedTuple):
    """A frame, when it had arrived at this machine, and when it was read (of `perf_counter`)."""

    arrived: float
    read: float
    frame: AnyFrame


class _Stamped(socket.socket):
    """A socket that knows when what it read last had arrived."""

    arrived = 0.0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Read as usual."""
        data, beside, _, _ = self.recvmsg(size, SPACE, flags)
        self.arrived = arrival(beside)
        return data


class _Connection(ClientConnection):
    """A connection that keeps for each message when it had arrived."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.arrivals: deque[float] = deque()
        super().__init__(*arguments, **named)

    def process_event(self, event: Any) -> None:
        """Take what has come."""
        if isinstance(event, Frame) and event.opcode in DATA_OPCODES and event.fin:
            of_socket = getattr(self.socket, "arrived", None)  # over TLS nobody knows
            self.arrivals.append(time.perf_counter() if of_socket is None else of_socket)
        super().process_event(event)


class Line:
    """A connection that has said hello.

    `began`, `upgraded` and `greeted` are moments of `perf_counter`. Raises `PlaceInLine`,
    `Unreachable`.
    """

    def __init__(
        self, host: Host, token: str, *, queued: int = QUEUED_FRAMES, receive_buffer: int = 0
    ) -> None:
        self.began = time.perf_counter()
        try:
            opened = connect(
                host.socket_url,
                sock=_connected(host.target, receive_buffer),
                ssl=host.tls if host.target.tls else None,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers={"Authorization": f"Bearer {token}"},
                compression=None,
                proxy=None,
                open_timeout=PATIENCE_SECONDS,
                ping_interval=None,  # the server pings
                close_timeout=2,
                max_queue=queued,
                max_size=None,
                create_connection=_Connection,
            )
        except (OSError, WebSocketException, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from error
        assert isinstance(opened, _Connection), "made as asked"
        self._socket = opened
        self.upgraded = time.perf_counter()
        self.hello = self._greeting()
        self.greeted = time.perf_counter()
        self.sent_at = 0.0
        """When the last command was handed to the network."""
        self.close_code: int | None = None

    def _greeting(self) -> Hello:
        try:
            data = event_data(decode_frame(self._socket.recv(timeout=PATIENCE_SECONDS)))
            self._socket.arrivals.popleft()
        except (ConnectionClosed, TimeoutError, ValueError) as error:
            raise Unreachable(f"no hello: {type(error).__name__}") from error
        if isinstance(data, Busy):
            self._socket.close()
            raise PlaceInLine(data.retry_after_ms)
        if not isinstance(data, Hello):
            raise Unreachable("no hello: something else")
        return data

    def frames(self) -> Iterator[Came]:
        """Give every frame with the moments it came, until the end; then `close_code` is known."""
        try:
            while True:
                raw = self._socket.recv()
                arrived = self._socket.arrivals.popleft()
                yield Came(arrived, time.perf_counter(), decode_frame(raw))
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else None

    def send(self, number: int | None, command: str, request: Request) -> None:
        """Send a command. On a line that is gone it is lost; without a number not answered."""
        text = encode_command(number, command, request)
        self.sent_at = time.perf_counter()
        self.send_raw(text)

    def send_raw(self, text: bytes) -> None:
        """Send any text."""
        with suppress(ConnectionClosed, OSError):
            self._socket.send(text, text=True)

    def ping(self) -> None:
        """Send a ping of our own."""
        with suppress(ConnectionClosed, OSError):
            self._socket.ping()

    def hang_up(self) -> None:
        """Say goodbye."""
        with suppress(ConnectionClosed, OSError):
            self._socket.close()

    def drop(self) -> None:
        """Go as a phone does in a tunnel: without a word."""
        with suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)


def _connected(target: Target, receive_buffer: int) -> socket.socket:
    """Connect; with a small buffer the server soon feels that nobody reads. Raises `OSError`."""
    failure = OSError("no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        target.host, target.port, type=socket.SOCK_STREAM
    ):
        one = _Stamped(family, kind, protocol)
        try:
            if receive_buffer:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            ask_for_stamps(one)
            one.settimeout(PATIENCE_SECONDS)
            one.connect(address)
            one.settimeout(None)
        except OSError as why:
            one.close()
            failure = why
        else:
            return one
    raise failure
