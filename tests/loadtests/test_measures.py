"""What meters note comes together in one book, whoever noted it."""

import json
import math
import time

from hypothesis import given
from hypothesis import strategies as st

from loadtests.measures import Book, Histogram, Kind, Meter
from loadtests.server import Sample, Sampler
from loadtests.server.prometheus import Scrape

SECONDS = st.floats(0.000_01, 3_600)


@given(st.lists(SECONDS, min_size=1, max_size=50), st.sampled_from([50.0, 90.0, 99.99, 100.0]))
def test_a_percentile_is_within_one_percent(values: list[float], percentile: float) -> None:
    values.sort()
    place = max(0, math.ceil(len(values) * percentile / 100) - 1)
    exact = values[place] * 1_000
    # A microsecond is the unit: below a fifth of a millisecond it weighs more than one percent.
    assert abs(Histogram.of(values).milliseconds(percentile) - exact) <= 0.01 * exact + 0.001


@given(st.lists(SECONDS, max_size=20), st.lists(SECONDS, min_size=1, max_size=20))
def test_histograms_add_up(one: list[float], other: list[float]) -> None:
    both = Histogram.of(one)
    both.add(Histogram.of(other))
    assert both.counts == Histogram.of(one + other).counts


def test_nothing_measured_has_no_percentile() -> None:
    assert math.isnan(Histogram().milliseconds(99))


def test_what_is_too_short_or_too_long_is_counted_too() -> None:
    assert len(Histogram.of([-0.5, -0.1, 0.0, 1e9, 2e9])) == 5


def test_response_time_counts_from_the_intended_moment() -> None:
    meter, book = Meter(), Book()
    now = time.perf_counter()
    meter.record(Kind.ACK, intended=now - 0.5, sent=now - 0.1, done=now)
    book.add(meter.take())
    times = book.total(Kind.ACK)
    assert abs(times.response.milliseconds(50) - 500) < 5
    assert abs(times.service.milliseconds(50) - 100) < 1


def test_a_measurement_belongs_to_the_phase_in_which_it_was_intended() -> None:
    meter, book = Meter("warm up"), Book()
    before = time.perf_counter()
    meter.begin("steady")
    after = time.perf_counter()
    meter.record(Kind.ACK, before, before, after)
    meter.record(Kind.ACK, after, after, after + 0.1)
    meter.offer(before)
    meter.error("busy", before)
    book.add(meter.take())
    assert {name: len(one.kinds[Kind.ACK].response) for name, one in book.phases.items()} == {
        "warm up": 1,
        "steady": 1,
    }
    assert book.phases["warm up"].offered == {Kind.ACK: 1}
    assert book.phases["warm up"].errors == {"busy": 1}


def test_workers_add_up_in_one_second_and_over_the_wire() -> None:
    book, now = Book(), time.perf_counter()
    for number in range(3):
        meter = Meter(source=f"worker {number}")
        meter.record(Kind.DELIVERED, now, now, now + 0.010)
        meter.gauge("connections", 100)
        data = meter.take()
        assert json.loads(json.dumps(data)), "plain values"
        book.add(data)
        assert not meter.take()["cells"], "what was taken is gone"
    (second,) = [one for one in book.seconds().values() if one.done]
    assert second.done == {Kind.DELIVERED: 3}
    assert sum(one.gauge("connections") or 0 for one in book.seconds().values()) == 300
    assert abs(second.milliseconds[Kind.DELIVERED][0] - 10) < 0.1


def test_a_second_that_is_long_past_can_still_be_read() -> None:
    meter, book, start = Meter(), Book(), time.perf_counter()
    for second in range(60):
        done = start + second
        meter.record(Kind.ACK, done - 0.001 * (second + 1), done, done)
        book.add(meter.take())
    longest = [one.milliseconds[Kind.ACK][-1] for one in book.seconds().values()]
    assert longest == sorted(longest)
    assert len(longest) == 60


def test_a_server_that_was_restarted_meanwhile_has_no_account_of_the_whole() -> None:
    sampler = Sampler([])
    for at, seconds in enumerate((5.0, 6.0, 0.2, 5.5, 6.5)):
        sampler.samples.append(Sample(at, Scrape({"process_cpu_seconds_total": seconds})))
    assert sampler.between(0.0, 4.0).cpu is None, "1.5 s would be a lie"
    assert sampler.between(0.0, 1.0).cpu == 1.0
    assert sampler.between(3.0, 4.0).cpu == 1.0
