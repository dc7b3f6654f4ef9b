"""The server that is loaded, by its address."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Target:
    """Where the server is. `metrics` are the addresses of its processes' metrics, if known."""

    host: str
    port: int
    tls: bool = False
    metrics: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str, metrics: tuple[str, ...] = ()) -> "Target":
        """Read an address such as https://chat.example. Raises `ValueError`."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url} is no http:// or https:// address")
        tls = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls, metrics)


def answers(target: Target) -> bool:
    """Tell whether anybody takes connections there."""
    try:
        socket.create_connection((target.host, target.port), 1).close()
    except OSError:
        return False
    return True
