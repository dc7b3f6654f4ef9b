"""Which plots a report has."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loadtests.report.svg import Band, Series, chart

DELIVERED, ACK = "send to delivered", "send to ack"
SPECTRUM = ((50.0, "p50"), (90.0, "p90"), (95.0, "p95"), (99.0, "p99"), (99.9, "p99_9"),
            (99.99, "p99_99"))  # fmt: skip
LOOKS = ("blue", "teal", "amber", "violet", "red", "grey")

Row = Mapping[str, Any]


def plots(found: Mapping[str, Any]) -> str:
    """Draw everything that changes over time, and how latency is spread."""
    rows: Sequence[Row] = found["timeline"]
    xs = [float(row["second"]) for row in rows]
    bands = [
        Band(one["name"], one["at"], one["at"] + one["seconds"], not one["counts"])
        for one in found["phases"]
    ]

    def draw(title: str, unit: str, *series: Series, **options: Any) -> str:
        return chart(title, unit, xs, series, bands=bands, **options)

    def of(read: Callable[[Row], Any]) -> list[float | None]:
        return [_number(read(row)) for row in rows]

    def server(name: str, factor: float = 1.0) -> list[float | None]:
        return of(lambda row: _times(row["server"].get(name), factor))

    objective = found["objective"]
    limit = (objective["milliseconds"], "objective") if objective else None
    errors = sorted({what for row in rows for what in row["errors"]})
    return _frame(
        draw(
            "Throughput", "messages a second",
            Series("offered", "grey", of(lambda row: row["offered"].get(ACK, 0))),
            Series("acked", "teal", of(lambda row: row["done"].get(ACK, 0))),
            Series("delivered", "blue", of(lambda row: row["done"].get(DELIVERED, 0)), area=True),
        ),
        draw(
            "Delivery over time", "ms, response time",
            Series("longest", "grey", of(lambda row: row["ms"].get(DELIVERED, {}).get("max"))),
            Series("p99", "amber", of(lambda row: row["ms"].get(DELIVERED, {}).get("p99"))),
            Series("p50", "blue", of(lambda row: row["ms"].get(DELIVERED, {}).get("p50"))),
            log=True, limit=limit,
        ),
        _spectrum(found),
        draw(
            "Errors", "a second",
            *(
                Series(what, LOOKS[(at + 4) % 6], of(_error_of(what)))
                for at, what in enumerate(errors[:6])
            ),
        ),
        draw("Server: processor", "cores", Series("in use", "violet", server("cpu"), area=True)),
        draw("Server: memory", "MB", Series("resident", "teal", server("memory_mb"), area=True)),
        draw(
            "Server: event loop", "ms",
            Series("lag, 99 %", "amber", server("loop_lag_ms_p99")),
        ),
        draw(
            "Connections", "",
            Series("held by the load", "blue", of(lambda row: row["connections"])),
            Series("as the server says", "grey", server("connections")),
        ),
        *_talks(found, draw, of),
        draw(
            "Load generator", "share of a core, and how late in ms",
            Series("core", "violet", of(lambda row: row["generators"].get("cpu"))),
            Series("latest, ms", "amber", of(lambda row: row["generators"].get("late_ms"))),
            log=True,
        ),
        _others(found, draw, of),
    )  # fmt: skip


def _error_of(what: str) -> Callable[[Row], Any]:
    return lambda row: row["errors"].get(what, 0)


def _talks(found: Mapping[str, Any], draw: Callable[..., str], of: Callable[..., Any]) -> list[str]:
    """Draw how many talks of SnakSammen were held, if there were any."""
    if not any(row.get("talks") for row in found["timeline"]):
        return []
    held = Series("held at once", "teal", of(lambda row: row.get("talks")), area=True)
    return [draw("Talks of SnakSammen", "", held)]


def _others(found: Mapping[str, Any], draw: Callable[..., str], of: Callable[..., Any]) -> str:
    """Draw the 99th percentile of everything else that was measured."""
    kinds = [kind for kind in found["total"]["kinds"] if kind not in {DELIVERED, ACK}][:6]
    return draw(
        "Everything else", "ms, 99 % within",
        *(
            Series(kind, LOOKS[at % 6], of(_p99_of(kind)))
            for at, kind in enumerate(kinds)
        ),
        log=True,
    )  # fmt: skip


def _p99_of(kind: str) -> Callable[[Row], Any]:
    return lambda row: row["ms"].get(kind, {}).get("p99")


def _spectrum(found: Mapping[str, Any]) -> str:
    """Draw latency over the percentiles, whose tail is spread out as it deserves."""
    kinds = found["total"]["kinds"]
    xs = [1 / (1 - percentile / 100) for percentile, _ in SPECTRUM]
    lines = []
    for kind, look in ((ACK, "teal"), (DELIVERED, "blue")):
        if kind in kinds:
            for what, shade in (("response_ms", look), ("service_ms", "grey")):
                if what == "response_ms" or kind == DELIVERED:
                    values = [kinds[kind][what][name] for _, name in SPECTRUM]
                    name = kind if what == "response_ms" else f"{kind}, service time"
                    lines.append(Series(name, shade, values))
    return chart(
        "Latency by percentile", "ms", xs, lines, log=True, log_x=True, dots=True,
        write_x=_percentile_at,
    )  # fmt: skip


def _percentile_at(x: float) -> str:
    known = {2: "50 %", 10: "90 %", 20: "95 %", 100: "99 %", 1_000: "99.9 %", 10_000: "99.99 %"}
    return known.get(round(x), "")


def capacity_plots(what: str, found: Mapping[str, Any]) -> str:
    """Draw what each step of a search gave."""
    # Of a load that was tried again, the last try stands.
    steps = sorted({step["offered"]: step for step in found["steps"]}.values(), key=_offered)
    xs = [float(step["offered"]) for step in steps]
    unit = "messages a second" if what == "messages" else "connections"

    def plain(x: float) -> str:
        return f"{x:,.0f}".replace(",", " ")

    def draw(title: str, unit: str, *series: Series, **options: Any) -> str:
        return chart(title, unit, xs, series, write_x=plain, dots=True, **options)

    limit = (found["objective_ms"], "objective")
    return _frame(
        draw(
            f"Delivery by {unit}", "ms",
            Series("p99", "amber", [step["p99_ms"] for step in steps]),
            Series("p50", "blue", [step["p50_ms"] for step in steps]),
            log=True, limit=limit,
        ),
        draw(
            f"Processor by {unit}", "cores",
            Series("server", "violet", [step["server"]["cpu"] for step in steps]),
            Series("generator", "grey", [step["generator_cpu"] for step in steps]),
        ),
    )  # fmt: skip


def _offered(step: Row) -> float:
    return float(step["offered"])


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _frame(*figures: str) -> str:
    return f'<div class="plots">{"".join(figures)}</div>'
