"""The server's side of one connection, without I/O and without a clock.

    CONNECTED ── session.authenticate ──> AUTHENTICATING ── accept ──> OPEN
        │ <────────────── refuse ───────────────┘                       ^
        └── accept (by cookie or bearer token at the upgrade) ──────────┘
    any state ── close ──> CLOSED

The shell hands over every text frame with `receive` and does what it answers. What does not fit
the state, or cannot be read, is answered here; the connection survives it, up to
`BAD_FRAMES_PER_MINUTE`.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from protocol.closes import CLOSES, CloseCode
from protocol.codec import BadFrame, decode_command
from protocol.errors import Language, Refused
from protocol.operations import Access, Operation
from protocol.requests import Request

AUTHENTICATE_WITHIN_MS = 5_000
BAD_FRAMES_PER_MINUTE = 20

Command = tuple[int | None, Operation, Request]
"""A command to carry out: its id, if anybody waits for its reply; its row; what it asks for."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A frame that is refused, and why; of its command the id, or else the name, if known."""

    command_id: int | None
    refused: Refused
    command: str | None = None


class State(Enum):
    """Where a connection stands."""

    CONNECTED = auto()
    AUTHENTICATING = auto()
    OPEN = auto()
    CLOSED = auto()


class Step(Enum):
    """What moves a connection on."""

    AUTHENTICATE = auto()
    ACCEPT = auto()
    REFUSE = auto()


# Every move there is; any state may also go to CLOSED, and nothing leads out of it.
MOVES = {
    (State.CONNECTED, Step.AUTHENTICATE): State.AUTHENTICATING,
    (State.CONNECTED, Step.ACCEPT): State.OPEN,
    (State.AUTHENTICATING, Step.ACCEPT): State.OPEN,
    (State.AUTHENTICATING, Step.REFUSE): State.CONNECTED,
}

# The commands that fit each state; all others are out_of_order.
# Tuples: to find the like of three in one takes no hash, which an enum's is slow to give.
FITTING: dict[State, tuple[Access, ...]] = {
    State.CONNECTED: (Access.CONNECTION,),
    State.AUTHENTICATING: (),
    State.OPEN: (Access.ACTIVE, Access.ACCOUNT, Access.PUBLIC),
    State.CLOSED: (),
}


class Connection:
    """One connection, from the upgrade to its close. Times are milliseconds of any steady clock."""

    __slots__ = ("_bad_frames", "_fitting", "closed", "deadline", "language", "state")

    def __init__(
        self,
        now_ms: int,
        language: Language = "da",
        authenticate_within_ms: int = AUTHENTICATE_WITHIN_MS,
    ) -> None:
        self.language: Language = language
        self.closed: CloseCode | None = None
        self.deadline: int | None = now_ms + authenticate_within_ms
        """When the connection is `late`, until it is open."""
        self._bad_frames: deque[int] | None = None  # made at the first one: most never have any
        self._become(State.CONNECTED)

    def receive(self, raw: bytes | str, now_ms: int) -> Command | Refusal | CloseCode:
        """Take one text frame: a command to carry out, a refusal to send back, or a close.

        A command gets its one reply from the caller, in any order; one without an id only if it is
        refused. After `session.authenticate` the caller calls `accept` or `refuse` besides. Never
        raises.
        """
        if self.closed is not None:
            return self.closed
        if self.deadline is not None and (close := self.late(now_ms)):
            return close
        try:
            command = decode_command(raw)
        except BadFrame as bad:
            return self._answer(bad.command_id, bad, now_ms)
        if command[1].access not in self._fitting:
            out_of_order = Refused("out_of_order", field="command")
            return self._answer(command[0], out_of_order, now_ms, command[1].name)
        if self.state is State.CONNECTED:
            self._move(Step.AUTHENTICATE)
        return command

    def accept(self, language: Language) -> bool:
        """Open for an account, unless the connection was closed meanwhile."""
        self.language = language
        return self._move(Step.ACCEPT)

    def refuse(self) -> bool:
        """Wait for another `session.authenticate`, until the deadline."""
        return self._move(Step.REFUSE)

    def late(self, now_ms: int) -> CloseCode | None:
        """Close a connection that is not open by its deadline; None while all is well.

        A client that has sent its token is not told to log in again because the server is slow.
        """
        if self.deadline is None or now_ms < self.deadline:
            return None
        waits_for_us = self.state is State.AUTHENTICATING
        return self.close(CLOSES["overloaded" if waits_for_us else "not_authenticated"])

    def close(self, code: CloseCode) -> CloseCode:
        """Close for a reason; the first one stands."""
        if self.closed is None:
            self.closed = code
            self._become(State.CLOSED)
        return self.closed

    def _answer(
        self, command_id: int | None, refused: Refused, now_ms: int, command: str | None = None
    ) -> Refusal | CloseCode:
        """Answer a bad frame, or close when there were too many within a minute (G8)."""
        if self._bad_frames is None:
            self._bad_frames = deque(maxlen=BAD_FRAMES_PER_MINUTE)
        bad = self._bad_frames
        if len(bad) == BAD_FRAMES_PER_MINUTE and now_ms - bad[0] < 60_000:
            return self.close(CLOSES["flooding"])
        bad.append(now_ms)
        return Refusal(command_id, refused, command)

    def _move(self, step: Step) -> bool:
        state = MOVES.get((self.state, step))
        if state is None:
            return False
        self._become(state)
        return True

    def _become(self, state: State) -> None:
        self.state = state
        self._fitting = FITTING[state]
        if state in (State.OPEN, State.CLOSED):
            self.deadline = None
