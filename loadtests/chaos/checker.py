"""The checker: holds what people experienced against what the store says (G1 to G5). Pure.

It knows nothing of the server. It is given every ack, every history and everything that each
device received, and names each broken promise.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What can be broken."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    LEAKED = "leaked"


@dataclass(frozen=True, slots=True)
class Broken:
    """One broken promise."""

    kind: Kind
    conversation: str
    what: str


@dataclass(frozen=True, slots=True)
class Line:
    """A message as the store or a device has it; what changes one is a line without a mark."""

    seq: int
    sender: int
    mark: str


@dataclass(frozen=True, slots=True)
class Acked:
    """A message that the server said it has. `order` counts the sender's own messages."""

    conversation: str
    seq: int
    sender: int
    order: int
    mark: str


@dataclass(frozen=True, slots=True)
class Device:
    """One device of an account, and what it received in each conversation, in order.

    `from_seq` has the conversations that it is in, with the number after which it followed each;
    `sent` are the marks that it sent itself: it got their acks instead of events.
    """

    name: str
    received: Mapping[str, Sequence[Line]]
    from_seq: Mapping[str, int]
    sent: frozenset[str]


@dataclass(frozen=True, slots=True)
class Return:
    """What a member is told who comes back from a place: the entries, by number.

    `heard` is the number of the last entry that they had been told of in that place.
    """

    name: str
    member: int
    heard: int
    told: frozenset[int]


def check_return(conversation: str, history: Sequence[Line], back: Return) -> list[Broken]:
    """Name what whoever comes back is not told (G5).

    What they wrote themselves may lie before their place: of that they had the ack.
    """
    first = min(back.told, default=history[-1].seq + 1 if history else 0)
    return [
        Broken(Kind.LOST, conversation, f"{back.name} comes back and is not told {line.seq}")
        for line in history
        if line.seq > back.heard and line.seq not in back.told
        if line.seq > first or line.sender != back.member
    ]


def check(
    histories: Mapping[str, Sequence[Line]],
    acks: Iterable[Acked],
    devices: Iterable[Device],
) -> list[Broken]:
    """Name every broken promise; an empty list is what we want."""
    broken: list[Broken] = []
    for conversation, history in histories.items():
        broken += _check_history(conversation, history)
    broken += _check_acks(histories, list(acks))
    for device in devices:
        broken += _check_device(histories, device)
    return broken


def _check_history(conversation: str, history: Sequence[Line]) -> list[Broken]:
    """Numbers are 1..n without holes (G4); each mark stands once (G3)."""
    broken = []
    if [line.seq for line in history] != list(range(1, len(history) + 1)):
        broken.append(Broken(Kind.REORDERED, conversation, "numbers are not 1..n"))
    for mark, count in Counter(line.mark for line in history if line.mark).items():
        if count > 1:
            broken.append(Broken(Kind.DUPLICATED, conversation, f"{mark} stands {count} times"))
    return broken


def _check_acks(histories: Mapping[str, Sequence[Line]], acks: Sequence[Acked]) -> list[Broken]:
    """What was acked is in history under its number (G1); one sender's order is kept (G4)."""
    broken = []
    stored = {
        (conversation, line.mark): line
        for conversation, history in histories.items()
        for line in history
    }
    last: dict[tuple[str, int], tuple[int, int]] = {}
    for ack in sorted(acks, key=lambda ack: ack.order):
        line = stored.get((ack.conversation, ack.mark))
        if line is None:
            broken.append(Broken(Kind.LOST, ack.conversation, f"{ack.mark} was acked"))
            continue
        if line.seq != ack.seq:
            what = f"{ack.mark} was acked as {ack.seq} and stands as {line.seq}"
            broken.append(Broken(Kind.REORDERED, ack.conversation, what))
        sender = (ack.conversation, ack.sender)
        order, seq = last.get(sender, (-1, 0))
        if ack.order > order and ack.seq <= seq:
            what = f"{ack.mark} was sent later and stands earlier"
            broken.append(Broken(Kind.REORDERED, ack.conversation, what))
        last[sender] = (ack.order, ack.seq)
    return broken


def _check_device(histories: Mapping[str, Sequence[Line]], device: Device) -> list[Broken]:
    """Each device received all that others wrote, once, in order (G2, G4, G5), and no more (G6)."""
    broken = []
    for conversation, received in device.received.items():
        if conversation in device.from_seq:
            broken += _check_received(conversation, histories[conversation], device.name, received)
        else:
            broken.append(Broken(Kind.LEAKED, conversation, f"{device.name} is no member"))
    for conversation, after in device.from_seq.items():
        got = {line.seq for line in device.received.get(conversation, ())}
        for line in histories.get(conversation, ()):
            if line.seq > after and line.seq not in got and line.mark not in device.sent:
                what = f"{device.name} never received {line.seq}"
                broken.append(Broken(Kind.LOST, conversation, what))
    return broken


def _check_received(
    conversation: str, history: Sequence[Line], name: str, received: Sequence[Line]
) -> list[Broken]:
    broken = []
    seqs = [line.seq for line in received]
    for seq, count in Counter(seqs).items():
        if count > 1:
            what = f"{name} received {seq} {count} times"
            broken.append(Broken(Kind.DUPLICATED, conversation, what))
    if seqs != sorted(seqs):
        broken.append(Broken(Kind.REORDERED, conversation, f"to {name}"))
    known = {line.seq: line for line in history}
    for line in received:
        if known.get(line.seq) != line:
            what = f"{name} received {line.seq} otherwise than it stands"
            broken.append(Broken(Kind.REORDERED, conversation, what))
    return broken
