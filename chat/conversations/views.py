"""How a conversation looks to one of its members: summaries and what they missed."""

from collections.abc import Sequence

from chat.accounts.service import aliases
from chat.conversations import entries, store
from chat.storage.database import Reader, Row
from protocol.ids import decode_id, encode_id
from protocol.messages import Changed, Position
from protocol.resources import Conversation, Entry, Member, Origin


def summaries(reader: Reader, rows: Sequence[Row]) -> list[Conversation]:
    """Make the public form of conversations, in the order given."""
    members = store.members_of(reader, [row["id"] for row in rows])
    everyone = {member["account_id"] for group in members.values() for member in group}
    names = aliases(reader, sorted(everyone))
    return [_summary(reader, row, members[row["id"]], names) for row in rows]


def _summary(
    reader: Reader, row: Row, members: Sequence[Row], names: dict[int, str]
) -> Conversation:
    return Conversation(
        id=encode_id(row["id"]),
        kind=row["kind"],
        origin=Origin(
            kind=row["origin_kind"],
            id=encode_id(row["origin_id"]),
            title=row["title"],
            symbol=row["symbol"],
        ),
        members=[_member(member, row["my_number"], names) for member in members],
        first_seq=row["first_seq"],
        last_seq=row["last_seq"],
        last_ordinal=row["last_ordinal"],
        unread=_unread(reader, row),
        last_message=entries.last_message(reader, row["id"]),
        updated_at=row["updated_at"],
        closed=row["closed_at"] is not None,
    )


def _member(member: Row, my_number: int, names: dict[int, str]) -> Member:
    position = _position(member, my_number)
    return Member(
        number=member["number"],
        alias=names.get(member["account_id"], ""),
        role=member["role"],
        me=member["number"] == my_number,
        delivered_seq=position.delivered_seq,
        read_seq=position.read_seq,
        left=member["left_at"] is not None,
    )


def _position(member: Row, my_number: int) -> Position:
    """Make the position of a member as the member `my_number` is shown it."""
    shown = "" if member["number"] == my_number else "shown_"
    return Position(
        member=member["number"],
        delivered_seq=member[shown + "delivered_seq"],
        read_seq=member[shown + "read_seq"],
    )


def _unread(reader: Reader, row: Row) -> int:
    if row["my_read_seq"] >= row["last_seq"]:
        return 0
    return entries.unread(reader, row["id"], row["my_number"], row["my_read_seq"])


class TooMuchMissed(Exception):
    """More was missed than a resume may send."""


def missed_since(
    reader: Reader, account: int, position: int, *, page: int, at_most: int
) -> tuple[list[Changed], int | None]:
    """Read what an account missed after a position of the log, in all its conversations.

    Gives the changes and, when there is more than a page, the position at which this page ends.
    Raises `TooMuchMissed` over `at_most` entries.
    """
    rows = store.changed_since(reader, account, position)
    missed: dict[int, list[tuple[int, int]]] = {}
    total = 0
    for row in rows:
        missed[row["id"]] = entries.missed(reader, row["id"], position, at_most - total + 1)
        total += len(missed[row["id"]])
        if total > at_most:
            raise TooMuchMissed
    end: int | None = None
    if total > page:
        end = sorted(at for found in missed.values() for at, _ in found)[page - 1]
    members = store.members_of(reader, [row["id"] for row in rows])
    changes = []
    for row in rows:
        seqs = [seq for at, seq in missed[row["id"]] if end is None or at <= end]
        # It comes with a later page, unless its last change, a position's, stands on this one.
        if end is not None and not seqs and max(row["changed_position"], row["own_position"]) > end:
            continue
        news: list[Entry] = entries.between(reader, row["id"], seqs[0], seqs[-1]) if seqs else []
        changes.append(
            Changed(
                conversation=encode_id(row["id"]),
                entries=news,
                positions=[_position(one, row["my_number"]) for one in members[row["id"]]],
                last_seq=row["last_seq"],
                last_ordinal=row["last_ordinal"],
                unread=_unread(reader, row),
                opened=row["opened_position"] > position,
            )
        )
    return changes, end


def page_key(before: str | None) -> tuple[int, int]:
    """Read the place where a page of conversations goes on. Raises `ValueError`."""
    if before is None:
        return 1 << 62, 1 << 62
    updated_at, _, conversation = before.partition("-")
    return int(updated_at, 16), decode_id(conversation)


def write_page_key(row: Row) -> str:
    """Write the place after a conversation."""
    return f"{row['updated_at']:x}-{encode_id(row['id'])}"
