"""Municipalities as the server keeps them, on a real database."""

import datetime

import pytest

from chat.municipalities.model import SubscriptionsChanged
from chat.municipalities.service import Municipalities
from chat.scope import Scope
from chat.storage.database import Database
from chat.storage.facts import Facts
from protocol.requests import Nothing

BALLERUP, GLADSAXE, HERLEV, GLOSTRUP = 151, 159, 163, 161
TODAY = datetime.date(2024, 5, 1)
NOON = Scope(now=int(datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.UTC).timestamp() * 1000))


@pytest.fixture
async def municipalities(database: Database, facts: Facts) -> Municipalities:
    opened = await Municipalities.open(database)
    facts.after_commit(SubscriptionsChanged, opened.follow)
    return opened


async def test_all_98_are_known_by_name(municipalities: Municipalities) -> None:
    listed = (await municipalities.list(NOON, Nothing())).municipalities
    assert len(listed) == 98
    assert municipalities.name(BALLERUP) == "Ballerup"
    assert municipalities.exists(HERLEV)
    assert not municipalities.exists(100)


async def test_the_twelve_named_in_the_data_subscribe(municipalities: Municipalities) -> None:
    listed = (await municipalities.list(NOON, Nothing())).municipalities
    assert sum(one.subscribes for one in listed) == 12
    assert {BALLERUP, GLADSAXE} < municipalities.subscribing(TODAY)
    assert not {HERLEV, GLOSTRUP} & municipalities.subscribing(TODAY)


async def test_no_subscription_is_known_before_19_april_2022(
    municipalities: Municipalities,
) -> None:
    assert municipalities.subscribes(BALLERUP, datetime.date(2022, 4, 19))
    assert not municipalities.subscribes(BALLERUP, datetime.date(2022, 4, 18))


async def test_one_that_joins_subscribes_from_its_date_on(
    municipalities: Municipalities,
) -> None:
    await municipalities.subscribe(HERLEV, TODAY)
    assert not municipalities.subscribes(HERLEV, TODAY - datetime.timedelta(days=1))
    assert municipalities.subscribes(HERLEV, TODAY)


async def test_one_that_leaves_and_comes_back_is_remembered_with_its_gap(
    database: Database, municipalities: Municipalities
) -> None:
    back = TODAY + datetime.timedelta(days=30)
    await municipalities.unsubscribe(BALLERUP, TODAY)
    await municipalities.subscribe(BALLERUP, back)
    for kept in (municipalities, await Municipalities.open(database)):
        assert kept.subscribes(BALLERUP, TODAY - datetime.timedelta(days=1))
        assert not kept.subscribes(BALLERUP, TODAY)
        assert not kept.subscribes(BALLERUP, back - datetime.timedelta(days=1))
        assert kept.subscribes(BALLERUP, back)


async def test_an_unknown_municipality_cannot_subscribe(municipalities: Municipalities) -> None:
    with pytest.raises(KeyError):
        await municipalities.subscribe(100, TODAY)
