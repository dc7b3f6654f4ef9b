"""The driver's own frames, and what its workers say: what the bench rests on."""

import os
from multiprocessing import get_context

from hypothesis import given
from hypothesis import strategies as st

from chat.realtime.frames import TEXT, FrameReader, write_frame
from loadtests.driver.wire import Reader, Template, read_mark
from loadtests.driver.worker import Job, main
from loadtests.processes import free_port
from protocol.codec import decode_command
from protocol.requests import SendMessage
from tests.patience import PATIENCE_SECONDS


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


def test_a_worker_says_as_much_as_it_knows_at_once() -> None:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    job = Job("127.0.0.1", free_port(), False, "", "run", 0, (), core=None)
    process = context.Process(target=main, args=(job, theirs), daemon=True)
    process.start()
    ours.send(("connect",))
    assert ours.recv()[0] == "connect"
    assert os.get_blocking(theirs.fileno()), "or what is more than the pipe takes would break it"
    ours.close()
    theirs.close()
    process.join(PATIENCE_SECONDS)
    assert process.exitcode == 0
