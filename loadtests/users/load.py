"""What the users of one process share: who they are, what they are to do, what they have seen."""

import os
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import gevent  # type: ignore[import-untyped]
from locust.env import Environment

from loadtests.measures import Meter
from loadtests.oracle import Oracle
from loadtests.oracle.oracle import OracleData, Voice
from loadtests.partition import Cast
from loadtests.users.alarm import Alarms
from loadtests.users.known import Letter
from loadtests.users.line import Host
from loadtests.users.mix import MIX, Mix
from loadtests.validity import Watch

if TYPE_CHECKING:
    from loadtests.users.citizen import Citizen
    from loadtests.users.phone import Phone

LEAD_SECONDS = 3.0
"""How long before the moment of a message its writer is told, to be seen writing."""

TRIES = 50
"""Citizens who are asked before a thing is not done: some talk with nobody who is here."""

LOOK_SECONDS = 0.1
"""How often the rate is looked at anew."""

SETTLE_SECONDS = 60.0
"""At the end everybody must be back, and whoever lost the server may stay away for 30 s."""


@dataclass(slots=True)
class Pace:
    """What is wanted now: messages a second of each citizen, and whether the server is away."""

    per_citizen: float = 0.0
    phase: str = "run"
    outage: bool = False


@dataclass(slots=True)
class Sight:
    """What the people of this process see of each other, for times that have two ends."""

    listening: Counter[str] = field(default_factory=Counter)
    """How many devices of each are connected."""
    messages: dict[tuple[str, int], Letter] = field(default_factory=dict)
    """Messages between their writer and their reader, by voice and number."""
    reads: dict[tuple[str, int], tuple[int, float]] = field(default_factory=dict)

    @property
    def connected(self) -> int:
        """How many connections there are."""
        return self.listening.total()


class Load:
    """One run in one process."""

    def __init__(
        self,
        environment: Environment,
        host: Host,
        cast: Cast,
        run: str,
        *,
        faster: float = 1.0,
        mix: Mix = MIX,
    ) -> None:
        self.host = host
        self.cast = cast
        self.faster = faster
        self.mix = mix
        self.pace = Pace()
        self.meter = Meter()
        self.oracle = Oracle(run)
        self.sight = Sight()
        self.citizens: list[Citizen] = []
        self.phones: set[Phone] = set()
        self.watch = Watch(f"{socket.gethostname()}/{os.getpid()}", lambda: self.sight.connected)
        self.unacked = 0
        self.dice = Random()
        self.alarms = Alarms()
        self.settling = False
        """Whether it ends: nobody writes or goes away any more."""
        self.known: OracleData | None = None
        self._environment = environment
        self._voices: dict[tuple[str, str], Voice] = {}
        self._schedule = gevent.spawn(self._keep_time)

    # --- the schedule

    def set_pace(self, per_citizen: float, phase: str, *, outage: bool) -> None:
        """Want another rate or phase from now on, or let the server be away."""
        if phase != self.pace.phase:
            self.meter.begin(phase)
        self.pace = Pace(per_citizen, phase, outage)

    def _keep_time(self) -> None:
        """Hand out what is due: a Poisson process, whatever the server does (open model)."""
        due = time.perf_counter() + LEAD_SECONDS
        while True:
            rate = self.pace.per_citizen * len(self.citizens) * self.mix.per_message
            gap = self.dice.expovariate(rate) if rate > 0 else LOOK_SECONDS
            # What has not come within a look comes as likely after it, at the rate of then.
            arrives = rate > 0 and gap <= LOOK_SECONDS
            due += min(gap, LOOK_SECONDS)
            self._sleep_until(due - LEAD_SECONDS)
            self.watch.late(max(0.0, time.perf_counter() - due + LEAD_SECONDS))
            if arrives and self.citizens:
                self._hand_out(due)

    def _hand_out(self, due: float) -> None:
        action = self.mix.draw(self.dice)
        for _ in range(TRIES):
            one = self.dice.choice(self.citizens)
            if one.can(action):
                one.begin(action, due)
                return

    def _sleep_until(self, moment: float) -> None:
        gevent.sleep(max(0.0, moment - time.perf_counter()))

    # --- what is seen

    def voice(self, sender: str, recipient: str) -> Voice:
        """Give the one voice from someone to another, whoever plays them."""
        found = self._voices.get((sender, recipient))
        if found is None:
            found = self._voices[sender, recipient] = self.oracle.voice(sender, recipient)
        return found

    def note(self, kind: str, intended: float, sent: float, done: float) -> None:
        """Note a time that went well, for the report and for Locust's own tables."""
        self.meter.record(kind, intended, sent, done)
        self._tell_locust(kind, (done - intended) * 1_000, None)

    def fail(
        self, kind: str, what: str, intended: float | None = None, *, reached: bool = True
    ) -> None:
        """Note what went wrong. While the server is away, not reaching it is no error."""
        if self.pace.outage and not reached:
            return
        self.meter.error(f"{kind}: {what}", intended)
        self._tell_locust(kind, 0.0, RuntimeError(what))

    def _tell_locust(self, name: str, milliseconds: float, failure: Exception | None) -> None:
        self._environment.events.request.fire(
            request_type="samtale", name=str(name), response_time=milliseconds, response_length=0,
            exception=failure, context={},
        )  # fmt: skip

    # --- the end

    def settle(self, seconds: float = SETTLE_SECONDS) -> None:
        """Send no more, wait until all that was sent is acked and heard, and keep what is known."""
        if self.known is not None:
            return
        self.settling = True
        self._schedule.kill()
        until = time.perf_counter() + seconds
        gevent.sleep(LEAD_SECONDS)  # what was handed out already goes out by then
        while self._unsettled and time.perf_counter() < until:
            gevent.sleep(0.05)
        for phone in self.phones:
            if not phone.ready.is_set():
                self.fail("people", "not back at the end")
                phone.ear.leave()
        self.known = self.oracle.data
        self.alarms.close()

    @property
    def _unsettled(self) -> bool:
        under_way = self.unacked or self.sight.messages
        return bool(under_way) or not all(phone.ready.is_set() for phone in self.phones)

    def take(self) -> dict[str, Any]:
        """Give all that was noted since the last time, as plain values."""
        self.meter.gauge("connections", self.sight.connected)
        return {"meter": self.meter.take(), "watch": self.watch.take()}


def load_of(environment: Environment) -> Load:
    """Give the load that runs in an environment. Raises `LookupError` if none does."""
    load: Any = getattr(environment, "samtale", None)
    if not isinstance(load, Load):
        raise LookupError("no load has begun here")
    return load


def set_load(environment: Environment, load: Load) -> None:
    """Let a load run in an environment."""
    environment.samtale = load  # type: ignore[attr-defined]
