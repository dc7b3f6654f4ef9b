"""Dated subscriptions and the visibility rule (domain rule 1). Pure: no I/O, no clock."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from chat.storage.facts import Fact


@dataclass(frozen=True, slots=True)
class Subscription:
    """A municipality subscribes from `from_date` until the day before `to_date`.

    Both are dates in Copenhagen; `to_date` is the first day without, None while it is open ended.
    """

    code: int
    from_date: datetime.date
    to_date: datetime.date | None = None

    def covers(self, date: datetime.date) -> bool:
        """Tell whether it is in force on a date."""
        return self.from_date <= date and (self.to_date is None or date < self.to_date)


@dataclass(frozen=True, slots=True)
class Municipality:
    """One of the 98, by its official code."""

    code: int
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class SubscriptionsChanged(Fact):
    """A municipality's subscriptions are now these."""

    code: int
    subscriptions: tuple[Subscription, ...]


def subscribes(subscriptions: Iterable[Subscription], code: int, date: datetime.date) -> bool:
    """Tell whether a municipality subscribes on a date."""
    return any(one.code == code and one.covers(date) for one in subscriptions)


def visible(*, author_subscribes: bool, viewer_subscribes: bool) -> bool:
    """THE VISIBILITY RULE (domain rule 1): does the viewer see the author's bubble?

    True iff the author's municipality or the viewer's subscribes. Whoever is the author sees
    their own whatever this says; what else may hide a bubble is `chat.bubbles.model.may_see`.
    """
    return author_subscribes or viewer_subscribes
