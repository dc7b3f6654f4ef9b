"""Healing: the store tells what publications between processes have not brought (G2, G4).

The log is the truth. Every second or so each process looks which conversations have changed, passes
over what it has handed out, lets arrive what is on its way, and reads the rest: of conversations
with a member here all that was missed, of others nothing but whose they are. The cost grows with
messages times processes, not with connections.
"""

import time
from collections.abc import Awaitable, Callable, Sequence, Set
from functools import partial

import structlog

from chat.conversations import catching_up, store
from chat.conversations.events import ConversationEvents
from chat.conversations.rights import load_rights
from chat.conversations.views import position_of
from chat.realtime.broker import Deliver, Publication
from chat.realtime.order import Found, Hole, InOrder
from chat.scope import Clock
from chat.storage.database import Database, Reader
from chat.storage.horizon import Horizon
from protocol.resources import Empty

log = structlog.get_logger(__name__)

PAGE = 1_000
MISSED_AT_MOST = 5_000
"""Entries of one conversation in one round: more than any socket's outbox holds."""

ACCOUNTS_AT_ONCE = 1_000

ON_ITS_WAY_MS = 900
"""How long after it was written an entry is pushed although its conversation has closed since."""


Joined = Callable[[int], int]
"""Gives the position of the log that an account had read when its first socket here said hello."""


Brought = Callable[[int, int, int], bool]
"""Tells of a conversation, a position and a seq whether the broker has brought all up to there."""

LetArrive = Callable[[], Awaitable[None]]
"""Waits until what is on its way between processes has come, or cannot be waited for."""


class Missed:
    """What members here have missed of a conversation: entries in order, and all else."""

    __slots__ = ("accounts", "conversation", "entries", "last_seq", "others")

    def __init__(self, conversation: int, accounts: tuple[int, ...], last_seq: int) -> None:
        self.conversation = conversation
        self.accounts = accounts
        self.last_seq = last_seq
        self.entries: list[Publication] = []
        self.others: list[Publication] = []


class Healing:
    """Comes round and hands out what was missed; reads holes for `InOrder`.

    `deliver` takes what has no order. `accounts` lists who is connected here.
    """

    def __init__(
        self,
        db: Database,
        events: ConversationEvents,
        order: InOrder,
        horizon: Horizon,
        deliver: Deliver,
        connected: Callable[[int], bool],
        accounts: Callable[[], Sequence[int]],
        joined: Joined,
        brought: Brought,
        let_arrive: LetArrive,
        clock: Clock,
        position: int,
    ) -> None:
        self._db = db
        self._events = events
        self._order = order
        self._horizon = horizon
        self._deliver = deliver
        self._connected = connected
        self._accounts = accounts
        self._joined = joined
        self._brought = brought
        self._let_arrive = let_arrive
        self._clock = clock
        self._gap: int | None = None
        self.position = position
        """Everything up to here in the log has been handed out to whoever is connected."""
        self.delivered = 0
        """Entries that the tail delivered."""
        order.mend_by(self.fetch)

    def missed(self, position: int) -> None:
        """Look at all that came after a position once more: nobody knows what arrived of it."""
        self._gap = position if self._gap is None else min(self._gap, position)

    async def round(self) -> None:
        """Look once. Raises `Refused("unavailable")`; nothing is then passed over."""
        began_at = time.monotonic()
        gap, self._gap = self._gap, None
        after = self.position if gap is None else min(gap, self.position)
        try:
            reached = await self._look(after, thorough=gap is not None)
            if gap is not None:
                await self._look_at_own(after)
        except BaseException:
            if gap is not None:
                self.missed(gap)
            raise
        self.position = max(self.position, reached)
        self._order.turn()
        self._horizon.reached(reached, began_at)

    async def _look(self, after: int, *, thorough: bool) -> int:
        """Go through the conversations that have changed; gives how far the log had got."""
        reached, changed = await self._changed_since(after, thorough=thorough)
        if changed and not thorough:
            await self._let_arrive()
            changed = self._not_told(changed)
        for start in range(0, len(changed), PAGE):
            part = changed[start : start + PAGE]
            # A mark that was handed out says nothing of the entries before it.
            told = {row.id for row in part if self._order.was_delivered(row.position)}
            await self._heal(part, after, set() if thorough else told)
        return reached

    async def _changed_since(
        self, after: int, *, thorough: bool
    ) -> tuple[int, list[store.Changed]]:
        """List what has changed since a position and was not all told; and how far the log is."""
        found: list[store.Changed] = []
        since, reached = after, None
        while True:
            head, rows = await self._db.read(_changed, since, PAGE)
            reached = head if reached is None else reached
            found += rows if thorough else self._not_told(rows)
            if len(rows) < PAGE:
                return reached, found
            since = rows[-1].position

    def _not_told(self, rows: Sequence[store.Changed]) -> list[store.Changed]:
        """Leave out the conversations of which all has been handed out, or is here."""
        return [row for row in rows if not self._brought(*row)]

    async def _heal(self, changed: Sequence[store.Changed], after: int, told: Set[int]) -> None:
        """Hand out what was missed; of those that were told of, entries only."""
        moved = {row.id: row.position for row in changed}
        members = await self._db.read(store.members_of, list(moved))
        for conversation, rows in members.items():
            accounts = (row["account_id"] for row in rows)
            # Whoever has come since has read it.
            here = tuple(
                one
                for one in accounts
                if self._connected(one) and self._joined(one) < moved[conversation]
            )
            if here:
                read = partial(
                    _missed, self._events, conversation, here, after, self._joined, self._clock()
                )
                missed = await self._db.read(read)
                if conversation in told:
                    missed.others.clear()
                self._hand_out(missed)

    async def _look_at_own(self, after: int) -> None:
        """Find what only one's own devices hear of, for everyone who is connected here."""
        accounts = self._accounts()
        for start in range(0, len(accounts), ACCOUNTS_AT_ONCE):
            part = accounts[start : start + ACCOUNTS_AT_ONCE]
            for missed in await self._db.read(partial(_own, self._events, part, after)):
                self._deliver(missed)

    def _hand_out(self, missed: Missed) -> None:
        healed = self._order.heal(
            missed.conversation, missed.entries, missed.last_seq, missed.accounts
        )
        if healed:
            self.delivered += healed
            log.debug("healed", entries=healed)
        for publication in missed.others:
            self._deliver(publication)

    async def fetch(self, holes: Sequence[Hole]) -> Found:
        """Read the entries of holes; what may not be pushed any more is left out."""
        read = partial(_holes, self._events, holes, self.position, self._joined, self._clock())
        return await self._db.read(read)


