"""The sweeper: tells people who are away what is unread, and how to widen a bubble.

Nothing is stored for a message. Who is to be told follows from what members have read and from
conversations that changed since the last look; that someone was told, and the notice itself, are
one transaction, so that no death between the two loses or doubles it (design section 5.8).
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from chat.bubbles.service import Unanswered, unanswered
from chat.conversations.model import Behind, Unread
from chat.conversations.service import is_open, log_position
from chat.conversations.unread import behind_since, unread_in
from chat.notifications import store
from chat.notifications.model import grace_ms, is_away, may_be_told
from chat.notifications.teller import News, Teller
from chat.notifications.unread import UnreadNotices
from chat.settings import Settings
from chat.storage.database import Database, Reader, Transaction
from protocol.ids import encode_id

ANSWERS, BUBBLES = "answers", "bubbles"

PAGE = 200
TOLD_AT_ONCE = 10
DAY_MS = 86_400_000
REMIND_EVERY_MS = 600_000

Connected = Callable[[int], bool]
"""Tells whether an account has a socket open."""


class Look(NamedTuple):
    """A sweep: everything up to `position` in the log had happened by then."""

    at: int
    position: int


class Page(NamedTuple):
    """Some of those who are behind, with what they may be told of, and where to look on.

    None: they need not be told, and will not as long as nothing changes.
    """

    behind: dict[Behind, Unread | None]
    next: int | None


class Sweeper:
    """Looks, every few seconds, for whom to tell.

    It reads by index the conversations that changed within `away_after_ms` before the last look,
    whatever the number of others: a few microseconds each, in a reader's thread. What was written
    in them is read once for each change, not at every look, and rights only of those who are away.
    """

    def __init__(self, database: Database, settings: Settings, teller: Teller) -> None:
        self._database = database
        self._teller = teller
        self._unread = UnreadNotices(teller)
        self._away_after_ms = settings.away_after_ms
        self._unanswered_after_ms = settings.unanswered_after_days * DAY_MS
        self._looks: deque[Look] = deque()
        self._known: dict[Behind, Unread | None] = {}
        self._remind_at = 0

    async def sweep(self, now: int, connected: Connected) -> None:
        """Look once. Raises `Refused("unavailable")`; what it then missed the next look finds."""
        await self._tell_of_answers(now, connected)
        if now >= self._remind_at:
            await self._remind_of_bubbles(now)
            self._remind_at = now + REMIND_EVERY_MS

    async def _tell_of_answers(self, now: int, connected: Connected) -> None:
        self._looks.append(Look(now, await self._database.read(log_position)))
        after: int | None = await self._database.read(store.settled, ANSWERS)
        known: dict[Behind, Unread | None] = {}
        while after is not None:
            page = await self._database.read(self._page, after, now)
            told = await self._tell(page.behind.values(), now, connected)
            known |= {one: None if of in told else of for one, of in page.behind.items()}
            after = page.next
        self._known = known
        await self._settle(now)

    async def _tell(
        self, untold: Iterable[Unread | None], now: int, connected: Connected
    ) -> set[Unread]:
        """Tell those who are away, and may be told; gives what was told."""
        away = [
            unread
            for unread in untold
            if unread is not None
            and is_away(
                now - unread.last_at,
                connected=connected(unread.account),
                away_after_ms=self._away_after_ms,
            )
        ]
        told: set[Unread] = set()
        if away:
            away = await self._database.read(_still_untold, away, now)
        for start in range(0, len(away), TOLD_AT_ONCE):
            few = away[start : start + TOLD_AT_ONCE]
            told.update(await self._database.write(self._tell_few, few, now))
        return told

    async def _settle(self, now: int) -> None:
        """Leave behind what changed so long ago that everyone has read it or was told."""
        settled = None
        while self._looks and self._looks[0].at < now - self._away_after_ms:
            settled = self._looks.popleft().position
        if settled is not None:
            await self._database.write(store.settle, ANSWERS, settled)

    async def _remind_of_bubbles(self, now: int) -> None:
        """Remind of every bubble once, when it is old enough and has no answer."""
        old = now - self._unanswered_after_ms
        after = await self._database.read(store.settled, BUBBLES)
        while found := await self._database.read(unanswered, old, TOLD_AT_ONCE, after):
            await self._database.write(self._remind_few, found, now)
            after = found[-1].bubble

    def _page(self, reader: Reader, after: int, now: int) -> Page:
        quiet_before = now - grace_ms(self._away_after_ms)
        behind = behind_since(reader, after, quiet_before, PAGE)
        known = {one: self._known[one] for one in behind if one in self._known}
        asked = [one for one in behind if one not in known]
        unread = {
            (found.conversation, found.account): found
            for conversation in dict.fromkeys(one.conversation for one in asked)
            for found in unread_in(reader, conversation, quiet_before)
            if not _was_told(reader, found)
        }
        read = {one: unread.get((one.conversation, one.account)) for one in asked}
        # The last conversation may have more members on the next page; telling twice is no harm.
        onward = max(behind[-1].position - 1, after + 1) if len(behind) == PAGE else None
        return Page(known | read, onward)

    def _tell_few(self, txn: Transaction, away: Sequence[Unread], now: int) -> list[Unread]:
        """Tell those who still have not read it, in the transaction that decides so.

        Gives those who were told.
        """
        untold: dict[int, list[Unread]] = {}
        for unread in away:
            still = unread in unread_in(txn, unread.conversation, now)
            # Of nothing in a conversation that is closed (G6).
            if still and not _was_told(txn, unread) and is_open(txn, unread.conversation, now):
                store.set_told(txn, unread.account, unread.conversation, unread.unread_seq)
                untold.setdefault(unread.account, []).append(unread)
        for account, theirs in untold.items():
            self._unread.tell(txn, account, theirs, now)
        return [unread for theirs in untold.values() for unread in theirs]

    def _remind_few(self, txn: Transaction, found: Sequence[Unanswered], now: int) -> None:
        """Remind of what still has no answer, and of none that another process was first with."""
        settled = store.settled(txn, BUBBLES)
        for one in found:
            still = [same.bubble for same in unanswered(txn, one.posted_at + 1, 1, one.bubble - 1)]
            if one.bubble > settled and one.bubble in still:
                link = {"link": f"{self._teller.base_url}/bubbles/{encode_id(one.bubble)}/edit"}
                news = News("reminder", "bubble_unanswered", {"da": link, "en": link})
                self._teller.tell(txn, one.account, news, now)
        store.settle(txn, BUBBLES, found[-1].bubble)


def settle_all(txn: Transaction, position: int, bubble: int) -> None:
    """Note that nobody is to be told of anything up to a position of the log, and a bubble."""
    store.settle(txn, ANSWERS, position)
    store.settle(txn, BUBBLES, bubble)


def _still_untold(reader: Reader, unread: Sequence[Unread], now: int) -> list[Unread]:
    """Leave out of whom another process has told, and what stands in a conversation now closed."""
    return [
        one
        for one in unread
        if not _was_told(reader, one) and is_open(reader, one.conversation, now)
    ]


def _was_told(reader: Reader, unread: Unread) -> bool:
    """Tell whether someone knows already, and has not come back since."""
    return not may_be_told(
        unread.read_seq, store.told_up_to(reader, unread.account, unread.conversation)
    )
