"""The shell under pressure: silence, slowness and floods cost whoever causes them (G8)."""

import json
import resource
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from loadtests.people import Person
from loadtests.processes import ServerProcess
from tests.gauges import value
from tests.patience import PATIENCE_SECONDS
from tests.realtime.conftest import Talk, person_on, talk_on
from tests.realtime.raw import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    RawSocket,
    command,
    greeted,
    masked,
    resident_bytes,
)
from tests.wire import new_client_id

LONG = "🚶" * 4_000
"""The longest text: 16 KB."""

SURELY_WAITING = 65_536
"""Bytes in an outbox that the kernel does not take after all: a quarter of what fits."""


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that waits for seconds where others wait for tens of them."""
    process = ServerProcess(
        tmp_path_factory.mktemp("impatient"),
        SAMTALE_LIMITS_PING_INTERVAL_MS="2000",
        SAMTALE_LIMITS_SILENT_AFTER_MS="3000",
        SAMTALE_LIMITS_AUTHENTICATE_WITHIN_MS="1000",
        SAMTALE_LIMITS_HEAD_WITHIN_MS="1000",
    ).start()
    yield process
    process.stop()


def send_message(one: RawSocket, conversation: str, text: str, number: int) -> None:
    data = command(
        number, "message.send", conversation=conversation, client_id=new_client_id(), text=text
    )
    one.send(masked(TEXT, data))


def pour(one: RawSocket, conversation: str, count: int, text: str = LONG) -> None:
    """Send messages, eight at a time until their acks."""
    waiting = 0
    for number in range(count):
        send_message(one, conversation, text, number)
        waiting += 1
        while waiting >= 8 or (number == count - 1 and waiting):
            assert one.json()["ok"]
            waiting -= 1


# --- pings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 125])
def test_a_ping_is_answered_with_what_it_carries(
    server: ServerProcess, mette: Person, length: int
) -> None:
    payload = bytes(range(length))
    with greeted(server, mette) as one:
        one.send(masked(PING, payload))
        assert one.frame() == (PONG, payload)


def test_three_pings_at_once_are_answered_and_a_fourth_is_flooding(
    server: ServerProcess, mette: Person
) -> None:
    with greeted(server, mette) as one:
        for number in range(3):
            one.send(masked(PING, bytes([number])))
            assert one.frame() == (PONG, bytes([number]))
        one.send(masked(PING, b"!"))
        assert one.frame().opcode == CLOSE
    with greeted(server, mette) as one:
        one.send(masked(PING, b"!") * 1_000)
        frames = [one.frame() for _ in range(4)]
        assert [frame.opcode for frame in frames] == [PONG] * 3 + [CLOSE]
        assert frames[-1].code == 4103


# --- silence --------------------------------------------------------------------------------------


def answer_pings(one: RawSocket, seconds: float) -> int:
    """Live on heartbeats alone; gives how many came."""
    until, pings = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        one.tcp.settimeout(seconds)
        frame = one.frame()
        assert frame.opcode == PING, frame
        one.send(masked(PONG, frame.payload))
        pings += 1
    return pings


@pytest.mark.alone
def test_a_half_open_peer_is_closed_and_one_that_answers_lives_on(
    impatient: ServerProcess,
) -> None:
    mette = person_on(impatient)
    with (
        ThreadPoolExecutor() as pool,
        greeted(impatient, mette) as dead,
        greeted(impatient, mette) as quiet,
    ):
        pings = pool.submit(answer_pings, quiet, 4.0)
        started = time.monotonic()
        assert dead.frame().opcode == PING
        assert dead.closed() == 4102
        assert 1.9 < time.monotonic() - started < 5.1
        assert pings.result() >= 2
        assert quiet.lives()


def test_whoever_does_not_say_who_it_is_is_closed_whatever_it_says(
    impatient: ServerProcess,
) -> None:
    wrong = command(1, "session.authenticate", token="x" * 43)
    with RawSocket(impatient.port) as mute, RawSocket(impatient.port) as wordy:
        for one in (mute, wordy):
            assert one.upgrade() == 101
        wordy.send(masked(TEXT, wrong[:10], fin=False) + masked(0x0, wrong[10:]))
        assert wordy.json()["error"]["code"] == "not_authenticated"
        for one in (mute, wordy):
            assert one.closed() == 4300


@pytest.mark.alone
def test_a_connection_that_does_not_get_to_its_first_request_is_ended(
    impatient: ServerProcess,
) -> None:
    with RawSocket(impatient.port) as mute, RawSocket(impatient.port) as slow:
        slow.send(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        for _ in range(3):
            assert slow.nothing_comes(0.2)
            slow.send(b"x")
        for one in (mute, slow):
            assert one.status() == 408
            assert one.ends() < 1
    with RawSocket(impatient.port) as again:
        again.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert again.status() == 200
        again.send(b"\r\n")
        assert again.nothing_comes(0.5)
        assert again.status() == 408


# --- slow readers ---------------------------------------------------------------------------------


def read_events(one: RawSocket, last_seq: int) -> list[int]:
    """Read events up to a seq; gives their seqs."""
    seqs: list[int] = []
    while not seqs or seqs[-1] < last_seq:
        event = one.json()
        assert event["event"] == "message.created"
        seqs.append(event["seq"])
    return seqs


def read_to_the_close(one: RawSocket) -> tuple[list[int], str, int | None]:
    """Read all that was on its way; gives the seqs, the last cursor, and the close code."""
    seqs, cursor = [], ""
    while (frame := one.frame()).opcode != CLOSE:
        event = json.loads(frame.payload)
        seqs.append(event["seq"])
        cursor = event["cursor"]
    return seqs, cursor, frame.code


@pytest.mark.alone  # whoever is closed has five seconds to read on
def test_slow_readers_are_closed_harm_nobody_and_miss_nothing(
    server: ServerProcess, talk: Talk
) -> None:
    count = 500
    with ExitStack() as stack:
        enter = stack.enter_context
        slow = [enter(greeted(server, talk.author, receive_buffer=2_048)) for _ in range(8)]
        tablet = enter(greeted(server, talk.author))
        sender = enter(greeted(server, talk.replier))
        pool = enter(ThreadPoolExecutor())
        before = resident_bytes(server)
        on_tablet: Future[list[int]] = pool.submit(read_events, tablet, count + 1)
        pour(sender, talk.conversation, count)
        assert on_tablet.result(PATIENCE_SECONDS) == list(range(2, count + 2))
        # Eight times the eight million bytes would be held without a bound.
        assert resident_bytes(server) - before < 24_000_000
        seqs, cursor, code = read_to_the_close(slow[0])
        assert code == 4100
        assert seqs == list(range(2, 2 + len(seqs)))
        assert len(seqs) < count
        back = enter(greeted(server, talk.author))
        more = True
        while more:
            page = back.ask("session.resume", cursor=cursor)["data"]
            (changed,) = page["conversations"]
            seqs += [entry["seq"] for entry in changed["entries"] if entry["seq"] > seqs[-1]]
            cursor, more = page["cursor"], page["more"]
        assert seqs == list(range(2, count + 2))


def test_typing_is_shed_before_a_slow_reader_is_closed(server: ServerProcess, talk: Talk) -> None:
    sent = 0
    with (
        greeted(server, talk.author, receive_buffer=2_048) as slow,
        greeted(server, talk.replier) as sender,
    ):
        while value(server, "samtale_outbox_bytes") <= SURELY_WAITING:
            pour(sender, talk.conversation, 4)
            sent += 4
        assert sender.ask("typing.start", conversation=talk.conversation)["ok"]
        pour(sender, talk.conversation, 1, "til sidst")
        assert {slow.json()["event"] for _ in range(sent + 1)} == {"message.created"}
        assert slow.nothing_comes()


def send_until_it_stops(one: RawSocket, data: bytes, at_most: int) -> int:
    """Send the same again and again; gives how much was taken before nobody took any more."""
    sent = 0
    one.tcp.settimeout(1.0)
    try:
        while sent < at_most:
            one.send(data)
            sent += len(data)
    except TimeoutError:
        pass
    return sent


@pytest.mark.alone
def test_commands_of_someone_who_reads_no_answers_are_not_read_either(
    server: ServerProcess, mette: Person
) -> None:
    before = resident_bytes(server)
    commands = masked(TEXT, command(1, "account.get")) * 500
    with greeted(server, mette, receive_buffer=2_048) as one:
        assert send_until_it_stops(one, commands, 40_000_000) < 40_000_000
        assert resident_bytes(server) - before < 16_000_000
        with greeted(server, mette) as other:
            started = time.monotonic()
            assert other.lives()
            assert time.monotonic() - started < 0.5


def test_long_answers_that_nobody_reads_do_not_pile_up(server: ServerProcess) -> None:
    talk = talk_on(server)
    with greeted(server, talk.replier) as sender:
        pour(sender, talk.conversation, 200)
    before = resident_bytes(server)
    fetch = command(1, "history.fetch", conversation=talk.conversation, limit=200)
    with greeted(server, talk.author, receive_buffer=2_048) as one:
        send_until_it_stops(one, masked(TEXT, fetch) * 32, 4_000_000)
        assert resident_bytes(server) - before < 24_000_000
        with greeted(server, talk.replier) as other:
            assert other.lives()


# --- open files -----------------------------------------------------------------------------------


@contextmanager
def few_files(server: ServerProcess, more: int) -> Iterator[None]:
    """Let a server have so many more files open before it keeps the last fifth to itself."""
    assert server.process is not None
    pid = server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    files = len(list(Path(f"/proc/{pid}/fd").iterdir())) + more
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (files * 5 // 4, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def test_whoever_comes_when_files_run_short_is_asked_to_come_back(
    server: ServerProcess, mette: Person
) -> None:
    def is_let_in(one: RawSocket) -> bool:
        assert one.upgrade(mette.headers) == 101
        first = one.json()
        if first["event"] == "hello":
            return True
        assert first["event"] == "server.busy"
        assert first["data"]["retry_after_ms"] > 0
        assert one.closed() == 4101
        return False

    def comes(stack: ExitStack) -> bool:
        return is_let_in(stack.enter_context(RawSocket(server.port)))

    with few_files(server, 5), ExitStack() as inside:
        came = 0
        while comes(inside):
            came += 1
            assert came < 10, "as many as one may have: nobody was asked to come back"
        assert came > 0
        assert server.get_status("/readyz") == 200, "pages have files left"
        inside.close()
        until = time.monotonic() + PATIENCE_SECONDS
        with ExitStack() as again:
            while not comes(again):
                assert time.monotonic() < until, "whoever has gone leaves room"
                time.sleep(0.1)
