"""The only gate to a conversation."""

from chat.conversations import store
from chat.conversations.model import Rights
from chat.conversations.rights import load_rights
from chat.scope import Scope
from chat.storage.database import Reader, Row
from protocol.errors import Refused
from protocol.ids import decode_id


def access_conversation(reader: Reader, scope: Scope, conversation: str) -> Row:
    """Read a conversation that one is a member of.

    Raises `not_found` for what is unknown and what is forbidden alike (G6).
    """
    row = store.conversation_of(reader, decode_id(conversation), scope.me.account)
    if row is None:
        raise Refused("not_found")
    return row


def access_to_write(reader: Reader, scope: Scope, conversation: str) -> tuple[Row, Rights]:
    """Read a conversation that one may write in now, with its rights.

    Raises `not_found`, `not_active`, `conversation_closed`.
    """
    row = access_conversation(reader, scope, conversation)
    rights = load_rights(reader, row["id"], scope.now)
    refusal = rights.refusals.get(scope.me.account, "not_found")
    if refusal is not None:
        raise Refused(refusal)
    return row, rights
