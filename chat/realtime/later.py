"""What another process says while the log's tail is late: it waits for the tail's next round.

Its cursors are safe only where all that is older has been handed out (`Horizon`). But it is here,
and need not be read from the store: a tail that read all of it would be late for ever.
"""

from collections.abc import Sequence

from chat.realtime.broker import Publication
from chat.realtime.order import InOrder

WAITING_AT_MOST = 20_000
"""More are left to the log."""


class Later:
    """Publications that wait, and what they will have brought. At most `at_most` of them."""

    def __init__(self, order: InOrder, at_most: int = WAITING_AT_MOST) -> None:
        self._order = order
        self._at_most = at_most
        self._waiting: list[Publication] = []
        self._positions: set[int] = set()
        self._reached: dict[int, int] = {}

    def add(self, publications: Sequence[Publication]) -> bool:
        """Have publications wait; if they are too many all are dropped, and False is given."""
        self._waiting += publications
        if len(self._waiting) > self._at_most:
            self._take()
            return False
        for one in publications:
            self._positions.add(one.position)
            reached = self._reached_in(one.conversation) if one.seq else None
            if reached is not None and one.seq == reached + 1:
                self._reached[one.conversation] = one.seq
        return True

    def brings(self, conversation: int, position: int, seq: int) -> bool:
        """Tell whether a change and all entries up to a seq are handed out or wait here."""
        told = position in self._positions or self._order.was_delivered(position)
        reached = self._reached_in(conversation)
        return told and reached is not None and reached >= seq

    def hand_out(self) -> None:
        """Hand out all that waits."""
        for publication in self._take():
            self._order.deliver(publication)

    def _reached_in(self, conversation: int) -> int | None:
        """Tell up to which seq of a conversation nothing is missing; None where nobody knows."""
        handed_out = self._order.reached(conversation)
        if handed_out is None:
            return None
        return max(handed_out, self._reached.get(conversation, 0))

    def _take(self) -> list[Publication]:
        waiting, self._waiting = self._waiting, []
        self._positions, self._reached = set(), {}
        return waiting
