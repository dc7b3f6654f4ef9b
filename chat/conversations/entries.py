"""SQL of a conversation's entries: reading them in pages, and what was missed.

An entry that changes a message names it as its `target`; the message's own row is as it is now.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from chat.conversations.model import EntryAdded
from chat.media.service import descriptions, pictures
from chat.storage.database import Reader, Row, Transaction
from protocol.ids import encode_id
from protocol.resources import (
    DESCRIPTION_CHARACTERS,
    QUOTED_CHARACTERS,
    Entry,
    Message,
    Picture,
    Quote,
    Reaction,
)

MESSAGE, ORIGIN_CLOSED, EDITED, DELETED, REACTED, PINNED = 1, 2, 3, 4, 5, 6
CALL_STARTED, CALL_ENDED, MEMBER_JOINED, MEMBER_LEFT = 7, 8, 9, 10

KINDS: dict[int, str] = {
    MESSAGE: "message",
    ORIGIN_CLOSED: "origin_closed",
    EDITED: "message_edited",
    DELETED: "message_deleted",
    REACTED: "message_reacted",
    PINNED: "message_pinned",
    CALL_STARTED: "call_started",
    CALL_ENDED: "call_ended",
    MEMBER_JOINED: "member_joined",
    MEMBER_LEFT: "member_left",
}

PAGE_CHARACTERS = 65_536
"""Text in a page of history: what waits to be read because of it makes nobody a slow reader."""

NEWEST = 32
"""Entries among which the newest message nearly always is."""

COLUMNS = (
    "seq, ordinal, kind, sender, client_id, at, text, edited_at, deleted, changed_seq, reply_to,"
    " picture_id, reactions, pinned, target, position"
)
_INSERT = (
    "INSERT INTO entries (position, conversation_id, seq, ordinal, kind, sender, account_id,"
    " at, text, edited_at, deleted, target) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', NULL, 0, ?)"
)
_ADVANCE = "UPDATE conversations SET last_seq = ?, changed_position = ? WHERE id = ?"

_decode_reactions = msgspec.json.Decoder(list[Reaction]).decode
_encode_reactions = msgspec.json.Encoder().encode


# --- writing --------------------------------------------------------------------------------------


def add_entry(
    txn: Transaction,
    conversation: int,
    kind: int,
    now: int,
    *,
    sender: int = 0,
    account: int = 0,
    target: int | None = None,
) -> tuple[int, int]:
    """Write an entry that is no message; gives its position in the log, and its seq.

    The conversation must exist. It does not rise in the lists: nothing was said.
    """
    head = txn.one("SELECT last_seq, last_ordinal FROM conversations WHERE id = ?", conversation)
    assert head is not None, "the caller has just read the conversation"
    position, seq = txn.positions(), head[0] + 1
    txn.run(_INSERT, position, conversation, seq, head[1], kind, sender, account, now, target)
    txn.run(_ADVANCE, seq, position, conversation)
    return position, seq


def add_notice(
    txn: Transaction, conversation: int, kind: int, now: int, *, by: int = 0, account: int = 0
) -> None:
    """Write an entry of the platform's own, and tell all who take part; `by` whom it is about."""
    position, seq = add_entry(txn, conversation, kind, now, sender=by, account=account)
    txn.run("UPDATE conversations SET updated_at = ? WHERE id = ?", now, conversation)
    members = txn.all(
        "SELECT account_id FROM members WHERE conversation_id = ? AND left_at IS NULL", conversation
    )
    accounts = tuple(row[0] for row in members)
    txn.emit(EntryAdded(conversation, position, seq, KINDS[kind], now, accounts, by))


def save_message(txn: Transaction, conversation: int, message: Message) -> None:
    """Store a message as it is now."""
    txn.run(
        "UPDATE entries SET text = ?, edited_at = ?, deleted = ?, changed_seq = ?, reactions = ?,"
        " pinned = ?, picture_id = CASE WHEN ? = 1 THEN NULL ELSE picture_id END,"
        " reply_to = CASE WHEN ? = 1 THEN NULL ELSE reply_to END"
        " WHERE conversation_id = ? AND seq = ?",
        message.text, message.edited_at, int(message.deleted), message.changed_seq,
        _encode_reactions(message.reactions).decode() if message.reactions else None,
        1 if message.pinned else None, int(message.deleted), int(message.deleted),
        conversation, message.seq,
    )  # fmt: skip


def count_pinned(reader: Reader, conversation: int) -> int:
    """Count the pinned messages of a conversation."""
    row = reader.one(
        "SELECT COUNT(*) FROM entries WHERE conversation_id = ? AND pinned = 1", conversation
    )
    return int(row[0]) if row else 0


# --- pages ----------------------------------------------------------------------------------------


