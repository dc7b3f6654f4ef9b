"""The visibility rule and dated subscriptions (domain rule 1)."""

import datetime

from hypothesis import given
from hypothesis import strategies as some

from chat.municipalities.model import Subscription, subscribes, visible

BALLERUP, HERLEV = 151, 163
DAY = datetime.date(2024, 5, 1)
dates = some.dates(datetime.date(2020, 1, 1), datetime.date(2030, 12, 31))


def test_a_subscribing_viewer_sees_everyone_and_everyone_sees_a_subscribing_author() -> None:
    assert visible(author_subscribes=True, viewer_subscribes=True)
    assert visible(author_subscribes=True, viewer_subscribes=False)
    assert visible(author_subscribes=False, viewer_subscribes=True)


def test_where_neither_subscribes_nothing_is_seen() -> None:
    assert not visible(author_subscribes=False, viewer_subscribes=False)


def test_a_subscription_covers_its_first_day_but_not_the_day_it_ends() -> None:
    end = DAY + datetime.timedelta(days=10)
    subscription = [Subscription(BALLERUP, DAY, end)]
    assert not subscribes(subscription, BALLERUP, DAY - datetime.timedelta(days=1))
    assert subscribes(subscription, BALLERUP, DAY)
    assert subscribes(subscription, BALLERUP, end - datetime.timedelta(days=1))
    assert not subscribes(subscription, BALLERUP, end)


@given(start=dates, date=dates)
def test_an_open_ended_subscription_covers_every_day_from_its_first(
    start: datetime.date, date: datetime.date
) -> None:
    assert subscribes([Subscription(BALLERUP, start)], BALLERUP, date) == (date >= start)


@given(start=dates, date=dates)
def test_a_subscription_says_nothing_about_another_municipality(
    start: datetime.date, date: datetime.date
) -> None:
    assert not subscribes([Subscription(BALLERUP, start)], HERLEV, date)
