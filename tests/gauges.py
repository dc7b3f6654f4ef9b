"""What operators read of a running server: its metrics."""

import time
from collections.abc import Iterator

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from loadtests.processes import ServerProcess
from tests.patience import PATIENCE_SECONDS


def samples(server: ServerProcess) -> Iterator[Sample]:
    """Read the metrics of a server."""
    answer = httpx.get(f"http://127.0.0.1:{server.operators_port}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for family in text_string_to_metric_families(answer.text):
        yield from family.samples


def value(server: ServerProcess, name: str, **labels: str) -> float:
    """Give the sum of a metric's samples with these labels; 0 if there are none."""
    return sum(
        sample.value
        for sample in samples(server)
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def wait_for_more(server: ServerProcess, name: str, than: float) -> float:
    """Wait until a metric is over a value; gives what it is then."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (now := value(server, name)) <= than:
        assert time.monotonic() < until, f"{name} stays at {than}"
        time.sleep(0.05)
    return now
