"""Messages on their way, in order, each until it is acked or refused. No I/O and no clock."""

from collections import deque
from dataclasses import dataclass

from protocol.errors import Then
from protocol.messages import ErrorBody
from protocol.requests import ReplyToBubble, SendMessage

RETRY_MS = 2_000
"""When a refusal says that it may be retried, but not when."""

LONGEST_RETRY_MS = 60_000
"""A refusal that asks for more patience than this is final for us."""

Sending = SendMessage | ReplyToBubble


@dataclass(slots=True)
class Item:
    """A message. `exposed` once it has been on the wire: it may be stored."""

    request: Sending
    exposed: bool = False
    flying: bool = False
    not_before: float = 0


class Outbox:
    """One message at a time in each lane (a conversation or a bubble), so that order is kept.

    A message keeps its client_id until it is settled, so that sending it again stores it once
    (G3).
    """

    def __init__(self) -> None:
        self._lanes: dict[str, deque[Item]] = {}
        self._items: dict[str, Item] = {}

    def __len__(self) -> int:
        """Count what is not settled."""
        return len(self._items)

    def add(self, request: Sending) -> None:
        """Take a message. Raises `ValueError` if its client_id is under way already."""
        if request.client_id in self._items:
            raise ValueError("this client_id is under way")
        item = self._items[request.client_id] = Item(request)
        self._lanes.setdefault(_lane(request), deque()).append(item)

    def ready(self, now: float) -> list[Sending]:
        """Give those to be sent now; they count as on the wire from here on."""
        heads = [lane[0] for lane in self._lanes.values()]
        ready = [item for item in heads if not item.flying and item.not_before <= now]
        for item in ready:
            item.flying = item.exposed = True
        return [item.request for item in ready]

    @property
    def deadline(self) -> float | None:
        """When `ready` may give more because time has passed."""
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

    def acked(self, client_id: str) -> None:
        """It is stored."""
        self._settle(client_id)

    def refused(self, client_id: str, error: ErrorBody, now: float) -> bool:
        """It was refused: for good (True), or it goes out again later."""
        item = self._items.get(client_id)
        wait = RETRY_MS if error.retry_after_ms is None else error.retry_after_ms
        if item is None or error.then is not Then.RETRY or wait > LONGEST_RETRY_MS:
            self._settle(client_id)
            return True
        item.flying = False
        item.not_before = now + wait
        return False

    def discard(self, client_id: str) -> bool:
        """Let go of it; tells whether it was on the wire and may be stored."""
        item = self._items.get(client_id)
        self._settle(client_id)
        return item is not None and item.exposed

    def unsettled(self) -> list[str]:
        """List the client_ids of what is not settled."""
        return list(self._items)

    def _settle(self, client_id: str) -> None:
        item = self._items.pop(client_id, None)
        if item is None:
            return
        name = _lane(item.request)
        lane = self._lanes[name]
        lane.remove(item)
        if not lane:
            del self._lanes[name]


def _lane(request: Sending) -> str:
    return request.conversation if isinstance(request, SendMessage) else request.bubble
