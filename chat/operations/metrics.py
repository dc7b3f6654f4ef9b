"""Metrics in Prometheus' text format: read from the objects that count, when somebody asks.

docs/operations.md explains every one of them. No label tells of a person: routes are templates,
codes and reasons are those of the published tables.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from chat.conversations.service import Conversations
from chat.delivery.model import Backlog, Channel
from chat.figures import CommitFigures, Histogram, HttpFigures
from chat.operations.lag import LoopLag
from chat.operations.readiness import STORAGE_SECONDS, Report
from chat.realtime.broker import Broker
from chat.realtime.server import SocketServer
from chat.scope import Clock
from chat.storage.room import DiskRoom
from chat.storage.tail import Tail
from protocol.errors import Refused

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


@dataclass(frozen=True, slots=True)
class Stored:
    """What storage has to be asked for: notices, and when it was last backed up (UTC ms)."""

    notices: Sequence[Backlog] = ()
    backed_up_at: int | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """The parts of a process that count."""

    sockets: SocketServer
    conversations: Conversations
    commits: CommitFigures
    broker: Broker
    tail: Tail
    http: HttpFigures
    lag: LoopLag
    room: DiskRoom | None
    stored: Callable[[], Awaitable[Stored]]
    clock: Clock


class Metrics(Collector):
    """One process's figures. Read on the event loop's own thread."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._report = Report(())
        self._stored = Stored()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self, report: Report, stored: Stored) -> bytes:
        """Write all of them down, with what had to be asked for."""
        self._report, self._stored = report, stored
        return generate_latest(self._registry)

    async def stored(self) -> Stored:
        """Ask storage; it has nothing to tell while it does not answer."""
        try:
            async with asyncio.timeout(STORAGE_SECONDS):
                return await self._watched.stored()
        except (Refused, TimeoutError):
            return Stored()

    def collect(self) -> Iterable[Metric]:
        """Give each metric with its value of now."""
        watched = self._watched
        yield from _of_sockets(watched.sockets)
        yield _counter(
            "messages", "Messages acked; resends count once.", watched.conversations.acked
        )
        yield from _of_commits(watched.commits)
        yield _histogram(
            "event_loop_lag_seconds", "How late the event loop is.", watched.lag.seconds
        )
        yield _histogram(
            "publish_lag_seconds",
            "From publishing an event to the hub of another process.",
            watched.broker.lag,
        )
        yield _counter(
            "publications_dropped",
            "Events that could not be sent to another process; the log brings them.",
            watched.broker.dropped,
        )
        yield _counter(
            "broker_reconnects", "Times that the link to Redis was lost.", watched.broker.reconnects
        )
        yield _counter(
            "tail_deliveries",
            "Changes heard of by the log's tail, not at once.",
            watched.tail.deliveries,
        )
        yield from _of_http(watched.http)
        yield from _of_checks(self._report)
        yield from _of_notices(self._stored.notices, watched.clock())
        yield _gauge(
            "last_backup_timestamp_seconds",
            "When `samtale backup` last made a whole copy; 0 for never.",
            (self._stored.backed_up_at or 0) / 1_000,
        )
        if watched.room is not None:
            yield _gauge("disk_free_bytes", "Room under the database.", watched.room.free)
            yield _gauge("disk_reserve_bytes", "Room to stay free.", watched.room.reserve)


def _of_sockets(sockets: SocketServer) -> Iterable[Metric]:
    everyone = list(sockets.hub.everyone())
    yield _gauge("connections", "Authenticated sockets.", len(everyone))
    yield _gauge(
        "unauthenticated_connections",
        "Sockets that have not said who they are.",
        sockets.doorman.strangers,
    )
    waiting = sum(connection.waiting for connection in everyone)
    yield _gauge("outbox_bytes", "Bytes that wait for clients to read them.", waiting)
    yield _counter("events_shed", "Ephemeral events not sent to slow clients.", sockets.rounds.shed)
    rejects = CounterMetricFamily(
        "samtale_rejects", "Refused commands and requests, by error code.", labels=["code"]
    )
    for code, count in sorted(sockets.rejects.items()):
        rejects.add_metric([code], count)
    yield rejects
    closes = CounterMetricFamily(
        "samtale_closes", "Sockets closed by the server, by reason.", labels=["reason"]
    )
    for reason, count in sorted(sockets.closes.items()):
        closes.add_metric([reason], count)
    yield closes
    yield _gauge("draining", "1 while a stop is under way.", int(sockets.draining))


def _of_commits(commits: CommitFigures) -> Iterable[Metric]:
    yield _counter("commits", "Commits to synced storage.", sum(commits.seconds.counts))
    yield _counter("commits_failed", "Commits that storage did not take.", commits.failed)
    yield _histogram("commit_seconds", "From a commit's begin to its sync.", commits.seconds)
    yield _histogram("commit_pieces", "Writes that share one commit.", commits.pieces)


def _of_checks(report: Report) -> Iterable[Metric]:
    yield _gauge("ready", "1 if work is taken.", int(report.ready))
    checks = GaugeMetricFamily(
        "samtale_check_ok", "1 for what is well of what readiness looks at.", labels=["check"]
    )
    for check in report.checks:
        checks.add_metric([check.name], int(check.ok))
    yield checks


def _of_notices(backlog: Sequence[Backlog], now: int) -> Iterable[Metric]:
    notices = GaugeMetricFamily(
        "samtale_notices", "Notices that wait or were given up.", labels=["channel", "state"]
    )
    late = GaugeMetricFamily(
        "samtale_notices_late_seconds", "How long the first has been due.", labels=["channel"]
    )
    found = {(one.channel, one.state): one for one in backlog}
    for channel in get_args(Channel):
        for state in ("waiting", "dead"):
            one = found.get((channel, state))
            notices.add_metric([channel, state], one.count if one else 0)
        first = found.get((channel, "waiting"))
        late.add_metric([channel], max(0, now - first.due_at) / 1_000 if first else 0)
    yield notices
    yield late


def _of_http(http: HttpFigures) -> Iterable[Metric]:
    requests = CounterMetricFamily(
        "samtale_http_requests", "HTTP requests answered.", labels=["route", "status"]
    )
    for (route, status), count in sorted(http.requests.items()):
        requests.add_metric([route, str(status)], count)
    yield requests
    yield _histogram("http_request_seconds", "Time to answer an HTTP request.", http.seconds)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"samtale_{name}", text, value)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"samtale_{name}", text, value)


def _histogram(name: str, text: str, histogram: Histogram) -> Metric:
    buckets, under = [], 0
    for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts, strict=True):
        under += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound), under))
    return HistogramMetricFamily(f"samtale_{name}", text, buckets, histogram.sum)
