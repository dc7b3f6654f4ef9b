"""The doorman: who may become a socket, from where, and how many strangers at a time (G6, G8)."""

import resource
from collections.abc import Awaitable, Callable

from chat.realtime.handshake import PATH, Upgrade, read_cookie
from chat.realtime.limits import Admission
from chat.scope import Actor, Clock
from chat.settings import Limits

CROWD_WAITS_MS = 1_000
FULL_WAITS_MS = 5_000
FILES_KEPT = 500
"""Open files left to the store, to Redis and to pages; a fifth of all where there are few."""

Authenticate = Callable[[str, int], Awaitable[Actor | None]]


class Doorman:
    """Checks path, origin and credentials before a byte of the protocol is spoken.

    `origins`: whose pages may bring the cookie, exactly. `trusted_proxies`: whose word counts for
    where a client is.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        clock: Clock,
        limits: Limits,
        *,
        origins: frozenset[str],
        cookie: str,
        trusted_proxies: frozenset[str],
    ) -> None:
        self.draining = False
        self._authenticate = authenticate
        self._clock = clock
        self._origins = origins
        self._cookie = cookie
        self._trusted_proxies = trusted_proxies
        self._admission = Admission(limits.greetings_per_second, CROWD_WAITS_MS)
        self._strangers: dict[str, int] = {}
        self._strangers_at_most = limits.unauthenticated_sockets_per_address

    def address_of(self, peer: str, upgrade: Upgrade) -> str:
        """Tell where a client is, as far as that can be believed."""
        return upgrade.forwarded_for or peer if peer in self._trusted_proxies else peer

    def refuse(self, upgrade: Upgrade) -> int:
        """Give the HTTP status with which an upgrade is refused outright, 0 if it is not."""
        if upgrade.refused:
            return upgrade.refused
        if upgrade.path != PATH:
            return 404
        if self.draining:
            return 503
        if upgrade.origin is not None and upgrade.origin not in self._origins:
            return 403
        return 0

    def wait(self, file: int) -> int:
        """Give the milliseconds after which to come back, 0 if there is room now.

        `file` is the number of the newcomer's open file. The lowest that is free is always taken,
        so as many are open. Without a word the kernel would close whoever comes when there are no
        more, and the store could not open its own (G8).
        """
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if file >= files - min(FILES_KEPT, files // 5):
            return FULL_WAITS_MS
        return self._admission.enter(self._clock())

    async def recognise(self, upgrade: Upgrade) -> Actor | None:
        """Tell who comes, by bearer token or cookie.

        A cookie counts only with an origin, which a browser always sends: nobody's page but ours.
        """
        token = upgrade.bearer
        if token is None and upgrade.origin is not None:
            token = read_cookie(upgrade.cookies, self._cookie)
        return await self._authenticate(token, self._clock()) if token else None

    @property
    def strangers(self) -> int:
        """Count the sockets that have not said who they are."""
        return sum(self._strangers.values())

    def add_stranger(self, address: str) -> bool:
        """Count a socket that has not said who it is; False if there are too many from there."""
        count = self._strangers.get(address, 0)
        if count >= self._strangers_at_most:
            return False
        self._strangers[address] = count + 1
        return True

    def remove_stranger(self, address: str) -> None:
        """Count it no more: it has said so, or has gone."""
        left = self._strangers[address] - 1
        if left:
            self._strangers[address] = left
        else:
            del self._strangers[address]
