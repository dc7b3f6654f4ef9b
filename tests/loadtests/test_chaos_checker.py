"""The checker catches each kind of broken promise, and is silent when all are kept."""

from dataclasses import replace

import pytest

from loadtests.chaos.checker import Acked, Device, Kind, Line, check

HISTORY = [Line(1, 1, "a"), Line(2, 2, "b"), Line(3, 1, "c"), Line(4, 2, "d")]
ACKS = [
    Acked("talk", 1, 1, 0, "a"),
    Acked("talk", 2, 2, 0, "b"),
    Acked("talk", 3, 1, 1, "c"),
    Acked("talk", 4, 2, 1, "d"),
]
PHONE = Device("phone of 1", {"talk": [HISTORY[1], HISTORY[3]]}, {"talk": 0}, frozenset("ac"))


def kinds(
    history: list[Line] = HISTORY, acks: list[Acked] = ACKS, device: Device = PHONE
) -> set[Kind]:
    return {broken.kind for broken in check({"talk": history}, acks, [device])}


def test_kept_promises_leave_nothing_to_say() -> None:
    assert kinds() == set()


def test_an_acked_message_that_is_not_in_history_is_lost() -> None:
    assert Kind.LOST in kinds(history=HISTORY[:3], device=replace(PHONE, received={"talk": []}))


def test_a_message_that_stands_twice_is_duplicated() -> None:
    assert Kind.DUPLICATED in kinds(history=[*HISTORY, Line(5, 2, "d")])


def test_a_hole_in_the_numbers_is_named() -> None:
    assert Kind.REORDERED in kinds(history=[*HISTORY, Line(6, 1, "e")])


def test_an_ack_with_another_number_is_named() -> None:
    assert Kind.REORDERED in kinds(acks=[replace(ACKS[0], seq=3)])


def test_a_senders_own_order_is_kept() -> None:
    swapped = [Line(1, 1, "c"), Line(2, 2, "b"), Line(3, 1, "a"), Line(4, 2, "d")]
    acks = [replace(ACKS[0], seq=3), ACKS[1], replace(ACKS[2], seq=1), ACKS[3]]
    assert Kind.REORDERED in kinds(history=swapped, acks=acks)


@pytest.mark.parametrize(
    ("received", "kind"),
    [
        ([HISTORY[1]], Kind.LOST),
        ([HISTORY[1], HISTORY[3], HISTORY[3]], Kind.DUPLICATED),
        ([HISTORY[3], HISTORY[1]], Kind.REORDERED),
        ([HISTORY[1], Line(4, 2, "something else")], Kind.REORDERED),
    ],
)
def test_what_a_device_missed_or_got_wrong_is_named(received: list[Line], kind: Kind) -> None:
    assert kind in kinds(device=replace(PHONE, received={"talk": received}))


def test_a_message_to_a_stranger_is_leaked() -> None:
    stranger = Device("stranger", {"elsewhere": [Line(1, 1, "x")]}, {}, frozenset())
    assert Kind.LEAKED in kinds(device=stranger)


def test_what_came_before_a_device_followed_is_not_missed() -> None:
    late = Device("tablet of 1", {"talk": [HISTORY[3]]}, {"talk": 3}, frozenset("ac"))
    assert kinds(device=late) == set()
