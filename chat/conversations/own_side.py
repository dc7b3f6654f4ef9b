"""Use cases of one's own side of a conversation: mute, archive, mark unread, drafts, leave."""

from collections.abc import Callable

from msgspec import UNSET
from msgspec.structs import replace

from chat.conversations import store
from chat.conversations.access import access_conversation
from chat.conversations.model import POLICIES, ConversationLeft, OwnSideChanged, RightsRaised
from chat.realtime.limits import Buckets, Countable, Rate
from chat.safety.service import part
from chat.scope import Scope
from chat.settings import Limits
from chat.storage.changes import add_change
from chat.storage.database import Database, Transaction
from protocol import requests as ask
from protocol import resources as res


class OwnSides:
    """What only one's own devices hear of; all of them, so that each has the last word alike."""

    def __init__(self, db: Database, limits: Limits) -> None:
        self._db = db
        self._updates = Buckets()
        self._drafts = Buckets()
        self.shared: dict[str, Countable] = {"updates": self._updates, "drafts": self._drafts}
        self._rate = Rate(limits.messages_burst, limits.messages_per_minute)

    async def update(self, scope: Scope, request: ask.UpdateConversation) -> res.Own:
        """Mute until a moment, archive until the next message, mark unread until one reads.

        Raises `not_found`, `rate_limited`.
        """
        self._updates.spend(scope.me.account, self._rate, scope.now)
        given = {
            name: value
            for name in ("muted_until", "archived", "marked_unread")
            if (value := getattr(request, name)) is not UNSET
        }
        return await self._change(scope, request.conversation, lambda own: replace(own, **given))

    async def save_draft(self, scope: Scope, request: ask.SaveDraft) -> res.Own:
        """Keep what one is writing; the last one counts. Raises `not_found`, `rate_limited`."""
        self._drafts.spend(scope.me.account, self._rate, scope.now)
        text = request.text
        return await self._change(scope, request.conversation, lambda own: replace(own, draft=text))

    async def leave(self, scope: Scope, request: ask.OneConversation) -> res.Empty:
        """Leave for good. The other is not told; to them it is closed (domain rule 5).

        What one posts is hidden from them from now on, as it would be after a block. Raises
        `not_found`, also when one has left already.
        """

        def unit(txn: Transaction) -> None:
            row = access_conversation(txn, scope, request.conversation)
            position = store.leave(txn, row["id"], scope.me.account, scope.now)
            if POLICIES[row["kind"]].leaving_hides:
                for member in store.members_of(txn, [row["id"]])[row["id"]]:
                    if member["number"] != row["my_number"]:
                        part(txn, scope.me.account, member["account_id"], scope.now)
            store.raise_rights_in(txn, row["id"])
            add_change(txn, "rights", scope.me.account, scope.now)
            txn.emit(RightsRaised((row["id"],)))
            txn.emit(ConversationLeft(row["id"], position, scope.me.account))

        await self._db.write(unit)
        return res.Empty()

    async def _change(
        self, scope: Scope, conversation: str, change: Callable[[res.Own], res.Own]
    ) -> res.Own:
        def unit(txn: Transaction) -> res.Own:
            row = access_conversation(txn, scope, conversation)
            before = store.own_side(row, row["last_ordinal"])
            after = change(before)
            if after != before:
                position = store.save_own_side(txn, row, scope.me.account, after)
                txn.emit(OwnSideChanged(row["id"], position, scope.me.account, after))
            return after

        return await self._db.write(unit)
