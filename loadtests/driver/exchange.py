"""A whole exchange between two people with two devices each, as their apps carry it out.

One starts to write; then, once the other sees it, stops and sends, at once. The other's device,
which shows the conversation, says that it arrived and was read, at once. The sender learns of both.
Of all this the message and the reading are answered. All four devices must hear all of it, and
nothing twice.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from loadtests.driver import wire
from loadtests.driver.socket import Socket

FINISH_SECONDS = 30.0

SENDER, SENDERS_OTHER, READER, READERS_OTHER = range(4)

_MESSAGE = {"message.created": 1}
_ALL = {"typing.started": 1, "typing.stopped": 1} | _MESSAGE
HEARD: Sequence[dict[str, int]] = ({}, _MESSAGE, _ALL, _ALL)
"""What each device hears of one exchange, besides the marks."""

HEAR_OF_MARKS = (SENDER, SENDERS_OTHER, READERS_OTHER)
"""Who hears how far was read: of both marks together, or of each where they were stored apart."""


class Exchange:
    """Four devices in one conversation, one exchange after another while `going`."""

    __slots__ = (
        "_acked", "_answers", "_conversation", "_heard", "_last_seq", "_marks", "_reader",
        "_sender", "_template", "done", "faults", "going",
    )  # fmt: skip

    def __init__(self, devices: Sequence[Socket], conversation: str, number: int) -> None:
        self._sender, self._reader = devices[SENDER], devices[READER]
        self._conversation = conversation
        self._template = wire.Template(conversation, number, 200)
        self._acked = 0
        self._answers = 0
        self._last_seq = 0
        self.done = 0
        self.going = False
        self.faults: list[str] = []
        self._heard: list[dict[str, int]] = [{} for _ in devices]
        self._marks: list[tuple[int, int]] = [(0, 0) for _ in devices]
        for device, socket in enumerate(devices):
            socket.take = self._take(device)

    @property
    def complete(self) -> bool:
        """Whether all devices have heard all that there was, and no more."""
        everything = [{name: n * self.done for name, n in each.items()} for each in HEARD]
        read = (self._last_seq, self._last_seq)
        marks = [read if device in HEAR_OF_MARKS else (0, 0) for device in range(len(HEARD))]
        nothing = not self.done and not any(self._heard)
        return nothing or (
            self._acked == self._answers == self.done
            and self._heard == everything
            and self._marks == marks
        )

    def start(self) -> None:
        """Begin an exchange."""
        self._say(self._sender, "typing.start", doing="writing")
        self._sender.flush()

    def _say(self, socket: Socket, name: str, **data: object) -> None:
        socket.send(wire.command(None, name, data | {"conversation": self._conversation}))

    def _ask(self, socket: Socket, name: str, **data: object) -> None:
        socket.send(wire.command(0, name, data | {"conversation": self._conversation}))

    def _stop_and_send(self) -> None:
        self._say(self._sender, "typing.stop")
        self._sender.send(self._template.fill(self.done + 1, time.time_ns() // 1_000_000))
        self._sender.flush()

    def _take(self, device: int) -> Callable[[bytes], None]:
        heard = self._heard[device]

        def take(payload: bytes) -> None:
            frame = wire.decode_frame(payload)
            if frame.event == "position.moved":
                self._marked(device, frame.data)
                return
            if not frame.event:
                self._answered(device, frame)
                return
            heard[frame.event] = heard.get(frame.event, 0) + 1
            if device != READER:
                return
            if frame.event == "typing.started":
                self._stop_and_send()
            elif frame.event == "message.created":
                self._say(self._reader, "conversation.delivered", seq=frame.seq)
                self._ask(self._reader, "conversation.read", seq=frame.seq)

        return take

    def _answered(self, device: int, frame: wire.Frame) -> None:
        if not frame.ok:
            self.faults.append(f"refused: {bytes(frame.error).decode()}")
        elif device == SENDER and frame.id == self.done + 1 and frame.data is not None:
            self._acked += 1
            self._last_seq = frame.data.seq
        elif device == READER and frame.id == 0:
            self._answers += 1
        else:
            self.faults.append(f"an answer to {frame.id}, which this device has not asked")

    def _marked(self, device: int, marks: wire.Data | None) -> None:
        """Take how far the reader has got: each time it is further than before."""
        now = (0, 0) if marks is None else (marks.delivered_seq, marks.read_seq)
        if now <= self._marks[device]:
            self.faults.append(f"marks of {now} after those of {self._marks[device]}")
        self._marks[device] = now
        if device == SENDER and now[1] == self._last_seq:
            self.done += 1
            if self.going:
                self.start()


async def exchanging(
    exchanges: Sequence[Exchange], seconds: float, progress: Callable[[float], None]
) -> int:
    """Have all exchange on and on for so long; gives how many exchanges that were.

    What was not heard by all when everything has settled is a line in `faults`.
    """
    before = sum(one.done for one in exchanges)
    started = time.perf_counter()
    for one in exchanges:
        one.going = True
        one.start()
    while (passed := time.perf_counter() - started) < seconds:
        progress(passed)
        await asyncio.sleep(min(0.5, seconds - passed))
    for one in exchanges:
        one.going = False
    until = time.perf_counter() + FINISH_SECONDS
    while not all(one.complete for one in exchanges) and time.perf_counter() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    for one in exchanges:
        if not one.complete:
            one.faults.append("not every device has heard everything once")
    return sum(one.done for one in exchanges) - before
