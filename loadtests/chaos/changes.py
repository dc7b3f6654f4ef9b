"""The checker of changes and marks: edits, deletions, reactions, and what was read. Pure.

A change is an entry like a message, so that none is lost, doubled or out of order is checked with
the lines (`checker.py`). Here: each acked change stands as it was acked, none stands twice for
being asked for again, every device shows every message as the store has it, and marks that were
acked are not behind.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loadtests.chaos.checker import Broken, Kind


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of a message, by the entry that made it."""

    conversation: str
    seq: int
    kind: str
    by: int
    target: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as it is shown."""

    text: str
    deleted: bool
    reactions: str


@dataclass(frozen=True, slots=True)
class Read:
    """How far a member has read: as acked, or as the store has it."""

    conversation: str
    member: int
    seq: int


ByNumber = Mapping[int, Shown]
Asked = tuple[str, str, int, int]
"""A change that was asked for: conversation, kind, by, target."""


def check_changes(
    stored: Sequence[Changed], acked: Iterable[Changed], asked: Mapping[Asked, int]
) -> list[Broken]:
    """Name acked changes that are not there (G1), and changes made more often than asked (G3).

    Whoever asks again for what is so already is given the latest change of the message: so the ack
    of a change names its entry, or a later one.
    """
    first: dict[Asked, int] = {}
    for one in stored:
        first.setdefault((one.conversation, one.kind, one.by, one.target), one.seq)
    broken = [
        Broken(Kind.LOST, one.conversation, f"{one.kind} of {one.target} was acked as {one.seq}")
        for one in acked
        if one.seq < first.get((one.conversation, one.kind, one.by, one.target), one.seq + 1)
    ]
    made = Counter((one.conversation, one.kind, one.by, one.target) for one in stored)
    for what, times in made.items():
        if times > asked.get(what, 0):
            conversation, kind, _, target = what
            often = f"{kind} of {target} stands {times} times, asked {asked.get(what, 0)} times"
            broken.append(Broken(Kind.DUPLICATED, conversation, often))
    return broken


def check_shown(conversation: str, stored: ByNumber, device: str, shown: ByNumber) -> list[Broken]:
    """Name what a device shows otherwise than it stands."""
    return [
        Broken(Kind.LOST, conversation, f"{device} shows {seq} as it was before it changed")
        for seq, message in shown.items()
        if stored.get(seq) != message
    ]


def check_read(stored: Iterable[Read], acked: Iterable[Read]) -> list[Broken]:
    """Name marks that stand before where they were acked: a mark never goes back."""
    now = {(one.conversation, one.member): one.seq for one in stored}
    return [
        Broken(Kind.LOST, one.conversation, f"{one.member} has read {one.seq}, so it was acked")
        for one in acked
        if now.get((one.conversation, one.member), 0) < one.seq
    ]
