"""Who sees a bubble: the truth table of domain rules 1, 2 and 4, without a server."""

import datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chat.bubbles.model import (
    Author,
    Bubble,
    Content,
    State,
    Viewer,
    listed,
    matches_municipality,
    may_see,
    shows_municipality,
)
from chat.safety.model import contact_allowed

BALLERUP, GLADSAXE, HERLEV, GLOSTRUP = 151, 159, 163, 161
SUBSCRIBING = frozenset({BALLERUP, GLADSAXE})
TODAY = datetime.date(2024, 5, 1)
AUTHOR, VIEWER = 1, 2
AGES = (13, 14, 15, 17, 18, 40, 82)


def aged(age: int) -> datetime.date:
    return TODAY.replace(year=TODAY.year - age)


def bubble(
    municipality: int = BALLERUP,
    *,
    age: int = 40,
    state: State = State.OPEN,
    active: bool = True,
) -> Bubble:
    return Bubble(
        id=7,
        author=Author(AUTHOR, "Mette", municipality, aged(age), active),
        content=Content("Gåtur", "Hvem vil med på gåtur?", ("walks",), "🚶", None),
        state=state,
        held="link" if state is State.HELD else None,
        created_at=0,
    )


def viewer(municipality: int = BALLERUP, *, age: int = 40, account: int = VIEWER) -> Viewer:
    return Viewer(account, municipality, aged(age), TODAY, SUBSCRIBING)


@pytest.mark.parametrize(
    ("author_lives", "viewer_lives", "sees"),
    [
        (BALLERUP, BALLERUP, True),
        (BALLERUP, GLADSAXE, True),
        (BALLERUP, HERLEV, True),
        (HERLEV, BALLERUP, True),
        (HERLEV, HERLEV, False),
        (HERLEV, GLOSTRUP, False),
    ],
)
def test_seen_where_the_authors_or_the_viewers_municipality_subscribes(
    author_lives: int, viewer_lives: int, sees: bool
) -> None:
    assert may_see(bubble(author_lives), viewer(viewer_lives)) is sees


@pytest.mark.parametrize(("author_age", "viewer_age"), list(product(AGES, AGES)))
def test_seen_only_where_the_ages_allow_contact(author_age: int, viewer_age: int) -> None:
    seen = may_see(bubble(age=author_age), viewer(age=viewer_age))
    apart = min(author_age, viewer_age) < 15 and max(author_age, viewer_age) >= 18
    assert seen is not apart


@given(
    author_lives=some.sampled_from([BALLERUP, GLADSAXE, HERLEV, GLOSTRUP]),
    viewer_lives=some.sampled_from([BALLERUP, GLADSAXE, HERLEV, GLOSTRUP]),
    author_age=some.sampled_from(AGES),
    viewer_age=some.sampled_from(AGES),
    state=some.sampled_from(State),
    active=some.booleans(),
    own=some.booleans(),
)
def test_every_cell_of_the_table(
    author_lives: int,
    viewer_lives: int,
    author_age: int,
    viewer_age: int,
    state: State,
    active: bool,
    own: bool,
) -> None:
    seen_one = bubble(author_lives, age=author_age, state=state, active=active)
    eyes = viewer(viewer_lives, age=viewer_age, account=AUTHOR if own else VIEWER)
    by_place = bool(SUBSCRIBING & {author_lives, viewer_lives})
    by_age = contact_allowed(aged(author_age), aged(viewer_age), TODAY)
    public = state is not State.HELD and active
    assert may_see(seen_one, eyes) == (own or (public and by_place and by_age))
    assert listed(seen_one, eyes) == (state is State.OPEN and active and may_see(seen_one, eyes))


def test_the_author_always_sees_their_own() -> None:
    for state in State:
        own = bubble(HERLEV, age=14, state=state)
        assert may_see(own, viewer(HERLEV, age=14, account=AUTHOR))


def test_a_closed_bubble_is_seen_by_id_but_not_listed() -> None:
    assert may_see(bubble(state=State.CLOSED), viewer())
    assert not listed(bubble(state=State.CLOSED), viewer())


@pytest.mark.parametrize(("age", "shown"), [(14, False), (15, False), (17, False), (18, True)])
def test_a_childs_municipality_is_shown_to_nobody_else(age: int, shown: bool) -> None:
    assert shows_municipality(bubble(age=age), viewer(age=16)) is shown
    assert shows_municipality(bubble(age=age), viewer(account=AUTHOR))


def test_asking_for_a_municipality_does_not_tell_an_adult_where_a_child_lives() -> None:
    assert not matches_municipality(bubble(BALLERUP, age=16), viewer(age=40), BALLERUP)
    assert matches_municipality(bubble(BALLERUP, age=18), viewer(age=40), BALLERUP)


def test_children_of_one_municipality_find_each_other_by_it() -> None:
    child = bubble(BALLERUP, age=14)
    assert matches_municipality(child, viewer(BALLERUP, age=15), BALLERUP)
    assert not matches_municipality(child, viewer(GLADSAXE, age=15), BALLERUP)
