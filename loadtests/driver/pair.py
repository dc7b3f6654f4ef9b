"""Two connections in a conversation of their own, and what became of every message."""

import time
from collections.abc import Callable

from loadtests.driver import wire
from loadtests.driver.socket import Socket
from loadtests.measures import Histogram


class Pair:
    """One sends, the other hears; every text carries its number, so nothing goes unnoticed.

    Only this pair may write in the conversation. Numbers and seqs must rise by one together, in
    the acks and in the events: what is lost, doubled, reordered or numbered with a hole (G1-G4)
    becomes a line in `faults`.
    """

    __slots__ = (
        "_base", "_template", "_unacked", "_unheard", "acked", "acks", "deliveries", "faults",
        "heard", "receiver", "refused", "sender", "sent", "then",
    )  # fmt: skip

    def __init__(
        self, sender: Socket, receiver: Socket, conversation: str, number: int, text_bytes: int
    ) -> None:
        self.sender = sender
        self.receiver = receiver
        self._template = wire.Template(conversation, number, text_bytes)
        self._base: int | None = None
        self._unacked: dict[int, float] = {}
        self._unheard: dict[int, float] = {}
        self.sent = self.acked = self.heard = self.refused = 0
        self.acks = self.deliveries = Histogram()
        self.then: Callable[[Pair], None] | None = None
        """Called after every ack: the closed loop sends the next message."""
        self.faults: list[str] = []
        sender.take = self._take_ack
        receiver.take = self._take_event

    @property
    def answered(self) -> bool:
        """Whether every message was answered."""
        return self.acked + self.refused == self.sent

    @property
    def settled(self) -> bool:
        """Whether every message was answered, and every acked one delivered."""
        return self.answered and self.heard == self.acked

    def send(self, intended: float) -> None:
        """Send the next message with the sender's next `flush`.

        Its times count from `intended` (of `perf_counter`), whenever it really goes out.
        """
        number = self.sent
        self.sent = number + 1
        self._unacked[number] = self._unheard[number] = intended
        self.sender.send(self._template.fill(number, time.time_ns() // 1_000_000))

    def _take_ack(self, payload: bytes) -> None:
        frame = wire.decode_frame(payload)
        if frame.id is None:
            return
        intended = self._unacked.pop(frame.id, None)
        if intended is None:
            self.faults.append(f"second answer to {frame.id}")
            return
        if frame.ok and frame.data is not None:
            self.acks.record(time.perf_counter() - intended)
            self.acked += 1
            self._check(frame.id, frame.data.seq, "ack")
        else:
            self.refused += 1
            self._unheard.pop(frame.id, None)
            self.faults.append(f"refused {frame.id}: {bytes(frame.error).decode()}")
        if self.then is not None:
            self.then(self)

    def _take_event(self, payload: bytes) -> None:
        frame = wire.decode_frame(payload)
        if frame.event != "message.created" or frame.data is None:
            return
        number = wire.read_mark(frame.data.text)
        intended = self._unheard.pop(number, None)
        if intended is None:
            self.faults.append(f"heard {number} twice")
            return
        self.deliveries.record(time.perf_counter() - intended)
        if number != self.heard:
            self.faults.append(f"heard {number} when {self.heard} was next")
        self.heard += 1
        self._check(number, frame.seq, "event")

    def _check(self, number: int, seq: int, where: str) -> None:
        if self._base is None:
            self._base = seq - number
        if seq - number != self._base:
            self.faults.append(f"{where} of {number} has seq {seq}, not {self._base + number}")
