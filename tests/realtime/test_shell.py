"""The socket shell against RFC 6455: bytes in, bytes out, on a real server (G8).

The upgrade is in `test_handshake.py`, the end in `test_closing.py`, pressure (silence, slowness,
floods) in `test_pressure.py`, TLS in `test_tls.py`; the frame reader alone, by properties, in
`test_frames.py`.
"""

import socket
import struct

import pytest

from loadtests.people import Person
from loadtests.processes import ServerProcess
from protocol.codec import MAX_FRAME_BYTES
from tests.realtime.conftest import Talk
from tests.realtime.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawSocket,
    command,
    greeted,
    masked,
)
from tests.wire import new_client_id

READ_AT_MOST = 2 * MAX_FRAME_BYTES


# --- fragmentation (section 5.4) ------------------------------------------------------------------


def test_a_command_in_fragments_is_one_command_and_pings_between_are_answered_at_once(
    server: ServerProcess, mette: Person
) -> None:
    text = command(7, "account.get")
    with greeted(server, mette) as one:
        one.send(masked(TEXT, text[:9], fin=False) + masked(PING, b"er du der?"))
        assert one.frame() == (PONG, b"er du der?")
        one.send(masked(CONTINUATION, text[9:20], fin=False) + masked(PONG, b"uspurgt"))
        one.send(masked(PING, b"stadig?"))
        assert one.frame() == (PONG, b"stadig?")
        one.send(masked(CONTINUATION, text[20:]))
        assert one.json()["id"] == 7
        assert one.lives()


def test_sixteen_fragments_are_a_message_and_seventeen_are_too_many(
    server: ServerProcess, mette: Person
) -> None:
    text = command(1, "account.get")
    with greeted(server, mette) as one:
        for pieces in (15, 16):
            cuts = [text[at : at + 1] for at in range(pieces - 1)]
            first, *middle = cuts
            one.send(masked(TEXT, first, fin=False))
            for piece in middle:
                one.send(masked(CONTINUATION, piece, fin=False))
            one.send(masked(CONTINUATION, text[pieces - 1 :]))
            assert one.json()["ok"]
        one.send(masked(TEXT, text[:1], fin=False))
        for at in range(1, 17):
            one.send(masked(CONTINUATION, text[at : at + 1], fin=False))
        assert one.closed() == 1009


@pytest.mark.parametrize(
    "frames",
    [
        masked(CONTINUATION, b"x"),
        masked(CONTINUATION, b"x", fin=False),
        masked(TEXT, b"x", fin=False) + masked(TEXT, b"y"),
        masked(TEXT, b"", fin=False),
        masked(TEXT, b"x", fin=False) + masked(CONTINUATION, b"", fin=False),
    ],
    ids=["no start", "no start, to go on", "two starts", "empty", "empty in the middle"],
)
def test_fragments_out_of_order_or_empty_fail_the_connection(
    server: ServerProcess, mette: Person, frames: bytes
) -> None:
    with greeted(server, mette) as one:
        one.send(frames)
        assert one.closed() == 1002
        one.ends()


# --- UTF-8 (section 8.1) --------------------------------------------------------------------------


def test_a_character_may_be_cut_by_fragments(server: ServerProcess, talk: Talk) -> None:
    text = command(
        1, "message.send", conversation=talk.conversation, client_id=new_client_id(), text="🚶ø"
    ).replace(b"\\ud83d\\udeb6\\u00f8", "🚶ø".encode())
    at = text.index("🚶".encode())
    with greeted(server, talk.author) as one:
        one.send(
            masked(TEXT, text[: at + 1], fin=False)
            + masked(CONTINUATION, text[at + 1 : at + 3], fin=False)
            + masked(CONTINUATION, text[at + 3 : at + 5], fin=False)
            + masked(CONTINUATION, text[at + 5 :])
        )
        assert one.json()["ok"]
        history = one.ask("history.fetch", conversation=talk.conversation)
        assert history["data"]["entries"][-1]["message"]["text"] == "🚶ø"


