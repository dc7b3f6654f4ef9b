"""Sockets of an account that is in several processes: together no more than one may have. Pure.

Each process tells the others when its sockets of such an account were opened; each closes those of
its own that have as many newer ones anywhere as an account may have. All see the same order, so
exactly the oldest go.
"""

from collections.abc import Iterable, Sequence

ALWAYS = 0
"""When a socket was opened that was there before the account was in another process."""


class Crowds:
    """What is known of such accounts. `process` is the name of this one."""

    def __init__(self, process: str, at_most: int) -> None:
        self._process = process
        self._at_most = at_most
        self._here: dict[int, dict[int, int]] = {}
        self._there: dict[int, dict[str, Sequence[int]]] = {}

    def here(self, account: int, sockets: Iterable[int], now: int) -> list[int]:
        """Note the sockets that are in this process; gives when each was opened, for the others."""
        known = self._here.get(account, {})
        opened = {socket: known.get(socket, now) for socket in sockets}
        if opened:
            self._here[account] = opened
        else:
            self._here.pop(account, None)
        return list(opened.values())

    def there(self, account: int, process: str, opened: Sequence[int]) -> bool:
        """Note what another process says; True for the first time that it does."""
        told = self._there.setdefault(account, {})
        is_new = process not in told
        told[process] = opened
        return is_new

    def forget(self, account: int) -> None:
        """Forget an account that is in no other process any more."""
        self._here.pop(account, None)
        self._there.pop(account, None)

    def too_many(self, account: int, processes: Iterable[str]) -> set[int]:
        """Name the sockets here that are to be closed, given which other processes hold any."""
        here, told = self._here.get(account, {}), self._there.get(account, {})
        everyone = [(opened, self._process) for opened in here.values()]
        everyone += [(at, process) for process in processes for at in told.get(process, ())]
        surplus = sorted(everyone)[: max(0, len(everyone) - self._at_most)]
        mine = sum(process == self._process for _, process in surplus)
        return set(sorted(here, key=lambda socket: here[socket])[:mine])
