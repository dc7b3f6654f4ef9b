"""Keeps a load from a server that nobody meant to load: a typing mistake must not harm people."""

import socket
from collections.abc import Collection
from ipaddress import ip_address


class NotAllowed(Exception):
    """The host may not be loaded; the text says what would allow it."""


def check_host(host: str, allowed: Collection[str] = ()) -> None:
    """Raise `NotAllowed` unless a host is this machine, or was allowed by name or address.

    This machine: every address that the name stands for is loopback. An allowed name says nothing
    of its addresses, nor an allowed address of its names.
    """
    if host and host.casefold() in {one.strip().casefold() for one in allowed}:
        return
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host or "0.0.0.0", None)}  # noqa: S104
    except OSError:
        found = set()
    if not found or not all(ip_address(one.partition("%")[0]).is_loopback for one in found):
        raise NotAllowed(
            f"{host} is not this machine. If it is a server made to be loaded, say so: --allow-host"
            f" {host}"
        )
