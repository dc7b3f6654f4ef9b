"""Who has a socket anywhere: here by the hub, in other processes by the directory."""

from collections.abc import Callable

from chat.realtime.hub import Hub, Observer


class Everywhere:
    """The hub as presence sees it, with the other processes behind it.

    An account comes with its first socket anywhere and goes with the last.
    """

    def __init__(self, hub: Hub, elsewhere: Callable[[int], bool]) -> None:
        self._hub = hub
        self._elsewhere = elsewhere
        self._observer: Observer | None = None
        hub.observe(self)

    def observe(self, observer: Observer) -> None:
        """Tell of accounts that come and go."""
        self._observer = observer

    def connected(self, account: int) -> bool:
        """Tell whether an account has a socket in any process."""
        return self._hub.connected(account) or self._elsewhere(account)

    def came(self, account: int) -> None:
        """Hear from the hub that an account has its first socket here."""
        if self._observer is not None and not self._elsewhere(account):
            self._observer.came(account)

    def went(self, account: int) -> None:
        """Hear from the hub that an account has lost its last socket here."""
        if self._observer is not None and not self._elsewhere(account):
            self._observer.went(account)

    def closed(self, socket: int) -> None:
        """Hear from the hub that a socket takes nothing any more."""
        if self._observer is not None:
            self._observer.closed(socket)

    def moved_elsewhere(self, account: int, here: bool) -> None:
        """Hear from the directory that an account has come to other processes, or left them."""
        if self._observer is None or self._hub.connected(account):
            return
        if here:
            self._observer.came(account)
        else:
            self._observer.went(account)
