"""What the log has and another process has published: told once, and read only if it must be."""

from collections.abc import Sequence

from chat.conversations.healing import Healing
from chat.realtime.broker import Publication
from chat.realtime.later import Later
from chat.realtime.order import InOrder
from chat.storage.horizon import Horizon
from tests.conversations.town import EPOCH, Town


class Neighbour:
    """Another process, in which everyone is connected; nothing is published to it by itself."""

    def __init__(self, town: Town, *, joined: int = 0, later_at_most: int = 100) -> None:
        self.told: list[int] = []
        self.on_its_way: Sequence[Publication] = ()
        self.order = InOrder(self._tell, lambda _: True)
        self.later = Later(self.order, later_at_most)
        self.healing = Healing(
            town.database,
            town.conversations.events,
            self.order,
            Horizon(EPOCH, 0),
            lambda _: None,
            lambda _: True,
            tuple,
            lambda _: joined,
            self.later.brings,
            self._let_arrive,
            lambda: town.now,
            0,
        )

    def _tell(self, publication: Publication) -> None:
        if publication.seq:
            self.told.append(publication.seq)

    async def _let_arrive(self) -> None:
        arrived, self.on_its_way = self.on_its_way, ()
        for publication in arrived:
            self.order.deliver(publication)


async def four_messages(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    talk = (await town.reply(ali, mette)).conversation
    for text in ("Hvornår?", "Kl. 10?", "Fint"):
        await town.send(ali, talk, text)
    seqs = [publication.seq for publication in town.heard if publication.seq]
    assert seqs == [1, 2, 3, 4]


async def test_what_is_on_its_way_when_the_log_is_read_is_not_read_from_it(town: Town) -> None:
    neighbour = Neighbour(town)
    await four_messages(town)
    neighbour.on_its_way = town.heard
    await neighbour.healing.round()
    assert (neighbour.told, neighbour.order.mended) == ([1, 2, 3, 4], 0)


async def test_what_does_not_arrive_is_read_and_is_not_told_again_when_it_comes_after_all(
    town: Town,
) -> None:
    neighbour = Neighbour(town)
    await four_messages(town)
    neighbour.on_its_way = [one for one in town.heard if one.seq < 3]
    await neighbour.healing.round()
    assert (neighbour.told, neighbour.order.mended) == ([1, 2, 3, 4], 2)
    for publication in town.heard:
        neighbour.order.deliver(publication)
    assert neighbour.told == [1, 2, 3, 4]


async def test_what_waits_because_the_tail_was_late_makes_it_no_later(town: Town) -> None:
    neighbour = Neighbour(town)
    await four_messages(town)
    first, *rest = [one for one in town.heard if one.seq]
    neighbour.order.deliver(first)
    assert neighbour.later.add(rest)
    await neighbour.healing.round()
    assert (neighbour.told, neighbour.order.mended) == ([1], 0)
    neighbour.later.hand_out()
    assert neighbour.told == [1, 2, 3, 4]


async def test_of_what_waits_with_a_hole_in_it_the_log_gives_the_rest(town: Town) -> None:
    neighbour = Neighbour(town)
    await four_messages(town)
    first, _, *rest = [one for one in town.heard if one.seq]
    neighbour.order.deliver(first)
    assert neighbour.later.add(rest)
    await neighbour.healing.round()
    neighbour.later.hand_out()
    assert neighbour.told == [1, 2, 3, 4]


async def test_what_is_too_much_to_wait_is_read_from_the_log(town: Town) -> None:
    neighbour = Neighbour(town, later_at_most=2)
    await four_messages(town)
    first, *rest = [one for one in town.heard if one.seq]
    neighbour.order.deliver(first)
    assert not neighbour.later.add(rest)
    await neighbour.healing.round()
    neighbour.later.hand_out()
    assert neighbour.told == [1, 2, 3, 4]


async def test_after_a_gap_everything_is_read_whatever_is_on_its_way(town: Town) -> None:
    neighbour = Neighbour(town)
    await four_messages(town)
    neighbour.on_its_way = town.heard
    neighbour.healing.missed(0)
    await neighbour.healing.round()
    assert (neighbour.told, neighbour.order.mended) == ([1, 2, 3, 4], 4)


async def test_whoever_came_since_has_read_it_and_is_told_nothing(town: Town) -> None:
    neighbour = Neighbour(town, joined=1_000)
    await four_messages(town)
    await neighbour.healing.round()
    assert neighbour.told == []
