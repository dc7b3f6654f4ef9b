"""The scenarios, by name. Rates are messages a second over everybody, as in the domain's workload.

Shares beside them: a phone comes back 5-10 times a visit of an hour or so, one message in three is
read at once, and one page of history is fetched for every ten messages (the last two assumed).
"""

from collections.abc import Callable
from dataclasses import replace

from loadtests.scenarios.model import Rates, Scenario, Stage

READ_EVERY = 3
HISTORIES_PER_MESSAGE = 0.1
RECONNECTS_PER_PHONE = 7.5 / 3_600
"""A second."""

Make = Callable[[float, float], Scenario]
"""Makes a scenario from a rate, and seconds for the whole of it."""


def _mixed(messages: float, phones: int) -> Rates:
    """Give the rates of people who do a bit of everything."""
    return Rates(messages, RECONNECTS_PER_PHONE * phones, HISTORIES_PER_MESSAGE * messages)


def _warm(rates: Rates, seconds: float) -> Stage:
    return Stage("warm up", min(5.0, seconds / 6), rates, counts=False)


def chat(rate: float, seconds: float) -> Scenario:
    """Write and hear, and nothing else: what capacity is searched with."""
    rates = Rates(rate)
    warm = _warm(rates, seconds)
    stages = (warm, Stage("steady", seconds - warm.seconds, rates))
    return Scenario("chat", "Pairs write to each other at random moments.", stages)


def mix(rate: float, seconds: float) -> Scenario:
    """A bit of everything at an even rate: like `make load`, without Locust."""
    rates = _mixed(rate, 1_000)
    warm = _warm(rates, seconds)
    return Scenario(
        "mix",
        "A thousand are connected; pairs among them write, read, look back, go away and return.",
        (warm, Stage("steady", seconds - warm.seconds, rates)),
        talks=100,
        idle=800,
        read_every=READ_EVERY,
    )


def _moment(
    name: str,
    about: str,
    phones: int,
    mean: float,
    burst: float,
    seconds: float,
    *,
    rooms: int,
    rush: int = 0,
) -> Scenario:
    """Give a row of the domain's workload: its mean rate, then a burst, then the mean again.

    So many of SnakSammen's talks are held at once: they come while the rate is at its mean.
    """
    talks = min(100, phones // 4)
    even, high = _mixed(mean, phones), _mixed(burst, phones)
    return Scenario(
        name,
        about,
        (
            replace(_warm(even, seconds), rooms=0.0),
            Stage("mean", 0.4 * seconds, even),
            Stage("burst", 0.2 * seconds, high, rush=rush),
            Stage("after", 0.4 * seconds - min(5.0, seconds / 6), even),
        ),
        talks=talks,
        idle=phones - 2 * talks - 2 * rooms,
        read_every=READ_EVERY,
        rooms=rooms,
    )


def evening(rate: float, seconds: float) -> Scenario:
    """An ordinary weekday evening: 260 connected, 0.25 messages a second, bursts of 3."""
    about = "An ordinary weekday evening: 260 are connected."
    return _moment("evening", about, 260, 0.25, 3.0, seconds, rooms=4)


def sunday(rate: float, seconds: float) -> Scenario:
    """A busy winter Sunday: 1,100 connected, 1.5 messages a second, bursts of 15."""
    about = "A busy winter Sunday: 1,100 are connected."
    return _moment("sunday", about, 1_100, 1.5, 15, seconds, rooms=10)


def christmas_eve(rate: float, seconds: float) -> Scenario:
    """Christmas Eve after a TV mention: 8,000 connected, 200 messages a second, bursts of 500.

    200 talks at once, and 100 people on one time in one second.
    """
    about = "Christmas Eve after a TV mention: 8,000 are connected, of whom 400 talk in pairs."
    return _moment("christmas-eve", about, 8_000, 200, 500, seconds, rooms=200, rush=100)


def talks(rate: float, seconds: float) -> Scenario:
    """SnakSammen: 200 talks at once, with calls and text beside them, a few messages besides."""
    even = _mixed(min(rate, 5.0), 100)
    return Scenario(
        "talks",
        "Volunteers and citizens meet at booked times and by the line; 200 talk at once.",
        (
            Stage("they come", 0.4 * seconds, even),
            Stage("all talk", 0.4 * seconds, even, rush=100),
            Stage("they leave", 0.2 * seconds, even, rooms=0.0),
        ),
        talks=20,
        read_every=READ_EVERY,
        rooms=200,
    )


def ramp(rate: float, seconds: float) -> Scenario:
    """From nothing to the rate, evenly."""
    stages = (Stage("ramp", seconds, Rates(), _mixed(rate, 200)),)
    return Scenario("ramp", "The rate rises evenly from nothing.", stages, read_every=READ_EVERY)


def steps(rate: float, seconds: float) -> Scenario:
    """To the rate in five steps, each a stage of its own."""
    stages = tuple(
        Stage(f"{step * 20} %", seconds / 5, _mixed(rate * step / 5, 200)) for step in range(1, 6)
    )
    return Scenario("steps", "The rate rises in five steps.", stages, read_every=READ_EVERY)


def spike(rate: float, seconds: float) -> Scenario:
    """An even rate, five times of it for a moment, and even again."""
    even, high = _mixed(rate, 200), _mixed(5 * rate, 200)
    stages = (
        Stage("before", 0.4 * seconds, even),
        Stage("spike", 0.1 * seconds, high),
        Stage("after", 0.5 * seconds, even),
    )
    about = "For a moment, five times as much as before and after."
    return Scenario("spike", about, stages, read_every=READ_EVERY)


def soak(rate: float, seconds: float) -> Scenario:
    """The same for hours, in four stages that can be laid beside each other."""
    rates = _mixed(rate, 1_000)
    stages = tuple(
        Stage(f"{name} quarter", seconds / 4, rates)
        for name in ("first", "second", "third", "fourth")
    )
    about = "The same, for long: memory and times must not creep."
    return Scenario("soak", about, stages, idle=800, read_every=READ_EVERY)


def storm(rate: float, seconds: float) -> Scenario:
    """Restart the server under load: everybody reconnects at once, and nothing may be lost."""
    rates = _mixed(rate, 200)
    stages = (
        Stage("before", 0.3 * seconds, rates),
        Stage("restart", 0.3 * seconds, rates, counts=False, restart=True),
        Stage("after", 0.4 * seconds, rates),
    )
    about = "The server is killed and started under load; everybody comes back at once."
    return Scenario("reconnect-storm", about, stages, read_every=READ_EVERY)


SCENARIOS: dict[str, Make] = {
    make(1.0, 60.0).name: make
    for make in (chat, mix, talks, evening, sunday, christmas_eve, ramp, steps, spike, soak, storm)
}