def history(
    reader: Reader,
    conversation: int,
    *,
    before: int | None,
    after: int | None,
    limit: int,
    part: int = 1,
) -> tuple[list[Entry], bool]:
    """Read entries in rising order beside `before` or `after`, and whether there are more.

    At most `limit`, and `PAGE_CHARACTERS` of text, or the given part of it.
    """
    if after is not None:
        rows = reader.all(
            f"SELECT {COLUMNS} FROM entries WHERE conversation_id = ? AND seq > ?"
            " ORDER BY seq LIMIT ?",
            conversation, after, limit + 1,
        )  # fmt: skip
        page = _page(rows[:limit], PAGE_CHARACTERS // part)
        return read_rows(reader, conversation, page), len(page) < len(rows)
    rows = reader.all(
        f"SELECT {COLUMNS} FROM entries WHERE conversation_id = ? AND seq < ?"
        " ORDER BY seq DESC LIMIT ?",
        conversation, before if before is not None else 1 << 62, limit + 1,
    )  # fmt: skip
    page = _page(rows[:limit], PAGE_CHARACTERS // part)
    return read_rows(reader, conversation, page[::-1]), len(page) < len(rows)


def around(reader: Reader, conversation: int, seq: int, limit: int) -> tuple[list[Entry], bool]:
    """Read half a page before an entry, the rest from it on, and whether there are more after."""
    before, _ = history(reader, conversation, before=seq, after=None, limit=limit // 2, part=2)
    rest = limit - len(before)
    after, more = history(reader, conversation, before=None, after=seq - 1, limit=rest, part=2)
    return before + after, more


def first_since(reader: Reader, conversation: int, at: int) -> int:
    """Find the first entry from a moment on; one past the last if there is none.

    Halves the conversation, for its times rise with its numbers: some seventeen looks at an index
    for 100,000 entries. A clock that was turned back makes it land a little beside.
    """
    return first_with(reader, conversation, "at", at)


def first_with(reader: Reader, conversation: int, column: str, least: int) -> int:
    """Find, by halving, the first entry that has at least so much of what rises with seq.

    One past the last if there is none.
    """
    row = reader.one("SELECT first_seq, last_seq FROM conversations WHERE id = ?", conversation)
    low, high = (row[0], row[1] + 1) if row else (1, 1)
    while low < high:
        middle = (low + high) // 2
        found = reader.one(
            f"SELECT {column} FROM entries WHERE conversation_id = ? AND seq = ?",
            conversation, middle,
        )  # fmt: skip
        if found is not None and found[0] < least:
            low = middle + 1
        else:
            high = middle
    return low


def _page(rows: list[Row], characters: int) -> list[Row]:
    """Take the first rows whose texts fit, and what may be said of their pictures."""
    size = 0
    for count, row in enumerate(rows):
        size += len(row["text"])
        if row["picture_id"] is not None:
            size += DESCRIPTION_CHARACTERS
        if size > characters:
            return rows[:count]
    return rows


# --- single messages ------------------------------------------------------------------------------


def message_at(reader: Reader, conversation: int, seq: int) -> Message | None:
    """Read a message as it is now; None if the entry is none, or no message."""
    return messages_at(reader, conversation, [seq]).get(seq)


def messages_at(reader: Reader, conversation: int, seqs: Sequence[int]) -> dict[int, Message]:
    """Read messages as they are now, by seq."""
    rows = reader.among(
        f"SELECT {COLUMNS} FROM entries WHERE seq {{among}} AND conversation_id = ? AND kind = ?",
        seqs, conversation, MESSAGE,
    )  # fmt: skip
    read = read_rows(reader, conversation, rows)
    return {entry.seq: entry.message for entry in read if entry.message is not None}


def position_of(reader: Reader, conversation: int, seq: int) -> int:
    """Give the position of an entry in the log. The entry must be there."""
    row = reader.one(
        "SELECT position FROM entries WHERE conversation_id = ? AND seq = ?", conversation, seq
    )
    assert row is not None, "the caller has just read the entry"
    return int(row[0])


def conversation_at(reader: Reader, position: int) -> int | None:
    """Tell in which conversation an entry stands, by its position in the log."""
    row = reader.one("SELECT conversation_id FROM entries WHERE position = ?", position)
    return None if row is None else int(row[0])


def newest(reader: Reader, conversation: int, seq: int, ordinal: int) -> tuple[Message | None, int]:
    """Read the newest message, and who has called in vain since; given the newest entry's numbers.

    Where many a change came after the message, it is the first entry with that ordinal (G8).
    """
    rows = reader.all(
        f"SELECT {COLUMNS} FROM entries WHERE conversation_id = ? AND seq > ?"
        f" AND kind IN ({MESSAGE}, {CALL_STARTED}, {CALL_ENDED}) ORDER BY seq DESC LIMIT 1",
        conversation, seq - NEWEST,
    )  # fmt: skip
    last = read_rows(reader, conversation, rows)[0] if rows else None
    if last is not None and last.message is not None:
        return last.message, 0
    first = first_with(reader, conversation, "ordinal", ordinal)
    missed = last.by if last is not None and last.kind == KINDS[CALL_ENDED] else 0
    return message_at(reader, conversation, first), missed


def pinned(reader: Reader, conversation: int) -> list[Message]:
    """Read the pinned messages, by rising seq."""
    rows = reader.all(
        f"SELECT {COLUMNS} FROM entries WHERE conversation_id = ? AND pinned = 1 ORDER BY seq",
        conversation,
    )
    return [one.message for one in read_rows(reader, conversation, rows) if one.message]


MOST_UNREAD = 1_000


def unread(reader: Reader, conversation: int, number: int, read_seq: int) -> int:
    """Count the messages of others after `read_seq`; 1,000 means that many or more.

    Looks through at most ten times as many entries (G8).
    """
    row = reader.one(
        "SELECT COUNT(*) FROM (SELECT kind, sender, deleted FROM entries"
        " WHERE conversation_id = ? AND seq > ? ORDER BY seq LIMIT ?) AS newest"
        " WHERE kind = ? AND sender <> ? AND deleted = 0",
        conversation, read_seq, 10 * MOST_UNREAD, MESSAGE, number,
    )  # fmt: skip
    return 0 if row is None else min(int(row[0]), MOST_UNREAD)


# --- rows to entries ------------------------------------------------------------------------------


def read_rows(
    reader: Reader, conversation: int, rows: Sequence[Iterable[Any]], *, with_targets: bool = False
) -> list[Entry]:
    """Make the public form of rows of `COLUMNS`, with what they quote and show."""
    quoted: set[int] = set()
    shown: dict[int, tuple[int, int]] = {}
    targets: set[int] = set()
    found = [_entry(row, quoted, shown, targets) for row in rows]
    if quoted or shown:
        quotes = _quotes(reader, conversation, quoted)
        images = _images(reader, shown)
        found = [_filled(entry, quotes, images) for entry in found]
    if with_targets and targets:
        now = messages_at(reader, conversation, sorted(targets))
        found = [replace(one, message=now.get(one.target)) if one.target else one for one in found]
    return found


def _entry(
    row: Iterable[Any], quoted: set[int], shown: dict[int, tuple[int, int]], targets: set[int]
) -> Entry:
    """Read a row; notes what it quotes, its picture and position by its seq, and its target."""
    (seq, ordinal, kind, sender, client_id, at, text, edited_at, deleted,
     changed_seq, reply_to, picture, reactions, is_pinned, target,
     position) = row  # fmt: skip
    if kind != MESSAGE:
        if target is None:
            return Entry(seq=seq, kind=KINDS[kind], at=at, by=sender)
        targets.add(target)
        return Entry(seq=seq, kind=KINDS[kind], at=at, by=sender, target=target)
    if changed_seq is reply_to is picture is None:  # as nearly all are
        message = Message(
            seq, ordinal, sender, write_client_id(client_id), at, text, edited_at, bool(deleted)
        )
        return Entry(seq, "message", at, message)
    if reply_to is not None:
        quoted.add(reply_to)
    if picture is not None:
        shown[seq] = picture, position
    message = Message(
        seq=seq,
        ordinal=ordinal,
        sender=sender,
        client_id=write_client_id(client_id),
        sent_at=at,
        text=text,
        edited_at=edited_at,
        deleted=bool(deleted),
        changed_seq=changed_seq or 0,
        # Placeholders, filled once all that a page needs is known.
        quote=None if reply_to is None else Quote(reply_to, 0, ""),
        picture=None if picture is None else Picture(encode_id(picture), 0, 0),
        reactions=_decode_reactions(reactions) if reactions else [],
        pinned=bool(is_pinned),
    )
    return Entry(seq, "message", at, message)


def _filled(entry: Entry, quotes: Mapping[int, Quote], images: Mapping[int, Picture]) -> Entry:
    message = entry.message
    if message is None or (message.quote is None and message.picture is None):
        return entry
    return replace(
        entry,
        message=replace(
            message,
            quote=quotes.get(message.quote.seq) if message.quote else None,
            picture=images.get(message.seq),
        ),
    )


def _images(reader: Reader, shown: Mapping[int, tuple[int, int]]) -> dict[int, Picture]:
    """Read the pictures of messages and what is said of them, from their ids and positions."""
    if not shown:
        return {}
    found = pictures(reader, sorted({picture for picture, _ in shown.values()}))
    said = descriptions(reader, kind="message", of=sorted(at for _, at in shown.values()))
    return {
        seq: replace(found[encode_id(picture)], description=said.get(at, ""))
        for seq, (picture, at) in shown.items()
        if encode_id(picture) in found
    }


def _quotes(reader: Reader, conversation: int, seqs: Iterable[int]) -> dict[int, Quote]:
    rows = reader.among(
        "SELECT seq, sender, text, picture_id, deleted FROM entries WHERE seq {among}"
        " AND conversation_id = ?",
        sorted(seqs), conversation,
    )  # fmt: skip
    return {
        row[0]: Quote(row[0], row[1], row[2][:QUOTED_CHARACTERS], row[3] is not None, bool(row[4]))
        for row in rows
    }


def read_client_id(text: str) -> bytes:
    """Pack a client id for the store."""
    return bytes.fromhex(text.replace("-", ""))


def write_client_id(packed: bytes) -> str:
    """Write a stored client id as the client wrote it."""
    digits = packed.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
