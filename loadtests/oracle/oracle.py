"""The oracle: watches a load from both ends, and knows at the end whether the server kept its word.

Whoever writes has a `Voice`, whoever listens an `Ear`. A message carries a mark in its text
(`loadtests.oracle.marks`), so that it is known again wherever it turns up. What is kept is a bit
or three for each message, so a long soak does not run out of memory; and it can be merged, so that
writer and reader may live in different workers (`loadtests.oracle.verdict`).
"""

import time
from typing import TypedDict

from loadtests.oracle import marks
from loadtests.oracle.seqs import Seqs, SeqsData

EXAMPLES = 20


class EarData(TypedDict):
    """What one device has of one conversation."""

    device: str
    owner: str
    conversation: str
    after: int
    seen: SeqsData
    left: bool


class VoiceData(TypedDict):
    """What was acked in one conversation by one sender, to one recipient, and since when."""

    conversation: str
    sender: str
    recipient: str
    since: float
    acked: SeqsData


class OracleData(TypedDict):
    """What one process knows: plain values, for JSON (but bytes) and msgpack alike."""

    acked: int
    heard: int
    duplicated: int
    reordered: int
    misdelivered: int
    examples: list[str]
    voices: list[VoiceData]
    ears: list[EarData]
    devices: list[tuple[str, str, float]]


class Oracle:
    """What one process knows of the messages of a run. `run` is a short word, the same in all."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.acked = self.heard = self.duplicated = self.reordered = self.misdelivered = 0
        self.examples: list[str] = []
        self._acked: dict[tuple[str, str, str], tuple[float, Seqs]] = {}
        self._ears: list[Ear] = []

    def voice(self, sender: str, recipient: str) -> "Voice":
        """Give the voice of one who writes to one other; there is one in all workers together."""
        return Voice(self, sender, recipient)

    def ear(self, device: str, owner: str) -> "Ear":
        """Give the ear of a device of someone; it lives through the device's reconnects."""
        ear = Ear(self, device, owner)
        self._ears.append(ear)
        return ear

    def take_ack(self, key: tuple[str, str, str], seq: int) -> None:
        """Note an ack of a (conversation, sender, recipient)."""
        known = self._acked.get(key)
        if known is None:
            known = self._acked[key] = (time.time(), Seqs())
        self.acked += 1
        try:
            if not known[1].add(seq):
                self.fault("reordered", f"{key[0]}: two messages were acked as {seq}")
        except OverflowError:
            self.fault("reordered", f"{key[0]}: acked as {seq}")

    def fault(self, what: str, example: str) -> None:
        """Count something wrong: duplicated, reordered or misdelivered."""
        setattr(self, what, getattr(self, what) + 1)
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{what}: {example}")

    @property
    def data(self) -> OracleData:
        """All that is known, as plain values."""
        return {
            "acked": self.acked,
            "heard": self.heard,
            "duplicated": self.duplicated,
            "reordered": self.reordered,
            "misdelivered": self.misdelivered,
            "examples": self.examples,
            "voices": [
                {
                    "conversation": conversation,
                    "sender": sender,
                    "recipient": recipient,
                    "since": since,
                    "acked": acked.data,
                }
                for (conversation, sender, recipient), (since, acked) in self._acked.items()
            ],
            "ears": [data for ear in self._ears for data in ear.data],
            "devices": [(ear.device, ear.owner, ear.since) for ear in self._ears if not ear.left],
        }


class Voice:
    """One who writes to one other. Numbers rise by one with every message."""

    __slots__ = ("_last", "_oracle", "head", "number", "recipient", "sender")

    def __init__(self, oracle: Oracle, sender: str, recipient: str) -> None:
        self._oracle = oracle
        self._last: dict[str, tuple[int, int]] = {}
        self.sender = sender
        self.recipient = recipient
        self.head = marks.head(oracle.run, sender, recipient)
        self.number = -1

    def mark(self) -> str:
        """Give the mark of the next message, to stand at the head of its text; counts `number` on.

        A message that is sent again (same `client_id`) keeps its mark.
        """
        return f"{self.head}{self.next():x} "

    def next(self) -> int:
        """Count on, for those who write their marks themselves: `head`, then the number in hex."""
        self.number += 1
        return self.number

    def acked(self, conversation: str, number: int, seq: int) -> None:
        """Note that the server has acked a message of this voice.

        What was refused, or never answered, is not told here: it may arrive or not. Acks that
        come in the order of sending must have seqs in the same order (G4).
        """
        last_number, last_seq = self._last.get(conversation, (-1, 0))
        if number > last_number:
            if seq <= last_seq:
                what = f"{conversation}: {number} acked as {seq}, {last_number} as {last_seq}"
                self._oracle.fault("reordered", what)
            self._last[conversation] = (number, seq)
        self._oracle.take_ack((conversation, self.sender, self.recipient), seq)


class _Listening:
    """One conversation at one ear."""

    __slots__ = ("after", "last", "numbers", "read", "seen")

    def __init__(self, after: int) -> None:
        self.after = after
        self.last = 0
        self.seen = Seqs()
        self.read: set[int] = set()
        self.numbers: dict[str, tuple[int, Seqs]] = {}


