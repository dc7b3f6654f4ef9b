"""Who is told of an answer, and when. Pure: no I/O, no clock."""

RECONNECT_MS = 10_000
"""How long someone may be unconnected before they are away: a phone changes networks."""


def grace_ms(away_after_ms: int) -> int:
    """Tell after how long without a connection someone is away."""
    return min(RECONNECT_MS, away_after_ms)


def is_away(unread_ms: int, *, connected: bool, away_after_ms: int) -> bool:
    """Tell whether someone is away, whose newest unread message is `unread_ms` old.

    Without a connection after a moment, with one when they read nothing (design section 5.8).
    """
    return unread_ms >= (away_after_ms if connected else grace_ms(away_after_ms))


def may_be_told(read_seq: int, told_up_to: int) -> bool:
    """Tell whether someone may be told of what they have not read.

    Once for each time they are away: not before they have read as far as they were told of.
    """
    return read_seq >= told_up_to
