"""Changes of messages on their way: edit, delete, react, pin. No I/O and no clock.

They are safe to ask for again, so that of those that wait only the last word on each thing need
go out.
"""

from typing import NamedTuple

from protocol.clients.python.lanes import Lanes
from protocol.requests import EditMessage, OneMessage, React

Changing = EditMessage | OneMessage | React

DELETE = "message.delete"
FAMILIES = {
    "message.edit": "text",
    DELETE: "text",
    "reaction.add": "reaction",
    "reaction.remove": "reaction",
    "message.pin": "pin",
    "message.unpin": "pin",
}
"""The commands that change a message; within a family the last one counts."""


class Change(NamedTuple):
    """One change of a message."""

    command: str
    request: Changing

    def replaces(self, earlier: "Change") -> bool:
        """Tell whether it makes an earlier change, in the same conversation, pointless.

        Nothing undoes a deletion.
        """
        if earlier.request.seq != self.request.seq or earlier.command == DELETE:
            return False
        if self.command == DELETE:
            return True
        same_family = FAMILIES[earlier.command] == FAMILIES[self.command]
        return same_family and _reaction(earlier.request) == _reaction(self.request)


class Changes(Lanes[int, Change]):
    """One change at a time in each conversation, in order."""

    def __init__(self) -> None:
        super().__init__()
        self._last = 0
        self._heirs: dict[int, int] = {}  # what was replaced -> by what

    def add(self, command: str, request: Changing) -> int:
        """Queue a change; gives the number by which it is answered."""
        self._last += 1
        change = Change(command, request)
        for key, earlier in self.waiting(request.conversation):
            if change.replaces(earlier):
                self.settle(key)
                self._heirs[key] = self._last
        self.put(self._last, request.conversation, change)
        return self._last

    def answered(self, key: int) -> list[int]:
        """It is over: lists its number, and those of all that it replaced."""
        self.settle(key)
        numbers = [key]
        for number in numbers:
            numbers += [one for one, heir in self._heirs.items() if heir == number]
        for number in numbers[1:]:
            del self._heirs[number]
        return numbers


def _reaction(request: Changing) -> str | None:
    return request.reaction if isinstance(request, React) else None