@pytest.mark.parametrize(
    "frames",
    [
        masked(TEXT, b"\xff"),
        masked(TEXT, b"\xed\xa0\x80"),
        masked(TEXT, b"\xf0\x9f\x9a"),
        masked(TEXT, b"\xc0\xaf"),
        masked(TEXT, b"ab\xf0\x28", fin=False),
        masked(TEXT, b"\xf0\x9f", fin=False) + masked(CONTINUATION, b"x", fin=False),
        masked(TEXT, b"\xf0\x9f", fin=False) + masked(CONTINUATION, b"\x9a"),
    ],
    ids=["never", "surrogate", "cut off", "too long a form", "early", "early, later", "cut, last"],
)
def test_what_is_not_utf_8_fails_as_soon_as_it_cannot_be(
    server: ServerProcess, mette: Person, frames: bytes
) -> None:
    with greeted(server, mette) as one:
        one.send(frames)
        assert one.closed() == 1007
        one.ends()


# --- heads of frames (section 5.2) ----------------------------------------------------------------


@pytest.mark.parametrize("bit", [0x40, 0x20, 0x10])
@pytest.mark.parametrize("opcode", [TEXT, PING])
def test_reserved_bits_fail_the_connection(
    server: ServerProcess, mette: Person, bit: int, opcode: int
) -> None:
    with greeted(server, mette) as one:
        one.send(masked(opcode | bit, b"{}"))
        assert one.closed() == 1002
        one.ends()


@pytest.mark.parametrize("opcode", [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF])
def test_reserved_opcodes_fail_the_connection(
    server: ServerProcess, mette: Person, opcode: int
) -> None:
    with greeted(server, mette) as one:
        one.send(masked(opcode, b"{}"))
        assert one.closed() == 1002
        one.ends()


@pytest.mark.parametrize("opcode", [TEXT, PING, CLOSE])
def test_frames_that_are_not_masked_fail_the_connection(
    server: ServerProcess, mette: Person, opcode: int
) -> None:
    with greeted(server, mette) as one:
        one.send(bytes((0x80 | opcode, 2)) + b"\x03\xe8")
        assert one.closed() == 1002
        one.ends()


def test_binary_messages_are_refused_for_what_they_are(
    server: ServerProcess, mette: Person
) -> None:
    with greeted(server, mette) as one:
        one.send(masked(BINARY, b"\x00"))
        assert one.closed() == 1003
        one.ends()


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
@pytest.mark.parametrize("fin", [True, False])
def test_control_frames_are_short_and_whole(
    server: ServerProcess, mette: Person, opcode: int, fin: bool
) -> None:
    with greeted(server, mette) as one:
        one.send(masked(opcode, b"\x03\xe8" + b"x" * (124 if fin else 0), fin=fin))
        assert one.closed() == 1002
        one.ends()


@pytest.mark.parametrize("length", [125, 126, 127, MAX_FRAME_BYTES - 1, MAX_FRAME_BYTES])
def test_commands_of_every_length_are_read(
    server: ServerProcess, mette: Person, length: int
) -> None:
    with greeted(server, mette) as one:
        one.send(masked(TEXT, command(1, "account.get").ljust(length)))
        assert one.json()["ok"]


@pytest.mark.parametrize("length", [MAX_FRAME_BYTES + 1, 65_535, 65_536, READ_AT_MOST])
def test_a_command_over_the_limit_is_read_answered_and_survived(
    server: ServerProcess, mette: Person, length: int
) -> None:
    with greeted(server, mette) as one:
        one.send(masked(TEXT, command(1, "account.get").ljust(length)))
        assert one.json()["error"]["code"] == "too_large"
        assert one.lives()


def test_far_over_the_limit_the_head_alone_fails_the_connection(
    server: ServerProcess, mette: Person
) -> None:
    for head in (
        masked(TEXT, bytes(READ_AT_MOST + 1))[:14],
        bytes((0x81, 0xFF)) + (1 << 62).to_bytes(8, "big") + bytes(4),
        masked(TEXT, b"x" * MAX_FRAME_BYTES, fin=False)
        + masked(CONTINUATION, b"x" * MAX_FRAME_BYTES, fin=False)
        + masked(CONTINUATION, b"x")[:6],
    ):
        with greeted(server, mette) as one:
            one.send(head)
            assert one.closed() == 1009
            one.ends()


