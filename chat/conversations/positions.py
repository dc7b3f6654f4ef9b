"""Use cases of positions: how far one has received and read."""

import asyncio
from functools import partial

from chat.conversations.events import ConversationEvents
from chat.conversations.marks import Key, Mark, Moved, key_of, move_marks
from chat.conversations.remembered import RememberedRights
from chat.scope import Scope
from chat.storage.answers import Answer, awaited, shared
from chat.storage.database import Database
from protocol import requests as ask
from protocol import resources as res
from protocol.ids import decode_id

AT_MOST = 50_000


class Positions:
    """Marks rise in batches, like messages: two of them go with every message that is read.

    What has arrived at one device is told by all the others, too: of that the store is not asked.
    Nor of what arrived and is read within a turn of the loop: the reading says both.

    All raise `not_found`. In a closed conversation, and of reading without receipts, only one's
    own devices hear (domain rule 5).
    """

    def __init__(self, db: Database, events: ConversationEvents, rights: RememberedRights) -> None:
        self._db = db
        self._delivered: dict[tuple[int, int], int] = {}
        """What is known to have arrived, by conversation and account; it may have risen since."""
        self._arrived: dict[Key, tuple[Mark, Answer[res.Empty]]] = {}
        """What has arrived in this turn of the loop, and was not read as far."""
        self._turn_ends = False
        """Whether the end of this turn is awaited."""
        self._events = events
        self._rights = rights

    def read_now(self, scope: Scope, request: ask.MarkRead, answer: Answer[res.Empty]) -> bool:
        """Raise one's read mark, and be called back after the commit."""
        mark = self._mark(scope, request.conversation, request.seq, request.seq)
        arrived = self._arrived.pop(key_of(mark), None)
        if arrived is None:
            self._move(mark, answer)
        elif arrived[0].delivered <= mark.delivered:
            self._move(mark, shared(arrived[1], answer))
        else:
            self._move(*arrived)
            self._move(mark, answer)
        return True

    def delivered_now(
        self, scope: Scope, request: ask.MarkDelivered, answer: Answer[res.Empty]
    ) -> bool:
        """Raise one's delivered mark, and be called back after the commit, or now if it stands."""
        if self._stands(scope, decode_id(request.conversation), request.seq):
            answer(res.Empty())
            return True
        mark = self._mark(scope, request.conversation, request.seq, 0)
        earlier = self._arrived.pop(key_of(mark), None)
        if earlier is not None:
            self._move(*earlier)
        self._arrived[key_of(mark)] = mark, answer
        if not self._turn_ends:
            self._turn_ends = True
            asyncio.get_running_loop().call_soon(self._move_all)
        return True

    async def read(self, scope: Scope, request: ask.MarkRead) -> res.Empty:
        """Raise one's read mark, never past the newest entry; it ends a mark as unread."""
        return await awaited(partial(self.read_now, scope, request))

    async def delivered(self, scope: Scope, request: ask.MarkDelivered) -> res.Empty:
        """Raise one's delivered mark."""
        return await awaited(partial(self.delivered_now, scope, request))

    def _mark(self, scope: Scope, conversation_id: str, delivered: int, read: int) -> Mark:
        conversation = decode_id(conversation_id)
        return Mark(
            conversation, scope.me.account, scope.connection, delivered, read,
            self._rights.get(conversation), scope.now,
        )  # fmt: skip

    def _move(self, mark: Mark, answer: Answer[res.Empty]) -> None:
        self._db.submit(move_marks, mark, partial(self._settle, mark, answer))

    def _move_all(self) -> None:
        """Move what has arrived in this turn, and was not read with it."""
        self._turn_ends = False
        arrived, self._arrived = self._arrived, {}
        for mark, answer in arrived.values():
            self._move(mark, answer)

    def _stands(self, scope: Scope, conversation: int, seq: int) -> bool:
        """Tell whether a member's mark is known to stand there; open rights tell who is one."""
        me = scope.me.account
        if self._delivered.get((conversation, me), 0) < seq:
            return False
        rights = self._rights.get(conversation)
        return rights is not None and me in rights.numbers and scope.now < rights.changes_at

    def _settle(self, mark: Mark, answer: Answer[res.Empty], outcome: Moved | Exception) -> None:
        if isinstance(outcome, Moved):
            if outcome.rights is not mark.rights:
                self._rights.put(mark.conversation, outcome.rights)
            self._remember(mark, outcome)
            self._events.marks_moved(mark, outcome)
            answer(res.Empty())
        else:
            answer(outcome)

    def _remember(self, mark: Mark, moved: Moved) -> None:
        key = mark.conversation, mark.account
        self._delivered.pop(key, None)
        self._delivered[key] = moved.delivered
        if len(self._delivered) > AT_MOST:
            self._delivered.pop(next(iter(self._delivered)))
