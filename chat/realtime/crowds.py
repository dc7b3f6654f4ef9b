"""Sockets of an account that is in several processes: together no more than one may have. Pure.

Each process tells the others when its sockets of such an account were opened; each closes those of
its own that have as many newer ones anywhere as an account may have. All see the same order, so
exactly the oldest go.
"""

from collections.abc import Iterable, Mapping, Sequence


class Crowds:
    """What other processes have said of such accounts. `process` is the name of this one."""

    def __init__(self, process: str, at_most: int) -> None:
        self._process = process
        self._at_most = at_most
        self._there: dict[int, dict[str, Sequence[int]]] = {}

    def there(self, account: int, process: str, opened: Sequence[int]) -> bool:
        """Note what another process says; True for the first time that it does."""
        told = self._there.setdefault(account, {})
        is_new = process not in told
        told[process] = opened
        return is_new

    def forget(self, account: int) -> None:
        """Forget an account that is in no other process any more."""
        self._there.pop(account, None)

    def too_many(
        self, account: int, here: Mapping[int, int], processes: Iterable[str]
    ) -> Sequence[int]:
        """Name the sockets here that are to be closed, the oldest first.

        `here`: when each was opened (UTC ms), by socket, in the order of their opening.
        `processes`: the others that hold any; what was said by one that is gone does not count.
        """
        told = self._there.get(account, {})
        everyone = [(opened, self._process) for opened in here.values()]
        everyone += [(at, process) for process in processes for at in told.get(process, ())]
        surplus = sorted(everyone)[: max(0, len(everyone) - self._at_most)]
        mine = sum(process == self._process for _, process in surplus)
        return sorted(here, key=lambda socket: here[socket])[:mine]
