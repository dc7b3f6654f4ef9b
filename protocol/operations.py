"""THE PUBLISHED TABLE: every operation, its request, reply, HTTP place, and whether a socket may.

`chat.routes` binds each to one use case; OpenAPI, AsyncAPI, `hello` and the clients are made from
it. An operation is named `noun.verb`.
"""

from protocol.operation import Access, Operation
from protocol.table import (
    accounts,
    bubbles,
    calls,
    conversations,
    line,
    notices,
    safety,
    sockets,
    talks,
    volunteering,
)
from protocol.table.accounts import Sessions, SocketTicket
from protocol.table.bubbles import Interests, Municipalities

__all__ = [
    "COMMANDS", "OPERATIONS", "Access", "Interests", "Municipalities", "Operation", "Sessions",
    "SocketTicket",
]  # fmt: skip

OPERATIONS: dict[str, Operation] = {
    row.name: row
    for part in (
        accounts, bubbles, conversations, calls, volunteering, talks, line, notices, safety,
        sockets,
    )
    for row in part.ROWS
}  # fmt: skip

COMMANDS = sorted(row.name for row in OPERATIONS.values() if row.socket)
