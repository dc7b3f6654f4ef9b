"""Account entries on the wire: what one's other devices hear of one's own account, and resume."""

from chat.accounts import store
from chat.accounts.model import AccountChanged
from chat.accounts.profile import account_changed, own
from chat.realtime.broker import Broker, Publication
from chat.scope import Clock, Scope, copenhagen_date
from chat.storage.changes import Change, changed_since
from chat.storage.database import Database, Reader
from chat.storage.facts import Facts
from chat.storage.horizon import WriteCursor
from protocol import resources as res
from protocol.codec import encode_event
from protocol.messages import EventFrame


class AccountEvents:
    """Publishes `account.changed` after each commit that changed an account."""

    def __init__(
        self,
        database: Database,
        broker: Broker,
        facts: Facts,
        clock: Clock,
        write_cursor: WriteCursor,
    ) -> None:
        self._database = database
        self._broker = broker
        self._facts = facts
        self._clock = clock
        self._write_cursor = write_cursor
        facts.after_commit(AccountChanged, self._publish)

    async def follow(self, change: Change) -> None:
        """Have this process act on a change that another has committed (the log's tail)."""
        account = await self._database.read(store.by_id, change.account)
        if account is not None and change.account_seq is not None:
            today = copenhagen_date(self._clock())
            self._facts.tell_after(
                account_changed(account, change.position, change.account_seq, today)
            )

    def _publish(self, fact: AccountChanged) -> None:
        frame = EventFrame(
            event="account.changed",
            account_seq=fact.account_seq,
            cursor=self._write_cursor(fact.position),
            data=fact.seen_by_owner,
        )
        self._broker.publish(Publication((fact.account,), encode_event(frame)))


def changed(reader: Reader, scope: Scope, position: int) -> res.Account | None:
    """Give one's own account if it has changed after a position of the log."""
    return (
        own(reader, scope) if changed_since(reader, "account", scope.me.account, position) else None
    )
