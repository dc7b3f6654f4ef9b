"""A whole exchange between two people with two devices each, as their apps carry it out.

One starts to write; then stops and sends, at once. The other's device, which shows the
conversation, says that it arrived and was read, at once. The sender learns of both. All four
devices must hear all of it, and nothing twice.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from loadtests.driver import wire
from loadtests.driver.socket import Socket

FINISH_SECONDS = 30.0

HEARD_BY_SENDER = {"position.moved": 2}
HEARD_BY_SENDERS_OTHER = {"message.created": 1, "position.moved": 2}
HEARD_BY_READER = {"typing.started": 1, "typing.stopped": 1, "message.created": 1}
HEARD_BY_READERS_OTHER = HEARD_BY_READER | {"position.moved": 2}
"""What each device hears of one exchange; the two who act get five replies besides."""


class Exchange:
    """Four devices in one conversation, one exchange after another while `going`."""

    __slots__ = (
        "_answers", "_conversation", "_events", "_reader", "_sender", "_started", "_template",
        "done", "faults", "going",
    )  # fmt: skip

    def __init__(self, devices: Sequence[Socket], conversation: str, number: int) -> None:
        self._sender, senders_other, self._reader, readers_other = devices
        self._conversation = conversation
        self._template = wire.Template(conversation, number, 200)
        self._started = False
        self._answers = 0
        self.done = 0
        self.going = False
        self.faults: list[str] = []
        self._events: list[dict[str, int]] = [{} for _ in devices]
        self._sender.take = self._take(0, self._sender_answered)
        senders_other.take = self._take(1, self._unexpected)
        self._reader.take = self._take(2, self._reader_answered)
        readers_other.take = self._take(3, self._unexpected)

    @property
    def complete(self) -> bool:
        """Whether all devices have heard all that there was, and no more."""
        wanted = (HEARD_BY_SENDER, HEARD_BY_SENDERS_OTHER, HEARD_BY_READER, HEARD_BY_READERS_OTHER)
        return self._answers == 5 * self.done and all(
            heard == {name: times * self.done for name, times in each.items()}
            for heard, each in zip(self._events, wanted, strict=True)
            if self.done
        )

    def start(self) -> None:
        """Begin an exchange."""
        self._started = True
        self._ask(self._sender, "typing.start", doing="writing")
        self._sender.flush()

    def _ask(self, socket: Socket, name: str, **data: object) -> None:
        data["conversation"] = self._conversation
        socket.send(wire.command(0, name, data))

    def _take(self, device: int, answered: Callable[[wire.Frame], None]) -> Callable[[bytes], None]:
        heard = self._events[device]

        def take(payload: bytes) -> None:
            frame = wire.decode_frame(payload)
            if frame.id is not None:
                answered(frame)
                return
            heard[frame.event] = heard.get(frame.event, 0) + 1
            if frame.event == "message.created" and device == 2:
                self._ask(self._reader, "conversation.delivered", seq=frame.seq)
                self._ask(self._reader, "conversation.read", seq=frame.seq)
            elif frame.event == "position.moved" and device == 0 and not heard[frame.event] % 2:
                self.done += 1
                if self.going:
                    self.start()

        return take

    def _sender_answered(self, frame: wire.Frame) -> None:
        if self._fine(frame) and self._started:
            self._started = False
            self._ask(self._sender, "typing.stop")
            self._sender.send(self._template.fill(self.done + 1, time.time_ns() // 1_000_000))

    def _reader_answered(self, frame: wire.Frame) -> None:
        self._fine(frame)

    def _unexpected(self, frame: wire.Frame) -> None:
        self.faults.append(f"an answer to {frame.id}, which this device has not asked")

    def _fine(self, frame: wire.Frame) -> bool:
        self._answers += 1
        if not frame.ok:
            self.faults.append(f"refused: {bytes(frame.error).decode()}")
        return frame.ok


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
