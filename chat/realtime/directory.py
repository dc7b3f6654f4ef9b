"""The directory: which accounts have a socket in which other processes. Pure; no I/O, no clock.

It may be wrong for a moment in either direction: then a publication goes nowhere, which the log's
tail heals, or to a process that has no use for it.
"""

from collections.abc import Callable, Iterable

Told = Callable[[int, bool], None]
"""Hears of an account that has come to the other processes (True), or is in none any more."""


class Peer:
    """Another process: what it has said of itself. `version` is -1 until its roll is whole.

    `position`: how far in the log all was surely handed out here when it was last heard.
    """

    __slots__ = ("accounts", "alone", "coming", "heard_at", "position", "version")

    def __init__(self, process: str, now: float, position: int) -> None:
        self.alone = (process,)
        """Where nearly everyone is who is there: one tuple for all of them."""
        self.position = position
        self.accounts: set[int] = set()
        self.coming: set[int] = set()
        self.version = -1
        self.heard_at = now


class Directory:
    """Processes by account. `told` hears of who comes and goes, as seen over all others."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._peers: dict[str, Peer] = {}
        self._where: dict[int, tuple[str, ...]] = {}
        self.where = self._where.get

    @property
    def processes(self) -> list[str]:
        """The other processes that are known to live."""
        return list(self._peers)

    def has(self, account: int) -> bool:
        """Tell whether an account has a socket in another process."""
        return account in self._where

    def version(self, process: str) -> int:
        """Tell as of which version a process is known, -1 if it is not."""
        peer = self._peers.get(process)
        return -1 if peer is None else peer.version

    def heard(self, process: str, now: float, position: int) -> None:
        """Note that a process lives, and how far in the log all was surely handed out by now."""
        peer = self._peers.get(process)
        if peer is None:
            peer = self._peers[process] = Peer(process, now, position)
        peer.heard_at, peer.position = now, position

    def spare(self, now: float) -> None:
        """Count as heard all who had no chance to be."""
        for peer in self._peers.values():
            peer.heard_at = now

    def roll(
        self, process: str, version: int, accounts: Iterable[int], *, first: bool, last: bool
    ) -> None:
        """Take a part of the list of all accounts in a process; with the last, it counts."""
        peer = self._peers.get(process)
        if peer is None:
            return
        if first:
            peer.coming = set()
        peer.coming.update(accounts)
        if last:
            coming, peer.coming = peer.coming, set()
            for account in peer.accounts - coming:
                self._remove(process, peer, account)
            for account in coming - peer.accounts:
                self._add(process, peer, account)
            peer.version = version

    def moved(self, process: str, version: int, came: Iterable[int], went: Iterable[int]) -> bool:
        """Take a change; False when one before it is missing: then the roll must be asked for."""
        peer = self._peers.get(process)
        if peer is None or peer.version != version - 1:
            return False
        for account in came:
            if account not in peer.accounts:
                self._add(process, peer, account)
        for account in went:
            if account in peer.accounts:
                self._remove(process, peer, account)
        peer.version = version
        return True

    def forget(self, process: str) -> None:
        """Drop a process that has stopped."""
        peer = self._peers.pop(process, None)
        if peer is not None:
            for account in tuple(peer.accounts):
                self._remove(process, peer, account)

    def forget_silent(self, since: float) -> list[int]:
        """Drop the processes that have not been heard since a moment; gives their positions."""
        silent = [one for one in self._peers.items() if one[1].heard_at < since]
        for process, _ in silent:
            self.forget(process)
        return [peer.position for _, peer in silent]

    def _add(self, process: str, peer: Peer, account: int) -> None:
        peer.accounts.add(account)
        there = self._where.get(account)
        self._where[account] = peer.alone if there is None else (*there, process)
        if there is None:
            self._told(account, True)

    def _remove(self, process: str, peer: Peer, account: int) -> None:
        peer.accounts.discard(account)
        left = tuple(one for one in self._where[account] if one != process)
        if left:
            self._where[account] = left
        else:
            del self._where[account]
            self._told(account, False)
