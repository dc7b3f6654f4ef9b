"""The message batch as one statement: lock, numbers, rows and the log's head, on PostgreSQL.

`store_messages` asks five times, and the lock of all writers is held from the first to the last.
Nothing here is read before it is changed: what an UPDATE finds changed by a commit that it waited
for it takes anew, so the numbers are right although the statement began before it had the lock
(docs/adr/0032).
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from chat.conversations.entries import MESSAGE
from chat.conversations.model import Outgoing, Stored
from chat.conversations.rights import load_all_rights
from chat.storage.database import Reader, Row

_SQL = """
WITH turn AS MATERIALIZED ({lock}),
head AS (
    UPDATE log_head SET position = position + ?::bigint FROM turn
    RETURNING position - ?::bigint AS before
),
moved AS (
    UPDATE conversations AS c
    SET last_seq = c.last_seq + given.count, last_ordinal = c.last_ordinal + given.count,
        changed_position = head.before + given.last, updated_at = given.at
    FROM head, unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
        AS given (id, version, count, last, at)
    WHERE c.id = given.id AND c.rights_version = given.version
    RETURNING c.id, head.before, c.last_seq - given.count AS seq,
        c.last_ordinal - given.count AS ordinal
),
stored AS (
    INSERT INTO entries (position, conversation_id, seq, ordinal, kind, sender, account_id,
        client_id, at, text, edited_at, deleted, reply_to, picture_id)
    SELECT moved.before + item.place, moved.id, moved.seq + item.nth, moved.ordinal + item.nth,
        ?::int, item.sender, item.account, item.client_id, item.at, item.text,
        NULL, 0, NULL, NULL
    FROM moved JOIN unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::int[], ?::bigint[],
        ?::bytea[], ?::bigint[], ?::text[])
        AS item (conversation, place, nth, sender, account, client_id, at, text)
        ON item.conversation = moved.id
)
SELECT id, before, seq, ordinal FROM moved
"""


class MessagesAtOnce:
    """`store_messages` in one statement, for plain messages under rights that are known.

    Messages of a conversation whose rights have another version by now are left undone, all of
    them, so that they keep their order. A resend breaks the entries' constraint, and the whole
    statement with it (G3).
    """

    sql = _SQL

    def complete(self, reader: Reader, items: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Give each the rights of its conversation, of those that nobody knows read together.

        Their version is looked at again under the lock.
        """
        unknown = {item.conversation for item in items if item.rights is None}
        if not unknown:
            return items
        found = load_all_rights(reader, sorted(unknown), items[-1].now)
        return [
            replace(item, rights=found.get(item.conversation)) if item.rights is None else item
            for item in items
        ]

    def params(self, items: Sequence[Outgoing]) -> Sequence[object] | None:
        """Give the parameters; None if there is no conversation of which all may go this way."""
        versions: dict[int, int | None] = {}
        for item in items:
            version = _version_if_plain(item)
            if versions.setdefault(item.conversation, version) != version:
                versions[item.conversation] = None
        moved: dict[int, list[int]] = {}
        rows = []
        for place, item in enumerate(items, 1):
            version = versions[item.conversation]
            if version is None or item.rights is None:
                continue
            move = moved.setdefault(item.conversation, [item.conversation, version, 0, 0, 0])
            move[2:] = move[2] + 1, place, item.now
            rows.append(
                (item.conversation, place, move[2], item.rights.numbers[item.account],
                 item.account, item.client_id, item.now, item.message.text)
            )  # fmt: skip
        count = len(items)
        if not rows:
            return None
        return count, count, *_columns(moved.values()), MESSAGE, *_columns(rows)

    def outcomes(self, items: Sequence[Outgoing], rows: Sequence[Row]) -> Sequence[Stored | None]:
        """Count on from the numbers that each conversation had, in the order of the items."""
        numbers = {row[0]: [row[1], row[2], row[3]] for row in rows}
        return [self._stored(place, item, numbers) for place, item in enumerate(items, 1)]

    def _stored(self, place: int, item: Outgoing, numbers: dict[int, list[int]]) -> Stored | None:
        found = numbers.get(item.conversation)
        if found is None:
            return None
        before, seq, ordinal = found
        found[1:] = seq + 1, ordinal + 1
        return Stored(
            item.conversation, before + place, seq + 1, ordinal + 1, item.now, item.rights
        )


def _version_if_plain(item: Outgoing) -> int | None:
    """Give the version of the rights under which it may be written as it is, if there is one."""
    rights, message = item.rights, item.message
    plain = message.reply_to is None and message.picture is None
    if rights is None or not plain or item.now >= rights.changes_at:
        return None
    return None if rights.refusals.get(item.account, "not_found") else rights.version


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
