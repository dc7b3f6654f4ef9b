"""A fast driver: thousands of real connections in one process, each message followed by its mark.

It speaks the published protocol and nothing else, at a few microseconds a frame, so that a server
on one core can be driven to its ceiling from one other core. `Driver` opens `Socket`s; a `Pair` of
them sends and hears, an `Exchange` does so with two devices a side; `closed_loop` and `open_loop`
are the two ways to load, and both check that nothing was lost, doubled or reordered.

For scenarios there are `Phone`s, two to a talk, which write, listen, go away and come back; a
`Worker` has many of them in a process of its own, and a `Crew` is all workers together.
"""

from loadtests.driver.driver import Driver, driving
from loadtests.driver.exchange import Exchange, exchanging
from loadtests.driver.load import Result, arrivals, closed_loop, open_loop, settle
from loadtests.driver.pair import Pair
from loadtests.driver.socket import Refusal, Socket

__all__ = [
    "Driver", "Exchange", "Pair", "Refusal", "Result", "Socket", "arrivals",
    "closed_loop", "driving", "exchanging", "open_loop", "settle",
]  # fmt: skip
