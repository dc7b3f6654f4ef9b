"""A report says what was seen: in words, on one page, and by its exit code."""

import json
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from loadtests.measures import Book, Histogram, Kind, Meter
from loadtests.oracle import Verdict
from loadtests.report import Objective, Outcome, Run, Stretch, content, short, with_capacity, write
from loadtests.report.page import page
from loadtests.report.words import sentences
from loadtests.server import Sampler
from loadtests.server.prometheus import quantile, read
from loadtests.validity import Generators

CLEAN = Verdict(acked=1_000, heard=1_000)


@pytest.fixture
def run() -> Run:
    """A run of two seconds in which a thousand messages took a hundredth of a second each."""
    book, meter, now = Book(), Meter("steady"), time.perf_counter()
    for _ in range(1_000):
        meter.offer(now)
        meter.record(Kind.ACK, now - 0.010, now - 0.009, now)
        meter.record(Kind.DELIVERED, now - 0.010, now - 0.009, now)
    book.add(meter.take())
    return Run(
        scenario="chat", about="<b>Pairs</b>", generator="test", target="http://127.0.0.1:1",
        stretches=[Stretch("steady", float(int(time.time()) - 1), 2.0)], book=book,
        generators=Generators(), watched={}, verdict=CLEAN, server=Sampler([]),
    )  # fmt: skip


class Tags(HTMLParser):
    """Notes what a page would fetch, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in {"src", "href", "data"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_went_well_has_passed(run: Run) -> None:
    found = content(run)
    assert (run.outcome, run.outcome.exit_code) == (Outcome.PASSED, 0)
    said = " ".join(sentences(found))
    assert "500 messages a second were offered for 2 s" in said
    assert "99 % within 10" in said
    assert "none was lost" in said
    assert short(found)["delivery_ms"]["p99"] == pytest.approx(10, rel=0.01)


@pytest.mark.parametrize("fault", ["lost", "duplicated", "reordered", "misdelivered", "gaps"])
def test_a_single_fault_fails_even_if_the_times_do_not_count(run: Run, fault: str) -> None:
    run.verdict = Verdict(1_000, 1_000, **{fault: 1})  # type: ignore[arg-type]
    run.generators = Generators(worst_ms=60_000)
    found = content(run)
    assert (run.outcome, run.outcome.exit_code) == (Outcome.FAILED, 1)
    assert not found["valid"]
    assert "1" in found["why_failed"][0]
    assert "do not count either" in " ".join(sentences(found))


def test_an_objective_that_is_missed_fails(run: Run) -> None:
    run.objective = Objective(milliseconds=9.0)
    assert run.outcome is Outcome.FAILED
    assert "p99 at most 9 ms: it was 10 ms" in content(run)["why_failed"][0]


def test_an_error_fails_unless_we_caused_it(run: Run) -> None:
    meter = Meter("steady")
    meter.error("unavailable")
    run.book.add(meter.take())
    assert content(run)["outcome"] == Outcome.FAILED
    run.stretches = [replace(run.stretches[0], disturbed=True)]
    assert content(run)["outcome"] == Outcome.PASSED


def test_a_late_generator_makes_a_missed_objective_worthless(run: Run) -> None:
    run.objective = Objective(milliseconds=9.0)
    run.generators = Generators(late=Histogram.of([0.5] * 100))
    assert (run.outcome, run.outcome.exit_code) == (Outcome.INVALID, 3)


def test_nothing_acked_is_nothing_shown(run: Run) -> None:
    run.verdict = Verdict()
    assert run.outcome is Outcome.INVALID


def test_the_page_needs_nothing_else_and_escapes_what_it_is_told(run: Run) -> None:
    meter = Meter("steady")
    meter.error("<script>alert(1)</script>")
    run.book.add(meter.take())
    written = page(content(run))
    tags = Tags()
    tags.feed(written)
    assert tags.fetched == []
    assert "<script" not in written
    assert "<b>Pairs</b>" in tags.text
    assert "@import" not in written
    assert "url(" not in written


def test_everything_is_written_beside_the_page(run: Run, tmp_path: Path) -> None:
    names = {path.name for path in write(content(run), tmp_path / "here" / "load")}
    assert names == {"load.html", "load.run.json", "load.timeline.csv", "load.phases.csv"}
    found = json.loads((tmp_path / "here" / "load.run.json").read_text(encoding="utf-8"))
    buckets = found["total"]["kinds"]["send to delivered"]["buckets_us"]
    assert sum(count for _, count in buckets) == 1_000, "histograms can be added up again"
    assert len((tmp_path / "here" / "load.timeline.csv").read_text().splitlines()) == 3


def test_a_server_that_goes_wrong_in_the_search_fails_the_run(run: Run) -> None:
    capacity = {
        "messages": {"faults": "1 message was lost", "capacity": None, "words": "", "reason": "r"}
    }
    found = with_capacity(content(run), capacity)
    assert found["outcome"] == Outcome.FAILED
    assert short(found)["reasons"]["capacity_messages_per_second"] == "r"
    assert short(found)["reasons"]["capacity_connections"] == "not searched for"


def test_metrics_of_several_processes_add_up() -> None:
    text = (
        "# TYPE samtale_messages_total counter\nsamtale_messages_total 3\n"
        "# TYPE lag histogram\nlag_bucket{le=\"0.1\"} 9\nlag_bucket{le=\"+Inf\"} 10\n"
        "lag_sum 1\nlag_count 10\n"
    )  # fmt: skip
    scrape = read([text, text])
    assert scrape.values["samtale_messages_total"] == 6
    assert quantile({}, scrape.buckets["lag"], 0.9) == 0.1
    assert quantile({}, scrape.buckets["lag"], 0.99) == float("inf")
    assert quantile(scrape.buckets["lag"], scrape.buckets["lag"], 0.5) is None
