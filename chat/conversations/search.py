"""Use case of search: words in one's own messages, without an index (docs/adr/0016).

The entries themselves are looked through, the newest first, conversation by conversation: so much
at a time that nobody waits for it (G8), and on from there when asked.
"""

import re
from itertools import groupby
from operator import itemgetter

from msgspec import Struct

from chat.conversations import entries, store
from chat.conversations.access import access_conversation
from chat.conversations.sifting import Talk, sifted, talks_at
from chat.realtime.limits import Buckets, Countable, Rate
from chat.scope import Scope
from chat.settings import Limits
from chat.storage.database import Database, Reader
from chat.terms import Finder, Query, query_terms, sieve
from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused
from protocol.ids import encode_id

HOPS = 6
"""Reads in one search; between two others have their turn."""

WORK_A_HOP = 3_000
"""What one read may cost: as much as that SQL looks at so many entries."""

CONVERSATION_COST = 20
TEXT_COST = 4
CHARACTERS_FOR_ONE = 4
SIFTED_AT_ONCE = 100

_PLACE = re.compile("[0-7]?[0-9a-f]{1,15}(?:-[0-7]?[0-9a-f]{1,15}){3}")

LATEST = 1 << 62
"""After every moment."""


class Place(Struct, frozen=True):
    """Where a search goes on: below entry `before` of a conversation, then in those after it.

    A search is of what there was when it began, at position `head` of the log, so that nothing it
    has not seen yet moves to where it has been. Conversations are looked through in the order in
    which they were last heard of at that time, the latest first, then by falling id.
    """

    head: int
    said_at: int = LATEST
    conversation: int = 0
    before: int = 0


class Searches:
    """Refusals: `not_found`, `invalid_field` for `before`, `rate_limited`."""

    def __init__(self, db: Database, limits: Limits) -> None:
        self._db = db
        self._asked = Buckets()
        self.shared: dict[str, Countable] = {"searches": self._asked}
        self._rate = Rate(max(1, limits.searches_per_minute // 3), limits.searches_per_minute)

    async def find(self, scope: Scope, request: ask.SearchMessages) -> res.FoundPage:
        """Messages of one's conversations in which all words of the query stand, newest first.

        The last word may be unfinished. At most `limit`, and about `PAGE_CHARACTERS` of text.
        """
        try:
            place = _read_place(request.before)
        except ValueError:
            raise Refused("invalid_field", field="before") from None
        self._asked.spend(scope.me.account, self._rate, scope.now)
        query = query_terms(request.query, dropped=())
        if query is None:
            return res.FoundPage([], None)
        look = Look(scope, request, query)
        for _ in range(HOPS):
            place = await self._db.read(look.go_on, place)
            if place is None or look.full:
                break
        return res.FoundPage(look.found, None if place is None else _write_place(place))


class Look:
    """One search on its way."""

    def __init__(self, scope: Scope, request: ask.SearchMessages, query: Query) -> None:
        self.found: list[res.Found] = []
        self._scope = scope
        self._request = request
        self._finder = Finder(query)
        self._sieve = sieve(query)
        self._hits: list[tuple[int, int, list[tuple[int, int]]]] = []
        self._characters = 0
        self._work = 0

    @property
    def full(self) -> bool:
        """Whether no more is wanted at once."""
        found = len(self.found) + len(self._hits)
        return found >= self._request.limit or self._characters >= entries.PAGE_CHARACTERS

    def go_on(self, reader: Reader, place: Place | None) -> Place | None:
        """Look on from a place, or from the start; gives the next place, None at the end."""
        if place is None:
            place = Place(store.log_head(reader)[1])
        self._work = WORK_A_HOP
        left = self._look_through(reader, self._talks(reader, place))
        self._read_hits(reader)
        if left is None:
            return None
        return Place(place.head, left.said_at, left.conversation, left.end)

    def _talks(self, reader: Reader, place: Place) -> list[Talk]:
        """List what is still to be looked through."""
        only: int | None = None
        if self._request.conversation is not None:
            only = access_conversation(reader, self._scope, self._request.conversation)["id"]
        here = (place.said_at, place.conversation)
        talks = talks_at(reader, self._scope.me.account, place.head, only)
        left = [talk for talk in talks if (talk.said_at, talk.conversation) <= here]
        if left and left[0].conversation == place.conversation:
            left[0] = _below(left[0], min(place.before, left[0].end))
        return left

    def _look_through(self, reader: Reader, talks: list[Talk]) -> Talk | None:
        """Look through conversations; gives what is left of the one in which it stopped."""
        for talk in talks:
            left = talk
            while left.end > left.first:
                if self._work <= 0 or self.full:
                    return left
                left = _below(left, self._look_at_some(reader, left))
            self._work -= CONVERSATION_COST
        return None

    def _look_at_some(self, reader: Reader, talk: Talk) -> int:
        """Look at the newest of a conversation; gives the entry below which it goes on."""
        low = max(talk.first, talk.end - self._work)
        rows = sifted(reader, self._sieve, talk.conversation, low, talk.end, SIFTED_AT_ONCE)
        for seq, text in rows:
            self._work -= TEXT_COST + len(text) // CHARACTERS_FOR_ONE
            places = self._finder.places(text)
            if places:
                self._hits.append((talk.conversation, seq, places))
                self._characters += len(text)
            if self._work <= 0 or self.full:
                return int(seq)
        reached = low if len(rows) < SIFTED_AT_ONCE else int(rows[-1]["seq"])
        self._work -= talk.end - reached
        return reached

    def _read_hits(self, reader: Reader) -> None:
        """Read the messages that were found, with what they quote and show."""
        hits, self._hits = self._hits, []
        for conversation, group in groupby(hits, key=itemgetter(0)):
            places = {seq: found for _, seq, found in group}
            messages = entries.messages_at(reader, conversation, list(places))
            name = encode_id(conversation)
            self.found += [res.Found(name, messages[seq], found) for seq, found in places.items()]


def _below(talk: Talk, end: int) -> Talk:
    return Talk(talk.said_at, talk.conversation, talk.first, end)


def _read_place(before: str | None) -> Place | None:
    """Read where a search goes on. Raises `ValueError`."""
    if before is None:
        return None
    if not _PLACE.fullmatch(before):
        raise ValueError
    return Place(*(int(number, 16) for number in before.split("-")))


def _write_place(place: Place) -> str:
    numbers = (place.head, place.said_at, place.conversation, place.before)
    return "-".join(f"{number:x}" for number in numbers)
