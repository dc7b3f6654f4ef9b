"""The rights of conversations as they stand in the store."""

from collections.abc import Sequence

from chat.accounts.service import standings
from chat.conversations.model import POLICIES, Party, Rights, rights_of
from chat.conversations.store import members_of
from chat.safety.service import blocked_by
from chat.scope import copenhagen_date
from chat.storage.database import Reader

_RIGHTS = (
    "SELECT c.id, c.rights_version, c.closed_at, c.kind, CASE WHEN EXISTS ("
    " SELECT 1 FROM members one JOIN members other"
    " ON other.conversation_id = one.conversation_id AND other.account_id <> one.account_id"
    f" WHERE one.conversation_id = c.id AND {blocked_by('one.account_id', 'other.account_id')}"
    ") THEN 1 ELSE 0 END AS blocked FROM conversations c WHERE c.id {among}"
)
"""What rights hang on beside the members; `blocked`: a block stands between two of them."""


def load_rights(reader: Reader, conversation: int, now: int) -> Rights:
    """Work out who may write in a conversation now. The conversation must exist."""
    return load_all_rights(reader, [conversation], now)[conversation]


def load_all_rights(reader: Reader, conversations: Sequence[int], now: int) -> dict[int, Rights]:
    """Work out who may write in conversations now, by conversation; unknown ones are left out.

    The versions are read first: what changes while the rest is read raises them, so rights that
    are worked out of two states are never those of the stored version.
    """
    rows = reader.among(_RIGHTS, conversations)
    members = members_of(reader, [row["id"] for row in rows])
    everyone = {member["account_id"] for group in members.values() for member in group}
    today = copenhagen_date(now)
    people = standings(reader, sorted(everyone), today)
    found = {}
    for row in rows:
        parties = [
            Party(
                number=member["number"],
                account=person.account,
                born=person.born,
                active=person.active,
                left=member["left_at"] is not None,
                read_receipts=person.read_receipts,
                presence=person.presence,
            )
            for member in members[row["id"]]
            if (person := people.get(member["account_id"])) is not None
        ]
        ended = row["closed_at"] is not None or len(parties) < 2
        found[row["id"]] = rights_of(
            row["rights_version"],
            parties,
            closed=ended or bool(row["blocked"]),
            today=today,
            policy=POLICIES[row["kind"]],
        )
    return found
