"""How long things of a call may last, as it is set."""

from chat.calls.model import Times
from chat.settings import Limits


def times_within(limits: Limits) -> Times:
    """Read it from the limits; all in milliseconds, but the number of extensions."""
    return Times(
        ring=limits.call_rings_ms,
        connect=limits.call_connects_ms,
        change=limits.call_changes_ms,
        talk=limits.call_talk_ms,
        warning=limits.call_warning_ms,
        farewell=limits.call_farewell_ms,
        extension=limits.call_extension_ms,
        extensions=limits.call_extensions,
    )
