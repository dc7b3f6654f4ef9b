"""SQL of what was missed: the entries after a position of the log, a page at a time (G5)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from chat.conversations import entries
from chat.storage.database import Reader
from protocol.resources import DESCRIPTION_CHARACTERS, Entry

FEW = 15
"""Entries that fit a page whatever they say: 4,300 characters at most each."""

_SIZE = (
    "LENGTH({0}.text) + CASE WHEN {0}.picture_id IS NULL THEN 0"
    f" ELSE {DESCRIPTION_CHARACTERS} END"
)


def positions_after(reader: Reader, conversation: int, position: int, at_most: int) -> list[int]:
    """List the positions of the entries after a position of the log, in falling order.

    Walks back over the index, which carries both numbers, and stops at the first that was seen
    or after `at_most`.
    """
    found: list[int] = []
    before, step = 1 << 62, 32
    while len(found) < at_most:
        rows = reader.all(
            "SELECT position, seq FROM entries WHERE conversation_id = ? AND seq < ?"
            " ORDER BY seq DESC LIMIT ?",
            conversation, before, step,
        )  # fmt: skip
        new = [row[0] for row in rows if row[0] > position]
        found += new
        if len(new) < step:
            break
        before, step = rows[-1][1], step * 4
    return found


def fitting(reader: Reader, positions: Sequence[int]) -> int:
    """Tell how many entries, by positions of the log in rising order, make a page; at least one.

    A page holds `PAGE_CHARACTERS` of text, that of the messages that were changed included, and
    what may be said of pictures. So few as always fit are not looked at.
    """
    if len(positions) <= FEW:
        return len(positions)
    rows = reader.among(
        f"SELECT e.position, {_SIZE.format('e')} + COALESCE((SELECT {_SIZE.format('m')}"
        " FROM entries m WHERE m.conversation_id = e.conversation_id AND m.seq = e.target), 0)"
        " FROM entries e WHERE e.position {among}",
        positions,
    )
    sizes = {row[0]: row[1] for row in rows}
    size = 0
    for count, position in enumerate(positions):
        size += sizes.get(position, 0)
        if count and size > entries.PAGE_CHARACTERS:
            return count
    return len(positions)


def at_positions(reader: Reader, positions: Sequence[int]) -> dict[int, list[Entry]]:
    """Read the entries at positions of the log, given in rising order, by conversation.

    What changed a message comes with that message as it is now.
    """
    rows: dict[int, list[Any]] = defaultdict(list)
    for conversation, *columns in reader.among(
        f"SELECT conversation_id, {entries.COLUMNS} FROM entries WHERE position {{among}}"
        " ORDER BY position",
        positions,
    ):
        rows[conversation].append(columns)
    return {
        conversation: entries.read_rows(reader, conversation, found, with_targets=True)
        for conversation, found in rows.items()
    }
