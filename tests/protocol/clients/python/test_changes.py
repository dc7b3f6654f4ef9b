"""Changes of messages on their way: in order, the last word once, and safe to repeat."""

import pytest

from protocol.clients.python.changes import Change, Changes
from protocol.errors import Then
from protocol.messages import ErrorBody
from protocol.requests import EditMessage, OneMessage, React

HERE = "019d2f0c5d314004"
ADD = Change("reaction.add", React(HERE, 1, "heart"))
REMOVE = Change("reaction.remove", React(HERE, 1, "heart"))
EDIT = Change("message.edit", EditMessage(HERE, 1, "Hej"))
DELETE = Change("message.delete", OneMessage(HERE, 1))
PIN = Change("message.pin", OneMessage(HERE, 1))
UNPIN = Change("message.unpin", OneMessage(HERE, 1))


def queue(*changes: Change) -> Changes:
    changing = Changes()
    for change in changes:
        changing.add(*change)
    return changing


def sent(changes: Changes, now: float = 0) -> list[Change]:
    return [change for _, change in changes.next(now)]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [(ADD, REMOVE), (REMOVE, ADD), (EDIT, EDIT), (PIN, UNPIN), (EDIT, DELETE), (ADD, DELETE)],
)
def test_of_two_that_wait_the_later_is_enough(earlier: Change, later: Change) -> None:
    changes = queue(earlier, later)
    assert sent(changes) == [later]
    assert changes.answered(2) == [2, 1]
    assert len(changes) == 0


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (ADD, Change("reaction.add", React(HERE, 1, "laugh"))),
        (EDIT, Change("message.edit", EditMessage(HERE, 2, "Hej"))),
        (EDIT, PIN),
        (DELETE, EDIT),
    ],
)
def test_those_that_speak_of_different_things_both_go_out_in_order(
    earlier: Change, later: Change
) -> None:
    changes = queue(earlier, later)
    assert sent(changes) == [earlier]
    assert changes.answered(1) == [1]
    assert sent(changes) == [later]


def test_one_that_is_on_the_wire_is_not_replaced() -> None:
    changes = queue(ADD)
    assert sent(changes) == [ADD]
    changes.add(*REMOVE)
    assert sent(changes) == []
    changes.answered(1)
    assert sent(changes) == [REMOVE]


def test_one_whose_answer_was_lost_goes_out_again() -> None:
    changes = queue(EDIT)
    assert sent(changes) == sent_again(changes) == [EDIT]


def sent_again(changes: Changes) -> list[Change]:
    changes.grounded()
    return sent(changes)


def test_one_that_came_too_fast_goes_out_later() -> None:
    changes = queue(EDIT)
    [(number, _)] = changes.next(0)
    too_fast = ErrorBody("rate_limited", "", Then.RETRY, 500)
    assert not changes.refused(number, too_fast, 0)
    assert changes.deadline == 500
    assert sent(changes, 499) == []
    assert sent(changes, 500) == [EDIT]
