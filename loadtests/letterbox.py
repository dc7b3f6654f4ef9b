"""Someone's own messages until each is settled: in order, again after a break, never too soon.

No I/O and no clock: both are handed in.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from protocol.clients.python.lanes import Lanes
from protocol.messages import ErrorBody

WAITED_OUT = "rate_limited"
"""A limit is no failure of the server: whoever meets it waits as told, and sends the same again."""

Letter = TypeVar("Letter")


class Letterbox(Generic[Letter]):
    """Hands in the letters of a lane one after another, as the published clients do.

    `hand_in` sends one, and gives the number of its command; it is called only between `open` and
    `close`. `clock` tells milliseconds; `wake_in` calls something once after so many, or, for
    None, not any more.
    """

    def __init__(
        self,
        hand_in: Callable[[Letter], int],
        clock: Callable[[], float],
        wake_in: Callable[[float | None, Callable[[], None]], None],
    ) -> None:
        self._hand_in, self._clock, self._wake_in = hand_in, clock, wake_in
        self._lanes: Lanes[str, Letter] = Lanes()
        self._posted: dict[int, tuple[str, Letter]] = {}
        self._open = False
        self._turns = 0
        """Counts openings and closings."""

    def __len__(self) -> int:
        """Count the letters that are not settled."""
        return len(self._lanes)

    def __contains__(self, number: int) -> bool:
        """Tell whether a command handed one in that waits for its answer."""
        return number in self._posted

    def put(self, client_id: str, lane: str, letter: Letter) -> None:
        """Take one more; it goes out when those before it in its lane are settled."""
        self._lanes.put(client_id, lane, letter)
        self._go_on()

    def open(self) -> None:
        """There is a connection: what was not settled goes out, again or for the first time."""
        self._open = True
        self._turns += 1
        self._go_on()

    def close(self) -> None:
        """The connection is gone, and with it the answers to what was under way."""
        self._open = False
        self._turns += 1
        self._posted.clear()
        self._lanes.grounded()
        self._wake_in(None, self._go_on)

    def answered(self, number: int, error: ErrorBody | None) -> Letter | None:
        """Take the answer to a command; gives its letter if that is settled now."""
        client_id, letter = self._posted.pop(number)
        settled = True
        if error is not None and error.code == WAITED_OUT:
            settled = self._lanes.refused(client_id, error, self._clock())
        else:
            self._lanes.settle(client_id)
        self._go_on()
        return letter if settled else None

    def _go_on(self) -> None:
        """Hand in what may go out now, and ask to be woken when time lets more go."""
        if not self._open:
            return
        turn = self._turns
        for client_id, letter in self._lanes.next(self._clock()):
            number = self._hand_in(letter)
            if turn != self._turns:
                return  # it broke meanwhile, and whoever opened the next handed in the rest
            self._posted[number] = (client_id, letter)
        at = self._lanes.deadline
        self._wake_in(None if at is None else max(1.0, at - self._clock()), self._go_on)
