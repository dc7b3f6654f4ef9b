"""Looks at the server every second while it is loaded, from a thread of its own."""

import http.client
import ssl
import threading
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol, Self

from loadtests.server.prometheus import Scrape, quantile, read

CPU, MEMORY = "process_cpu_seconds_total", "process_resident_memory_bytes"
LAG, MESSAGES, CONNECTIONS = (
    "samtale_event_loop_lag_seconds", "samtale_messages_total", "samtale_connections",
)  # fmt: skip
COMMITS, SHED = "samtale_commits_total", "samtale_events_shed_total"
LOOKED_AT = (CPU, MEMORY, LAG, MESSAGES, CONNECTIONS, COMMITS, SHED)
"""Reading all that a server says takes four milliseconds, in which Locust's people do nothing."""

TIMEOUT_SECONDS = 2.0


class Own(Protocol):
    """A server that is our own process, whose accounts with the machine can be read."""

    def cpu_seconds(self) -> float: ...  # noqa: D102
    def resident_bytes(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen at a moment. What nobody says is missing from `scrape`."""

    at: float
    scrape: Scrape = field(default_factory=Scrape)


@dataclass(frozen=True, slots=True)
class Span:
    """What a server did between two samples; None is not known.

    `cpu` is in cores; `cpu_us_per_message` counts everything that the server did meanwhile.
    """

    cpu: float | None = None
    memory_mb: float | None = None
    loop_lag_ms_p99: float | None = None
    messages: float | None = None
    cpu_us_per_message: float | None = None
    connections: float | None = None
    messages_per_commit: float | None = None
    shed: float | None = None
    restarted: bool = False


class Sampler:
    """Samples once a second. Use it in a `with`; `samples` may be read at any time."""

    def __init__(self, urls: Sequence[str], own: Own | None = None) -> None:
        self._urls = urls
        self._own = own
        self.samples: list[Sample] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        self.look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(2 * TIMEOUT_SECONDS)

    def look(self) -> None:
        """Take a sample now."""
        pages = [page for url in self._urls if (page := _fetch(url)) is not None]
        scrape = read(pages if len(pages) == len(self._urls) else [], LOOKED_AT)
        if self._own is not None:
            # A killed server has no accounts; the next sample will be of the next one.
            with suppress(OSError, AssertionError):
                scrape.values.setdefault(CPU, self._own.cpu_seconds())
                scrape.values.setdefault(MEMORY, float(self._own.resident_bytes()))
        self.samples.append(Sample(time.time(), scrape))

    def between(self, begin: float, end: float) -> Span:
        """Tell what the server did between two moments of the wall clock."""
        known = [one for one in self.samples if CPU in one.scrape.values]
        first = max((one for one in known if one.at <= begin), key=_at, default=None)
        last = min((one for one in known if one.at >= end), key=_at, default=None)
        first = first or min(known, key=_at, default=None)
        last = last or max(known, key=_at, default=None)
        if not first or not last or last.at <= first.at:
            return Span()
        seen = [one.scrape.values[CPU] for one in known if first.at <= one.at <= last.at]
        return span(first, last, restarted=any(now < before for before, now in pairwise(seen)))

    def _run(self) -> None:
        while not self._ended.wait(1.0 - time.time() % 1.0):
            self.look()


def _at(sample: Sample) -> float:
    return sample.at


def span(first: Sample, last: Sample, *, restarted: bool = False) -> Span:
    """Tell what happened between two samples.

    `restarted`: the server's accounts began anew between them, which may not be seen by these two.
    """
    before, after = first.scrape.values, last.scrape.values
    restarted = restarted or after.get(CPU, 0.0) < before.get(CPU, 0.0)

    def more(name: str) -> float | None:
        if name not in after or restarted:
            return None
        return after[name] - before.get(name, 0.0)

    cpu, messages, commits = more(CPU), more(MESSAGES), more(COMMITS)
    lag = quantile(
        {} if restarted else first.scrape.buckets.get(LAG, {}),
        last.scrape.buckets.get(LAG, {}),
        0.99,
    )
    return Span(
        cpu=None if cpu is None else cpu / (last.at - first.at),
        memory_mb=after[MEMORY] / 1e6 if MEMORY in after else None,
        loop_lag_ms_p99=None if lag is None else 1_000 * lag,
        messages=messages,
        cpu_us_per_message=1e6 * cpu / messages if cpu is not None and messages else None,
        connections=after.get(CONNECTIONS),
        messages_per_commit=messages / commits if messages and commits else None,
        shed=more(SHED),
        restarted=restarted,
    )


def _fetch(url: str) -> str | None:
    """Fetch a page of metrics; None if nobody answers with one."""
    context = ssl.create_default_context() if url.startswith("https:") else None
    try:
        with urllib.request.urlopen(  # noqa: S310 — the address is given by whoever runs it
            url, timeout=TIMEOUT_SECONDS, context=context
        ) as answer:
            return str(answer.read().decode())
    except (OSError, http.client.HTTPException, ValueError):
        return None
