"""The client's state: when it connects, what it resumes, what it hands out."""

import json
from typing import Any

import pytest

from protocol.clients.python.backoff import LONGEST_WAIT_MS, STEADY_MS
from protocol.clients.python.effects import (
    Acked,
    Answered,
    Drop,
    Event,
    Open,
    Refused,
    Resync,
    Send,
    Stopped,
)
from protocol.clients.python.state import ANSWER_MS, State
from protocol.codec import encode_error, encode_reply
from protocol.errors import Refused as RefusedByServer
from protocol.golden import examples
from protocol.messages import Changed, Resumed
from protocol.requests import Nothing, SendMessage
from protocol.resources import Empty, Entry, Sent
from tests.protocol.clients.python.person import (
    CONVERSATION,
    Person,
    client_id,
    created,
    hello,
    message,
    page,
)

# --- connecting -----------------------------------------------------------------------------------


def test_a_new_client_is_online_once_it_is_greeted() -> None:
    person = Person()
    assert person.take() == [Open()]
    person.client.opened(0)
    person.hears(hello("e-7"))
    assert person.client.state is State.ONLINE
    assert person.client.cursor == "e-7"
    assert person.take() == []


def test_a_client_with_a_token_sends_it_as_its_first_frame() -> None:
    person = Person(token=examples.TOKEN)
    person.client.opened(0)
    [frame] = person.sent()
    assert (frame["command"], frame["data"]) == (
        "session.authenticate",
        {"token": examples.TOKEN},
    )
    person.hears(encode_reply(frame["id"], Empty())).hears(hello())
    assert person.client.state is State.ONLINE


def test_a_client_whose_token_opens_nothing_stops() -> None:
    person = Person(token=examples.TOKEN)
    person.client.opened(0)
    person.hears(encode_error(1, RefusedByServer("not_authenticated"), "da"))
    assert person.take(Drop, Stopped) == [Drop(), Stopped("log_in", 4300)]


@pytest.mark.parametrize(("code", "behaviour"), [(4000, "stop"), (4001, "stop"), (4301, "log_in")])
def test_a_client_that_is_told_to_stop_does_not_come_back(code: int, behaviour: str) -> None:
    person = Person().online()
    person.client.closed(code, 0)
    assert person.take() == [Stopped(behaviour, code)]  # type: ignore[arg-type]
    assert person.client.deadline is None
    person.client.wake(1)
    assert person.take() == []


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 4100, 4103, 3999])
def test_any_other_close_waits_with_full_jitter(code: int) -> None:
    person = Person(dice=0.5).online()
    person.client.closed(code, 0)
    assert person.waits() == 500


def test_the_wait_doubles_up_to_thirty_seconds() -> None:
    person = Person(dice=1.0)
    waits = []
    for _ in range(8):
        person.client.closed(1006, person.now)
        waits.append(person.waits())
        assert person.at_its_deadline()[-1] == Open()
    assert waits == [1_000, 2_000, 4_000, 8_000, 16_000, LONGEST_WAIT_MS] + [LONGEST_WAIT_MS] * 2


def test_a_connection_that_was_steady_starts_the_waits_afresh() -> None:
    person = Person(dice=1.0)
    for _ in range(4):
        person.client.closed(1006, person.now)
        person.at_its_deadline()
    person.online()
    person.now += STEADY_MS
    person.client.closed(1006, person.now)
    assert person.waits() == 1_000


def test_a_restarting_server_is_asked_at_once_but_only_once() -> None:
    person = Person(dice=1.0).online()
    person.client.closed(4200, person.now)
    assert person.waits() == 0
    person.at_its_deadline()
    person.client.closed(4200, person.now)
    assert person.waits() == 2_000


def test_a_server_may_ask_its_clients_to_come_back_over_a_longer_time() -> None:
    person = Person(dice=1.0)
    person.client.opened(0)
    person.hears(hello(spread_ms=60_000))
    person.client.closed(1006, 0)
    assert person.waits() == 60_000


def test_a_draining_server_is_left_at_a_random_moment() -> None:
    person = Person(dice=0.5).online()
    person.hears(b'{"event":"server.draining","data":{"spread_ms":8000}}')
    assert person.client.deadline == 4_000
    assert person.at_its_deadline() == [Drop(), Open()]


