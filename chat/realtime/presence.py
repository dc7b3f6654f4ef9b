"""Who is here: which of the accounts that someone looks at have a socket.

Of one that nobody looks at nothing is kept, so it costs a look into a dict when it comes and when
it goes. Whoever goes counts as here for a while: a phone that changes cells is not told of, and a
reconnect storm is not multiplied.
"""

import asyncio
from typing import Protocol

from chat.realtime.hub import Observer
from chat.realtime.wheel import Wheel


class Onlooker(Protocol):
    """Whoever wants to know."""

    def moved(self, account: int, *, here: bool) -> None:
        """Hear that one of those looked at has come, or is gone."""
        ...

    def closed(self, socket: int) -> None:
        """Hear that a socket, looking or not, will take nothing any more."""
        ...


class Presence(Protocol):
    """Who is here."""

    def attach(self, onlooker: Onlooker) -> None:
        """Say who hears of it."""
        ...

    def here(self, account: int) -> bool:
        """Tell whether an account is here."""
        ...

    def look_at(self, account: int) -> None:
        """Tell of this account from now on."""
        ...

    def look_away(self, account: int) -> None:
        """Tell of this account no more."""
        ...


class Whereabouts(Protocol):
    """Who has a socket: in this process (the hub) or in any."""

    def observe(self, observer: Observer) -> None:
        """Tell of accounts that come and go."""
        ...

    def connected(self, account: int) -> bool:
        """Tell whether an account has a socket."""
        ...


class SocketPresence:
    """Who has a socket; stands on the wheel only while someone is going."""

    def __init__(self, hub: Whereabouts, wheel: Wheel, gone_after_ms: int) -> None:
        self._hub = hub
        self._wheel = wheel
        self._gone_after = gone_after_ms / 1_000
        self._onlooker: Onlooker | None = None
        self._looked_at: set[int] = set()
        # Accounts without a socket, and when (the loop's time) they are gone, the earliest first.
        self._going: dict[int, float] = {}
        self._on_wheel = False
        hub.observe(self)

    def attach(self, onlooker: Onlooker) -> None:
        """Say who hears of it."""
        self._onlooker = onlooker

    def here(self, account: int) -> bool:
        """Tell whether an account has a socket, or had one a moment ago when it was looked at."""
        return self._hub.connected(account) or account in self._going

    def look_at(self, account: int) -> None:
        """Tell of this account from now on."""
        self._looked_at.add(account)

    def look_away(self, account: int) -> None:
        """Tell of this account no more."""
        self._looked_at.discard(account)
        self._going.pop(account, None)

    def came(self, account: int) -> None:
        """Hear from the hub that an account has its first socket."""
        if account in self._looked_at and self._going.pop(account, None) is None:
            self._tell(account, here=True)

    def went(self, account: int) -> None:
        """Hear from the hub that an account has lost its last socket."""
        if account in self._looked_at:
            self._going[account] = asyncio.get_running_loop().time() + self._gone_after
            self._wait()

    def closed(self, socket: int) -> None:
        """Hear from the hub that a socket will take nothing any more."""
        if self._onlooker is not None:
            self._onlooker.closed(socket)

    def on_turn(self, now: float) -> None:
        """Tell of those who are gone by now; called by the wheel."""
        self._on_wheel = False
        for account, gone_at in tuple(self._going.items()):
            if gone_at > now:
                break
            if self._going.pop(account, None) is not None:
                self._tell(account, here=False)
        if self._going:
            self._wait()

    def _wait(self) -> None:
        if not self._on_wheel:
            self._on_wheel = True
            self._wheel.visit_in(1, self)

    def _tell(self, account: int, *, here: bool) -> None:
        if self._onlooker is not None:
            self._onlooker.moved(account, here=here)
