"""Channels, quiet hours and the words of time: the pure rules."""

import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.delivery.model import Channel
from chat.notifications.model import (
    ALWAYS,
    CHANNELS,
    DEFAULTS,
    KINDS,
    NIGHT,
    POSSIBLE,
    SILENT,
    URGENT,
    Choices,
    Quiet,
    how_much,
    may_change,
    quiet_end,
    when,
)
from chat.scope import COPENHAGEN
from protocol.notices import NoticeKind

HOUR = 3_600_000
CELLS = [(kind, channel) for kind in KINDS for channel in CHANNELS]
MOMENTS = st.integers(1_700_000_000, 2_200_000_000).map(lambda seconds: seconds * 1000)
MINUTES = st.integers(0, 1439)
QUIET = st.builds(Quiet, MINUTES, MINUTES).filter(lambda quiet: quiet.start != quiet.until)
CHOSEN = st.dictionaries(st.sampled_from(CELLS), st.booleans())


def at(month: int, day: int, hour: int, minute: int = 0, *, fold: int = 0) -> int:
    local = datetime.datetime(2026, month, day, hour, minute, tzinfo=COPENHAGEN, fold=fold)
    return int(local.timestamp()) * 1000


def minute(moment: int) -> int:
    local = datetime.datetime.fromtimestamp(moment / 1000, COPENHAGEN)
    return local.hour * 60 + local.minute


# --- channels -------------------------------------------------------------------------------------


@given(CHOSEN, st.sampled_from(KINDS), st.sets(st.sampled_from(CHANNELS)))
def test_a_channel_is_used_if_it_is_there_possible_and_chosen(
    chosen: dict[tuple[NoticeKind, Channel], bool],
    kind: NoticeKind,
    available: set[Channel],
) -> None:
    used = Choices(chosen).channels(kind, available)
    assert set(used) <= available & POSSIBLE[kind]
    for channel in available & POSSIBLE[kind]:
        if (kind, channel) in ALWAYS:
            assert channel in used
        else:
            assert (channel in used) is chosen.get((kind, channel), channel in DEFAULTS[kind])


def test_the_defaults_are_possible_and_everyone_gets_everything_somehow() -> None:
    for kind in KINDS:
        assert DEFAULTS[kind] <= POSSIBLE[kind]
        assert DEFAULTS[kind]


@pytest.mark.parametrize("kind", ["booking", "talk_soon"])
def test_the_mail_with_the_link_to_a_talk_cannot_be_turned_off(kind: NoticeKind) -> None:
    assert not may_change((kind, "mail"))
    everything_off = dict.fromkeys(CELLS, False)
    assert Choices(everything_off).channels(kind, CHANNELS) == ["mail"]


# --- quiet hours ----------------------------------------------------------------------------------


@given(MOMENTS, QUIET)
@example(at(3, 28, 23), Quiet(22 * 60, 2 * 60 + 30))
@example(at(10, 25, 2, 30), Quiet(120, 150))
@example(at(10, 25, 2, 30, fold=1), Quiet(120, 150))
def test_the_end_of_the_quiet_hours_is_the_first_moment_that_is_not_quiet(
    now: int, quiet: Quiet
) -> None:
    end = quiet_end(now, quiet)
    assert now <= end <= now + 25 * HOUR
    assert not quiet.holds(minute(end))
    if not quiet.holds(minute(now)):
        assert end == now
    assert quiet_end(end, quiet) == end


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (at(11, 18, 21, 59), at(11, 18, 21, 59)),
        (at(11, 18, 22), at(11, 19, 7)),
        (at(11, 19, 6, 59), at(11, 19, 7)),
        (at(11, 19, 7), at(11, 19, 7)),
        (at(3, 28, 23), at(3, 29, 7)),  # an hour shorter
        (at(10, 24, 23), at(10, 25, 7)),  # an hour longer
    ],
)
def test_the_night_is_from_ten_to_seven(now: int, end: int) -> None:
    assert quiet_end(now, NIGHT) == end


@given(MOMENTS, st.sampled_from(KINDS), st.sampled_from(CHANNELS), st.none() | QUIET)
def test_only_what_makes_a_sound_and_can_wait_waits(
    now: int, kind: NoticeKind, channel: Channel, quiet: Quiet | None
) -> None:
    due = Choices({}, quiet).due_at(now, kind, channel)
    if quiet is None or kind in URGENT or channel in SILENT:
        assert due == now
    else:
        assert due == quiet_end(now, quiet)


# --- words ----------------------------------------------------------------------------------------


def test_a_moment_is_said_as_one_says_it_in_copenhagen() -> None:
    evening = at(12, 3, 19)
    assert when(evening, "da") == "torsdag den 3. december kl. 19.00"
    assert when(evening, "en") == "Thursday 3 December at 19:00"


@pytest.mark.parametrize(
    ("messages", "people", "danish", "english"),
    [
        (1, 1, ("1 ulæst besked", "1 person"), ("1 unread message", "1 person")),
        (7, 1, ("7 ulæste beskeder", "1 person"), ("7 unread messages", "1 person")),
        (7, 3, ("7 ulæste beskeder", "3 personer"), ("7 unread messages", "3 people")),
    ],
)
def test_how_much_is_unread(
    messages: int, people: int, danish: tuple[str, str], english: tuple[str, str]
) -> None:
    assert tuple(how_much(messages, people, "da").values()) == danish
    assert tuple(how_much(messages, people, "en").values()) == english
