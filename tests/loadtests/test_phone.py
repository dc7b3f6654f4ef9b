"""A phone of the driver listens to one connection at a time, whatever becomes of the others."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from loadtests.driver.driver import Driver
from loadtests.driver.socket import Refusal
from loadtests.driver.talk import Phone, Site
from loadtests.measures import Meter
from loadtests.oracle import Oracle
from loadtests.validity import Watch

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

    async def ask(self, number: int, name: str, data: object) -> bytes:
        self.asked()
        if self.answer is None:
            raise Refusal("unavailable")
        return self.answer

    def hear(self, seq: int) -> None:
        data = f'{{"seq":{seq},"text":""}}'
        event = f'{{"event":"message.created","conversation":"c","seq":{seq},"data":{data}}}'
        self.take(event.encode())

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


def phone_on(oracle: Oracle, *lines: Line) -> Phone:
    lines_of = cast("Driver", Lines(*lines))
    site = Site(lines_of, Meter(), Watch("phone"), oracle, lost=lambda phone: None)
    return Phone(site, "token", ("anna", "bo"), "c", 0)


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
