"""Order between processes: whatever comes in whatever order, entries are handed out by seq."""

import asyncio
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chat.realtime.broker import Publication
from chat.realtime.directory import Directory
from chat.realtime.limits import Buckets, Rate, Shared
from chat.realtime.order import Found, Hole, InOrder
from protocol.errors import Refused
from tests.patience import PATIENCE_SECONDS

TALK, METTE, OLE = 7, 1, 2
PHONE = 99
"""The socket on which everything was written that is published."""


ENOUGH = 100
ROOM = st.sampled_from((1, 2, ENOUGH))
"""What is held at most: what is over that comes when the log is read."""


def entry(seq: int) -> Publication:
    return Publication((METTE, OLE), b"%d" % seq, conversation=TALK, seq=seq, position=100 + seq)


class Here:
    """A process with both people, whose store has every entry up to `stored`."""

    def __init__(self, stored: int, held_at_most: int = ENOUGH) -> None:
        self.stored = stored
        self.seen = 0  # what everyone who is connected has read before
        self.told: list[int] = []
        self.told_all: list[int] = []  # and no socket left out
        self.asked: list[Hole] = []
        self.away = 0
        self._told = asyncio.Event()
        self.here = {METTE, OLE}
        self.order = InOrder(
            self._deliver, lambda account: account in self.here, held_at_most=held_at_most
        )
        self.order.mend_by(self._fetch)

    def _deliver(self, publication: Publication) -> None:
        self.told.append(publication.seq)
        if not publication.except_connection:
            self.told_all.append(publication.seq)
        self._told.set()

    async def _fetch(self, holes: Sequence[Hole]) -> Found:
        if self.away:
            self.away -= 1
            raise Refused("unavailable")
        self.asked += holes
        return {
            hole.conversation: [
                entry(seq)
                for seq in range(1, self.stored + 1)
                if (self.seen if hole.after is None else hole.after) < seq < hole.before
            ]
            for hole in holes
        }

    def read_the_log(self) -> None:
        entries = [entry(seq) for seq in range(self.seen + 1, self.stored + 1)]
        self.order.heal(TALK, entries, self.stored, (METTE, OLE))

    async def until_told(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.told) < count:
                self._told.clear()
                await self._told.wait()


@given(
    arrivals=st.permutations(range(1, 9)), lost=st.sets(st.integers(1, 7)), twice=st.booleans(),
    room=ROOM,
)  # fmt: skip
def test_in_whatever_order_they_come_and_whichever_are_lost_all_are_told_once_in_order(
    arrivals: list[int], lost: set[int], twice: bool, room: int
) -> None:
    async def run() -> None:
        here = Here(stored=8, held_at_most=room)
        for seq in arrivals * (2 if twice else 1):
            if seq not in lost:
                here.order.deliver(entry(seq))
            if seq % 3 == 0:
                await asyncio.sleep(0)
        if room < ENOUGH:
            here.read_the_log()
        await here.until_told(8)
        assert here.told == list(range(1, 9))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("chat.realtime.order.HOLD_SECONDS", 0.001)
        asyncio.run(run())


READ_THE_LOG = 0


@given(
    acts=st.lists(st.integers(READ_THE_LOG, 8), max_size=20), joined=st.integers(0, 4), room=ROOM
)
def test_whenever_the_log_is_read_nobody_is_told_what_they_had_an_ack_for(
    acts: list[int], joined: int, room: int
) -> None:
    """Each entry comes when it comes; who wrote it has the ack from then on."""

    async def run() -> None:
        here = Here(stored=8, held_at_most=room)
        here.seen = joined
        acked: set[int] = set()
        for act in (*acts, *range(joined + 1, 9)):
            if act == READ_THE_LOG:
                here.read_the_log()
                await asyncio.sleep(0)
            elif act > joined:
                here.order.deliver(replace(entry(act), except_connection=PHONE))
                if act not in here.told:
                    acked.add(act)
        if room < ENOUGH:
            here.read_the_log()
        await here.until_told(8 - joined)
        assert here.told == list(range(joined + 1, 9))
        assert acked.isdisjoint(here.told_all)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("chat.realtime.order.HOLD_SECONDS", 0.001)
        asyncio.run(run())


async def test_nothing_is_held_that_comes_in_order() -> None:
    here = Here(stored=3)
    for seq in (1, 2, 3):
        here.order.deliver(entry(seq))
    assert here.told == [1, 2, 3]
    assert here.asked == []


