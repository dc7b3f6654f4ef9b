"""Where those who load a server note what they saw: one `Meter` in each process.

Every measurement has three moments of `time.perf_counter`: when it was *intended* (by the
schedule), when it was really *sent*, and when it was *done*. Response time counts from the
intended moment, so that a server that stalls cannot hide it by being asked less (coordinated
omission); service time counts from the sending. A user who decides anew after each answer has no
schedule: for them both moments are the same.
"""

import time
from enum import StrEnum
from typing import TypedDict

from loadtests.measures.histogram import Counts, Histogram


class Kind(StrEnum):
    """What is measured; other names may stand beside these (an HTTP request is one, say)."""

    CONNECT = "connect"
    """From asking for the socket until the upgrade is answered."""
    AUTHENTICATE = "authenticate"
    """From the upgrade until hello."""
    ACK = "send to ack"
    DELIVERED = "send to delivered"
    """From sending until the partner's device has the message."""
    ARRIVED = "sent to arrived"
    """The same from when it was really sent until the kernel of the partner's machine had it: the
    server's part, without what the load generator itself was late. It has no intended moment.
    """
    READ = "read"
    """From saying that it was read until the writer's device knows."""
    RESUME = "resume"
    """From asking until everything missed has come."""
    HISTORY = "history"
    """One page."""
    MEET = "line to talk"
    """From joining SnakSammen's line until one has entered the talk, a volunteer being free."""
    HOLD = "hold a time"
    """From picking a time until one knows whether one has it."""
    CALL = "call set up"
    """From calling until both are connected: the signalling, one step after another."""


class CellData(TypedDict):
    """What was measured of one kind, done within one second and intended in one phase."""

    second: int
    phase: str
    kind: str
    response: Counts
    service: Counts


class CountData(TypedDict):
    """How often something happened in one second of one phase."""

    second: int
    phase: str
    what: str
    count: int


class MeterData(TypedDict):
    """What a meter noted since it was last asked: plain values, for JSON and msgpack alike."""

    cells: list[CellData]
    offered: list[CountData]
    errors: list[CountData]
    gauges: list[tuple[int, str, str, float]]
    """Second, name, source and value."""


class Meter:
    """Notes measurements by second, phase and kind; hands over what is noted with `take`.

    Seconds are those of the wall clock (UNIX time), so that workers on several machines can be
    laid side by side. A measurement belongs to the second in which it was done, and to the phase
    in which it was intended. `source` is the process's own name among all workers.
    """

    def __init__(self, phase: str = "run", source: str = "") -> None:
        self._source = source
        self._to_wall = time.time() - time.perf_counter()
        self._phases: list[tuple[float, str]] = [(float("-inf"), phase)]
        self._cells: dict[tuple[int, str, str], tuple[Histogram, Histogram]] = {}
        self._offered: dict[tuple[int, str, str], int] = {}
        self._errors: dict[tuple[int, str, str], int] = {}
        self._gauges: dict[tuple[int, str], float] = {}

    @property
    def phase(self) -> str:
        """The phase that runs now."""
        return self._phase_of(time.perf_counter())

    def begin(self, phase: str, at: float | None = None) -> None:
        """Begin a phase, now or at a moment of `perf_counter`; phases are told in their order."""
        self._phases.append((time.perf_counter() if at is None else at, phase))

    def offer(self, intended: float, kind: str = Kind.ACK) -> None:
        """Note that the schedule offered something, before it is known what becomes of it."""
        self._count(self._offered, intended, self._phase_of(intended), kind)

    def record(self, kind: str, intended: float, sent: float, done: float) -> None:
        """Note a measurement that went well: three moments of `perf_counter`."""
        key = (int(done + self._to_wall), self._phase_of(intended), kind)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = (Histogram(), Histogram())
        cell[0].record(done - intended)
        cell[1].record(done - sent)

    def error(self, what: str, intended: float | None = None) -> None:
        """Note that something failed: an error code, or what happened, in a few words.

        Never a person's data: it goes into reports as it is.
        """
        moment = time.perf_counter() if intended is None else intended
        self._count(self._errors, time.perf_counter(), self._phase_of(moment), what)

    def gauge(self, name: str, value: float) -> None:
        """Note a value that stands for this second, such as how many are connected.

        Of several in one second the last stands; those of several workers are added up.
        """
        self._gauges[int(time.perf_counter() + self._to_wall), name] = value

    def take(self) -> MeterData:
        """Give everything noted since the last `take`, and forget it."""
        cells, self._cells = self._cells, {}
        offered, self._offered = self._offered, {}
        errors, self._errors = self._errors, {}
        gauges, self._gauges = self._gauges, {}
        return {
            "cells": [
                {
                    "second": second,
                    "phase": phase,
                    "kind": str(kind),
                    "response": response.counts,
                    "service": service.counts,
                }
                for (second, phase, kind), (response, service) in cells.items()
            ],
            "offered": _counts(offered),
            "errors": _counts(errors),
            "gauges": [
                (second, name, self._source, value) for (second, name), value in gauges.items()
            ],
        }

    def _phase_of(self, moment: float) -> str:
        phases = self._phases
        if moment >= phases[-1][0]:
            return phases[-1][1]
        return next(name for begun, name in reversed(phases) if moment >= begun)

    def _count(
        self, counts: dict[tuple[int, str, str], int], moment: float, phase: str, what: str
    ) -> None:
        key = (int(moment + self._to_wall), phase, what)
        counts[key] = counts.get(key, 0) + 1


def _counts(counts: dict[tuple[int, str, str], int]) -> list[CountData]:
    return [
        {"second": second, "phase": phase, "what": str(what), "count": count}
        for (second, phase, what), count in counts.items()
    ]
