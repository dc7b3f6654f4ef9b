"""Lists of subscriptions as an administration keeps them: CSV in, checked line by line. Pure."""

import csv
import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from chat.municipalities.model import Subscription

COLUMNS = ("code", "from", "to")

Subscriptions = Mapping[int, tuple[Subscription, ...]]


@dataclass(frozen=True, slots=True)
class Checked:
    """A list that was read: what it says of each municipality it names, and what is wrong with it.

    A list with problems is not used at all.
    """

    subscriptions: Subscriptions
    problems: tuple[str, ...]


def read_list(lines: Iterable[str], known: Collection[int]) -> Checked:
    """Read a CSV list with a head: `code,from,to`; more columns are left alone, as a name may be.

    Dates are ISO 8601 in Copenhagen; `to` is the first day without, empty while it is open ended.
    A municipality of the list has exactly the subscriptions that the list gives it.
    """
    rows = csv.DictReader(lines)
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        return Checked({}, (f"line 1: no column {', '.join(missing)}",))
    found: dict[int, list[Subscription]] = {}
    problems: list[str] = []
    for row in rows:
        try:
            one = _read(row, known)
        except ValueError as problem:
            problems.append(f"line {rows.line_num}: {problem}")
        else:
            found.setdefault(one.code, []).append(one)
    sorted_ones = {
        code: tuple(sorted(ones, key=lambda one: one.from_date)) for code, ones in found.items()
    }
    problems += [problem for ones in sorted_ones.values() for problem in overlaps(ones)]
    return Checked(sorted_ones, tuple(problems))


def _read(row: Mapping[str, str | None], known: Collection[int]) -> Subscription:
    code, from_date, to_date = ((row[name] or "").strip() for name in COLUMNS)
    if not code.isdecimal() or int(code) not in known:
        raise ValueError(f"there is no municipality {code!r}")
    return checked(int(code), _date(from_date), _date(to_date) if to_date else None)


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date; write 2026-01-31") from None


def checked(code: int, from_date: datetime.date, to_date: datetime.date | None) -> Subscription:
    """Make a subscription of at least a day. Raises `ValueError`."""
    if to_date is not None and to_date <= from_date:
        raise ValueError(f"it would end on {to_date}, not after it begins on {from_date}")
    return Subscription(code, from_date, to_date)


def overlaps(ones: Iterable[Subscription]) -> list[str]:
    """Say which of one municipality's subscriptions, in order of their first day, overlap."""
    return [
        f"municipality {first.code}: what begins on {first.from_date} is in force still"
        f" when another begins on {second.from_date}"
        for first, second in pairwise(ones)
        if first.to_date is None or first.to_date > second.from_date
    ]