def _changed(reader: Reader, after: int, limit: int) -> tuple[int, list[store.Changed]]:
    _, head = store.log_head(reader)
    return head, store.changed_after(reader, after, limit)


def _missed(
    events: ConversationEvents,
    conversation: int,
    here: tuple[int, ...],
    after: int,
    joined: Joined,
    now: int,
    reader: Reader,
) -> Missed:
    """Read what was missed of a conversation, as each of those here may see it (G6)."""
    rows = {
        row["account_id"]: row for row in store.members_of(reader, [conversation])[conversation]
    }
    last_seq, rights = store.last_seq(reader, conversation), load_rights(reader, conversation, now)
    missed = Missed(conversation, tuple(rows), last_seq)
    missed.entries = _entries(events, conversation, after, None, last_seq + 1, joined, now, reader)
    changed = store.changed_position(reader, conversation)
    for account in here:
        mine = rows[account]
        if mine["left_at"] is not None or joined(account) >= changed:
            continue  # whoever came after it has read it
        for row in rows.values():
            if rights.open or row is mine:
                data = position_of(row, mine["number"])
                told = events.publication("position.moved", conversation, 0, data, (account,))
                missed.others.append(told)
    return missed


def _entries(
    events: ConversationEvents,
    conversation: int,
    after: int,
    after_seq: int | None,
    before_seq: int,
    joined: Joined,
    now: int,
    reader: Reader,
) -> list[Publication]:
    """Read entries as events, after a position of the log or after a seq.

    Whoever joined after an entry has read it. In a conversation that is closed by now nothing of
    one is pushed to another (domain rule 5), but what was on its way: whatever closed it came after
    the entry, and may be answered for a second by what was written before it (G6).
    """
    rights = load_rights(reader, conversation, now)
    if after_seq is None:
        positions = catching_up.positions_after(reader, conversation, after, MISSED_AT_MOST)[::-1]
    else:
        positions = store.positions_between(reader, conversation, after_seq, before_seq)
    pushed = []
    found = catching_up.at_positions(reader, positions).get(conversation, ())
    for position, entry in zip(positions, found, strict=True):
        if entry.seq >= before_seq:
            break
        sender = entry.message.sender if entry.kind == "message" and entry.message else entry.by
        accounts = rights.accounts
        if not rights.open and sender and now - entry.at >= ON_ITS_WAY_MS:
            accounts = tuple(one for one, number in rights.numbers.items() if number == sender)
        accounts = tuple(one for one in accounts if joined(one) < position)
        pushed.append(events.entry(conversation, position, entry, accounts))
    return pushed


def _holes(
    events: ConversationEvents,
    holes: Sequence[Hole],
    after: int,
    joined: Joined,
    now: int,
    reader: Reader,
) -> dict[int, list[Publication]]:
    """Read what is missing; nothing is where the entry before was there for all.

    That is so for nearly every conversation of which a process hears its first entry: after a
    restart for all at once, so that is asked for all at once.
    """
    begun = [(hole.conversation, hole.before - 1) for hole in holes if hole.after is None]
    had = store.positions_at(reader, begun)
    return {
        hole.conversation: _entries(
            events, hole.conversation, after, hole.after, hole.before, joined, now, reader
        )
        for hole in holes
        if hole.after is not None or had.get(hole.conversation, after + 1) > after
    }


def _own(
    events: ConversationEvents, accounts: Sequence[int], after: int, reader: Reader
) -> list[Publication]:
    found = []
    for row in store.own_changed(reader, accounts, after):
        conversation, account = row["conversation_id"], row["account_id"]
        if row["left_at"] is not None:
            left = events.publication("conversation.left", conversation, 0, Empty(), (account,))
            found.append(left)
            continue
        marks, own = position_of(row, row["number"]), store.own_side(row, row["last_ordinal"])
        for event, data in (("position.moved", marks), ("conversation.changed", own)):
            told = events.publication(event, conversation, row["own_position"], data, (account,))
            found.append(told)
    return found
