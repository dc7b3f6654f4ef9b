"""Order between processes: entries of a conversation reach its sockets by rising seq (G4).

What two processes publish at once may come in either order, and what a dying one publishes may not
come at all. So whatever comes too early is held for a moment, and what is then still missing is
read from the store. One process alone needs nothing of this: its broker delivers in order.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from chat.realtime.broker import Deliver, Publication
from protocol.errors import Refused

log = structlog.get_logger(__name__)

HOLD_SECONDS = 0.2
"""How long what another process has published may be on its way here before the log is read for it.
Under load something always is, and to read it costs far more than to hear it (docs/adr/0048)."""

HELD_AT_MOST = 10_000
PLACES_AT_MOST = 200_000
STATES_AT_MOST = 20_000


class Hole(NamedTuple):
    """Entries that were not handed out: after one seq (None: after what all have) and before one.

    What all have is everything up to the position that the log's tail has reached.
    """

    conversation: int
    after: int | None
    before: int


Found = Mapping[int, Sequence[Publication]]
Fetch = Callable[[Sequence[Hole]], Awaitable[Found]]


class _Place:
    """How far a conversation has been handed out here, and what came too early.

    `acked` names the sockets that have the ack of an entry that was held and is not any more:
    the log gives these within a round, so there are never many.
    """

    __slots__ = ("accounts", "acked", "held", "seq", "timer")

    def __init__(self, seq: int | None, accounts: tuple[int, ...]) -> None:
        self.seq = seq
        self.accounts = accounts
        self.held: dict[int, Publication] = {}
        self.acked: dict[int, int] = {}
        self.timer: asyncio.TimerHandle | None = None

    def spare_sender(self, entry: Publication) -> Publication:
        """Leave out the socket that has the ack of an entry: no row of the store knows it."""
        published = self.held.get(entry.seq)
        acked = published.except_connection if published else self.acked.get(entry.seq, 0)
        return replace(entry, except_connection=acked) if acked else entry

    def let_go(self) -> None:
        """Hold nothing any more but who has an ack."""
        acks = ((seq, one.except_connection) for seq, one in self.held.items())
        self.acked.update((seq, connection) for seq, connection in acks if connection)
        self.held.clear()
        self.wait_no_more()

    def wait_no_more(self) -> None:
        """Cancel the timer."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class InOrder:
    """Stands between the broker and the hub.

    `fetch` reads holes from the store, by conversation, in rising order; entries that may not be
    pushed are left out. `connected` tells whether an account has a socket here. Of the positions
    of the log that were handed over it remembers those since the last-but-one `turn`.
    At most `held_at_most` publications are held; what is over that the store gives.
    """

    def __init__(
        self,
        deliver: Deliver,
        connected: Callable[[int], bool],
        *,
        held_at_most: int = HELD_AT_MOST,
    ) -> None:
        self._deliver = deliver
        self._connected = connected
        self._fetch: Fetch | None = None
        self._places: dict[int, _Place] = {}
        self._of: dict[int, set[int]] = defaultdict(set)
        self._holes: set[int] = set()
        self._mending: asyncio.Task[None] | None = None
        self._held = 0
        self._held_at_most = held_at_most
        self._states: dict[tuple[int, tuple[int, ...]], int] = {}
        self._positions: set[int] = set()
        self._before: set[int] = set()
        self.mended = 0
        """Entries that the store had to give."""

    def mend_by(self, fetch: Fetch) -> None:
        """Say who reads holes."""
        self._fetch = fetch

    # --- delivering -------------------------------------------------------------------------------

    def deliver(self, publication: Publication) -> None:
        """Hand a publication on: at once what has no seq, an entry in its turn, and only once."""
        seq = publication.seq
        if not seq:
            if not publication.state or self._is_newest(publication):
                self._hand_on(publication)
            return
        place = self._places.get(publication.conversation)
        if place is None:
            place = self._open(publication)
        if place.seq is not None and seq <= place.seq:
            self._positions.add(publication.position)
            return
        if place.seq is not None and seq == place.seq + 1:
            place.seq = seq
            self._hand_on(publication)
            if place.held:
                self._release(publication.conversation, place)
            return
        self._hold(publication, place)

    def heal(
        self,
        conversation: int,
        entries: Sequence[Publication],
        last: int,
        accounts: tuple[int, ...],
    ) -> int:
        """Hand out what of the entries up to `last`, read from the store, was not; tells how many.

        `entries` begin where everyone who is connected has all before them. `accounts` are all
        whose conversation it is: entries may be for some of them only.
        """
        place = self._places.get(conversation)
        if place is None:
            place = self._begin(conversation, None, accounts)
        before = place.seq
        if before is None:  # of a place that was dropped, its last entries may have been handed out
            new = [one for one in entries if not self.was_delivered(one.position)]
        else:
            new = [one for one in entries if one.seq > before]
        for one in new:
            self._hand_on(place.spare_sender(one))
        place.seq = last if before is None else max(before, last)
        if place.acked:
            place.acked = {seq: one for seq, one in place.acked.items() if seq > place.seq}
        self._release(conversation, place)
        self.mended += len(new)
        return len(new)

    def was_delivered(self, position: int) -> bool:
        """Tell whether what stands at a position of the log has been handed over lately."""
        return position in self._positions or position in self._before

    def reached(self, conversation: int) -> int | None:
        """Tell up to which seq a conversation has been handed out; None where that is not known."""
        place = self._places.get(conversation)
        return None if place is None else place.seq

    def note(self, position: int) -> None:
        """Note a position that concerns nobody here."""
        self._positions.add(position)

    def turn(self) -> None:
        """Forget the positions of the time before last: the tail has passed them."""
        self._before, self._positions = self._positions, set()

    def forget(self, account: int) -> None:
        """Forget the conversations of which nobody has a socket here any more."""
        for conversation in tuple(self._of.get(account, ())):
            place = self._places[conversation]
            if not any(map(self._connected, place.accounts)):
                self._drop(conversation)

    def _is_newest(self, publication: Publication) -> bool:
        """Tell whether a state is newer than what was handed out of the same."""
        key = (publication.conversation, publication.accounts)
        newest = self._states.pop(key, 0)
        self._states[key] = max(newest, publication.position)
        if len(self._states) > STATES_AT_MOST:
            self._states.pop(next(iter(self._states)))
        return publication.position >= newest

    def _hand_on(self, publication: Publication) -> None:
        if publication.position:
            self._positions.add(publication.position)
        self._deliver(publication)

    def _open(self, publication: Publication) -> _Place:
        """Begin with a conversation: what came before its first entry is nothing, or unknown."""
        seq = 0 if publication.seq == 1 else None
        return self._begin(publication.conversation, seq, publication.accounts)

    def _begin(self, conversation: int, seq: int | None, accounts: tuple[int, ...]) -> _Place:
        place = self._places[conversation] = _Place(seq, accounts)
        for account in accounts:
            self._of[account].add(conversation)
        if len(self._places) > PLACES_AT_MOST:
            self._drop(next(iter(self._places)))
        return place

    def _drop(self, conversation: int) -> None:
        place = self._places.pop(conversation)
        self._held -= len(place.held)
        place.wait_no_more()
        for account in place.accounts:
            conversations = self._of[account]
            conversations.discard(conversation)
            if not conversations:
                del self._of[account]

    # --- holding ----------------------------------------------------------------------------------

    def _hold(self, publication: Publication, place: _Place) -> None:
        conversation = publication.conversation
        if publication.seq not in place.held:
            place.held[publication.seq] = publication
            self._held += 1
        if self._held > self._held_at_most:
            log.warning("too_much_held", conversations=len(self._places))
            for one in self._places.values():
                one.let_go()  # the tail brings it
            self._held = 0
        elif place.seq is None:
            self._ask(conversation)
        elif place.timer is None:
            loop = asyncio.get_running_loop()
            place.timer = loop.call_later(HOLD_SECONDS, self._ask, conversation)

    def _release(self, conversation: int, place: _Place) -> None:
        """Hand out what was held and is not too early any more."""
        assert place.seq is not None, "known by now"
        for seq in sorted(place.held):
            if seq > place.seq + 1:
                break
            publication = place.held.pop(seq)
            self._held -= 1
            if seq > place.seq:
                place.seq = seq
                self._hand_on(publication)
        if not place.held:
            place.wait_no_more()

    # --- mending ----------------------------------------------------------------------------------

    def _ask(self, conversation: int) -> None:
        """Have a hole read; holes that open meanwhile are read together."""
        self._holes.add(conversation)
        if self._mending is None or self._mending.done():
            self._mending = asyncio.get_running_loop().create_task(self._mend())

    async def _mend(self) -> None:
        while holes := list(self._open_holes()):
            assert self._fetch is not None, "told at the start"
            try:
                found = await self._fetch(holes)
            except Refused:
                await asyncio.sleep(HOLD_SECONDS)
                self._holes.update(hole.conversation for hole in holes)
                continue
            for hole in holes:
                self._fill(hole, found.get(hole.conversation, ()))

    def _open_holes(self) -> Iterable[Hole]:
        asked, self._holes = self._holes, set()
        for conversation in asked:
            place = self._places.get(conversation)
            if place is not None and place.held:
                yield Hole(conversation, place.seq, min(place.held))

    def _fill(self, hole: Hole, entries: Sequence[Publication]) -> None:
        place = self._places.get(hole.conversation)
        if place is None:
            return
        place.wait_no_more()
        self.heal(hole.conversation, entries, hole.before - 1, place.accounts)
        if place.held:
            place.timer = asyncio.get_running_loop().call_later(
                HOLD_SECONDS, self._ask, hole.conversation
            )
