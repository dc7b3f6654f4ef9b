"""Presence where it is kept: what is forgotten, what is checked anew, and what happens at once."""

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from chat.conversations.model import RightsRaised
from chat.conversations.presence import PresenceWatches
from chat.conversations.service import raise_rights
from chat.realtime.hub import Hub
from chat.realtime.presence import SocketPresence
from chat.realtime.wheel import Wheel
from chat.scope import Actor, copenhagen_midnight
from loadtests.beside import beside
from protocol.closes import CloseCode
from protocol.messages import PresenceChanged
from protocol.requests import OneConversation, WatchPresence
from protocol.resources import Presences
from tests.conversations.town import Town
from tests.patience import PATIENCE_SECONDS
from tests.people import Person

METTE, OLE = 1, 2
LATER = 60.0


@dataclass(eq=False)
class Screen:
    """A socket that keeps what it is told, unless it is too slow to be told anything."""

    hub: Hub
    person: Person
    id: int
    slow: bool = False
    waiting: int = 0
    actor: Actor | None = None
    opened_at: int = 0
    told: list[tuple[int, bool]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def push(self, data: bytes, ephemeral: bool, position: int = 0) -> None:
        if self.slow:
            self.leave()
            return
        event = msgspec.json.decode(data[data.index(b"{") :])
        change = msgspec.convert(event["data"], PresenceChanged)
        self.told.append((change.member, change.here))
        self.came.set()

    def become(self, actor: Actor) -> None:
        self.actor = actor

    def close(self, close: CloseCode) -> None:
        self.leave()

    def leave(self) -> None:
        self.hub.remove(self.person.account, self)


class Street:
    """A town whose people let it be seen that they are here."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.hub = Hub(town.broker, 10)
        self.here = SocketPresence(self.hub, Wheel(), 30_000)
        rights = town.conversations.rights
        self.presence = PresenceWatches(rights, self.here, self.hub, lambda: town.now)
        self._sockets = 0

    def move_in(self, alias: str, born: str = "1980-01-01") -> Person:
        person = self.town.move_in(alias)
        self.change("presence = 1, born = ?", born, person)
        return person

    def change(self, what: str, value: object, person: Person) -> None:
        with beside(self.town.address) as store:
            store.run(f"UPDATE accounts SET {what} WHERE id = ?", value, person.account)

    def screen(self, person: Person, *, slow: bool = False) -> Screen:
        self._sockets += 1
        one = Screen(self.hub, person, self._sockets, slow)
        self.hub.add(person.account, one)
        return one

    async def watch(self, screen: Screen, *talks: str) -> Presences:
        scope = self.town.scope(screen.person, screen.id)
        return await self.presence.watch(scope, WatchPresence(list(talks)))

    async def here_for(self, screen: Screen, talk: str) -> list[int]:
        scope = self.town.scope(screen.person)
        return (await self.presence.get(scope, OneConversation(talk))).members

    def half_a_minute_later(self) -> None:
        self.here.on_turn(asyncio.get_running_loop().time() + LATER)

    @property
    def keeps_nothing(self) -> bool:
        kept = (self.presence._rooms, self.presence._rooms_of, self.presence._watched_by)
        return not any((*kept, self.here._looked_at, self.here._going))


@pytest.fixture
def street(town: Town) -> Street:
    return Street(town)


Talk = Callable[[], Awaitable[tuple[Person, Person, str]]]


@pytest.fixture
def talk(street: Street) -> Talk:
    async def make() -> tuple[Person, Person, str]:
        mette, ole = street.move_in("Mette"), street.move_in("Ole")
        return mette, ole, (await street.town.reply(ole, mette)).conversation

    return make


async def test_of_accounts_that_nobody_watches_nothing_is_kept(street: Street, talk: Talk) -> None:
    mette, ole, _ = await talk()
    for person in (mette, ole):
        street.screen(person).leave()
        assert street.keeps_nothing


async def test_a_closed_socket_is_forgotten_and_with_the_last_everything(
    street: Street, talk: Talk
) -> None:
    mette, ole, where = await talk()
    his, hers, her_other = street.screen(ole), street.screen(mette), street.screen(mette)
    for one in (his, hers, her_other):
        await street.watch(one, where)
    his.leave()
    hers.leave()
    street.half_a_minute_later()
    assert (hers.told, her_other.told) == ([], [(OLE, False)])
    her_other.leave()
    assert street.keeps_nothing


async def test_one_who_closed_while_asking_is_not_watched_for(street: Street, talk: Talk) -> None:
    mette, _, where = await talk()
    hers = street.screen(mette)
    asking = asyncio.ensure_future(street.watch(hers, where))
    await asyncio.sleep(0)
    hers.leave()
    assert (await asking).conversations == []
    assert street.keeps_nothing


async def test_who_goes_counts_as_here_for_half_a_minute(street: Street, talk: Talk) -> None:
    mette, ole, where = await talk()
    hers, his = street.screen(mette), street.screen(ole)
    await street.watch(hers, where)
    his.leave()
    street.here.on_turn(asyncio.get_running_loop().time() + 29.0)
    assert hers.told == []
    assert await street.here_for(hers, where) == [OLE]
    street.half_a_minute_later()
    street.half_a_minute_later()
    assert hers.told == [(OLE, False)]
    assert await street.here_for(hers, where) == []
    street.screen(ole)
    assert hers.told == [(OLE, False), (OLE, True)]


async def test_one_who_goes_and_comes_and_goes_is_told_of_once(street: Street, talk: Talk) -> None:
    mette, ole, where = await talk()
    hers = street.screen(mette)
    street.screen(ole).leave()  # before anybody looked: gone is gone
    assert (await street.watch(hers, where)).conversations[0].members == []
    for _ in range(3):
        street.screen(ole).leave()
    street.half_a_minute_later()
    assert hers.told == [(OLE, True), (OLE, False)]


async def test_one_too_slow_to_be_told_is_forgotten_and_the_others_are_told(
    street: Street, talk: Talk
) -> None:
    mette, ole, where = await talk()
    slow, hers = street.screen(mette, slow=True), street.screen(mette)
    for one in (slow, hers):
        await street.watch(one, where)
    his = street.screen(ole)
    assert hers.told == [(OLE, True)]
    assert not street.hub.has(mette.account, slow.id)
    his.leave()
    hers.leave()
    assert street.keeps_nothing


async def raise_anew(street: Street, person: Person) -> None:
    await street.town.database.write(raise_rights, person.account)


async def test_whatever_happens_while_one_asks_nothing_denied_is_shown(
    street: Street, talk: Talk
) -> None:
    mette, ole, where = await talk()
    street.screen(ole)
    for shown in (0, 1) * 10:
        hers = street.screen(mette)

        async def decide(shown: int = shown) -> None:
            street.change("presence = ?", shown, ole)
            await raise_anew(street, ole)

        answer, _ = await asyncio.gather(street.watch(hers, where), decide())
        await settled(street)
        told_first = [(OLE, True) for one in answer.conversations for _ in one.members]
        last = ([*told_first, *hers.told] or [(OLE, False)])[-1]
        assert last == (OLE, bool(shown))
        hers.leave()
    assert street.keeps_nothing


async def settled(street: Street) -> None:
    """Wait until no rights are being read."""
    if street.presence._checking is not None:
        await street.presence._checking


async def test_rights_that_cannot_be_read_show_nobody(street: Street, talk: Talk) -> None:
    mette, ole, where = await talk()
    hers = street.screen(mette)
    street.screen(ole)
    assert (await street.watch(hers, where)).conversations[0].members == [OLE]
    await street.town.database.close()
    street.town.facts.tell_after(RightsRaised((int(where, 16),)))
    await asyncio.wait_for(hers.came.wait(), PATIENCE_SECONDS)
    assert hers.told == [(OLE, False)]


async def test_at_the_midnight_after_which_two_may_not_talk_nobody_is_seen(street: Street) -> None:
    day = datetime.date(2026, 12, 1)
    child = street.move_in("Ib", (day - datetime.timedelta(days=14 * 365 + 100)).isoformat())
    nearly_grown = street.move_in("Kaj", day.replace(year=day.year - 18).isoformat())
    where = (await street.town.reply(nearly_grown, child)).conversation
    screen = street.screen(child)
    his = street.screen(nearly_grown)
    assert (await street.watch(screen, where)).conversations[0].members == [OLE]
    street.town.now = copenhagen_midnight(day)
    his.leave()
    street.half_a_minute_later()
    await settled(street)
    assert screen.told == [(OLE, False)]
    street.screen(nearly_grown)
    await settled(street)
    assert screen.told == [(OLE, False)]
    assert await street.here_for(screen, where) == []
