"""Who plays whom: every worker has people of its own, and always with those they talk with. Pure.

People talk within their circle, so a worker gets whole circles: it has both ends of each
conversation, can time a delivery by one clock, and no two workers are ever the same person.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from chat.seed.people import People, is_volunteer


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
        self.share = share
        everybody = list(share.numbers(people)) if share else []
        self._volunteers = deque(one for one in everybody if is_volunteer(one))
        self._others = deque(one for one in everybody if not is_volunteer(one))

    def take(self, *, volunteer: bool = False) -> tuple[int, str]:
        """Give the number and the token of somebody whom nobody plays. Raises `NobodyLeft`.

        Volunteers are people too, who are taken when there are no others left.
        """
        if volunteer and not self._volunteers:
            raise NobodyLeft
        waiting = self._volunteers if volunteer or not self._others else self._others
        if not waiting:
            raise NobodyLeft
        number = waiting.popleft()
        return number, self._people.token(number)

    def give_back(self, number: int) -> None:
        """Let another play somebody; they come after those whom nobody has played yet."""
        (self._volunteers if is_volunteer(number) else self._others).append(number)
