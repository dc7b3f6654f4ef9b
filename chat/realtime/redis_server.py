"""Where Redis is: its URL, or the Sentinels that know which server is the master just now.

    redis://[user:password@]host:port          rediss://… with TLS
    unix:///path/of/socket
    sentinel://[user:password@]host:port,host:port/name      sentinels://… with TLS to the master

TLS takes `?ssl_ca_certs=FILE` in the query, and checks the certificate and its name always.
"""

import ssl
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from redis.asyncio.connection import SSLConnection, parse_url
from redis.asyncio.sentinel import Sentinel
from redis.exceptions import RedisError

SENTINEL_SECONDS = 1.0


class BadRedisUrl(Exception):
    """A URL that names no Redis; the text says why, and holds no password."""


@dataclass(frozen=True, slots=True)
class Address:
    """One server to connect to: a path, or a host and a port."""

    host: str = ""
    port: int = 6379
    path: str = ""


class RedisServer:
    """The Redis of a URL. Raises `BadRedisUrl`."""

    def __init__(self, url: str) -> None:
        scheme = url.partition("://")[0]
        self._sentinel: Sentinel | None = None
        self._name = ""
        self.tls: ssl.SSLContext | None = None
        if scheme in {"sentinel", "sentinels"}:
            self._read_sentinels(url)
        else:
            self._read_plain(url)

    @property
    def moves(self) -> bool:
        """Whether another server may become the master."""
        return self._sentinel is not None

    async def locate(self) -> Address:
        """Tell where the master is now. Raises `OSError`."""
        if self._sentinel is None:
            return self._address
        try:
            host, port = await self._sentinel.discover_master(self._name)
        except RedisError as error:
            raise ConnectionError(f"sentinel: {type(error).__name__}") from error
        return Address(str(host), int(port))

    async def close(self) -> None:
        """Let go of the Sentinels."""
        if self._sentinel is not None:
            for one in self._sentinel.sentinels:
                await one.aclose()

    def _read_plain(self, url: str) -> None:
        try:
            found = parse_url(url)
        except ValueError as error:
            raise BadRedisUrl("redis_url: not a URL of Redis") from error
        self.username = str(found.get("username") or "default")
        self.password = str(found.get("password") or "")
        self._address = Address(
            str(found.get("host") or "127.0.0.1"),
            int(found.get("port") or 6379),
            str(found.get("path") or ""),
        )
        if found.get("connection_class") is SSLConnection:
            self._speak_tls(str(found.get("ssl_ca_certs") or ""))

    def _read_sentinels(self, url: str) -> None:
        parts = urlsplit(url)
        credentials, _, hosts = parts.netloc.rpartition("@")
        username, _, password = credentials.partition(":")
        self.username, self.password = unquote(username) or "default", unquote(password)
        self._name = parts.path.strip("/")
        try:
            among = [(host, int(port)) for host, _, port in _pairs(hosts)]
        except ValueError as error:
            raise BadRedisUrl("redis_url: every Sentinel needs a host and a port") from error
        if not among or not self._name:
            raise BadRedisUrl("redis_url: sentinel://host:port,host:port/name-of-the-master")
        self._sentinel = Sentinel(  # type: ignore[no-untyped-call]
            among, socket_timeout=SENTINEL_SECONDS, socket_connect_timeout=SENTINEL_SECONDS
        )
        if parts.scheme == "sentinels":
            self._speak_tls(parse_qs(parts.query).get("ssl_ca_certs", [""])[0])

    def _speak_tls(self, authorities: str) -> None:
        try:
            self.tls = ssl.create_default_context(cafile=authorities or None)
        except OSError as error:
            raise BadRedisUrl("redis_url: ssl_ca_certs cannot be read") from error


def _pairs(hosts: str) -> list[tuple[str, str, str]]:
    return [one.rpartition(":") for one in hosts.split(",")]
