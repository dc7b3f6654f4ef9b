"""When to say that one is writing, or thinking, or has stopped. No I/O and no clock."""

from dataclasses import dataclass
from typing import Literal

from protocol.requests import OneConversation, Request, StartTyping

EVERY_MS = 3_000
"""A start at most in this time, for each conversation."""
LASTS_MS = 6_000
"""What a start is worth to the others."""

Doing = Literal["writing", "thinking"]


@dataclass(slots=True)
class _Said:
    doing: Doing | None  # None once it was ended
    at: float
    refused: bool = False


class OwnTyping:
    """Turns "I am writing", said as often as one likes, into the few commands that it takes."""

    def __init__(self) -> None:
        self._said: dict[str, _Said] = {}
        self._wanted: dict[str, Doing | None] = {}
        self.last: StartTyping | None = None
        """The last start."""

    def say(self, conversation: str, doing: Doing | None) -> None:
        """Say what one does; None when one has stopped."""
        self._wanted[conversation] = doing

    def refused(self, start: StartTyping, at: float) -> None:
        """Note that the server, whose clock it is, found a start too early: it may come at `at`."""
        said = self._said.get(start.conversation)
        if said and said.doing == start.doing:
            said.at, said.refused = at - EVERY_MS, True
            self._wanted.setdefault(start.conversation, said.doing)

    def sent(self, conversation: str) -> None:
        """Note that a message goes out: to the others that ends it."""
        self._wanted.pop(conversation, None)
        if said := self._said.get(conversation):
            said.doing = None

    @property
    def deadline(self) -> float | None:
        """When `ready` may give more because time has passed."""
        said = [self._said[one].at for one in self._wanted if one in self._said]
        return min((at + EVERY_MS for at in said), default=None)

    def ready(self, now: float) -> list[tuple[str, Request]]:
        """Give what is to be said now."""
        orders = [self._next(one, doing, now) for one, doing in tuple(self._wanted.items())]
        return [order for order in orders if order is not None]

    def _next(
        self, conversation: str, doing: Doing | None, now: float
    ) -> tuple[str, Request] | None:
        said = self._said.get(conversation)
        early = said is not None and now < said.at + EVERY_MS
        if doing and said and early and (said.refused or said.doing != doing):
            return None  # it waits for its time
        del self._wanted[conversation]
        if doing is None:
            if said is None or said.doing is None or now >= said.at + LASTS_MS:
                return None
            said.doing = None
            return "typing.stop", OneConversation(conversation)
        if early:
            return None
        self._said[conversation] = _Said(doing, now)
        self.last = StartTyping(conversation, doing)
        return "typing.start", self.last

    def reset(self) -> None:
        """The connection is gone, and what was said with it."""
        self._wanted.clear()
        for said in self._said.values():
            said.doing = None
