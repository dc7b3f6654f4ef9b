"""The driver's own measures and frames: what the bench rests on."""

from hypothesis import given
from hypothesis import strategies as st

from chat.realtime.frames import TEXT, FrameReader, write_frame
from loadtests.driver import Recorder
from loadtests.driver.wire import Reader, Template, read_mark
from protocol.codec import decode_command
from protocol.requests import SendMessage

SECONDS = st.floats(0.000_01, 3_600)


@given(st.lists(SECONDS, min_size=1, max_size=50), st.sampled_from([50.0, 90.0, 99.0, 100.0]))
def test_a_percentile_is_within_one_percent(values: list[float], percentile: float) -> None:
    values.sort()
    place = max(0, -(-len(values) * percentile // 100) - 1)
    exact = values[int(place)] * 1_000
    # A microsecond is the unit: below a fifth of a millisecond it weighs more than one percent.
    assert abs(Recorder.of(values).milliseconds(percentile) - exact) <= 0.01 * exact + 0.001


@given(st.lists(SECONDS, max_size=20), st.lists(SECONDS, min_size=1, max_size=20))
def test_recorders_add_up(one: list[float], other: list[float]) -> None:
    both = Recorder.of(one)
    both.add(Recorder.of(other))
    assert both.milliseconds(50) == Recorder.of(one + other).milliseconds(50)


@given(st.integers(0, 2**31), st.integers(60, 1_000))
def test_a_filled_template_is_a_command_that_carries_its_mark(number: int, size: int) -> None:
    frame = Template("0123456789abcdef", 7, size).fill(number, 1_795_000_000_000)
    ((opcode, payload),) = FrameReader(65_536).receive(frame)
    command, operation, request = decode_command(payload)
    assert (opcode, command, operation.name) == (TEXT, number, "message.send")
    assert isinstance(request, SendMessage)
    assert len(request.text.encode()) == size
    assert read_mark(request.text) == number


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.integers(1, 5_000))
def test_frames_arrive_whole_however_they_are_cut(payloads: list[bytes], cut: int) -> None:
    stream = b"".join(write_frame(TEXT, payload) for payload in payloads)
    reader, found = Reader(), list[bytes]()
    for at in range(0, len(stream), cut):
        found += [payload for _, payload in reader.receive(stream[at : at + cut])]
    assert found == payloads
