"""Frames as RFC 6455 has them: bytes in, messages out; every break of the rules named."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.realtime.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MAX_FRAGMENTS,
    PING,
    PONG,
    TEXT,
    BrokenFrame,
    FrameReader,
    read_close,
    write_close,
    write_frame,
)
from tests.realtime.raw import masked

LIMIT = 100_000


def read(data: bytes, limit: int = LIMIT) -> list[tuple[int, bytes]]:
    return FrameReader(limit).receive(data)


def broken(*parts: bytes, limit: int = LIMIT) -> int:
    reader = FrameReader(limit)
    for part in parts[:-1]:
        reader.receive(part)
    with pytest.raises(BrokenFrame) as failure:
        reader.receive(parts[-1])
    return failure.value.code


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, LIMIT])
def test_every_form_of_length_is_read_and_written(length: int) -> None:
    payload = b"a" * length
    assert read(masked(TEXT, payload)) == [(TEXT, payload)]
    written = write_frame(TEXT, payload)
    assert written.endswith(payload)
    assert len(written) - length == (2 if length < 126 else 4 if length < 65_536 else 10)


@given(
    st.lists(st.text(max_size=300), min_size=1, max_size=8),
    st.lists(st.integers(1, 40), min_size=1, max_size=20),
    st.randoms(use_true_random=False),
)
def test_messages_are_the_same_however_the_bytes_are_cut(
    texts: list[str], cuts: list[int], dice: random.Random
) -> None:
    data = b"".join(masked(TEXT, text.encode(), key=dice.randbytes(4)) for text in texts)
    reader, found, at = FrameReader(LIMIT), [], 0
    while at < len(data):
        step = dice.choice(cuts)
        found += reader.receive(data[at : at + step])
        at += step
    assert [payload.decode() for _, payload in found] == texts


def test_fragments_make_one_message_with_control_frames_between() -> None:
    data = (
        masked(TEXT, b"Go", fin=False)
        + masked(PING, b"?")
        + masked(CONTINUATION, b"dd", fin=False)
        + masked(PONG, b"")
        + masked(CONTINUATION, b"ag")
    )
    assert read(data) == [(PING, b"?"), (PONG, b""), (TEXT, b"Goddag")]


def test_utf_8_is_checked_across_fragments_and_fails_early() -> None:
    smile = "🙂".encode()
    whole = masked(TEXT, smile[:2], fin=False) + masked(CONTINUATION, smile[2:])
    assert read(whole) == [(TEXT, smile)]
    # The second byte can never be right: no need to wait for the last fragment.
    assert broken(masked(TEXT, b"\xf0\x28", fin=False)) == 1007
    assert broken(masked(TEXT, smile[:2])) == 1007
    assert broken(masked(TEXT, smile[:2], fin=False), masked(CONTINUATION, b"x")) == 1007
    assert broken(masked(TEXT, b"\xed\xa0\x80")) == 1007


@pytest.mark.parametrize("bit", [0x40, 0x20, 0x10])
def test_reserved_bits_are_refused(bit: int) -> None:
    frame = bytearray(masked(TEXT, b"x"))
    frame[0] |= bit
    assert broken(bytes(frame)) == 1002


@pytest.mark.parametrize("opcode", [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF])
def test_reserved_opcodes_are_refused(opcode: int) -> None:
    assert broken(masked(opcode, b"x")) == 1002


def test_frames_that_are_not_masked_are_refused() -> None:
    assert broken(write_frame(TEXT, b"x")) == 1002


def test_binary_messages_are_refused_for_what_they_are() -> None:
    assert broken(masked(BINARY, b"x")) == 1003


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_control_frames_are_short_and_whole(opcode: int) -> None:
    assert read(masked(opcode, b"\x03\xe8" + b"x" * 123))
    assert broken(masked(opcode, b"x" * 126)) == 1002
    assert broken(masked(opcode, b"", fin=False)) == 1002


def test_fragments_come_in_order() -> None:
    assert broken(masked(CONTINUATION, b"x")) == 1002
    assert broken(masked(TEXT, b"a", fin=False), masked(TEXT, b"b")) == 1002


def test_lengths_are_in_their_shortest_form() -> None:
    assert broken(bytes((0x81, 0xFE)) + (125).to_bytes(2, "big")) == 1002
    assert broken(bytes((0x81, 0xFF)) + (65_535).to_bytes(8, "big")) == 1002
    assert broken(bytes((0x81, 0xFF)) + (1 << 63).to_bytes(8, "big")) == 1002


def test_a_message_over_the_limit_is_refused_by_its_head() -> None:
    assert read(masked(TEXT, b"x" * 100), limit=100) == [(TEXT, b"x" * 100)]
    assert broken(masked(TEXT, b"x" * 101)[:10], limit=100) == 1009
    halves = masked(TEXT, b"x" * 60, fin=False), masked(CONTINUATION, b"x" * 41)[:4]
    assert broken(*halves, limit=100) == 1009


def test_fragments_are_few_and_never_empty() -> None:
    def fragments(count: int) -> bytes:
        middle = masked(CONTINUATION, b"x", fin=False) * (count - 2)
        return masked(TEXT, b"x", fin=False) + middle + masked(CONTINUATION, b"x")

    assert read(fragments(MAX_FRAGMENTS - 1)) == [(TEXT, b"x" * (MAX_FRAGMENTS - 1))]
    assert read(fragments(MAX_FRAGMENTS)) == [(TEXT, b"x" * MAX_FRAGMENTS)]
    assert broken(fragments(MAX_FRAGMENTS + 1)) == 1009
    assert broken(masked(TEXT, b"", fin=False)) == 1002
    empty = masked(CONTINUATION, b"", fin=False)
    assert broken(masked(TEXT, b"x", fin=False), empty) == 1002


def test_an_empty_last_fragment_ends_a_message() -> None:
    """Some client libraries end a streamed message so."""
    assert read(masked(TEXT, b"x", fin=False) + masked(CONTINUATION, b"")) == [(TEXT, b"x")]


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1014, 3000, 4200, 4999])
def test_close_codes_that_may_be_sent_are_read(code: int) -> None:
    assert read_close(code.to_bytes(2, "big") + b"slut") == code


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2000, 2999, 5000])
def test_close_codes_that_may_not_be_sent_are_refused(code: int) -> None:
    with pytest.raises(BrokenFrame) as failure:
        read_close(code.to_bytes(2, "big"))
    assert failure.value.code == 1002


def test_a_close_without_a_code_and_a_broken_one_are_told_apart() -> None:
    assert read_close(b"") == 1005
    with pytest.raises(BrokenFrame):
        read_close(b"\x03")
    with pytest.raises(BrokenFrame) as failure:
        read_close(b"\x03\xe8\xff")
    assert failure.value.code == 1007
    assert len(write_close(4100, "x" * 500)) == 2 + 125


@given(st.binary(max_size=400))
def test_any_bytes_give_messages_or_a_named_break(data: bytes) -> None:
    outcome: list[tuple[int, bytes]] | int
    try:
        outcome = read(data)
    except BrokenFrame as failure:
        outcome = failure.code
    if isinstance(outcome, int):
        assert outcome in {1002, 1003, 1007, 1009}
    else:
        assert all(opcode in {TEXT, PING, PONG, CLOSE} for opcode, _ in outcome)
