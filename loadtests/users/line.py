"""One WebSocket to the server, by `websockets`' synchronous client, which gevent makes cheap."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

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


class Line:
    """A connection that has said hello.

    `began`, `upgraded` and `greeted` are moments of `perf_counter`. Raises `PlaceInLine`,
    `Unreachable`.
    """

    def __init__(
        self, host: Host, token: str, *, queued: int = QUEUED_FRAMES, receive_buffer: int = 0
    ) -> None:
        self.began = time.perf_counter()
        raw = _small(host.target, receive_buffer) if receive_buffer else None
        try:
            self._socket: ClientConnection = connect(
                host.socket_url,
                sock=raw,
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
            )
        except (OSError, WebSocketException, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from error
        self.upgraded = time.perf_counter()
        self.hello = self._greeting()
        self.greeted = time.perf_counter()
        self.close_code: int | None = None

    def _greeting(self) -> Hello:
        try:
            data = event_data(decode_frame(self._socket.recv(timeout=PATIENCE_SECONDS)))
        except (ConnectionClosed, TimeoutError, ValueError) as error:
            raise Unreachable(f"no hello: {type(error).__name__}") from error
        if isinstance(data, Busy):
            self._socket.close()
            raise PlaceInLine(data.retry_after_ms)
        if not isinstance(data, Hello):
            raise Unreachable("no hello: something else")
        return data

    def frames(self) -> Iterator[tuple[float, AnyFrame]]:
        """Give every frame with the moment it came, until the end; then `close_code` is known."""
        try:
            while True:
                raw = self._socket.recv()
                yield time.perf_counter(), decode_frame(raw)
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else None

    def send(self, number: int, command: str, request: Request) -> None:
        """Send a command. On a line that is gone it is lost."""
        self.send_raw(encode_command(number, command, request))

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


def _small(target: Target, receive_buffer: int) -> socket.socket:
    """Connect with so small a buffer that the server soon feels that nobody reads."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    raw.settimeout(PATIENCE_SECONDS)
    try:
        raw.connect((target.host, target.port))
    except OSError as error:
        raw.close()
        raise Unreachable(type(error).__name__) from error
    raw.settimeout(None)
    return raw
