"""The checker catches each kind of broken promise, and is silent when all are kept."""

from dataclasses import replace

import pytest

from loadtests.chaos.changes import Changed, Read, Shown, check_changes, check_read, check_shown
from loadtests.chaos.checker import Acked, Device, Kind, Line, Return, check, check_return

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


EDIT = Changed("talk", 5, "message_edited", 1, 1)
EDITED = ("talk", "message_edited", 1, 1)


def test_changes_that_stand_as_asked_leave_nothing_to_say() -> None:
    assert check_changes([EDIT], [EDIT], {EDITED: 1}) == []


def test_an_acked_change_that_is_not_there_is_lost() -> None:
    assert [one.kind for one in check_changes([], [EDIT], {EDITED: 1})] == [Kind.LOST]


def test_an_ack_may_name_a_later_change_but_no_earlier_one() -> None:
    assert check_changes([EDIT], [replace(EDIT, seq=9)], {EDITED: 1}) == []
    assert check_changes([EDIT], [replace(EDIT, seq=4)], {EDITED: 1})


def test_a_change_that_was_asked_for_once_and_stands_twice_is_duplicated() -> None:
    twice = [EDIT, replace(EDIT, seq=6)]
    assert [one.kind for one in check_changes(twice, [], {EDITED: 1})] == [Kind.DUPLICATED]


def test_a_message_shown_otherwise_than_it_stands_is_named() -> None:
    stored = {1: Shown("rettet", deleted=False, reactions="")}
    assert check_shown("talk", stored, "phone", stored) == []
    assert check_shown("talk", stored, "phone", {1: Shown("før", deleted=False, reactions="")})


def test_a_mark_that_stands_before_where_it_was_acked_is_lost() -> None:
    assert check_read([Read("talk", 1, 7)], [Read("talk", 1, 5), Read("talk", 1, 7)]) == []
    assert check_read([Read("talk", 1, 4)], [Read("talk", 1, 5)])


@pytest.mark.parametrize(
    ("heard", "told", "missing"),
    [
        (2, {3, 4}, []),
        (0, {2, 3, 4}, []),  # of one's own first there was an ack
        (1, {3, 4}, [2]),
        (2, {4}, []),
        (0, {2, 4}, [3]),  # one's own, in the middle: told of both around it
        (2, set(), [4]),
        (4, set(), []),
    ],
)
def test_whoever_comes_back_is_told_all_that_others_wrote_since(
    heard: int, told: set[int], missing: list[int]
) -> None:
    found = check_return("talk", HISTORY, Return("phone of 1", 1, heard, frozenset(told)))
    assert [(one.kind, one.what) for one in found] == [
        (Kind.LOST, f"phone of 1 comes back and is not told {seq}") for seq in missing
    ]