def test_a_client_does_not_wait_when_the_network_returns() -> None:
    person = Person(dice=1.0)
    person.client.closed(1006, 0)
    person.client.take()
    person.client.wake(1)
    assert person.take() == [Open()]


# --- a silent server ------------------------------------------------------------------------------


def test_a_server_that_does_not_greet_is_left() -> None:
    person = Person()
    person.client.opened(0)
    assert person.client.deadline == ANSWER_MS
    assert person.at_its_deadline()[-1] == Drop()
    assert person.client.state is State.WAITING


def test_a_server_that_does_not_answer_is_left() -> None:
    person = Person().online()
    person.client.command("account.get", Nothing(), 0)
    assert person.client.deadline == ANSWER_MS
    assert person.at_its_deadline()[1:] == [Drop(), Answered(1, None)]


def test_a_server_that_says_something_meanwhile_is_not_left() -> None:
    person = Person().online()
    person.client.command("account.get", Nothing(), 0)
    person.now = ANSWER_MS - 1
    person.hears(created(1))
    assert person.client.deadline == 2 * ANSWER_MS - 1


def test_a_server_that_talks_nonsense_is_left() -> None:
    for nonsense in (b"", b"[]", b"\xff", b'{"event":"message.created","data":{"seq":"x"}}'):
        person = Person().online()
        person.hears(nonsense)
        assert person.take() == [Drop()], nonsense
        assert person.client.state is State.WAITING


# --- events ---------------------------------------------------------------------------------------


def seqs(effects: list[Any]) -> list[int | None]:
    events = [effect for effect in effects if isinstance(effect, Event)]
    return [event.seq for event in events if event.name == "message.created"]


def test_an_entry_is_handed_out_once_and_moves_the_cursor() -> None:
    person = Person().online()
    person.hears(created(1)).hears(created(2)).hears(created(1))
    assert person.take(Event) == [
        Event("message.created", message(seq), CONVERSATION, seq) for seq in (1, 2)
    ]


def test_unknown_events_and_fields_are_ignored() -> None:
    person = Person().online()
    person.hears(b'{"event":"moon.risen","data":{}}')
    person.hears(b'{"event":"typing.started","data":{"member":2,"mood":"fine"},"x":1}')
    assert [event.name for event in person.take(Event)] == ["typing.started"]


def test_a_client_resumes_from_where_it_was() -> None:
    person = Person().online().hears(created(1)).reconnects()
    [frame] = person.sent()
    assert (frame["command"], frame["data"]) == ("session.resume", {"cursor": "e-1"})
    person.hears(encode_reply(frame["id"], page(1, 2, 3, cursor="e-3")))
    assert person.client.state is State.ONLINE
    assert person.client.cursor == "e-3"
    assert seqs(person.take(Event)) == [2, 3]


def test_a_client_with_a_cursor_from_before_resumes_at_first() -> None:
    person = Person(cursor="e-5")
    person.client.opened(0)
    person.hears(hello("e-9"))
    assert person.sent()[0]["data"] == {"cursor": "e-5"}


def test_pages_are_read_to_the_last_and_what_came_live_meanwhile_follows_in_order() -> None:
    person = Person().online().hears(created(1)).reconnects()
    person.client.take()
    person.hears(created(5)).hears(created(6))
    person.hears(encode_reply(1, page(2, 3, cursor="e-3", more=True)))
    assert person.client.state is State.RESUMING
    events = person.client.take()
    assert json.loads(events[-1].frame)["data"] == {"cursor": "e-3"}  # type: ignore[union-attr]
    person.hears(encode_reply(2, page(4, 5, cursor="e-5")))
    assert seqs([*events, *person.take(Event)]) == [2, 3, 4, 5, 6]
    assert person.client.cursor == "e-6"


def test_entries_of_a_kind_that_is_not_known_yet_are_left_out() -> None:
    person = Person().online().hears(created(1)).reconnects()
    person.client.take()
    entries = [Entry(2, "poll", 0), Entry(3, "origin_closed", 0)]
    missed = Resumed([Changed(CONVERSATION, entries, [], 3, 1, 0)], None, "e-3", more=False)
    person.hears(encode_reply(1, missed))
    assert [(event.name, event.seq) for event in person.take(Event)] == [("origin.closed", 3)]
    assert person.client.state is State.ONLINE


