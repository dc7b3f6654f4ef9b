"""The stretch of one conversation that is kept: entries side by side, messages as they are now."""

from msgspec.structs import replace

from protocol.clients.python.messages import later, with_quote
from protocol.resources import Entry, Message


class Stretch:
    """It may end before the newest entry; then what is new waits to be read on to.

    `older` and `newer` tell whether there are more before and after it.
    """

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._messages: dict[int, Message] = {}  # also some that only a change or a quote tells of
        self.older = False
        self.newer = False

    def entries(self) -> list[Entry]:
        """Give the entries in rising order, with their messages; what changed one stands bare."""
        rows = (self._entries[seq] for seq in sorted(self._entries))
        return [
            replace(row, message=self.message(row.seq)) if row.kind == "message" else row
            for row in rows
        ]

    def message(self, seq: int) -> Message | None:
        """Give a message as it is now."""
        message = self._messages.get(seq)
        if message is None or message.quote is None:
            return message
        return with_quote(message, self._messages.get(message.quote.seq))

    def keep(self, entry: Entry) -> None:
        """Take an entry of a page."""
        self._entries[entry.seq] = replace(entry, message=None)
        if entry.message is not None:
            self.learn(entry.message)

    def hear(self, entry: Entry) -> None:
        """Take an entry that has just come, unless there is a gap before it."""
        if self.newer and entry.seq > max(self._entries, default=0):
            if entry.message is not None and entry.kind != "message":
                self.learn(entry.message)
            return
        self.keep(entry)

    def learn(self, message: Message) -> None:
        """Take how a message is now, whether it stands here or is quoted."""
        self._messages[message.seq] = later(self._messages.get(message.seq), message)

    def is_whole(self, newest: int) -> bool:
        """Tell whether it has no hole, and none before the newest unless it says otherwise."""
        if not self._entries:
            return False
        first, last = min(self._entries), max(self._entries)
        return (self.newer or last == newest) and last - first == len(self._entries) - 1