async def test_the_first_that_is_seen_of_a_conversation_waits_for_what_may_be_before_it() -> None:
    here = Here(stored=42)
    here.seen = 40
    here.order.deliver(entry(42))
    assert here.told == []
    await here.until_told(2)
    assert here.told == [41, 42]


async def test_when_too_much_waits_nothing_is_told_twice_and_the_rest_when_the_log_is_read() -> (
    None
):
    here = Here(stored=30, held_at_most=10)
    for seq in (1, 2, 3, *range(5, 31)):
        here.order.deliver(entry(seq))
    here.read_the_log()
    assert here.told == list(range(1, 31))


async def test_a_hole_is_read_once_the_store_answers_again() -> None:
    here = Here(stored=3)
    here.away = 2
    here.order.deliver(entry(1))
    here.order.deliver(entry(3))
    await here.until_told(3)
    assert here.told == [1, 2, 3]


async def test_what_the_tail_has_told_is_not_told_again_when_it_comes_late() -> None:
    here = Here(stored=3)
    here.order.deliver(entry(1))
    assert here.order.heal(TALK, [entry(1), entry(2), entry(3)], 3, (METTE, OLE)) == 2
    here.order.deliver(entry(2))
    assert here.told == [1, 2, 3]
    assert here.order.was_delivered(103)


async def test_who_stays_hears_nothing_again_when_the_other_leaves_who_had_missed_it() -> None:
    here = Here(stored=2)
    missed = replace(entry(2), accounts=(METTE,))
    here.order.heal(TALK, [missed], 2, (METTE, OLE))
    here.here = {OLE}
    here.order.forget(METTE)
    here.order.deliver(entry(2))
    await asyncio.sleep(0)
    assert here.told == [2]


async def test_of_states_that_cross_the_newest_stays() -> None:
    here = Here(stored=0)

    def state(position: int) -> Publication:
        return Publication((OLE,), b"", conversation=TALK, position=position, state=True)

    for position in (5, 9, 7):
        here.order.deliver(state(position))
    assert len(here.told) == 2


# --- who is where ---------------------------------------------------------------------------------


@given(seed=st.integers(0, 1 << 32))
def test_the_directory_is_what_the_processes_hold_however_they_say_it(seed: int) -> None:
    dice = random.Random(seed)
    known: set[int] = set()
    directory = Directory(lambda account, here: (known.add if here else known.discard)(account))
    held: dict[str, set[int]] = {}
    version: dict[str, int] = {}
    for _ in range(60):
        process = dice.choice("abc")
        mine = held.setdefault(process, set())
        directory.heard(process, 0.0, 0)
        act = dice.randrange(4)
        if act == 0:
            directory.forget(process)
            del held[process]
        elif act == 1 or directory.version(process) < 0:
            mine.clear()
            mine.update(dice.sample(range(9), dice.randrange(9)))
            version[process] = dice.randrange(5)
            parts = list(mine)
            half = len(parts) // 2
            directory.roll(process, version[process], parts[:half], first=True, last=False)
            directory.roll(process, version[process], parts[half:], first=False, last=True)
        else:
            came, went = set(dice.sample(range(9), 2)), set(dice.sample(range(9), 2))
            went -= came
            mine.update(came)
            mine.difference_update(went)
            version[process] += 1
            assert directory.moved(process, version[process], came, went)
    for account in range(9):
        expected = {process for process, mine in held.items() if account in mine}
        assert set(directory.where(account) or ()) == expected
        assert (account in known) == bool(expected)


def test_a_change_after_one_that_was_not_heard_asks_for_the_roll() -> None:
    directory = Directory(lambda account, here: None)
    directory.heard("a", 0.0, 0)
    directory.roll("a", 3, [METTE], first=True, last=True)
    assert not directory.moved("a", 5, [OLE], [])
    assert directory.moved("a", 4, [OLE], [])


# --- limits that all count together ---------------------------------------------------------------


def test_what_one_process_lets_through_counts_in_the_others_once_it_is_told() -> None:
    rate = Rate(burst=5, per_minute=60)
    here, there = Buckets(), Buckets()
    here.share()
    shared, elsewhere = (
        Shared({"messages": here}, lambda: 0),
        Shared({"messages": there}, lambda: 0),
    )
    taken = sum(not here.take(METTE, rate, 0) for _ in range(10))
    elsewhere.spend(shared.take())
    taken += sum(not there.take(METTE, rate, 0) for _ in range(10))
    assert taken == 5
    assert there.take(METTE, rate, 1_000) == 0
    assert shared.take() == {}
