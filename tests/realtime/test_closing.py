"""The closing handshake on a real server (RFC 6455 section 7): what is said once, and who ends."""

import socket
import struct

import pytest

from loadtests.people import Person
from loadtests.processes import ServerProcess
from tests.realtime.conftest import Talk
from tests.realtime.raw import CLOSE, PING, TEXT, closing, command, greeted, masked
from tests.wire import new_client_id


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4000, 4999])
def test_a_close_is_answered_with_its_code_and_the_server_ends_tcp_first(
    server: ServerProcess, mette: Person, code: int
) -> None:
    with greeted(server, mette) as one:
        one.send(closing(code, "på gensyn".encode()))
        assert one.closed() == code
        assert one.ends() < 1


def test_a_close_without_a_code_is_answered_without_one(
    server: ServerProcess, mette: Person
) -> None:
    with greeted(server, mette) as one:
        one.send(masked(CLOSE, b""))
        assert one.closed() is None
        assert one.ends() < 1


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535])
def test_codes_that_may_not_be_sent_are_a_break_of_the_protocol(
    server: ServerProcess, mette: Person, code: int
) -> None:
    with greeted(server, mette) as one:
        one.send(closing(code))
        assert one.closed() == 1002
        one.ends()


def test_half_a_code_and_a_reason_that_is_not_utf_8_are_told_apart(
    server: ServerProcess, mette: Person
) -> None:
    for payload, code in ((b"\x03", 1002), (b"\x03\xe8\xff", 1007)):
        with greeted(server, mette) as one:
            one.send(masked(CLOSE, payload))
            assert one.closed() == code
            one.ends()


def test_nothing_after_a_close_is_heard(server: ServerProcess, talk: Talk) -> None:
    late = command(
        9, "message.send", conversation=talk.conversation, client_id=new_client_id(), text="sent"
    )
    with greeted(server, talk.author) as one:
        one.send(closing(1000) + masked(TEXT, late) + masked(PING, b"") + masked(0x3, b""))
        assert one.closed() == 1000
        one.ends()
    with greeted(server, talk.author) as one:
        history = one.ask("history.fetch", conversation=talk.conversation)
        assert len(history["data"]["entries"]) == 1


def test_a_reply_that_is_not_ready_when_the_close_comes_is_not_sent_after_it(
    server: ServerProcess, talk: Talk
) -> None:
    with greeted(server, talk.author) as one:
        text = command(
            1, "message.send", conversation=talk.conversation, client_id=new_client_id(), text="nu"
        )
        one.send(masked(TEXT, text) + closing(1000))
        assert one.closed() == 1000
        one.ends()


def test_a_close_of_the_server_is_sent_once_and_its_answer_ends_tcp(
    server: ServerProcess, mette: Person
) -> None:
    with greeted(server, mette) as one:
        one.send(masked(TEXT, b"?") * 30)
        assert one.closed() == 4103
        one.send(masked(TEXT, b"?") + masked(PING, b"hallo"))
        assert one.nothing_comes()
        one.send(closing(4103))
        assert one.ends() < 1


def test_a_failed_connection_says_why_and_ends(server: ServerProcess, mette: Person) -> None:
    """Section 7.1.7: what is on its way is not read, nor does it cost the peer the reason."""
    with greeted(server, mette) as one:
        one.send(masked(0x3, b""))
        one.send(b"\0" * 200_000)
        assert one.closed() == 1002
        assert one.ends() < 1


def test_a_peer_that_does_not_answer_a_close_is_cut_whatever_else_it_says(
    server: ServerProcess, mette: Person
) -> None:
    with greeted(server, mette) as mute, greeted(server, mette) as babbling:
        for one in (mute, babbling):
            one.send(masked(TEXT, b"?") * 30)
            assert one.closed() == 4103
        for _ in range(3):
            assert babbling.nothing_comes(1.0)
            babbling.send(masked(TEXT, b"?"))
        waited = 3 + babbling.ends()
        assert 3.5 < waited < 6.5
        mute.ends(0.5)


def test_an_end_without_a_goodbye_is_forgotten(server: ServerProcess, talk: Talk) -> None:
    with greeted(server, talk.author) as one:
        one.tcp.shutdown(socket.SHUT_WR)
        assert one.ends() < 1
    with greeted(server, talk.author) as one:
        one.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with greeted(server, talk.replier) as other:
        assert other.lives()