class Ear:
    """What one device of someone hears.

    Tell it everything that has a seq: events as they come (`heard`), the acks of what this device
    itself sent (`own`), entries of a resume (`resumed`) and pages of history (`fetched`).
    """

    __slots__ = ("_conversations", "_oracle", "device", "left", "owner", "since")

    def __init__(self, oracle: Oracle, device: str, owner: str) -> None:
        self._oracle = oracle
        self.device = device
        self.owner = owner
        self.since = time.time()
        self.left = False
        self._conversations: dict[str, _Listening] = {}

    def follow(self, conversation: str, after: int = 0) -> None:
        """Hold the server to account for a conversation: all over seq `after` must be heard.

        Conversations that an ear hears of by itself are followed from there on.
        """
        self._conversations.setdefault(conversation, _Listening(after))

    def heard(self, conversation: str, seq: int, text: str = "") -> marks.Mark | None:
        """Note an event with a seq as it came over the socket; gives the mark of a message.

        Within one connection seqs of a conversation only rise (G4), and come once; but the event of
        what was first read, in a resume or a page, may be on its way still, and come once after it.
        Events that are no message have no text.
        """
        mark = marks.read(self._oracle.run, text) if text else None
        if mark is not None and self.owner not in mark[:2]:
            self._oracle.fault("misdelivered", self._tell(conversation, mark, "in vain"))
            return mark
        listening = self._listening(conversation, seq)
        new, was_read = self._see(listening, conversation, seq), seq in listening.read
        if listening.read:  # what comes rises, so nothing before it is still on its way
            listening.read = {one for one in listening.read if one > seq}
        if not new and not was_read:
            self._oracle.fault("duplicated", f"{self.device} heard {conversation}:{seq} again")
            return mark
        if seq < listening.last:
            what = f"{self.device} heard {conversation}:{seq} after {listening.last}"
            self._oracle.fault("reordered", what)
        else:
            listening.last = seq
        if new and mark is not None:
            self._oracle.heard += 1
            self._number(listening, conversation, mark)
        return mark

    def own(self, conversation: str, seq: int, *, resent: bool = False) -> None:
        """Note the ack of what this device sent: it stands for the event (design section 4).

        Unless the ack says that it was `resent`: what the device sent on an earlier connection goes
        to this one as an event too, which may be on its way still.
        """
        listening = self._listening(conversation, seq)
        if self._see(listening, conversation, seq) and resent:
            listening.read.add(seq)

    def resumed(self, conversation: str, seq: int, text: str = "") -> None:
        """Note an entry of a resume: it fills gaps, and may be known already."""
        self._listening(conversation, seq)
        self.fetched(conversation, seq, text)

    def fetched(self, conversation: str, seq: int, text: str = "") -> None:
        """Note a message of a page of history: it fills gaps, and may be known already.

        What lies before the place from where the conversation is followed counts for nothing.
        """
        mark = marks.read(self._oracle.run, text) if text else None
        if mark is not None and self.owner not in mark[:2]:
            self._oracle.fault("misdelivered", self._tell(conversation, mark, "in vain"))
            return
        listening = self._conversations.get(conversation)
        if listening is None or seq <= listening.after:
            return
        if not self._see(listening, conversation, seq):
            return
        listening.read.add(seq)
        if mark and mark.sender != self.owner:
            self._oracle.heard += 1
            self._number(listening, conversation, mark, in_order=False)

    def reconnected(self) -> None:
        """Begin a new connection: what comes now may lie before what came last."""
        for listening in self._conversations.values():
            listening.last = 0

    def leave(self) -> None:
        """Go away for good before the run's end: what it misses from now on is not lost."""
        self.left = True

    @property
    def data(self) -> list[EarData]:
        """What it has, as plain values."""
        return [
            {
                "device": self.device,
                "owner": self.owner,
                "conversation": conversation,
                "after": listening.after,
                "seen": listening.seen.data,
                "left": self.left,
            }
            for conversation, listening in self._conversations.items()
        ]

    def _listening(self, conversation: str, seq: int) -> _Listening:
        listening = self._conversations.get(conversation)
        if listening is None:
            listening = self._conversations[conversation] = _Listening(seq - 1)
        return listening

    def _see(self, listening: _Listening, conversation: str, seq: int) -> bool:
        try:
            return listening.seen.add(seq)
        except OverflowError:
            self._oracle.fault("reordered", f"{self.device} heard {conversation}:{seq}, far off")
            return True

    def _number(
        self, listening: _Listening, conversation: str, mark: marks.Mark, *, in_order: bool = True
    ) -> None:
        """Hold a mark against those that the same sender's messages bore before."""
        last, numbers = listening.numbers.get(mark.sender) or (-1, Seqs())
        wrong = ""
        try:
            if not numbers.add(mark.number):
                self._oracle.fault("duplicated", self._tell(conversation, mark, "under two seqs"))
            elif in_order and mark.number < last:
                wrong = f"after {last}"
        except OverflowError:
            wrong = "far off"
        if wrong:
            self._oracle.fault("reordered", self._tell(conversation, mark, wrong))
        listening.numbers[mark.sender] = (max(last, mark.number), numbers)

    def _tell(self, conversation: str, mark: marks.Mark, what: str) -> str:
        sender, recipient, number = mark
        return f"{self.device} heard {sender}>{recipient} {number} in {conversation} {what}"
