"""Many conversations and messages at once, straight into the store: for `chat.seed` and loads.

The rows are what the use cases would have left; nothing is published, and nobody is told.
"""

from collections.abc import Iterable
from typing import NamedTuple

from chat.conversations.entries import MESSAGE
from chat.storage.database import Transaction


class Talk(NamedTuple):
    """A conversation between the author (member 1) and a replier (member 2), as it ended up.

    Entries 1 to `last_seq` are all messages. Times are UTC milliseconds, positions the log's.
    """

    id: int
    origin: int
    author: int
    replier: int
    title: str
    symbol: str
    last_seq: int
    author_read: int
    replier_read: int
    opened_position: int
    changed_position: int
    opened_at: int
    updated_at: int


class Line(NamedTuple):
    """A message: `sender` is the number of a member, `account` theirs."""

    position: int
    conversation: int
    seq: int
    sender: int
    account: int
    at: int
    text: str

    @property
    def client_id(self) -> bytes:
        """A UUID of version 7, unique by the position (RFC 9562)."""
        return self.at.to_bytes(6, "big") + (_VERSION_7 | self.position).to_bytes(10, "big")


_VERSION_7 = 0x7 << 76 | 0b10 << 62


def open_talks(txn: Transaction, talks: Iterable[Talk]) -> None:
    """Add conversations that came from bubbles, with their members."""
    talks = list(talks)
    txn.many(
        "INSERT INTO conversations (id, kind, origin_kind, origin_id, opener, title, symbol,"
        " rights_version, first_seq, last_seq, last_ordinal, opened_position, changed_position,"
        " opened_at, updated_at)"
        " VALUES (?, 'bubble', 'bubble', ?, ?, ?, ?, 1, 1, ?, ?, ?, ?, ?, ?)",
        (
            (talk.id, talk.origin, talk.replier, talk.title, talk.symbol, talk.last_seq,
             talk.last_seq, talk.opened_position, talk.changed_position, talk.opened_at,
             talk.updated_at)
            for talk in talks
        ),
    )  # fmt: skip
    txn.many(
        "INSERT INTO members (conversation_id, number, account_id, role, delivered_seq, read_seq)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            (talk.id, number, account, role, talk.last_seq if read else 0, read)
            for talk in talks
            for number, account, role, read in (
                (1, talk.author, "author", talk.author_read),
                (2, talk.replier, "replier", talk.replier_read),
            )
        ),
    )  # fmt: skip


def write_lines(txn: Transaction, lines: Iterable[Line]) -> None:
    """Add messages, in the order of their positions."""
    txn.many(
        "INSERT INTO entries (position, conversation_id, seq, ordinal, kind, sender, account_id,"
        " client_id, at, text, edited_at, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)",
        (
            (line.position, line.conversation, line.seq, line.seq, MESSAGE, line.sender,
             line.account, line.client_id, line.at, line.text)
            for line in lines
        ),
    )  # fmt: skip
