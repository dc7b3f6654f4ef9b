"""A browser is pushed to while someone is logged in there, and its push service knows it."""

import pytest

from chat.accounts.model import SessionEnded
from chat.delivery.model import AddressGone
from chat.notifications import pushes
from chat.notifications.pushes import Pushes
from chat.scope import Actor, Scope
from chat.settings import Settings
from protocol.notices import SubscribePush
from tests.gateways import Browser
from tests.notifications.town import AWAY, Town

INSIDE = Settings(push_inside=True)


def session(town: Town, account: int, number: int) -> Scope:
    scope = town.scope(account)
    me = Actor(account, number, True, scope.me.born, scope.me.municipality, 0)
    return Scope(town.now, "da", me)


async def subscribe(town: Town, account: int, number: int, browser: Browser) -> None:
    use_cases = Pushes(town.database, INSIDE, there_is_push=True)
    town.now += 1
    keys = SubscribePush(browser.endpoint, browser.p256dh, browser.auth)
    await use_cases.subscribe(session(town, account, number), keys)


async def reached(town: Town) -> list[str]:
    """Give the endpoints of a push that all subscriptions of the town would get."""
    rows = "SELECT endpoint FROM push_subscriptions ORDER BY id"
    found = await town.database.read(lambda reader: reader.all(rows))
    return [row["endpoint"].rpartition("/")[2] for row in found]


def browser(name: str) -> Browser:
    return Browser(f"http://push.example/{name}")


@pytest.mark.parametrize(
    ("session", "but", "left"),
    [(1, None, ["two"]), (None, None, []), (None, 1, ["one"]), (3, None, ["one", "two"])],
)
async def test_logging_out_ends_it_with_what_waits_to_go_there(
    town: Town, session: int | None, but: int | None, left: list[str]
) -> None:
    hanne, bent = await town.person("Hanne"), await town.person("Bent")
    await subscribe(town, hanne, 1, browser("one"))
    await subscribe(town, hanne, 2, browser("two"))
    await town.reply(hanne, bent)
    await town.choose(hanne, {})
    await town.wait(AWAY)
    await town.database.write(lambda txn: txn.emit(SessionEnded(hanne, session, but)))
    assert await reached(town) == left
    assert len(await town.pushed()) == len(left)


async def test_a_browser_that_its_push_service_has_forgotten_is_forgotten(town: Town) -> None:
    hanne = await town.person("Hanne")
    await subscribe(town, hanne, 1, browser("one"))
    await subscribe(town, hanne, 2, browser("two"))
    find = "SELECT address FROM push_subscriptions ORDER BY id"
    row = await town.database.read(lambda reader: reader.one(find))
    assert row is not None
    await town.database.write(lambda txn: txn.emit(AddressGone("push", row["address"])))
    assert await reached(town) == ["two"]


async def test_a_browser_where_another_logs_in_is_theirs(town: Town) -> None:
    hanne, bent = await town.person("Hanne"), await town.person("Bent")
    shared = browser("shared")
    await subscribe(town, hanne, 1, shared)
    await subscribe(town, bent, 2, shared)
    assert await reached(town) == ["shared"]
    await town.reply(hanne, bent)
    await town.wait(AWAY)
    assert await town.pushed() == []


async def test_the_eleventh_browser_takes_the_place_of_the_oldest(town: Town) -> None:
    hanne = await town.person("Hanne")
    for number in range(11):
        await subscribe(town, hanne, number, browser(f"b{number:02}"))
    assert await reached(town) == [f"b{number:02}" for number in range(1, 11)]


async def test_what_belongs_to_a_session_that_has_run_out_is_swept_up(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "PAGE", 2)
    hanne = await town.person("Hanne")
    for number in range(5):
        await subscribe(town, hanne, number, browser(f"b{number}"))

    async def ended(sessions: object) -> set[int]:
        assert isinstance(sessions, set)
        return sessions & {0, 3, 4}

    await Pushes(town.database, INSIDE, there_is_push=True).tidy(ended)
    assert await reached(town) == ["b1", "b2"]
