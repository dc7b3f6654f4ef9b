"""How a conversation looks to one of its members: summaries and what they missed."""

import re
from collections.abc import Sequence

from chat.accounts.service import aliases
from chat.conversations import catching_up, entries, store
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
    last, missed = entries.newest(reader, row["id"], row["last_seq"], row["last_ordinal"])
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
        last_message=last,
        updated_at=row["updated_at"],
        closed=row["closed_at"] is not None,
        own=store.own_side(row, row["last_ordinal"]),
        pinned=entries.pinned(reader, row["id"]),
        missed_call=missed,
    )


def _member(member: Row, my_number: int, names: dict[int, str]) -> Member:
    position = position_of(member, my_number)
    return Member(
        number=member["number"],
        alias=names.get(member["account_id"], ""),
        role=member["role"],
        me=member["number"] == my_number,
        delivered_seq=position.delivered_seq,
        read_seq=position.read_seq,
    )


def position_of(member: Row, my_number: int) -> Position:
    """Make the position of a member as the member `my_number` is shown it."""
    shown = "" if member["number"] == my_number else "shown_"
    return Position(
        member=member["number"],
        delivered_seq=member[shown + "delivered_seq"],
        read_seq=member[shown + "read_seq"],
    )


def _unread(reader: Reader, row: Row, newest: Sequence[Entry] = ()) -> int:
    """Count what is unread: among the newest entries, where all of it is, or else in the store."""
    read, me = row["my_read_seq"], row["my_number"]
    if read >= row["last_seq"]:
        return 0
    if newest and newest[0].seq <= read + 1 and newest[-1].seq == row["last_seq"]:
        said = (one.message for one in newest if one.kind == "message" and one.seq > read)
        return sum(1 for one in said if one and one.sender != me and not one.deleted)
    return entries.unread(reader, row["id"], me, read)


class TooMuchMissed(Exception):
    """More was missed than a resume may send."""


def missed_since(
    reader: Reader, account: int, position: int, *, page: int, at_most: int
) -> tuple[list[Changed], int | None]:
    """Read what an account missed after a position of the log, in all its conversations.

    Gives the changes and, when there is more than a page, the position at which this page ends: one
    of `page` entries, and of no more text than a page of history has.
    Raises `TooMuchMissed` over `at_most` entries.
    """
    rows = store.changed_since(reader, account, position)
    missed: list[int] = []
    for row in rows:
        missed += catching_up.positions_after(
            reader, row["id"], position, at_most - len(missed) + 1
        )
        if len(missed) > at_most:
            raise TooMuchMissed
    missed.sort()
    page = catching_up.fitting(reader, missed[:page])
    end = missed[page - 1] if len(missed) > page else None
    news = catching_up.at_positions(reader, missed[:page])
    members = store.members_of(reader, [row["id"] for row in rows])
    changes = []
    for row in rows:
        found = news.get(row["id"], [])
        # It comes with a later page, unless its last change, a position's, stands on this one.
        changed = max(row["changed_position"], row["own_position"])
        if end is not None and not found and changed > end:
            continue
        changes.append(
            Changed(
                conversation=encode_id(row["id"]),
                entries=found,
                positions=[position_of(one, row["my_number"]) for one in members[row["id"]]],
                last_seq=row["last_seq"],
                last_ordinal=row["last_ordinal"],
                unread=_unread(reader, row, found),
                own=store.own_side(row, row["last_ordinal"]),
                opened=row["opened_position"] > position,
            )
        )
    return changes, end


_PAGE_KEY = re.compile("[0-9a-f]{1,15}-[0-7][0-9a-f]{15}")  # what the store can hold


def page_key(before: str | None) -> tuple[int, int]:
    """Read the place where a page of conversations goes on. Raises `ValueError`."""
    if before is None:
        return 1 << 62, 1 << 62
    if not _PAGE_KEY.fullmatch(before):
        raise ValueError("not a place that was given")
    updated_at, _, conversation = before.partition("-")
    return int(updated_at, 16), decode_id(conversation)


def write_page_key(row: Row) -> str:
    """Write the place after a conversation."""
    return f"{row['updated_at']:x}-{encode_id(row['id'])}"
