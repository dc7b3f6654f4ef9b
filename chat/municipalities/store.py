"""The tables of municipalities and their subscriptions."""

import csv
import datetime
from collections.abc import Iterable
from importlib.resources import files

from chat.municipalities.model import Municipality, Subscription
from chat.storage.database import Reader, Row, Transaction

FIRST_KNOWN = datetime.date(2022, 4, 19)
"""The day of which the list of subscribers is known; those on it have no earlier date."""


def seed(txn: Transaction) -> None:
    """Fill an empty table with the 98 municipalities and the subscribers known by name.

    One of which nothing is known does not subscribe until somebody says so.
    """
    if txn.one("SELECT 1 FROM municipalities LIMIT 1") is not None:
        return
    with (files("chat.municipalities") / "kommuner.csv").open(encoding="utf-8") as lines:
        known = list(csv.DictReader(lines))
    txn.many(
        "INSERT INTO municipalities (code, name, region) VALUES (?, ?, ?)",
        [(int(row["code"]), row["name"], row["region"]) for row in known],
    )
    save(
        txn,
        (
            Subscription(int(row["code"]), FIRST_KNOWN)
            for row in known
            if row["subscribes_2022"] == "yes"
        ),
    )


def municipalities(reader: Reader) -> list[Municipality]:
    """Give all, by code."""
    return [
        Municipality(row["code"], row["name"], row["region"])
        for row in reader.all("SELECT code, name, region FROM municipalities ORDER BY code")
    ]


def subscriptions(reader: Reader) -> list[Subscription]:
    """Give all subscriptions, past and coming ones too."""
    return [
        _subscription(row)
        for row in reader.all("SELECT municipality, from_date, to_date FROM subscriptions")
    ]


def subscriptions_of(reader: Reader, code: int) -> tuple[Subscription, ...]:
    """Give one municipality's subscriptions."""
    rows = reader.all(
        "SELECT municipality, from_date, to_date FROM subscriptions WHERE municipality = ?"
        " ORDER BY from_date",
        code,
    )
    return tuple(_subscription(row) for row in rows)


def save(txn: Transaction, news: Iterable[Subscription]) -> None:
    """Add subscriptions; one with the same first day is replaced."""
    txn.many(
        "INSERT INTO subscriptions (municipality, from_date, to_date) VALUES (?, ?, ?)"
        " ON CONFLICT (municipality, from_date) DO UPDATE SET to_date = excluded.to_date",
        [
            (one.code, one.from_date.isoformat(), one.to_date and one.to_date.isoformat())
            for one in news
        ],
    )


def replace(txn: Transaction, code: int, news: Iterable[Subscription]) -> None:
    """Give a municipality exactly these subscriptions."""
    txn.run("DELETE FROM subscriptions WHERE municipality = ?", code)
    save(txn, news)


def end(txn: Transaction, code: int, to_date: datetime.date) -> None:
    """Let no subscription of a municipality be in force from `to_date` on."""
    day = to_date.isoformat()
    txn.run("DELETE FROM subscriptions WHERE municipality = ? AND from_date >= ?", code, day)
    txn.run(
        "UPDATE subscriptions SET to_date = ?"
        " WHERE municipality = ? AND (to_date IS NULL OR to_date > ?)",
        day,
        code,
        day,
    )


def _subscription(row: Row) -> Subscription:
    to_date = row["to_date"]
    return Subscription(
        row["municipality"],
        datetime.date.fromisoformat(row["from_date"]),
        None if to_date is None else datetime.date.fromisoformat(to_date),
    )
