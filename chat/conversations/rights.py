"""The rights of a conversation as they stand in the store."""

from itertools import combinations

from chat.accounts.service import standing
from chat.conversations.model import POLICIES, Party, Rights, rights_of
from chat.conversations.store import members_of, rights_row
from chat.safety.service import parted
from chat.scope import copenhagen_date
from chat.storage.database import Reader


def load_rights(reader: Reader, conversation: int, now: int) -> Rights:
    """Work out who may write in a conversation now. The conversation must exist."""
    row = rights_row(reader, conversation)
    assert row is not None, "the caller has just read the conversation"
    today = copenhagen_date(now)
    parties = []
    for member in members_of(reader, [conversation])[conversation]:
        person = standing(reader, member["account_id"], today)
        if person is not None:
            parties.append(
                Party(
                    number=member["number"],
                    account=member["account_id"],
                    born=person.born,
                    active=person.active,
                    left=member["left_at"] is not None,
                    read_receipts=person.read_receipts,
                    presence=person.presence,
                )
            )
    accounts = [party.account for party in parties]
    ended = row["closed_at"] is not None or len(parties) < 2
    blocked = any(parted(reader, *pair) for pair in combinations(accounts, 2))
    return rights_of(
        row["rights_version"],
        parties,
        closed=ended or blocked,
        today=today,
        policy=POLICIES[row["kind"]],
    )
