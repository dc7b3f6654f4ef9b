"""What has arrived and is to be told (`conversation.delivered`). No I/O and no clock."""

AT_ONCE = 8
"""Conversations told of at the same time."""


class Arrivals:
    """The newest message that arrived in each conversation, until it is told.

    For each conversation one at a time is on the wire: many messages are told of at once.
    """

    def __init__(self) -> None:
        self._arrived: dict[str, int] = {}
        self._flying: dict[str, int] = {}

    def add(self, conversation: str, seq: int) -> None:
        """Note that a message has arrived."""
        self._arrived[conversation] = max(seq, self._arrived.get(conversation, 0))

    def known(self, conversation: str, seq: int) -> None:
        """Note that the server knows of everything up to `seq`."""
        if self._arrived.get(conversation, seq + 1) <= seq:
            del self._arrived[conversation]

    def ready(self) -> list[tuple[str, int]]:
        """Give what to tell now; it counts as on the wire from here on."""
        free = AT_ONCE - len(self._flying)
        waiting = [one for one in self._arrived.items() if one[0] not in self._flying]
        ready = waiting[: max(0, free)]
        self._flying.update(ready)
        return ready

    def answered(self, conversation: str, *, again: bool) -> int:
        """It was told, or refused; `again` if it may be told once more later. Gives the seq."""
        seq = self._flying.pop(conversation, 0)
        if not again:
            self.known(conversation, seq)
        return seq

    def grounded(self) -> None:
        """The connection is lost: what was on the wire is told again on the next."""
        self._flying.clear()

    def clear(self) -> None:
        """Forget everything: a fresh snapshot says what has arrived."""
        self._arrived.clear()
        self._flying.clear()
