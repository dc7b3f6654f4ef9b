"""What stands on the port until it is known whether HTTP or a socket is spoken.

It is uvicorn's HTTP protocol with the bounds that this lacks: the head of a request may be neither
endless nor endlessly slow (G8). And it forgets nothing that comes right behind an upgrade.
"""

import asyncio
import re
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from chat.realtime.handshake import PATH

HEAD_BYTES = 32_768
"""A head may be a little longer: what comes in one read is read."""

_PLAIN = re.compile(
    rb"GET " + PATH.encode() + rb"(?:\?[!-~]*)? HTTP/1\.1\r\n"
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)+\r\n"
)
_WANTED = (b"\r\nupgrade: websocket\r\n", b"\r\nconnection: upgrade\r\n")
_BODY = (b"\r\ncontent-length:", b"\r\ntransfer-encoding:")


class Front(HttpToolsProtocol):
    """One connection, until it becomes a socket: uvicorn's `http` class."""

    def __init__(self, head_within_ms: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_within_ms = head_within_ms
        self._first = True
        self._head_bytes: int | None = None  # None while no head has begun
        self._just_begun = False
        self._deadline: asyncio.TimerHandle | None = None

    # uvicorn's own signature narrows asyncio's in the same way.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, not for ever."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._first:
            self._first = False
            if is_plain_upgrade(data):
                self._stop_waiting()
                self._become_a_socket(data)
                return
        self._unset_keepalive_if_required()
        if self._deadline is None and not self._answering():
            self._await_head()
        self._just_begun = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)
        else:
            self._measure_head(len(data))

    def on_message_begin(self) -> None:
        """Read a head."""
        super().on_message_begin()
        self._head_bytes, self._just_begun = 0, True

    def on_headers_complete(self) -> None:
        """Read what is behind the head."""
        self._head_bytes = None
        self._stop_waiting()
        super().on_headers_complete()

    def _measure_head(self, length: int) -> None:
        if self._head_bytes is not None and not self._just_begun:
            self._head_bytes += length
            if self._head_bytes > HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _should_upgrade(self) -> bool:
        # RFC 6455 section 4.2.1; uvicorn would call an older request a new one.
        return self.parser.get_http_version() == "1.1" and super()._should_upgrade()

    def _upgrade(self, behind: bytes) -> None:
        lines = [b"%s %s HTTP/1.1" % (self.scope["method"].encode(), self.url)]
        lines += [b"%s: %s" % header for header in self.scope["headers"]]
        request = b"\r\n".join([*lines, b"", b""])
        if len(request) > HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        self._become_a_socket(request + behind)

    def _become_a_socket(self, data: bytes) -> None:
        self.connections.discard(self)
        # It is an instance: `ws_protocol_class` is whatever makes a protocol.
        make = cast(Any, self.ws_protocol_class)
        socket = make(self.config, self.server_state, self.app_state)
        socket.connection_made(self.transport)
        self.transport.set_protocol(socket)
        socket.data_received(data)

    def _answering(self) -> bool:
        cycle = cast(RequestResponseCycle | None, self.cycle)
        return cycle is not None and not cycle.response_complete

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self._head_within_ms / 1_000, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer by HTTP, unless an answer is under way, and end."""
        if self.transport.is_closing():
            return
        if not self._answering():
            self.transport.write(
                f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
        self.transport.close()


def is_plain_upgrade(data: bytes) -> bool:
    """Tell whether a connection begins with a whole upgrade, written as nearly all clients do.

    Such a head needs no parser: after a restart everybody sends one within a minute. Whatever is
    written in another way, or broken (RFC 9112 section 5), is left to the parser.
    """
    found = _PLAIN.match(data)
    if found is None or found.end() > HEAD_BYTES:
        return False
    head = data[: found.end()].lower()
    return all(line in head for line in _WANTED) and not any(line in head for line in _BODY)
