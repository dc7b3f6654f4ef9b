"""The SQL of lists and counts gives exactly what the pure rule says, on random towns."""

import datetime
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from chat.bubbles import listing, store
from chat.bubbles.listing import NEWEST, Narrowing
from chat.bubbles.model import (
    Author,
    Bubble,
    Content,
    State,
    Viewer,
    listed,
    matches_municipality,
)
from chat.safety.service import hidden_from
from chat.storage.database import Transaction
from chat.storage.facts import Facts
from chat.storage.migrations import statements
from chat.storage.sqlite import DIALECT, SQLiteTransaction
from chat.terms import after_prefix, index_terms, interest_term, query_terms

PLACES = [151, 159, 163, 161]
WORDS = ["gåtur", "gåturene", "kaffe", "kaf", "kano", "hund", "sø", "so", "og"]
TODAY = datetime.date(2024, 2, 29)

births = some.one_of(
    some.dates(datetime.date(2005, 1, 1), datetime.date(2012, 12, 31)),
    some.sampled_from(
        [
            TODAY.replace(year=year, day=day)
            for year, day in itertools.product((2004, 2008), (28, 29))
        ]
    ),
    some.sampled_from([datetime.date(year, 3, 1) for year in (2006, 2009, 2011)]),
    some.sampled_from([datetime.date(year, 2, 28) for year in (2006, 2009, 2011)]),
    some.dates(datetime.date(1930, 1, 1), datetime.date(2004, 12, 31)),
)
texts = some.lists(some.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@dataclass(frozen=True)
class Post:
    """What becomes a bubble."""

    account: int
    municipality: int
    born: datetime.date
    state: State
    active: bool
    text: str
    interest: str


posts = some.lists(
    some.builds(
        Post,
        account=some.integers(1, 4),
        municipality=some.sampled_from(PLACES),
        born=births,
        state=some.sampled_from([State.OPEN, State.OPEN, State.HELD, State.CLOSED]),
        active=some.sampled_from([True, True, False]),
        text=texts,
        interest=some.sampled_from(["walks", "coffee"]),
    ),
    max_size=12,
)
viewers = some.builds(
    Viewer,
    account=some.integers(1, 6),
    municipality=some.sampled_from(PLACES),
    born=births,
    today=some.just(TODAY),
    subscribing=some.frozensets(some.sampled_from(PLACES)),
)
# Who has blocked whom, among authors and viewers.
pairs = some.sets(some.tuples(some.integers(1, 6), some.integers(1, 6)), max_size=6)
narrowings = some.builds(
    Narrowing,
    interest=some.sampled_from([None, None, "walks", "coffee"]),
    municipality=some.sampled_from([None, None, *PLACES]),
    query=some.one_of(some.none(), texts.map(query_terms)),
)


NEEDED = (
    "0001_log.sql",
    "0005_bubbles.sql",
    "0007_conversations.sql",
    "0009_blocks.sql",
    "0019_partings.sql",
)


def terms_of(bubble: Bubble) -> frozenset[str]:
    interests = {interest_term(slug) for slug in bubble.content.interests}
    return index_terms([bubble.content.text]) | interests


def matches(bubble: Bubble, viewer: Viewer, narrowing: Narrowing) -> bool:
    terms, query = terms_of(bubble), narrowing.query
    if narrowing.interest is not None and interest_term(narrowing.interest) not in terms:
        return False
    place = narrowing.municipality
    if place is not None and not matches_municipality(bubble, viewer, place):
        return False
    if query is None:
        return True
    prefix = query.prefix
    return query.whole <= terms and (
        prefix is None or any(prefix <= term < after_prefix(prefix) for term in terms)
    )


@pytest.fixture(scope="module")
def schema() -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:", isolation_level=None) as connection:
        connection.row_factory = sqlite3.Row
        for name in NEEDED:
            script = files("chat.storage").joinpath("migrations", name).read_text("utf-8")
            for statement in statements(script, DIALECT):
                connection.execute(statement)
        yield connection
    connection.close()


def settle(connection: sqlite3.Connection, town: list[Post]) -> tuple[Transaction, list[Bubble]]:
    """Store a town's bubbles alone; gives them, the newest first."""
    connection.execute("DELETE FROM bubbles")
    connection.execute("DELETE FROM bubble_terms")
    txn = SQLiteTransaction(connection, Facts())
    bubbles = [
        Bubble(
            id=number,
            author=Author(post.account, "Mette", post.municipality, post.born, post.active),
            content=Content("Titel", post.text, (post.interest,), "🫧", None),
            state=post.state,
            held=None,
            created_at=number,
        )
        for number, post in enumerate(town, 1)
    ]
    for bubble in bubbles:
        store.add(txn, bubble, terms_of(bubble))
    return txn, bubbles[::-1]


def apart(
    txn: Transaction, viewer: Viewer, made: set[tuple[int, int]], left: set[tuple[int, int]]
) -> Viewer:
    """Store blocks and partings alone; gives the viewer with what follows from them."""
    txn.run("DELETE FROM blocks")
    txn.run("DELETE FROM partings")
    for number, (account, other) in enumerate(sorted(made)):
        txn.run("INSERT INTO blocks VALUES (?, ?, ?, 0)", number, account, other)
    for account, other in left:
        txn.run("INSERT INTO partings VALUES (?, ?, 0)", account, other)
    me = viewer.account
    hidden = {pair[1] if pair[0] == me else pair[0] for pair in made if me in pair}
    hidden |= {account for account, other in left if other == me}
    assert hidden == hidden_from(txn, me)
    return replace(viewer, hidden=frozenset(hidden))


def pages(page: Callable[[int], list[Bubble]]) -> list[Bubble]:
    """Read page after page to the end."""
    found: list[Bubble] = []
    while more := page(found[-1].id if found else NEWEST):
        found += more
    return found


@settings(max_examples=200, deadline=None)
@given(
    town=posts,
    viewer=viewers,
    made=pairs,
    left=pairs,
    narrowing=narrowings,
    limit=some.integers(1, 5),
    rare=some.sampled_from([0, 2, 2_000]),
)
def test_lists_and_counts_are_what_the_rule_says(
    schema: sqlite3.Connection,
    town: list[Post],
    viewer: Viewer,
    made: set[tuple[int, int]],
    left: set[tuple[int, int]],
    narrowing: Narrowing,
    limit: int,
    rare: int,
) -> None:
    txn, bubbles = settle(schema, town)
    viewer = apart(txn, viewer, made, left)
    matching = [bubble for bubble in bubbles if matches(bubble, viewer, narrowing)]
    expected = [bubble for bubble in matching if listed(bubble, viewer)]
    own = [bubble for bubble in matching if bubble.author.account == viewer.account]
    # Which term a search starts from changes how it is found, never what.
    with patch.object(listing, "RARE", rare):
        assert listing.count(txn, viewer, narrowing) == len(expected)
        for page, wanted in (
            (listing.page_of_others_and_own, expected),
            (listing.page_of_own, own),
        ):
            assert wanted == pages(
                lambda before, page=page: page(txn, viewer, narrowing, before, limit)  # type: ignore[misc]
            )
