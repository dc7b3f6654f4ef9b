"""The base of all users: somebody of the town, taken for as long as Locust wants them."""

import logging
from typing import Any

import gevent  # type: ignore[import-untyped]
from locust import User, constant
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.event import EventHook
from locust.exception import StopUser

from loadtests.partition import NobodyLeft
from loadtests.users.line import PATIENCE_SECONDS
from loadtests.users.load import Load, load_of
from loadtests.users.mix import SHARES
from loadtests.users.phone import Phone

log = logging.getLogger(__name__)

FOR_EVER = 86_400.0


def share_of(kind: str) -> int:
    """Give how many of a hundred are of a kind."""
    return SHARES[kind]


class Resident(User):
    """Somebody with a phone. Kinds say in their task what they do; Locust ends it."""

    abstract = True
    wait_time = constant(0)
    reads = False
    """Whether they read what comes at once, or their phone lies in a pocket."""
    volunteers = False
    """Whether they are somebody who is a volunteer of SnakSammen."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.load: Load = load_of(environment)
        self.phone: Phone | None = None
        self.number = -1

    def browser(self) -> FastHttpSession:
        """Open what they browse with; its requests are told of by whoever makes them."""
        tls = self.load.host.tls
        return FastHttpSession(
            base_url=self.load.host.target.url, request_event=EventHook(),
            user=self, insecure=False, ssl_context_factory=lambda: tls,
        )  # fmt: skip

    @property
    def name(self) -> str:
        """What they are called in marks."""
        return str(self.number)

    def on_start(self) -> None:
        """Take somebody, and connect their phone."""
        try:
            self.number, self.token = self.load.cast.take(volunteer=self.volunteers)
        except NobodyLeft:
            self.load.fail("people", "too few were seeded for so many users")
            raise StopUser from None
        self.phone = Phone(self.load, self.name, self.token, reads=self.reads)
        if not self.phone.ready.wait(PATIENCE_SECONDS):
            self.load.fail("people", "not online in time")

    def on_stop(self) -> None:
        """Put the phone away, and give the person back."""
        if self.phone is not None:
            self.phone.leave()
        if self.number >= 0:
            self.load.cast.give_back(self.number)

    def think(self, seconds: float) -> None:
        """Wait about so long, in a time that may run faster."""
        gevent.sleep(seconds / self.load.faster)

    def around(self, seconds: float) -> float:
        """Draw a time at random around a mean."""
        return self.load.dice.expovariate(1 / seconds)

    def spawn(self, work: Any, *arguments: Any) -> None:
        """Do something beside the rest."""
        gevent.spawn(work, *arguments)
