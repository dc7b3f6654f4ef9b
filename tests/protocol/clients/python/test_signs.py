"""Typing and presence: when it is said, and how long it is shown."""

import pytest

from protocol.clients.python.arrivals import AT_ONCE, Arrival, Arrivals
from protocol.clients.python.effects import Event
from protocol.clients.python.own_typing import OwnTyping
from protocol.clients.python.signs import Signs
from protocol.golden.examples import BO, CONVERSATION_ID, FROM_ANNA, FROM_BO
from protocol.messages import PresenceChanged, Typing, TypingStopped
from protocol.requests import OneConversation, StartTyping
from protocol.resources import Presence, Presences

HERE = CONVERSATION_ID
WRITING = ("typing.start", StartTyping(HERE, "writing"))
THINKING = ("typing.start", StartTyping(HERE, "thinking"))
STOPPED = ("typing.stop", OneConversation(HERE))


@pytest.fixture
def typing() -> OwnTyping:
    """Who has just begun to write."""
    typing = OwnTyping()
    typing.say(HERE, "writing")
    assert typing.ready(0) == [WRITING]
    return typing


def test_writing_is_said_every_three_seconds_at_most(typing: OwnTyping) -> None:
    typing.say(HERE, "writing")
    assert typing.ready(2_999) == []
    typing.say(HERE, "writing")
    assert typing.ready(3_000) == [WRITING]


def test_thinking_is_said_as_soon_as_it_may_be(typing: OwnTyping) -> None:
    typing.say(HERE, "thinking")
    assert typing.ready(2_999) == []
    assert typing.deadline == 3_000
    assert typing.ready(3_000) == [THINKING]
    assert typing.deadline is None


def test_what_the_server_found_too_early_is_said_again_as_soon_as_it_may_be(
    typing: OwnTyping,
) -> None:
    typing.say(HERE, "thinking")
    assert typing.ready(3_000) == [THINKING]
    typing.refused(THINKING[1], 3_020)
    typing.say(HERE, "thinking")
    assert typing.ready(3_010) == []
    assert typing.deadline == 3_020
    assert typing.ready(3_020) == [THINKING]
    assert typing.ready(9_000) == []


def test_what_came_too_early_is_not_said_again_once_it_ended_or_became_another(
    typing: OwnTyping,
) -> None:
    typing.say(HERE, None)
    assert typing.ready(1_000) == [STOPPED]
    typing.refused(WRITING[1], 1_020)
    assert typing.deadline is None
    typing.say(HERE, "writing")
    assert typing.ready(3_000) == [WRITING]
    typing.say(HERE, "thinking")
    typing.refused(WRITING[1], 3_020)
    assert typing.ready(3_020) == [THINKING]


def test_a_stop_is_said_once_and_only_after_a_start_that_still_counts(typing: OwnTyping) -> None:
    typing.say(HERE, None)
    assert typing.ready(1_000) == [STOPPED]
    typing.say(HERE, None)
    assert typing.ready(1_001) == []
    typing.say(HERE, "writing")
    typing.ready(4_000)
    typing.say(HERE, None)
    assert typing.ready(10_000) == []


def test_a_message_needs_no_stop(typing: OwnTyping) -> None:
    typing.sent(HERE)
    typing.say(HERE, None)
    assert typing.ready(1_000) == []


def shown(signs: Signs, now: float) -> dict[int, str]:
    return dict(signs.typing(HERE, now))


def test_anothers_writing_is_shown_for_six_seconds() -> None:
    signs = Signs()
    signs.event(Event("typing.started", Typing(BO, "thinking"), HERE), 1_000)
    assert shown(signs, 6_999) == {BO: "thinking"}
    assert shown(signs, 7_000) == {}


@pytest.mark.parametrize(
    ("end", "left"),
    [
        (Event("typing.stopped", TypingStopped(BO), HERE), {}),
        (Event("message.created", FROM_BO, HERE, 2), {}),
        (Event("message.created", FROM_ANNA, HERE, 1), {BO: "writing"}),
    ],
)
def test_it_ends_with_a_stop_or_a_message_of_theirs(end: Event, left: dict[int, str]) -> None:
    signs = Signs()
    signs.event(Event("typing.started", Typing(BO), HERE), 0)
    signs.event(end, 1)
    assert shown(signs, 1) == left


def test_who_is_here_is_unknown_without_a_connection() -> None:
    signs = Signs()
    signs.watched(Presences([Presence(HERE, [1])]))
    signs.event(Event("presence.changed", PresenceChanged(2, here=True), HERE), 0)
    signs.event(Event("presence.changed", PresenceChanged(1, here=False), HERE), 0)
    assert signs.presence(HERE) == {2}
    signs.blind()
    assert signs.presence(HERE) == set()


def test_many_arrivals_are_told_of_at_once() -> None:
    arrivals = Arrivals()
    arrivals.add(HERE, 1)
    assert arrivals.ready() == [Arrival(HERE, 1, quietly=False)]
    arrivals.add(HERE, 2)
    arrivals.add(HERE, 3)
    assert arrivals.ready() == []
    arrivals.answered(HERE, again=False)
    assert arrivals.ready() == [Arrival(HERE, 3, quietly=False)]
    arrivals.answered(HERE, again=False)
    assert arrivals.ready() == []


def test_arrivals_that_nobody_heard_of_are_told_again() -> None:
    arrivals = Arrivals()
    for number in range(AT_ONCE + 1):
        arrivals.add(f"{number:016x}", 1)
    first = arrivals.ready()
    assert len(first) == AT_ONCE
    arrivals.grounded()
    assert arrivals.ready() == first


def test_what_was_told_quietly_is_told_again_and_answered_once_it_is_in_doubt() -> None:
    arrivals = Arrivals()
    for seq in (1, 2):
        arrivals.add(HERE, seq)
        assert arrivals.ready(quietly=True) == [Arrival(HERE, seq, quietly=True)]
    arrivals.grounded()
    assert arrivals.ready(quietly=True) == [Arrival(HERE, 2, quietly=False)]
    arrivals.add(HERE, 3)
    assert arrivals.ready(quietly=True) == []
    assert arrivals.answered(HERE, again=False) == 2
    assert arrivals.ready(quietly=True) == [Arrival(HERE, 3, quietly=True)]


def test_what_arrives_in_many_conversations_at_once_is_answered() -> None:
    arrivals = Arrivals()
    for number in range(AT_ONCE + 1):
        arrivals.add(f"{number:016x}", 1)
    assert {one.quietly for one in arrivals.ready(quietly=True)} == {False}
