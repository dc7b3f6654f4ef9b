"""Use cases of changing a message: edit, delete, react, pin."""

from msgspec.structs import replace

from chat.conversations import changing, entries, evidence
from chat.conversations.access import access_to_write
from chat.conversations.model import MessageChanged
from chat.media.service import release
from chat.realtime.limits import Buckets, Countable, Rate
from chat.scope import Scope
from chat.settings import Limits
from chat.storage.database import Database, Transaction
from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused
from protocol.ids import decode_id

DAY_MS = 86_400_000
FORGOTTEN_AT_ONCE = 500

Asked = ask.OneMessage | ask.EditMessage | ask.React


class MessageChanges:
    """Each is an entry of its own, and safe to ask for again: the second time changes nothing.

    All raise `not_found`, `gone` for a deleted message, `conversation_closed`, `not_active`,
    `rate_limited`; none is of use to who may not write (ADR 0014: a closed one stands still).
    """

    def __init__(self, db: Database, limits: Limits) -> None:
        self._db = db
        self._evidence_ms = limits.evidence_days * DAY_MS
        self._buckets = Buckets()
        self.shared: dict[str, Countable] = {"message_changes": self._buckets}
        self._rate = Rate(limits.messages_burst, limits.messages_per_minute)

    async def edit(self, scope: Scope, request: ask.EditMessage) -> res.Change:
        """Give one's own message another text."""
        rule = changing.edit(request.text, scope.now)
        return await self._change(scope, request, entries.EDITED, rule)

    async def delete(self, scope: Scope, request: ask.OneMessage) -> res.Change:
        """Take one's own message back; its picture is erased at once (G7)."""
        return await self._change(scope, request, entries.DELETED, changing.delete)

    async def add_reaction(self, scope: Scope, request: ask.React) -> res.Change:
        """React to a message."""
        rule = changing.react(request.reaction, on=True)
        return await self._change(scope, request, entries.REACTED, rule)

    async def remove_reaction(self, scope: Scope, request: ask.React) -> res.Change:
        """Take a reaction back."""
        rule = changing.react(request.reaction, on=False)
        return await self._change(scope, request, entries.REACTED, rule)

    async def pin(self, scope: Scope, request: ask.OneMessage) -> res.Change:
        """Pin a message for everyone. Raises `too_many_pins` besides."""
        return await self._change(scope, request, entries.PINNED, changing.pin(on=True))

    async def unpin(self, scope: Scope, request: ask.OneMessage) -> res.Change:
        """Unpin a message."""
        return await self._change(scope, request, entries.PINNED, changing.pin(on=False))

    async def forget(self, now: int) -> None:
        """Erase the earlier texts whose time as evidence is over."""
        while await self._db.write(evidence.forget_earlier, now, FORGOTTEN_AT_ONCE):
            pass

    async def _change(
        self, scope: Scope, request: Asked, kind: int, rule: changing.Change
    ) -> res.Change:
        self._buckets.spend(scope.me.account, self._rate, scope.now)
        until = scope.now + self._evidence_ms
        return await self._db.write(_change, scope, request, kind, rule, until)


def _change(
    txn: Transaction, scope: Scope, request: Asked, kind: int, rule: changing.Change, until: int
) -> res.Change:
    row, rights = access_to_write(txn, scope, request.conversation)
    conversation, me = row["id"], scope.me.account
    before = entries.message_at(txn, conversation, request.seq)
    if before is None:
        raise Refused("not_found")
    number = rights.numbers[me]
    after = rule(before, number)
    if after is None:
        return res.Change(request.conversation, before.changed_seq or before.seq)
    pins = after.pinned and not before.pinned
    if pins and entries.count_pinned(txn, conversation) >= changing.MAX_PINNED:
        raise Refused("too_many_pins")
    position, seq = entries.add_entry(
        txn, conversation, kind, scope.now, sender=number, account=me, target=before.seq
    )
    after = replace(after, changed_seq=seq)
    entries.save_message(txn, conversation, after)
    if changing.words(before) != changing.words(after):
        evidence.keep_earlier(txn, conversation, before, seq, until)
    if before.picture is not None and after.picture is None:
        of = entries.position_of(txn, conversation, before.seq)
        release(txn, decode_id(before.picture.id), kind="message", of=of)
    txn.emit(
        MessageChanged(
            conversation=conversation,
            position=position,
            seq=seq,
            kind=entries.KINDS[kind],
            by=number,
            at=scope.now,
            message=after,
            accounts=rights.accounts,
        )
    )
    return res.Change(request.conversation, seq)
