"""SQL of marks: how far members have received and read, moved in batches.

A member's own marks are `delivered_seq` and `read_seq`; the others see the `shown_` ones, which are
null while they are the same. They stand still where nothing of one may reach another (domain rule
5), and the read mark where someone does not want receipts.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chat.conversations.model import Rights
from chat.conversations.rights import load_all_rights
from chat.conversations.store import own_side
from chat.storage.database import Transaction
from protocol.errors import Refused
from protocol.resources import Own


class Mark(Struct, frozen=True, gc=False):
    """A wish to move one's marks: `read` is 0 when only the delivered mark is to rise.

    `connection`: the socket that said so, which hears nothing of it; 0 for none.
    """

    conversation: int
    account: int
    connection: int
    delivered: int
    read: int
    rights: Rights | None
    now: int


Key = tuple[int, int, int]
"""Whose marks a wish is about, and which socket says so: conversation, account, connection."""


def key_of(mark: Mark) -> Key:
    """Give what all wishes have in common that are one move."""
    return mark.conversation, mark.account, mark.connection


class Moved(Struct, frozen=True, gc=False):
    """Where a member's marks stand now: their own, and those that others see.

    `position` is None when nothing rose; `own` is one's own side, if reading has changed it: a
    change of its own, at the next position, so that no break between the two events loses it.
    """

    position: int | None
    member: int
    delivered: int
    read: int
    shown_delivered: int
    shown_read: int
    rights: Rights
    seen: bool = False
    own: Own | None = None


_OF_MEMBER = (
    "conversation_id", "account_id", "number", "delivered_seq", "read_seq", "shown_delivered_seq",
    "shown_read_seq", "marked_unread", "muted_until", "archived_ordinal", "draft", "own_position",
)  # fmt: skip
_OF_CONVERSATION = ("last_seq", "last_ordinal", "rights_version")
_COLUMNS = (*_OF_MEMBER, *_OF_CONVERSATION)
_MEMBERS = (
    f"SELECT m.{', m.'.join(_OF_MEMBER)}, c.{', c.'.join(_OF_CONVERSATION)}"
    " FROM members m JOIN conversations c ON c.id = m.conversation_id"
    " WHERE m.conversation_id {among} AND m.left_at IS NULL"
)
_SAVE = (
    "UPDATE members SET delivered_seq = ?, read_seq = ?, shown_delivered_seq = ?,"
    " shown_read_seq = ?, marked_unread = ?, own_position = ?"
    " WHERE conversation_id = ? AND number = ?"
)
_CHANGED = "UPDATE conversations SET changed_position = ? WHERE id = ?"


def move_marks(txn: Transaction, items: Sequence[Mark]) -> Sequence[Moved | Refused]:
    """Raise marks, never past the newest entry; a mark never goes back.

    What one socket says of one conversation is one move: the first of them tells of it, the others
    have moved nothing. Answers `not_found` to who is no member.
    """
    wishes = _joined(items)
    conversations = sorted({item.conversation for item in items})
    whose = {(item.conversation, item.account) for item in wishes.values()}
    members = {
        (row[0], row[1]): dict(zip(_COLUMNS, row, strict=True))
        for row in txn.among(_MEMBERS, conversations)
        if (row[0], row[1]) in whose
    }
    saved: dict[tuple[int, int], tuple[object, ...]] = {}
    changed: dict[int, int] = {}
    stale = {
        item.conversation
        for item in wishes.values()
        if (member := members.get((item.conversation, item.account))) is not None
        and (item.rights is None or not item.rights.serve(member["rights_version"], item.now))
    }
    fresh = load_all_rights(txn, sorted(stale), items[-1].now) if stale else {}
    outcomes: dict[Key, Moved | Refused] = {}
    for key, item in wishes.items():
        member = members.get((item.conversation, item.account))
        if member is None:
            outcomes[key] = Refused("not_found")
            continue
        rights = item.rights
        if rights is None or not rights.serve(member["rights_version"], item.now):
            rights = fresh[item.conversation]
        moved = _move(txn, item, member, rights)
        outcomes[key] = moved
        if moved.position is not None:
            if moved.seen:
                changed[item.conversation] = moved.position
            saved[item.conversation, member["number"]] = (
                member["delivered_seq"], member["read_seq"], member["shown_delivered_seq"],
                member["shown_read_seq"], member["marked_unread"], member["own_position"],
                item.conversation, member["number"],
            )  # fmt: skip
    txn.many(_SAVE, saved.values())
    txn.many(_CHANGED, [(position, one) for one, position in changed.items()])
    return [_once(outcomes, key_of(item)) for item in items]


def _joined(items: Sequence[Mark]) -> dict[Key, Mark]:
    """Make one of the wishes that one socket has for one conversation."""
    wishes: dict[Key, Mark] = {}
    for item in items:
        key = key_of(item)
        other = wishes.get(key, item)
        if other is item:
            wishes[key] = item
        else:
            delivered, read = max(item.delivered, other.delivered), max(item.read, other.read)
            wishes[key] = replace(item, delivered=delivered, read=read)
    return wishes


def _once(outcomes: dict[Key, Moved | Refused], key: Key) -> Moved | Refused:
    """Give the outcome of a move; the next time, that nothing has moved since."""
    outcome = outcomes[key]
    if isinstance(outcome, Moved) and outcome.position is not None:
        outcomes[key] = replace(outcome, position=None, seen=False, own=None)
    return outcome


def _move(txn: Transaction, item: Mark, member: dict[str, Any], rights: Rights) -> Moved:
    """Move the marks in a member's row; the caller saves it."""
    last = member["last_seq"]
    read = max(member["read_seq"], min(item.read, last))
    delivered = max(member["delivered_seq"], min(item.delivered, last), read)
    rose = (delivered, read) != (member["delivered_seq"], member["read_seq"])
    unmarked = bool(member["marked_unread"]) and item.read > 0
    seen = False
    position = None
    shown = _shown(member)
    if rose or unmarked:
        position = txn.positions(2 if unmarked else 1)
        _keep_or_show(member, "delivered_seq", delivered, show=rights.open)
        if read > member["read_seq"]:  # what was read unseen is not told of by what arrives
            _keep_or_show(member, "read_seq", read, show=rights.open and rights.receipts)
        if unmarked:
            member["marked_unread"] = 0
        before, shown = shown, _shown(member)
        seen = shown != before
        if not seen or unmarked:
            member["own_position"] = position + unmarked
    return Moved(
        position=position,
        member=member["number"],
        delivered=delivered,
        read=read,
        shown_delivered=shown[0],
        shown_read=shown[1],
        rights=rights,
        seen=seen,
        own=own_side(member, member["last_ordinal"]) if unmarked else None,
    )


def _keep_or_show(member: dict[str, Any], mark: str, now: int, *, show: bool) -> None:
    """Move one mark; unless it is shown, the others go on seeing where it stood."""
    shown = f"shown_{mark}"
    if show:
        member[shown] = None
    elif member[shown] is None and now != member[mark]:
        member[shown] = member[mark]
    member[mark] = now


def _shown(member: dict[str, Any]) -> tuple[int, int]:
    delivered, read = member["shown_delivered_seq"], member["shown_read_seq"]
    return (
        member["delivered_seq"] if delivered is None else delivered,
        member["read_seq"] if read is None else read,
    )
