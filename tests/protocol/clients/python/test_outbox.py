"""Messages on their way: in order, resent until they are settled."""

import pytest

from protocol.clients.python.outbox import LONGEST_RETRY_MS, RETRY_MS, Outbox
from protocol.errors import Then
from protocol.messages import ErrorBody
from protocol.requests import ReplyToBubble, SendMessage


def message(client_id: str, conversation: str = "c") -> SendMessage:
    return SendMessage(conversation, client_id, "Hej")


def sent(outbox: Outbox, now: float = 0) -> list[str]:
    return [request.client_id for request in outbox.ready(now)]


def outbox_with(*requests: SendMessage | ReplyToBubble) -> Outbox:
    outbox = Outbox()
    for request in requests:
        outbox.add(request)
    return outbox


LATER = ErrorBody("rate_limited", "", Then.RETRY, retry_after_ms=500)


def test_messages_of_a_conversation_go_one_after_the_other() -> None:
    outbox = outbox_with(message("1"), message("2"), message("3", "other"))
    assert sent(outbox) == ["1", "3"]
    assert sent(outbox) == []
    outbox.acked("1")
    assert sent(outbox) == ["2"]


def test_replies_to_a_bubble_are_in_order_too() -> None:
    outbox = outbox_with(ReplyToBubble("b", "1", "Hej"), ReplyToBubble("b", "2", "Igen"))
    assert sent(outbox) == ["1"]


def test_what_was_on_the_wire_goes_out_again_on_the_next_connection() -> None:
    outbox = outbox_with(message("1"), message("2"))
    assert sent(outbox) == ["1"]
    outbox.grounded()
    assert sent(outbox) == ["1"]


def test_a_refusal_to_retry_holds_the_conversation_back_until_then() -> None:
    outbox = outbox_with(message("1"), message("2"))
    sent(outbox)
    assert outbox.refused("1", LATER, 100) is False
    assert outbox.deadline == 600
    assert sent(outbox, 599) == []
    assert sent(outbox, 600) == ["1"]
    assert outbox.deadline is None


def test_a_retry_without_a_time_is_a_little_later() -> None:
    outbox = outbox_with(message("1"))
    sent(outbox)
    outbox.refused("1", ErrorBody("unavailable", "", Then.RETRY), 0)
    assert outbox.deadline == RETRY_MS


@pytest.mark.parametrize(
    "error",
    [
        ErrorBody("conversation_closed", "", Then.STOP),
        ErrorBody("invalid_field", "", Then.CORRECT, field="text"),
        ErrorBody("too_many_conversations", "", Then.RETRY, retry_after_ms=LONGEST_RETRY_MS + 1),
    ],
)
def test_a_final_refusal_lets_the_next_one_go(error: ErrorBody) -> None:
    outbox = outbox_with(message("1"), message("2"))
    sent(outbox)
    assert outbox.refused("1", error, 0) is True
    assert sent(outbox) == ["2"]


def test_a_message_is_under_way_once() -> None:
    outbox = outbox_with(message("1"))
    with pytest.raises(ValueError, match="under way"):
        outbox.add(message("1"))
    outbox.acked("1")
    outbox.add(message("1"))


def test_only_what_was_on_the_wire_may_be_stored() -> None:
    outbox = outbox_with(message("1"), message("2"))
    sent(outbox)
    assert outbox.unsettled() == ["1", "2"]
    assert outbox.discard("2") is False
    assert outbox.discard("1") is True
    assert len(outbox) == 0