@pytest.mark.parametrize(
    "head",
    [
        struct.pack("!BBH", 0x81, 0xFE, 125),
        struct.pack("!BBQ", 0x81, 0xFF, 65_535),
        struct.pack("!BBQ", 0x81, 0xFF, 1 << 63),
    ],
    ids=["7 bits in 16", "16 bits in 64", "the highest bit"],
)
def test_lengths_come_in_their_shortest_form(
    server: ServerProcess, mette: Person, head: bytes
) -> None:
    with greeted(server, mette) as one:
        one.send(head)
        assert one.closed() == 1002


def test_answers_of_every_length_are_written(server: ServerProcess, talk: Talk) -> None:
    with greeted(server, talk.author) as one:
        seen = set()
        for length in (10, 300, 4_000):
            for _ in range(20):
                one.ask(
                    "message.send",
                    conversation=talk.conversation,
                    client_id=new_client_id(),
                    text="x" * length,
                )
            one.send(
                masked(TEXT, command(2, "history.fetch", conversation=talk.conversation, limit=50))
            )
            seen.add(len(one.frame().payload))
        one.send(masked(TEXT, b"?"))
        seen.add(len(one.frame().payload))
        one.send(masked(TEXT, b'{"id":1,"command":"session.authenticate"}'))
        seen.add(len(one.frame().payload))
    assert any(126 <= length < 65_536 for length in seen)
    assert any(length >= 65_536 for length in seen)


# --- bytes, not frames, arrive --------------------------------------------------------------------


def test_frames_may_be_cut_at_every_byte(server: ServerProcess, mette: Person) -> None:
    data = (
        masked(TEXT, command(1, "account.get"))
        + masked(PING, b"mellem")
        + masked(TEXT, command(2, "account.get").ljust(200))
    )
    with greeted(server, mette) as one:
        for at in range(len(data)):
            one.send(data[at : at + 1])
        frames = [one.frame() for _ in range(3)]
    # The pong does not wait for the store, as the replies do.
    assert sorted(frame.opcode for frame in frames) == [TEXT, TEXT, PONG]
    assert frames[-1].opcode == TEXT


def test_what_came_whole_before_a_broken_frame_is_carried_out_however_the_bytes_come(
    server: ServerProcess, mette: Person
) -> None:
    with greeted(server, mette) as one:
        one.send(masked(TEXT, b"?") + masked(PING, b"!") + masked(0x3, b""))
        assert one.json()["error"]["code"] == "bad_json"
        assert one.frame() == (PONG, b"!")
        assert one.closed() == 1002
        one.ends()


def data_segments_in(tcp: socket.socket) -> int:
    """Count the segments with data that came so far (`tcpi_data_segs_in`, linux/tcp.h)."""
    info = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return int(struct.unpack_from("=I", info, 152)[0])


def test_frames_that_come_together_are_answered_together(
    server: ServerProcess, mette: Person
) -> None:
    with greeted(server, mette) as one:
        before = data_segments_in(one.tcp)
        one.send(masked(TEXT, b"?") * 10 + masked(PING, b"!"))
        assert [one.frame().opcode for _ in range(11)] == [TEXT] * 10 + [PONG]
        assert data_segments_in(one.tcp) - before == 1


# --- the port ------------------------------------------------------------------------------------


def test_sockets_and_http_share_the_port_and_even_one_connection(
    server: ServerProcess, mette: Person
) -> None:
    with RawSocket(server.port) as one:
        one.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (one.status(), one.body) == (200, b"alive\n")
        assert one.upgrade(mette.headers) == 101
        assert one.json()["event"] == "hello"
        assert one.lives()
        assert server.get_status("/healthz") == 200
