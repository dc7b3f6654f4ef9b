"""A phone of the driver listens to one connection at a time, and sends no sooner than it may."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from chat.realtime.frames import FrameReader
from loadtests.driver.driver import Driver
from loadtests.driver.socket import Refusal
from loadtests.driver.talk import Phone, Site
from loadtests.measures import Meter
from loadtests.oracle import Oracle
from loadtests.validity import Watch
from protocol.codec import decode_command
from protocol.requests import SendMessage

CONVERSATION = "00000000000000c1"
RESUMED = (
    b'{"conversations":[],"account":null,"left":[],"cursor":"e-9","more":false,"blocks":false}'
)
HELLO = b'{"cursor":"e-5"}'


class Line:
    """A connection whose server answers a resume, or refuses to."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.upgraded, self.arrived, self.open, self.closed = 0.0, 0.0, True, "lost"
        self.take: Any = None
        self.lost: Any = None
        self.asked: Callable[[], None] = lambda: None
        self.sent: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

    async def ask(self, number: int, name: str, data: object) -> bytes:
        self.asked()
        if self.answer is None:
            raise Refusal("unavailable")
        return self.answer

    def send(self, frame: bytes) -> None:
        for _, payload in FrameReader(65_536).receive(frame):
            number, _, request = decode_command(payload)
            assert isinstance(request, SendMessage)
            self.sent.put_nowait((number or 0, request.client_id))

    def flush(self) -> None:
        """What is sent is there at once."""

    def ack(self, number: int, seq: int) -> None:
        self.take(f'{{"id":{number},"ok":true,"data":{{"seq":{seq}}}}}'.encode())

    def refuse(self, number: int, code: str, milliseconds: int = 1_000) -> None:
        error = f'{{"code":"{code}","retry_after_ms":{milliseconds}}}'
        self.take(f'{{"id":{number},"ok":false,"error":{error}}}'.encode())

    def hear(self, seq: int) -> None:
        event = f'"event":"message.created","conversation":"{CONVERSATION}","seq":{seq}'
        self.take(f'{{{event},"data":{{"seq":{seq},"text":""}}}}'.encode())

    def end(self) -> None:
        if self.lost is not None:
            self.lost()


class Lines:
    """Hands out connections in order."""

    def __init__(self, *lines: Line) -> None:
        self.lines = list(lines)

    async def enter(self, token: str, *, stamped: bool = False) -> tuple[Line, bytes]:
        return self.lines.pop(0), HELLO

    def forget(self, line: Line) -> None:
        line.open = False


def phone_on(oracle: Oracle, *lines: Line, meter: Meter | None = None) -> Phone:
    lines_of = cast("Driver", Lines(*lines))
    site = Site(lines_of, meter or Meter(), Watch("phone"), oracle, lost=lambda phone: None)
    return Phone(site, "token", ("anna", "bo"), CONVERSATION, 0)


def errors(meter: Meter) -> list[str]:
    return [one["what"] for one in meter.take()["errors"]]


async def test_whose_resume_is_refused_hangs_up_and_hears_everything_once_on_the_next() -> None:
    oracle, first, refused, third = Oracle("run"), Line(RESUMED), Line(None), Line(RESUMED)
    phone = phone_on(oracle, first, refused, third)
    await phone.connect()
    phone.disconnect()
    with pytest.raises(Refusal):
        await phone.connect()
    assert not refused.open
    await phone.connect()
    for line in (third, refused):
        line.hear(1)
    assert (oracle.duplicated, phone.connected) == (0, True)


async def test_the_end_of_a_connection_that_was_left_is_not_the_end_of_the_next() -> None:
    first, second = Line(RESUMED), Line(RESUMED)
    phone = phone_on(Oracle("run"), first, second)
    await phone.connect()
    phone.disconnect()
    await phone.connect()
    first.end()
    assert phone.connected
    second.end()
    assert not phone.connected


async def test_whoever_waits_for_a_page_is_not_at_rest() -> None:
    line = Line(b'{"entries":[],"more":false}')
    phone = phone_on(Oracle("run"), line)
    await phone.connect()
    line.asked = lambda: at_rest.append(phone.at_rest)
    at_rest: list[bool] = []
    await phone.page(0.0)
    assert (at_rest, phone.at_rest) == ([False], True)


async def test_a_backlog_goes_out_one_at_a_time_and_what_is_new_waits_its_turn() -> None:
    first, second = Line(RESUMED), Line(RESUMED)
    phone = phone_on(Oracle("run"), first, second)
    await phone.connect()
    phone.write(0.0)
    phone.write(0.0)
    before = [first.sent.get_nowait() for _ in range(2)]
    phone.disconnect()
    await phone.connect()
    phone.write(0.0)
    again = []
    for seq in (1, 2, 3):
        again.append(second.sent.get_nowait())
        assert second.sent.empty()
        second.ack(again[-1][0], seq)
    assert (again[:2], again[2][0]) == (before, 2)
    assert phone.at_rest


async def test_whoever_meets_a_limit_waits_as_told_and_sends_the_same_again() -> None:
    line, meter = Line(RESUMED), Meter()
    phone = phone_on(Oracle("run"), line, meter=meter)
    await phone.connect()
    phone.write(0.0)
    number, client_id = line.sent.get_nowait()
    told = time.perf_counter()
    line.refuse(number, "rate_limited", 40)
    phone.write(0.0)
    assert line.sent.empty()
    assert await line.sent.get() == (number, client_id)
    assert time.perf_counter() - told >= 0.04
    line.ack(number, 1)
    line.ack(line.sent.get_nowait()[0], 2)
    assert (phone.at_rest, errors(meter)) == (True, [])


async def test_a_limit_is_waited_out_across_a_broken_line() -> None:
    first, second = Line(RESUMED), Line(RESUMED)
    phone = phone_on(Oracle("run"), first, second)
    await phone.connect()
    phone.write(0.0)
    told = time.perf_counter()
    first.refuse(0, "rate_limited", 40)
    phone.disconnect()
    await phone.connect()
    assert (await second.sent.get())[0] == 0
    assert time.perf_counter() - told >= 0.04


async def test_what_the_server_could_not_do_is_an_error_and_so_is_what_would_come_too_late() -> (
    None
):
    line, meter = Line(RESUMED), Meter()
    phone = phone_on(Oracle("run"), line, meter=meter)
    await phone.connect()
    for _ in range(3):
        phone.write(0.0)
    line.refuse(0, "unavailable")
    line.refuse(1, "rate_limited")
    line.ack(2, 1)
    assert sorted(errors(meter)) == ["rate_limited", "unavailable"]
    assert phone.at_rest
