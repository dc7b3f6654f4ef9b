"""What a talk says of the call in it: how long it rings, when it ends, whether it may go on."""

from dataclasses import replace

from chat.calls.model import Plan
from chat.snaksammen import line_store, planning, talk_store, talks
from chat.snaksammen.booking import Taken
from chat.snaksammen.model import Role
from chat.storage.database import Reader, Transaction
from protocol.errors import Refused


class CallsInTalks:
    """The talk's clock is the call's."""

    def plan(self, reader: Reader, origin: int, now: int) -> Plan:
        """Ring and talk until the talk ends."""
        planned = talk_store.find(reader, origin)
        return Plan() if planned is None else Plan(planned.ends_at, planned.ends_at)

    def may_go_on(self, reader: Reader, origin: int, until: int) -> bool:
        """Tell whether nobody waits, and the volunteer is free."""
        planned = talk_store.find(reader, origin)
        if planned is None:
            return False
        waiting = line_store.count_waiting(reader, planned.service)
        return waiting == 0 and not talks.is_taken(reader, planned)

    def lengthen(self, txn: Transaction, origin: int) -> None:
        """Add five minutes, for both in the call want them. Raises `Refused("no_more_time")`."""
        planned = talk_store.find(txn, origin)
        assert planned is not None, "the call is in its conversation"
        parties = talk_store.parties(txn, origin)
        for role in (Role.CITIZEN, Role.VOLUNTEER):
            talk_store.put_party(txn, replace(parties[role], wants_more=True))
        try:
            planning.announce(txn, talks.lengthen(txn, planned))
        except Taken:
            raise Refused("no_more_time") from None
