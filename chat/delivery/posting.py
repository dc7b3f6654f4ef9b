"""Posts to other people's servers over HTTP, and to none that is not on the public internet.

The address that a name leads to is looked at and then connected to, so that no name can lead
inside between the look and the connection (DNS rebinding). Nothing is followed anywhere else.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore

from chat.delivery.carrier import Deferred, Unreachable

SECONDS = 8.0
"""For connecting, and again for each step of an exchange."""

WHOLE_SECONDS = 15.0
"""For all of it: less than a carrier may take."""

ANSWER_BYTES = 65_536
LONGEST_RETRY_S = 86_400


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said: at most 64 KiB of its words."""

    status: int
    retry_after_ms: int
    body: bytes


class NotPublic(httpcore.ConnectError):
    """A name leads to an address that is not on the public internet."""


class Poster:
    """Keeps connections alive for a burst. `inside_too`: may connect to any address, for tests."""

    def __init__(self, *, inside_too: bool = False) -> None:
        self._backend = httpcore.AnyIOBackend() if inside_too else PublicOnly()
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post; gives the answer, whatever its status.

        Raises `Unreachable` when there was no connection, so that it was not accepted; `Deferred`
        when none came back, so that it may have been.
        """
        pool = self._pool = self._pool or httpcore.AsyncConnectionPool(
            max_connections=4, network_backend=self._backend
        )
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                return await _exchange(pool, url, headers, body)
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.UnsupportedProtocol) as no:
            raise Unreachable(type(no).__name__) from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as no:
            raise Deferred(type(no).__name__) from None
        except TimeoutError:
            raise Deferred("TimeoutError") from None

    async def close(self) -> None:
        """Close what was kept open."""
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None


async def _exchange(
    pool: httpcore.AsyncConnectionPool, url: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
    async with pool.stream(
        "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": timeout}
    ) as response:
        said = b""
        async for piece in response.aiter_stream():
            said += piece
            if len(said) >= ANSWER_BYTES:
                break
        return Answer(response.status, _retry_after_ms(response.headers), said[:ANSWER_BYTES])


def _retry_after_ms(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Read how long to wait (RFC 9110, section 10.2.3); a date counts as nothing said."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.strip().isdigit():
            return min(int(value), LONGEST_RETRY_S) * 1000
    return 0


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only, each looked at after its name was resolved."""

    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first public address of a host. Raises `NotPublic` if it has another."""
        address = await self._public_address(host, port)
        return await self._network.connect_tcp(
            address, port, timeout, local_address, socket_options
        )

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)

    async def _public_address(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise httpcore.ConnectError(type(error).__name__) from None
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        if not addresses or not all(map(is_public, addresses)):
            raise NotPublic("not_public")
        return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether an IP address is of the public internet, also behind an IPv4 in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)))
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
