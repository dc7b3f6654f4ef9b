"""What waits to go out, in order in each lane, until it is settled. No I/O and no clock."""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from protocol.errors import Then
from protocol.messages import ErrorBody

RETRY_MS = 2_000
"""When a refusal says that it may be retried, but not when."""

LONGEST_RETRY_MS = 60_000
"""A refusal that asks for more patience than this is final for us."""

Key = TypeVar("Key", str, int)
What = TypeVar("What")


@dataclass(slots=True)
class Item(Generic[Key, What]):
    """One of them. `exposed` once it has been on the wire: it may be done."""

    key: Key
    lane: str
    what: What
    exposed: bool = False
    flying: bool = field(default=False, kw_only=True)
    not_before: float = field(default=0, kw_only=True)


class Lanes(Generic[Key, What]):
    """One at a time in each lane, so that order is kept; what is lost on the way goes out again."""

    def __init__(self) -> None:
        self._lanes: dict[str, deque[Item[Key, What]]] = {}
        self._items: dict[Key, Item[Key, What]] = {}

    def __len__(self) -> int:
        """Count what is not settled."""
        return len(self._items)

    def put(self, key: Key, lane: str, what: What) -> None:
        """Take one more. The key must be new."""
        item = self._items[key] = Item(key, lane, what)
        self._lanes.setdefault(lane, deque()).append(item)

    def next(self, now: float) -> list[tuple[Key, What]]:
        """Give those to be sent now; they count as on the wire from here on."""
        heads = [lane[0] for lane in self._lanes.values()]
        ready = [item for item in heads if not item.flying and item.not_before <= now]
        for item in ready:
            item.flying = item.exposed = True
        return [(item.key, item.what) for item in ready]

    @property
    def deadline(self) -> float | None:
        """When there may be more to send because time has passed."""
        waiting = [
            lane[0].not_before
            for lane in self._lanes.values()
            if not lane[0].flying and lane[0].not_before
        ]
        return min(waiting, default=None)

    def grounded(self) -> None:
        """The connection is lost: everything that was on the wire goes out again on the next."""
        for lane in self._lanes.values():
            lane[0].flying = False

    def waiting(self, lane: str) -> list[tuple[Key, What]]:
        """List what is in a lane and not on the wire."""
        return [(one.key, one.what) for one in self._lanes.get(lane, ()) if not one.flying]

    def refused(self, key: Key, error: ErrorBody, now: float) -> bool:
        """It was refused: for good (True), or it goes out again later."""
        item = self._items.get(key)
        wait = RETRY_MS if error.retry_after_ms is None else error.retry_after_ms
        if item is None or error.then is not Then.RETRY or wait > LONGEST_RETRY_MS:
            self.settle(key)
            return True
        item.flying = False
        item.not_before = now + wait
        return False

    def discard(self, key: Key) -> bool:
        """Let go of it; tells whether it was on the wire and may be done."""
        item = self._items.get(key)
        self.settle(key)
        return item is not None and item.exposed

    def unsettled(self) -> list[Key]:
        """List the keys of what is not settled."""
        return list(self._items)

    def settle(self, key: Key) -> None:
        """It is over."""
        item = self._items.pop(key, None)
        if item is None:
            return
        lane = self._lanes[item.lane]
        lane.remove(item)
        if not lane:
            del self._lanes[item.lane]
