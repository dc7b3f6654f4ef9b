"""The life of a bubble, and what its author may write."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chat.bubbles import model
from chat.bubbles.model import Event, State, after, retry_after
from protocol.errors import Refused

HOUR = 3_600_000


def test_a_held_bubble_opens_once_its_author_has_edited_it_well() -> None:
    assert after(State.HELD, Event.STOPPED) is State.HELD
    assert after(State.HELD, Event.PASSED) is State.OPEN


def test_an_open_bubble_is_held_when_an_edit_is_stopped() -> None:
    assert after(State.OPEN, Event.STOPPED) is State.HELD


def test_closing_is_for_ever_and_twice_is_once() -> None:
    assert after(State.OPEN, Event.CLOSED) is State.CLOSED
    assert after(State.CLOSED, Event.CLOSED) is State.CLOSED


@pytest.mark.parametrize("event", [Event.PASSED, Event.STOPPED])
def test_a_closed_bubble_is_not_edited(event: Event) -> None:
    with pytest.raises(Refused, match="bubble_closed"):
        after(State.CLOSED, event)


def test_a_title_is_one_line() -> None:
    assert model.clean_title("  Gåtur\n\tpå  lørdag ") == "Gåtur på lørdag"


def test_a_text_keeps_its_paragraphs_but_no_control_signs() -> None:
    assert model.clean_text(" Kære alle\r\n\r\nKom\x00 med! ") == "Kære alle\n\nKom med!"


@pytest.mark.parametrize("text", ["   ", " a \n ", "\x00\x01\x02\x03"])
def test_a_title_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        model.clean_title(text)
    assert refused.value.field == "title"


def test_a_text_of_blanks_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        model.clean_text(" \n" * 20)
    assert refused.value.field == "text"


@pytest.mark.parametrize("symbol", ["🫧", "☕", "❤️", "👩🏽‍🍳", "🇩🇰", "🗣️"])
def test_a_symbol_is_an_emoji(symbol: str) -> None:
    assert model.clean_symbol(symbol) == symbol


@pytest.mark.parametrize("symbol", ["29184733", "ring mig", "☕ 29", "", " ", "@mette"])
def test_a_symbol_is_nothing_that_can_be_read(symbol: str) -> None:
    with pytest.raises(Refused) as refused:
        model.clean_symbol(symbol)
    assert refused.value.field == "symbol"


def test_interests_are_known_and_named_once() -> None:
    assert model.clean_interests(["walks", "coffee", "walks"]) == ("walks", "coffee")
    with pytest.raises(Refused, match="invalid_field"):
        model.clean_interests(["dating"])


@given(
    hours=some.lists(some.integers(0, 23), max_size=30).map(sorted),
    allowed=some.integers(1, 20),
)
def test_after_the_wait_there_is_room_for_one_more(hours: list[int], allowed: int) -> None:
    now = 100 * HOUR
    times = [now - (23 - hour) * HOUR for hour in hours]
    wait = retry_after(times, allowed, now)
    assert (wait is None) == (len(times) < allowed)
    if wait is not None:
        later = now + wait
        assert sum(at > later - model.DAY for at in times) < allowed
