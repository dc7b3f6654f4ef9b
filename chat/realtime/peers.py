"""What processes say to each other over Redis. Pure: types and their encoding.

The version stands in the names of the channels: processes whose words differ do not hear each
other, and heal by the log (a deploy of a new version among them).
"""

import msgspec
from msgspec import Struct

from chat.realtime.broker import Publication

WORDS = 1
"""Raised when anything here, or `Publication`, changes."""

Costs = dict[str, dict[int | str, float]]
"""Milliseconds of each bucket that were spent, by kind of limit and by key."""


class Delivery(Struct, tag="d", array_like=True, gc=False):
    """Publications for accounts that have a socket in the process that this is sent to."""

    publications: list[Publication]


class Roll(Struct, tag="r", array_like=True, gc=False):
    """Accounts that have a socket in a process, as of a version: all, in parts until `last`."""

    process: str
    version: int
    accounts: list[int]
    first: bool
    last: bool


class Moved(Struct, tag="m", array_like=True, gc=False):
    """Accounts that have got a first socket, or lost the last; takes the roll to a version.

    `opened`: when the sockets were opened that are in the process now, of accounts that are in
    others too (UTC ms). A version before that field leaves it out, and does not read it.
    """

    process: str
    version: int
    came: list[int]
    went: list[int]
    opened: dict[int, list[int]] = {}


class Alive(Struct, tag="a", array_like=True, gc=False):
    """A process lives, and its roll is of this version: whoever has another asks for it."""

    process: str
    version: int


class Ask(Struct, tag="q", array_like=True, gc=False):
    """A process asks for the roll of the process that this is sent to, or of all."""

    process: str


class Gone(Struct, tag="g", array_like=True, gc=False):
    """A process has stopped."""

    process: str


class Gap(Struct, tag="p", array_like=True, gc=False):
    """What a process published after a position of the log may not have arrived."""

    process: str
    position: int


class Poke(Struct, tag="c", array_like=True, gc=False):
    """Rights or sessions have changed: read the log's tail now, not in its own time."""

    process: str


class Spent(Struct, tag="s", array_like=True, gc=False):
    """What a process has let through since it last told, by kind of limit."""

    process: str
    costs: Costs


class Probe(Struct, tag="o", array_like=True, gc=False):
    """What a process tells itself, to know that its link carries anything."""

    number: int


Word = Delivery | Roll | Moved | Alive | Ask | Gone | Gap | Poke | Spent | Probe

encode = msgspec.msgpack.Encoder().encode
_decoder: msgspec.msgpack.Decoder[Word] = msgspec.msgpack.Decoder(Word)


def decode(data: bytes) -> Word:
    """Read a word. Raises `ValueError`."""
    return _decoder.decode(data)
