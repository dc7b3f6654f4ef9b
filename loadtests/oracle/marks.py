"""The mark at the head of every message: which run, from whom, for whom, the how-manieth."""

from typing import NamedTuple

MARK_BYTES = 24
"""A mark with short names and its blank is at most about so long."""


class Mark(NamedTuple):
    """What a mark says. Names are the load's own, without blanks, `~` or `>`."""

    sender: str
    recipient: str
    number: int


def head(run: str, sender: str, recipient: str) -> str:
    """Write what all marks of one voice begin with; the number follows in hex, and a blank."""
    return f"~{run}~{sender}>{recipient}~"


def write(run: str, mark: Mark) -> str:
    """Write a mark, its blank included."""
    return f"{head(run, mark.sender, mark.recipient)}{mark.number:x} "


def read(run: str, text: str) -> Mark | None:
    """Read the mark of a text; None if it has none, or one of another run."""
    try:
        nothing, its_run, names, rest = text.split("~", 3)
        if nothing or its_run != run:
            return None
        sender, recipient = names.split(">")
        return Mark(sender, recipient, int(rest.split(" ", 1)[0], 16))
    except ValueError:
        return None
