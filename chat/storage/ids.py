"""New ids: time-ordered, so that indexes append; random below the millisecond."""

import secrets

RANDOM_BITS = 20


def new_id(now: int) -> int:
    """Make an id for something created at `now` (UTC milliseconds): 41 bits of time, 20 random.

    Two made in the same millisecond collide once in a million; the primary key catches it and the
    use case answers `unavailable`, which is safe to retry.
    """
    return now << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
