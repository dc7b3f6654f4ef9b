"""The broker: how an event reaches the processes that hold its recipients' sockets.

Contract, for every implementation. A publication reaches each process that follows one of its
accounts at most once, in the order in which this process published it; across processes the
order is restored by the hub. It may be lost: the log is the truth, and resume and the log's tail
deliver what a broker drops (G2, G5). `publish` never blocks and never raises.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from chat.figures import SECONDS, Histogram


class Publication(Struct, frozen=True, gc=False, array_like=True):
    """An event, encoded once, for the sockets of some accounts.

    `frame` is the text of the event frame: nobody encodes it again. `except_connection` is the
    socket that got the ack instead. An ephemeral one may be shed. An entry carries its
    `conversation` and `seq`, by which order is restored between processes; what stands in the log,
    its `position`. `state`: it says all of something that is one account's, so that an older one
    says nothing after it.
    """

    accounts: tuple[int, ...]
    frame: bytes
    except_connection: int = 0
    ephemeral: bool = False
    conversation: int = 0
    seq: int = 0
    position: int = 0
    state: bool = False


Deliver = Callable[[Publication], None]


class Broker(Protocol):
    """Carries publications to whoever follows their accounts.

    `lag`: seconds from publishing to the hub of another process. `healthy`: whether what is
    published arrives, as far as is known; if not, the log's tail brings it. `dropped`: publications
    that could not be sent to another process. `reconnects`: how often the link was lost.
    """

    lag: Histogram
    dropped: int

    @property
    def reconnects(self) -> int:
        """Count how often the link to the others was lost."""
        ...

    @property
    def healthy(self) -> bool:
        """Whether it carries."""
        ...

    def publish(self, publication: Publication) -> None:
        """Hand an event on."""
        ...

    def follow(self, account: int) -> None:
        """Ask for the publications of an account: it has a first socket here."""
        ...

    def unfollow(self, account: int) -> None:
        """Ask no more: its last socket here has gone."""
        ...


class MemoryBroker:
    """The broker of a single process: straight to its hub."""

    def __init__(self) -> None:
        self.lag = Histogram(*SECONDS)  # nothing is ever under way
        self.dropped = self.reconnects = 0
        self._deliver: Deliver | None = None
        self._followed: set[int] = set()

    @property
    def healthy(self) -> bool:
        """It carries as long as the process lives."""
        return True

    def attach(self, deliver: Deliver) -> None:
        """Say who receives publications."""
        self._deliver = deliver

    def publish(self, publication: Publication) -> None:
        """Hand an event to the hub, if anyone here follows one of its accounts."""
        if self._deliver is not None and not self._followed.isdisjoint(publication.accounts):
            self._deliver(publication)

    def follow(self, account: int) -> None:
        """Ask for the publications of an account."""
        self._followed.add(account)

    def unfollow(self, account: int) -> None:
        """Ask no more for the publications of an account."""
        self._followed.discard(account)


class LocalBroker(MemoryBroker):
    """Hands on to this process alone, where another broker follows accounts for it.

    For what every process hears of by itself: by the log's tail.
    """

    def __init__(self, deliver: Deliver) -> None:
        super().__init__()
        self._hand_on = deliver

    def publish(self, publication: Publication) -> None:
        """Hand an event to the hub, which knows who is here."""
        self._hand_on(publication)
