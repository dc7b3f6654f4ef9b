"""New ids: time-ordered, so that indexes append; without order below the millisecond."""

import secrets
from itertools import count

RANDOM_BITS = 20
_MASK = (1 << RANDOM_BITS) - 1

_made = count(secrets.randbits(RANDOM_BITS))
_STRIDE = secrets.randbits(RANDOM_BITS) | 1
"""Odd, so that so many steps of it meet each number of 20 bits once before any comes again."""


def new_id(now: int) -> int:
    """Make an id for something created at `now` (UTC milliseconds): 41 bits of time, 20 more.

    One process makes none twice before it has made 2^20 in a millisecond. Two that are made in
    the same millisecond by two processes collide once in a million; the primary key catches it
    and the use case answers `unavailable`, which is safe to retry.
    """
    return now << RANDOM_BITS | next(_made) * _STRIDE & _MASK
