"""SQL of a conversation's entries: the message batch, history, and what was missed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from chat.conversations.model import EntryAdded, Outgoing, Rights, Stored
from chat.conversations.rights import load_rights
from chat.storage.database import Reader, Row, Transaction
from protocol.errors import Refused
from protocol.resources import Entry, Message

MESSAGE = 1
ORIGIN_CLOSED = 2

PAGE_CHARACTERS = 65_536
"""Text in a page of history: what waits to be read because of it makes nobody a slow reader."""

KINDS: dict[int, Any] = {MESSAGE: "message", ORIGIN_CLOSED: "origin_closed"}

_COLUMNS = "seq, ordinal, kind, sender, client_id, at, text, edited_at, deleted"
_INSERT = (
    "INSERT INTO entries (position, conversation_id, seq, ordinal, kind, sender, account_id,"
    " client_id, at, text, edited_at, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)"
)
_ADVANCE = (
    "UPDATE conversations SET last_seq = ?, last_ordinal = ?, changed_position = ?,"
    " updated_at = ? WHERE id = ?"
)


def store_messages(txn: Transaction, items: Sequence[Outgoing]) -> Sequence[Stored | Refused]:
    """Number and store a batch of messages; answers each, resends with their first numbers (G3).

    Conversations are taken in rising id, so that two writers cannot wait for each other. Only
    what is new and allowed is numbered, so that no number is skipped (G4). Rights that are not
    known, or not of the stored version any more, are worked out anew here, in the transaction.
    """
    known = _known(txn, items)
    heads = _heads(txn, sorted({item.conversation for item in items}))
    outcomes: list[Stored | Refused] = []
    rows: list[tuple[object, ...]] = []
    moved: dict[int, tuple[object, ...]] = {}
    for item in items:
        key = (item.client_id, item.account)
        earlier = known.get(key)
        if earlier is not None:
            outcomes.append(_answer_resend(item, *earlier))
            continue
        head = heads.get(item.conversation)
        if head is None:
            outcomes.append(Refused("not_found"))
            continue
        rights = item.rights
        if rights is None or not rights.serve(head.version, item.now):
            rights = head.fresh = head.fresh or load_rights(txn, item.conversation, item.now)
        refusal = rights.refusals.get(item.account, "not_found")
        if refusal is not None:
            outcomes.append(Refused(refusal))
            continue
        head.seq += 1
        head.ordinal += 1
        position = txn.positions()
        stored = Stored(item.conversation, position, head.seq, head.ordinal, item.now, rights)
        rows.append(
            (position, item.conversation, head.seq, head.ordinal, MESSAGE,
             rights.numbers[item.account], item.account, item.client_id, item.now,
             item.message.text)
        )  # fmt: skip
        moved[item.conversation] = (head.seq, head.ordinal, position, item.now, item.conversation)
        known[key] = (stored, item.message.text, False)
        outcomes.append(stored)
    txn.many(_INSERT, rows)
    txn.many(_ADVANCE, moved.values())
    return outcomes


class _Head:
    """The numbers of a conversation while a batch is applied to it."""

    __slots__ = ("fresh", "ordinal", "seq", "version")

    def __init__(self, seq: int, ordinal: int, version: int) -> None:
        self.seq = seq
        self.ordinal = ordinal
        self.version = version
        self.fresh: Rights | None = None


_Known = tuple[Stored, str, bool]


def _known(txn: Transaction, items: Sequence[Outgoing]) -> dict[tuple[bytes, int], _Known]:
    rows = txn.among(
        "SELECT client_id, account_id, conversation_id, position, seq, ordinal, at, text,"
        " deleted FROM entries WHERE client_id {among}",
        [item.client_id for item in items],
    )
    return {
        (row[0], row[1]): (
            Stored(row[2], row[3], row[4], row[5], row[6], None), row[7], bool(row[8])
        )
        for row in rows
    }  # fmt: skip


def _heads(txn: Transaction, conversations: Sequence[int]) -> dict[int, _Head]:
    rows = txn.among(
        "SELECT id, last_seq, last_ordinal, rights_version FROM conversations WHERE id {among}",
        conversations,
    )
    return {row[0]: _Head(row[1], row[2], row[3]) for row in rows}


def _answer_resend(item: Outgoing, stored: Stored, text: str, deleted: bool) -> Stored | Refused:
    if stored.conversation != item.conversation:
        return Refused("client_id_reused", field="client_id")
    if deleted:
        return Refused("gone")
    if text != item.message.text:
        return Refused("client_id_reused", field="client_id")
    return replace(stored, rights=None)


def add_entry(txn: Transaction, conversation: int, kind: int, now: int) -> None:
    """Write an entry of the platform's own, and tell it."""
    head = txn.one("SELECT last_seq, last_ordinal FROM conversations WHERE id = ?", conversation)
    if head is None:
        return
    position, seq, ordinal = txn.positions(), head[0] + 1, head[1]
    txn.run(_INSERT, position, conversation, seq, ordinal, kind, 0, 0, None, now, "")
    txn.run(_ADVANCE, seq, ordinal, position, now, conversation)
    members = txn.all("SELECT account_id FROM members WHERE conversation_id = ?", conversation)
    accounts = tuple(row[0] for row in members)
    txn.emit(EntryAdded(conversation, position, seq, KINDS[kind], now, accounts))


