"""How a conversation between seats begins and ends: opened with everyone, closed, erased whole."""

from collections.abc import Sequence

from chat.conversations import entries, store
from chat.conversations.model import POLICIES, RightsRaised
from chat.media.service import descriptions, release
from chat.storage.database import Reader, Transaction
from chat.storage.ids import new_id


def open_between(
    txn: Transaction,
    kind: str,
    origin: int,
    *,
    title: str,
    symbol: str,
    members: Sequence[tuple[int, str]],
    now: int,
) -> int:
    """Open a conversation of a kind between some: account or seat, and role, in this order.

    The first is its opener: of one origin and opener there is but one. Whoever opens it has
    checked that they may meet.
    """
    assert kind in POLICIES, "every kind has its policy"
    conversation, position = new_id(now), txn.positions()
    txn.run(
        "INSERT INTO conversations (id, kind, origin_kind, origin_id, opener, title, symbol,"
        " rights_version, first_seq, last_seq, last_ordinal, opened_position, changed_position,"
        " opened_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1, 0, 0, ?, ?, ?, ?)",
        conversation, kind, kind, origin, members[0][0], title, symbol,
        position, position, now, now,
    )  # fmt: skip
    numbered = [(number, who, role) for number, (who, role) in enumerate(members, start=1)]
    store.add_members(txn, conversation, numbered)
    return conversation


def join(txn: Transaction, conversation: int, who: int, role: str, now: int) -> None:
    """Let one more take part, who reads what was said before; their number follows the last.

    That they came is an entry, so that nobody is there unseen.
    """
    row = txn.one("SELECT MAX(number) AS last FROM members WHERE conversation_id = ?", conversation)
    last = int(row["last"]) if row is not None and row["last"] is not None else 0
    store.add_members(txn, conversation, [(last + 1, who, role)])
    entries.add_notice(txn, conversation, entries.MEMBER_JOINED, now, by=last + 1)
    _raise(txn, conversation)


def depart(txn: Transaction, conversation: int, who: int, now: int) -> None:
    """Let one take part no more, and the others go on; who takes no part is passed over."""
    row = txn.one(
        "SELECT number FROM members"
        " WHERE conversation_id = ? AND account_id = ? AND left_at IS NULL",
        conversation, who,
    )  # fmt: skip
    if row is None:
        return
    store.leave(txn, conversation, who, now)
    entries.add_notice(txn, conversation, entries.MEMBER_LEFT, now, by=row["number"])
    _raise(txn, conversation)


def close(txn: Transaction, conversation: int, now: int) -> None:
    """Close a conversation for everyone: what was said can be read, and nothing more be said."""
    txn.run(
        "UPDATE conversations SET closed_at = ? WHERE id = ? AND closed_at IS NULL",
        now, conversation,
    )  # fmt: skip
    _raise(txn, conversation)


def erase(txn: Transaction, conversation: int) -> None:
    """Erase a conversation with all that was ever said in it (domain rule 7, G7)."""
    for row in txn.all(
        "SELECT position, picture_id FROM entries"
        " WHERE conversation_id = ? AND picture_id IS NOT NULL",
        conversation,
    ):
        release(txn, row["picture_id"], kind="message", of=row["position"])
    for table in ("entries", "earlier_texts", "members"):
        txn.run(f"DELETE FROM {table} WHERE conversation_id = ?", conversation)
    txn.run("DELETE FROM conversations WHERE id = ?", conversation)
    txn.emit(RightsRaised((conversation,)))


def said(reader: Reader, conversation: int) -> list[tuple[int, str, int, str]]:
    """Give what stands in a conversation as evidence: seq, role of the sender, time (ms), text.

    What is said of a picture stands behind the text, in brackets.
    """
    rows = reader.all(
        "SELECT e.seq, m.role, e.at, e.text, e.picture_id, e.position FROM entries e JOIN members m"
        " ON m.conversation_id = e.conversation_id AND m.number = e.sender"
        " WHERE e.conversation_id = ? AND e.kind = ? ORDER BY e.seq",
        conversation, entries.MESSAGE,
    )  # fmt: skip
    shown = [row["position"] for row in rows if row["picture_id"] is not None]
    of_pictures = descriptions(reader, kind="message", of=shown)
    found = []
    for row in rows:
        description = of_pictures.get(row["position"])
        text = f"{row['text']} [{description}]".strip() if description else row["text"]
        found.append((row["seq"], row["role"], row["at"], text))
    return found


def _raise(txn: Transaction, conversation: int) -> None:
    store.raise_rights_in(txn, conversation)
    txn.emit(RightsRaised((conversation,)))