def test_what_changed_of_the_account_is_told_after_a_break() -> None:
    person = Person().online().reconnects()
    person.client.take()
    person.hears(encode_reply(1, Resumed([], examples.ACCOUNT, "e-3", more=False, blocks=True)))
    names = [event.name for event in person.take(Event)]
    assert names == ["account.changed", "blocks.changed"]


def test_when_too_much_was_missed_the_snapshot_is_to_be_read_again() -> None:
    person = Person().online().hears(created(1)).reconnects("e-9000")
    person.client.take()
    person.hears(created(9001))
    person.hears(encode_error(1, RefusedByServer("resync_required"), "da"))
    assert person.client.state is State.ONLINE
    assert person.client.cursor == "e-2329"
    [resync, event] = person.take()
    assert resync == Resync()
    assert event.seq == 9001


def test_a_server_restored_from_a_backup_makes_the_client_start_over() -> None:
    person = Person().online().hears(created(1))
    person.client.take()
    person.reconnects("f-0", epoch="f")
    assert person.take() == [Resync()]
    assert person.client.cursor == "f-0"
    assert seqs(person.hears(created(1)).take(Event)) == [1]


def test_a_resume_that_cannot_be_answered_now_is_tried_on_the_next_connection() -> None:
    person = Person().online().hears(created(1)).reconnects()
    person.client.take()
    person.hears(encode_error(1, RefusedByServer("unavailable"), "da"))
    assert person.take() == [Drop()]
    assert person.client.cursor == "e-1"


# --- messages -------------------------------------------------------------------------------------


def test_a_message_is_acked_and_not_handed_out_again() -> None:
    person = Person().online()
    person.client.send(SendMessage(CONVERSATION, client_id(1), "Hej"), 0)
    [frame] = person.sent()
    ack = Sent(CONVERSATION, 7, 7, 0)
    person.hears(encode_reply(frame["id"], ack))
    assert person.take() == [Acked(client_id(1), ack)]
    assert person.hears(created(7)).take() == []


def test_a_message_is_sent_once_online_and_again_after_a_break() -> None:
    person = Person()
    person.client.send(SendMessage(CONVERSATION, client_id(1), "Hej"), 0)
    assert person.sent() == []
    person.client.opened(0)
    [first] = person.hears(hello()).sent()
    person.reconnects()
    [resume] = person.sent()
    [again] = person.hears(encode_reply(resume["id"], Resumed([], None, "e-0", False))).sent()
    assert again["data"] == first["data"]
    assert again["id"] != first["id"]


def test_a_refusal_for_good_is_told_and_one_to_retry_is_not() -> None:
    person = Person().online()
    person.client.send(SendMessage(CONVERSATION, client_id(1), "Hej"), 0)
    [frame] = person.sent()
    person.hears(
        encode_error(frame["id"], RefusedByServer("rate_limited", retry_after_ms=300), "da")
    )
    assert person.take() == []
    assert person.client.deadline == 300
    [again] = person.at_its_deadline()
    assert isinstance(again, Send)
    person.hears(encode_error(2, RefusedByServer("conversation_closed"), "da"))
    [refused] = person.take()
    assert isinstance(refused, Refused)
    assert (refused.client_id, refused.error.code) == (client_id(1), "conversation_closed")


def test_a_command_is_answered_or_lost() -> None:
    person = Person()
    assert person.client.command("account.get", Nothing(), 0) is None
    person.online()
    first = person.client.command("account.get", Nothing(), 0)
    second = person.client.command("account.get", Nothing(), 0)
    assert first is not None
    person.client.take()
    person.hears(encode_reply(first, examples.ACCOUNT))
    person.client.closed(1006, 0)
    assert person.take() == [Answered(first, examples.ACCOUNT), Answered(second, None)]  # type: ignore[arg-type]


def test_a_busy_server_is_left_for_as_long_as_it_says_whatever_the_network_does() -> None:
    person = Person(dice=0.0)
    person.client.opened(0)
    person.hears(b'{"event":"server.busy","data":{"retry_after_ms":7000}}')
    person.client.closed(4101, 0)
    assert person.waits() == 7_000
    person.take()
    person.client.wake(1)
    assert person.take() == []
