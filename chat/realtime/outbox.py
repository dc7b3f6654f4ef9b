"""Outboxes: what sockets have to write, bounded in bytes, written once in each turn of the loop.

A write is a system call that costs ten times what making a frame does. What one turn of the loop
brings to a socket (the answers to all frames of a read, the acks and events of one commit) goes
out together.
"""

import asyncio

AT_ONCE = 32
"""Frames that wait for the end of a turn; more are written before it."""


class Rounds:
    """Empties, once in each turn of the loop, the outboxes into which something came.

    `bound`: the bytes that may wait for a client that does not read (G8).
    """

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.shed = 0
        """Ephemeral events that were not sent, because a client does not keep up."""
        self._waiting: list[Outbox] = []

    def come_by(self, outbox: "Outbox") -> None:
        """Empty an outbox at the end of this turn."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._go)
        self._waiting.append(outbox)

    def _go(self) -> None:
        waiting, self._waiting = self._waiting, []
        for outbox in waiting:
            outbox.flush()


class Outbox:
    """The frames of one socket on their way out. Nothing here waits."""

    __slots__ = ("_frames", "_held", "_read_to", "_rounds", "_transport")

    def __init__(self, transport: asyncio.Transport, rounds: Rounds) -> None:
        self._transport = transport
        self._rounds = rounds
        self._frames: list[bytes] | None = None
        self._held: list[tuple[int, bytes]] | None = None
        self._read_to = 0

    def send(self, frame: bytes) -> None:
        """Write a frame with all else that this turn brings, in order."""
        if self._frames is None:
            self._frames = [frame]
            self._rounds.come_by(self)
        else:
            self._frames.append(frame)
            if len(self._frames) == AT_ONCE:
                self.flush()

    def push(self, frame: bytes, ephemeral: bool, position: int = 0) -> bool:
        """Take the frame of an event; False when it does not fit: the client is too slow.

        What is ephemeral is shed as soon as the client does not keep up. What stands in the log
        comes with its position, and is left out if the client has read as far (`release`).
        """
        if self._held is not None:
            if ephemeral:
                self._rounds.shed += 1
            else:
                self._held.append((position, frame))
            return True
        if 0 < position <= self._read_to:
            return True
        waiting = self._transport.get_write_buffer_size()
        if waiting:
            if ephemeral:
                self._rounds.shed += 1
                return True
            if waiting + len(frame) > self._rounds.bound:
                return False
        self.send(frame)
        return True

    @property
    def waiting(self) -> int:
        """Count the bytes that its client has not taken yet."""
        return self._transport.get_write_buffer_size()

    def hold(self) -> None:
        """Keep events back until `release`; what answers a command goes out."""
        self._held = []

    def release(self, after: int = 0) -> bool:
        """Push what was held; False when it does not fit.

        But nothing up to the position `after`, now or later: the client has been given it as a
        cursor. What another process has published, and what the log's tail brings, can be on its
        way for longer than it took to read the log, and would come twice.
        """
        held, self._held = self._held, None
        self._read_to = max(self._read_to, after)
        return all(self.push(frame, False, position) for position, frame in held or ())

    def flush(self) -> None:
        """Write now."""
        frames, self._frames = self._frames, None
        if frames and not self._transport.is_closing():
            self._transport.write(frames[0] if len(frames) == 1 else b"".join(frames))
