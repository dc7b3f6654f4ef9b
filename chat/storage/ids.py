"""New ids: time-ordered, so that indexes append; they tell nothing but when (ADR 5)."""

import secrets
from array import array
from itertools import count

RANDOM_BITS = 20
_HALF_BITS = RANDOM_BITS // 2
_HALF = (1 << _HALF_BITS) - 1

_made = count()
_ROUNDS = [array("H", secrets.token_bytes(2 << _HALF_BITS)) for _ in range(4)]
"""The secret of this process: four random functions on half of an id's last bits."""


def new_id(now: int) -> int:
    """Make an id for something created at `now` (UTC milliseconds): 41 bits of time, 20 more.

    One process makes none twice before it has made 2^20 in a millisecond. Two that are made in
    the same millisecond by two processes collide once in a million; the primary key catches it
    and the use case answers `unavailable`, which is safe to retry.
    """
    return now << RANDOM_BITS | _shuffled(next(_made))


def _shuffled(number: int) -> int:
    """Permute the numbers of 20 bits, so that no two meet and nobody can count (Luby, Rackoff)."""
    left, right = number >> _HALF_BITS & _HALF, number & _HALF
    for secret in _ROUNDS:
        left, right = right, left ^ secret[right] & _HALF
    return left << _HALF_BITS | right
