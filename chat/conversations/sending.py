"""SQL of sending: the message batch, which numbers and stores what waits for one commit."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from chat.conversations import changing, entries
from chat.conversations.model import Outgoing, Rights, Stored
from chat.conversations.rights import load_all_rights
from chat.media.service import claim, descriptions, owned, pictures
from chat.storage.database import Transaction
from protocol.errors import Refused
from protocol.ids import decode_id
from protocol.resources import Picture, Quote

_INSERT = (
    "INSERT INTO entries (position, conversation_id, seq, ordinal, kind, sender, account_id,"
    " client_id, at, text, edited_at, deleted, reply_to, picture_id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0, ?, ?)"
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
    fresh = _fresh_rights(txn, items, heads)
    outcomes: list[Stored | Refused] = []
    rows: list[tuple[object, ...]] = []
    moved: dict[int, tuple[object, ...]] = {}
    for item in items:
        key = (item.client_id, item.account)
        earlier = known.get(key)
        if earlier is not None:
            outcomes.append(_answer_resend(txn, item, earlier))
            continue
        head = heads.get(item.conversation)
        if head is None:
            outcomes.append(Refused("not_found"))
            continue
        rights = item.rights
        if rights is None or not rights.serve(head.version, item.now):
            rights = fresh[item.conversation]
        refusal = rights.refusals.get(item.account, "not_found")
        if refusal is not None:
            outcomes.append(Refused(refusal))
            continue
        asked = item.message
        plain = asked.reply_to is None and asked.picture is None
        try:
            quoted, shown = (None, None) if plain else _extras(txn, item)
        except Refused as refused:
            outcomes.append(refused)
            continue
        head.seq += 1
        head.ordinal += 1
        position = txn.positions()
        stored = Stored(
            item.conversation, position, head.seq, head.ordinal, item.now, rights, quoted, shown
        )
        picture = None if asked.picture is None else decode_id(asked.picture)
        if picture is not None:
            claim(
                txn, picture, item.account, kind="message", of=position,
                description=asked.description,
            )  # fmt: skip
        rows.append(
            (position, item.conversation, head.seq, head.ordinal, entries.MESSAGE,
             rights.numbers[item.account], item.account, item.client_id, item.now,
             asked.text, asked.reply_to, picture)
        )  # fmt: skip
        moved[item.conversation] = (head.seq, head.ordinal, position, item.now, item.conversation)
        known[key] = _Known(stored, asked.text, asked.reply_to, picture)
        outcomes.append(stored)
    txn.many(_INSERT, rows)
    txn.many(_ADVANCE, moved.values())
    return outcomes


class _Head:
    """The numbers of a conversation while a batch is applied to it."""

    __slots__ = ("ordinal", "seq", "version")

    def __init__(self, seq: int, ordinal: int, version: int) -> None:
        self.seq = seq
        self.ordinal = ordinal
        self.version = version


class _Known(Struct, frozen=True, gc=False):
    """A message that was there before, and what was sent under its client id."""

    stored: Stored
    text: str
    reply_to: int | None
    picture: int | None
    edited: bool = False
    deleted: bool = False


def _known(txn: Transaction, items: Sequence[Outgoing]) -> dict[tuple[bytes, int], _Known]:
    rows = txn.among(
        "SELECT client_id, account_id, conversation_id, position, seq, ordinal, at, text,"
        " reply_to, picture_id, edited_at, deleted FROM entries WHERE client_id {among}",
        [item.client_id for item in items],
    )
    return {
        (row[0], row[1]): _Known(
            Stored(row[2], row[3], row[4], row[5], row[6], None),
            row[7], row[8], row[9], row[10] is not None, bool(row[11]),
        )
        for row in rows
    }  # fmt: skip


def _heads(txn: Transaction, conversations: Sequence[int]) -> dict[int, _Head]:
    rows = txn.among(
        "SELECT id, last_seq, last_ordinal, rights_version FROM conversations WHERE id {among}",
        conversations,
    )
    return {row[0]: _Head(row[1], row[2], row[3]) for row in rows}


def _fresh_rights(
    txn: Transaction, items: Sequence[Outgoing], heads: dict[int, _Head]
) -> dict[int, Rights]:
    """Work out the rights of all conversations of which they are not known, or not any more."""
    stale = {
        item.conversation
        for item in items
        if (head := heads.get(item.conversation)) is not None
        and (item.rights is None or not item.rights.serve(head.version, item.now))
    }
    return load_all_rights(txn, sorted(stale), items[-1].now) if stale else {}


def _answer_resend(txn: Transaction, item: Outgoing, known: _Known) -> Stored | Refused:
    """Answer with the first ack; of an edited message nobody knows any more what was sent."""
    if known.stored.conversation != item.conversation:
        return Refused("client_id_reused", field="client_id")
    if known.deleted:
        return Refused("gone")
    asked = item.message
    picture = None if asked.picture is None else decode_id(asked.picture)
    text = asked.text if known.edited else known.text
    if (text, known.reply_to, known.picture) != (asked.text, asked.reply_to, picture):
        return Refused("client_id_reused", field="client_id")
    if picture is not None:
        position = known.stored.position
        described = descriptions(txn, kind="message", of=[position]).get(position, "")
        if described != asked.description:
            return Refused("client_id_reused", field="client_id")
    return replace(known.stored, rights=None)


def _extras(txn: Transaction, item: Outgoing) -> tuple[Quote | None, Picture | None]:
    """Read what a message quotes and shows. Raises `Refused("invalid_field")` if it cannot."""
    asked = item.message
    quoted, shown = None, None
    if asked.reply_to is not None:
        answered = entries.message_at(txn, item.conversation, asked.reply_to)
        if answered is None:
            raise Refused("invalid_field", field="reply_to")
        quoted = changing.quote(answered)
    if asked.picture is not None:
        picture = decode_id(asked.picture)
        if not owned(txn, picture, item.account):
            raise Refused("invalid_field", field="picture")
        shown = replace(pictures(txn, [picture])[asked.picture], description=asked.description)
    return quoted, shown
