"""What has arrived and is to be told (`conversation.delivered`). No I/O and no clock."""

from typing import NamedTuple

AT_ONCE = 8
"""Conversations told of at the same time."""


class Arrival(NamedTuple):
    """What to tell of a conversation; `quietly` without waiting for the answer."""

    conversation: str
    seq: int
    quietly: bool


class Arrivals:
    """The newest message that arrived in each conversation, until it is told.

    Of what was told quietly nobody knows whether it was heard when the connection breaks, or when
    something told quietly is refused: it is in doubt, and told again, now with an answer. So it is
    with what comes in many conversations at once. Of each one is on the wire at a time then: many
    messages are told of at once.
    """

    def __init__(self) -> None:
        self._arrived: dict[str, int] = {}
        self._flying: dict[str, int] = {}
        self._quiet: dict[str, int] = {}
        self._doubted: set[str] = set()

    def add(self, conversation: str, seq: int) -> None:
        """Note that a message has arrived."""
        self._arrived[conversation] = max(seq, self._arrived.get(conversation, 0))

    def known(self, conversation: str, seq: int) -> None:
        """Note that the server knows of everything up to `seq`."""
        if self._arrived.get(conversation, seq + 1) <= seq:
            del self._arrived[conversation]

    def ready(self, *, quietly: bool = False) -> list[Arrival]:
        """Give what to tell now, quietly if that may be; else it counts as on the wire."""
        waiting = [one for one in self._arrived.items() if one[0] not in self._flying]
        free = max(0, AT_ONCE - len(self._flying))
        quietly = quietly and len(waiting) <= AT_ONCE
        ready = [
            Arrival(conversation, seq, quietly and conversation not in self._doubted)
            for conversation, seq in waiting[:free]
        ]
        for conversation, seq, is_quiet in ready:
            if is_quiet:
                del self._arrived[conversation]
                self._quiet[conversation] = seq
            else:
                self._flying[conversation] = seq
        return ready

    def answered(self, conversation: str, *, again: bool) -> int:
        """It was told, or refused; `again` if it may be told once more later. Gives the seq."""
        seq = self._flying.pop(conversation, 0)
        if not again:
            self._doubted.discard(conversation)
            self.known(conversation, seq)
        return seq

    def doubt(self) -> None:
        """Have what was told quietly told again: it is not known to have been heard."""
        quiet, self._quiet = self._quiet, {}
        self._doubted.update(quiet)
        for conversation, seq in quiet.items():
            self.add(conversation, seq)

    def grounded(self) -> None:
        """The connection is lost: what was on the wire is told again on the next."""
        self._flying.clear()
        self.doubt()

    def clear(self) -> None:
        """Forget everything: a fresh snapshot says what has arrived."""
        self._arrived.clear()
        self._flying.clear()
        self._quiet.clear()
        self._doubted.clear()