def history(
    reader: Reader, conversation: int, *, before: int | None, after: int | None, limit: int
) -> tuple[list[Entry], bool]:
    """Read entries in rising order beside `before` or `after`, and whether there are more.

    At most `limit`, and `PAGE_CHARACTERS` of text.
    """
    if after is not None:
        rows = reader.all(
            f"SELECT {_COLUMNS} FROM entries WHERE conversation_id = ? AND seq > ?"
            " ORDER BY seq LIMIT ?",
            conversation, after, limit + 1,
        )  # fmt: skip
        page = _page(rows[:limit])
        return [entry(row) for row in page], len(page) < len(rows)
    rows = reader.all(
        f"SELECT {_COLUMNS} FROM entries WHERE conversation_id = ? AND seq < ?"
        " ORDER BY seq DESC LIMIT ?",
        conversation, before if before is not None else 1 << 62, limit + 1,
    )  # fmt: skip
    page = _page(rows[:limit])
    return [entry(row) for row in reversed(page)], len(page) < len(rows)


def _page(rows: list[Row]) -> list[Row]:
    """Take the first rows whose texts fit a page."""
    size = 0
    for count, row in enumerate(rows):
        size += len(row["text"])
        if size > PAGE_CHARACTERS:
            return rows[:count]
    return rows


def last_message(reader: Reader, conversation: int) -> Message | None:
    """Read the newest message that there is."""
    row = reader.one(
        f"SELECT {_COLUMNS} FROM entries WHERE conversation_id = ? AND kind = ?"
        " ORDER BY seq DESC LIMIT 1",
        conversation, MESSAGE,
    )  # fmt: skip
    return None if row is None else entry(row).message


def unread(reader: Reader, conversation: int, number: int, read_seq: int) -> int:
    """Count the messages of others after `read_seq`. Costs an index step for each of them."""
    row = reader.one(
        "SELECT COUNT(*) FROM entries WHERE conversation_id = ? AND seq > ? AND kind = ?"
        " AND sender <> ? AND deleted = 0",
        conversation, read_seq, MESSAGE, number,
    )  # fmt: skip
    return 0 if row is None else int(row[0])


def missed(reader: Reader, conversation: int, position: int, at_most: int) -> list[int]:
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


def at_positions(reader: Reader, positions: Sequence[int]) -> dict[int, list[Entry]]:
    """Read the entries at positions of the log, given in rising order, by conversation."""
    found: dict[int, list[Entry]] = defaultdict(list)
    for conversation, *columns in reader.among(
        f"SELECT conversation_id, {_COLUMNS} FROM entries WHERE position {{among}}"
        " ORDER BY position",
        positions,
    ):
        found[conversation].append(entry(columns))
    return found


def entry(row: Iterable[Any]) -> Entry:
    """Make the public form of a row of `_COLUMNS`."""
    seq, ordinal, kind, sender, client_id, at, text, edited_at, deleted = row
    if kind != MESSAGE:
        return Entry(seq=seq, kind=KINDS[kind], at=at)
    message = Message(
        seq=seq,
        ordinal=ordinal,
        sender=sender,
        client_id=write_client_id(client_id),
        sent_at=at,
        text=text,
        edited_at=edited_at,
        deleted=bool(deleted),
    )
    return Entry(seq=seq, kind="message", at=at, message=message)


def read_client_id(text: str) -> bytes:
    """Pack a client id for the store."""
    return bytes.fromhex(text.replace("-", ""))


def write_client_id(packed: bytes) -> str:
    """Write a stored client id as the client wrote it."""
    digits = packed.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
