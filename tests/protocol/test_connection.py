"""One connection as the server sees it: what it takes when, and what it answers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import requests as ask
from protocol.closes import CLOSES, CloseCode
from protocol.codec import encode_error
from protocol.connection import (
    AUTHENTICATE_WITHIN_MS,
    BAD_FRAMES_PER_MINUTE,
    Connection,
    Refusal,
    State,
)
from protocol.operations import COMMANDS, OPERATIONS

TOKEN = "t" * 43
MINUTE = 60_000


def frame(command: str, data: object = None, command_id: int = 1) -> bytes:
    return json.dumps({"id": command_id, "command": command, "data": data or {}}).encode()


AUTHENTICATE = frame("session.authenticate", {"token": TOKEN})
GET_ACCOUNT = frame("account.get")


def open_connection() -> Connection:
    connection = Connection(0)
    assert connection.accept("en")
    return connection


def error_code(answer: object) -> tuple[int | None, str]:
    assert isinstance(answer, Refusal), answer
    return answer.command_id, answer.refused.code


def test_a_connection_opens_by_its_first_frame() -> None:
    connection = Connection(0)
    assert connection.receive(AUTHENTICATE, 1) == (
        1,
        OPERATIONS["session.authenticate"],
        ask.Authenticate(TOKEN),
    )
    assert connection.accept("da")
    assert connection.state is State.OPEN
    assert connection.receive(GET_ACCOUNT, 2) == (1, OPERATIONS["account.get"], ask.Nothing())


def test_a_connection_that_came_with_a_session_is_open_at_once() -> None:
    assert open_connection().state is State.OPEN


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"session.authenticate"}))
def test_nothing_but_authenticate_fits_before_the_connection_is_open(command: str) -> None:
    complete = {
        "conversation": "1" * 16,
        "bubble": "1" * 16,
        "client_id": "0190a5c8-7b1e-7c3d-9f00-0123456789ab",
        "text": "Hej",
        "seq": 1,
        "cursor": "c",
        "reaction": "heart",
        "query": "gåtur",
        "conversations": [],
        "call": "1" * 16,
        "talk": "1" * 16,
        "offer": "1" * 16,
        "when": "before",
        "feeling": 3,
        "weight": "light",
        "reason": "done",
        "device": "annas-phone",
        "to": 1,
    }
    wanted = OPERATIONS[command].request.__struct_fields__
    raw = frame(command, {name: complete[name] for name in wanted if name in complete})
    connection = Connection(0)
    assert error_code(connection.receive(raw, 1)) == (1, "out_of_order")
    connection.receive(AUTHENTICATE, 2)
    assert error_code(connection.receive(raw, 3)) == (1, "out_of_order")
    assert connection.accept("da")
    assert isinstance(connection.receive(raw, 4), tuple)


def test_nobody_authenticates_twice() -> None:
    connection = Connection(0)
    connection.receive(AUTHENTICATE, 1)
    assert error_code(connection.receive(AUTHENTICATE, 2)) == (1, "out_of_order")
    connection.accept("da")
    assert error_code(connection.receive(AUTHENTICATE, 3)) == (1, "out_of_order")


def test_a_refused_token_may_be_followed_by_another_one_before_the_deadline() -> None:
    connection = Connection(0)
    connection.receive(AUTHENTICATE, 1)
    assert connection.refuse()
    assert isinstance(connection.receive(AUTHENTICATE, 2), tuple)


def test_a_connection_without_a_session_is_closed_after_five_seconds() -> None:
    connection = Connection(1_000)
    assert connection.deadline == 1_000 + AUTHENTICATE_WITHIN_MS
    assert connection.late(connection.deadline - 1) is None
    assert connection.late(connection.deadline) is CLOSES["not_authenticated"]
    assert connection.state is State.CLOSED


def test_the_deadline_can_be_set() -> None:
    assert Connection(1_000, authenticate_within_ms=50).deadline == 1_050


def test_a_frame_after_the_deadline_is_too_late_even_if_no_timer_ran() -> None:
    assert Connection(0).receive(AUTHENTICATE, 4_999) is not CLOSES["not_authenticated"]
    assert Connection(0).receive(AUTHENTICATE, 5_000) is CLOSES["not_authenticated"]


def test_a_client_that_waits_for_a_slow_server_is_not_told_to_log_in_again() -> None:
    connection = Connection(0)
    connection.receive(AUTHENTICATE, 1)
    assert connection.late(5_000) is CLOSES["overloaded"]
    assert not connection.accept("da")
    assert connection.state is State.CLOSED


def test_an_open_connection_has_no_deadline() -> None:
    connection = open_connection()
    assert connection.deadline is None
    assert connection.late(10**12) is None


def test_a_closed_connection_answers_nothing_more() -> None:
    connection = open_connection()
    assert connection.close(CLOSES["logged_out"]) is CLOSES["logged_out"]
    assert connection.close(CLOSES["slow"]) is CLOSES["logged_out"]
    assert connection.receive(GET_ACCOUNT, 1) is CLOSES["logged_out"]
    assert not connection.accept("da")
    assert not connection.refuse()


def test_errors_speak_the_language_of_the_account() -> None:
    connection = open_connection()
    answer = connection.receive(b"{", 1)
    assert isinstance(answer, Refusal)
    said = encode_error(answer.command_id, answer.refused, connection.language)
    assert b"not valid JSON" in said


def test_a_connection_survives_twenty_bad_frames_a_minute() -> None:
    connection = open_connection()
    for _ in range(BAD_FRAMES_PER_MINUTE):
        assert error_code(connection.receive(b"{", 1)) == (None, "bad_json")
    assert isinstance(connection.receive(GET_ACCOUNT, 2), tuple)
    assert connection.receive(b"{", 1 + MINUTE - 1) is CLOSES["flooding"]


def test_bad_frames_are_forgotten_after_a_minute() -> None:
    connection = open_connection()
    for number in range(BAD_FRAMES_PER_MINUTE * 5):
        assert error_code(connection.receive(b"{", number * MINUTE // BAD_FRAMES_PER_MINUTE))


def test_commands_out_of_order_count_as_bad_frames() -> None:
    connection = Connection(0)
    answers = [connection.receive(GET_ACCOUNT, 1) for _ in range(BAD_FRAMES_PER_MINUTE + 1)]
    assert error_code(answers[-2]) == (1, "out_of_order")
    assert answers[-1] is CLOSES["flooding"]


frames = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=80),
    st.sampled_from([AUTHENTICATE, GET_ACCOUNT, frame("typing.start"), frame("no.such")]),
)
steps = st.lists(
    st.tuples(st.sampled_from(["receive", "accept", "refuse", "late"]), frames), max_size=60
)


@given(steps, st.integers(min_value=0, max_value=3_000))
def test_whatever_comes_gets_a_command_a_reply_or_a_close(
    given_steps: list[tuple[str, bytes | str]], pace_ms: int
) -> None:
    """And never anything else: no exception, no silence, nothing after a close."""
    connection, now_ms = Connection(0), 0
    for step, raw in given_steps:
        now_ms += pace_ms
        closed = connection.closed
        match step:
            case "accept":
                connection.accept("da")
            case "refuse":
                connection.refuse()
            case "late":
                connection.late(now_ms)
            case _:
                was = connection.state
                answer = connection.receive(raw, now_ms)
                assert isinstance(answer, tuple | Refusal | CloseCode)
                if isinstance(answer, tuple):
                    assert was in (State.CONNECTED, State.OPEN)
        if closed:
            assert connection.closed is closed
        assert (connection.state is State.CLOSED) == (connection.closed is not None)
