"""Who plays whom: every worker has people of its own, and always with those they talk with. Pure.

People talk within their circle, so a worker gets whole circles: it has both ends of each
conversation, can time a delivery by one clock, and no two workers are ever the same person.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from chat.seed.people import People


@dataclass(frozen=True, slots=True)
class Share:
    """One of `of` equal shares of a town, numbered from 0."""

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.of:
            raise ValueError(f"there is no share {self.number} of {self.of}")

    def numbers(self, people: People) -> Iterator[int]:
        """Give the numbers of its people, circle after circle."""
        for circle in range(self.number, people.circles, self.of):
            yield from people.circle(circle)


class NobodyLeft(Exception):
    """Everybody of this share is being played."""


class Cast:
    """Hands out the people of a share, and takes them back."""

    def __init__(self, people: People, share: Share | None) -> None:
        """Cast a share; None: nobody, for a worker that came when all were given out."""
        self._people = people
        self._numbers = share.numbers(people) if share else iter(())
        self._back: deque[int] = deque()

    def take(self) -> tuple[int, str]:
        """Give the number and the token of somebody whom nobody plays. Raises `NobodyLeft`."""
        number = next(self._numbers, None)
        if number is None:
            if not self._back:
                raise NobodyLeft
            number = self._back.popleft()
        return number, self._people.token(number)

    def give_back(self, number: int) -> None:
        """Let another play somebody; they come after those whom nobody has played yet."""
        self._back.append(number)
