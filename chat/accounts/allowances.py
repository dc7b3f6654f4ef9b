"""How often one stranger may ask: counted in memory, by a key that is never logged."""

import hashlib
import ipaddress
from collections.abc import Mapping

from chat.realtime.limits import Countable
from chat.scope import Scope
from chat.settings import Limits
from protocol.errors import Refused

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
MAX_KEYS = 50_000


class Allowance:
    """At most `limit` in each window and for each key; forgets the oldest keys over 50,000."""

    def __init__(self, limit: int, window_ms: int) -> None:
        self._whole = self._limit = limit
        self._window_ms = window_ms
        self._counts: dict[str, tuple[int, int]] = {}
        self._taken: dict[int | str, float] | None = None

    def take(self, key: str, now: int) -> None:
        """Count one more. Raises `Refused("rate_limited")` over the limit."""
        since, count = self._counts.pop(key, (now, 0))
        if now - since >= self._window_ms:
            since, count = now, 0
        # Set anew on every use: the dictionary stays in order of use.
        self._counts[key] = (since, min(count + 1, self._whole))
        if len(self._counts) > MAX_KEYS:
            del self._counts[next(iter(self._counts))]
        if count >= self._limit:
            raise Refused("rate_limited", retry_after_ms=since + self._window_ms - now)
        if self._taken is not None:
            self._taken[key] = self._taken.get(key, 0) + 1

    def share(self) -> None:
        """Keep what is taken from now on, for `taken`."""
        self._taken = {}

    def taken(self) -> dict[int | str, float]:
        """Give how often each key was counted since this was last asked."""
        taken, self._taken = self._taken or {}, {}
        return taken

    def divide(self, parts: int, now: int) -> None:
        """Let through one of so many parts, but one at least; what was counted stays."""
        self._limit = max(1, self._whole // parts)

    def charge(self, costs: Mapping[int | str, float], now: int) -> None:
        """Count what another process has let through."""
        for key, times in costs.items():
            since, count = self._counts.pop(str(key), (now, 0))
            if now - since >= self._window_ms:
                since, count = now, 0
            self._counts[str(key)] = (since, min(count + int(times), self._whole))
        while len(self._counts) > MAX_KEYS:
            del self._counts[next(iter(self._counts))]


class Allowances:
    """What strangers may ask of accounts, by network address and by mail address.

    A scope without a network address is the server itself: it is not counted.
    """

    def __init__(self, limits: Limits) -> None:
        self._registrations = Allowance(limits.registrations_per_hour_and_address, HOUR_MS)
        self._checks = Allowance(limits.password_checks_per_minute_and_address, MINUTE_MS)
        self._asked = Allowance(limits.account_mails_per_hour_and_address, HOUR_MS)
        self._mails = Allowance(limits.account_mails_per_hour_and_recipient, HOUR_MS)
        self.shared: dict[str, Countable] = {
            "registrations": self._registrations,
            "password_checks": self._checks,
            "account_mails": self._asked,
            "mails_to_one": self._mails,
        }

    def registration(self, scope: Scope) -> None:
        """Count a registration from a network. Raises `Refused("rate_limited")`."""
        if scope.address:
            self._registrations.take(network(scope.address), scope.now)

    def password_check(self, scope: Scope) -> None:
        """Count a password that a network wants checked. Raises `Refused("rate_limited")`.

        So no network address can take all of the time that there is for hashing.
        """
        if scope.address:
            self._checks.take(network(scope.address), scope.now)

    def mail(self, scope: Scope, email: str) -> bool:
        """Count a mail that a network lets us send, to a known address or not.

        Raises `Refused("rate_limited")` for what this network alone has caused: what others have
        caused would tell of them. Over the recipient's own limit it is False: say nothing, and
        send nothing more.
        """
        recipient = hashlib.sha256(email.encode()).hexdigest()
        self._asked.take(f"{network(scope.address)} {recipient}", scope.now)
        try:
            self._mails.take(recipient, scope.now)
        except Refused:
            return False
        return True


def network(address: str) -> str:
    """Give what one subscriber has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
