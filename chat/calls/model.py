"""The rules of a call: who is in it, what state that makes, and when it is over. Pure.

    IDLE ── start ──> RINGING ── join ──> CONNECTING ── all connected ──> ACTIVE
                         │                    │            ^   │ one changes, or is lost
                         │                    │            │   v
                         └────────> ENDED <───┴────────── CHANGING

`MOVES` is the whole table. Every live call has a moment at which it moves on by itself (`due_at`),
so nothing rings or waits for ever, whatever becomes of the devices. Times are UTC milliseconds of
the server's clock.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from chat.storage.facts import Fact
from protocol.calls import EndReason, Medium
from protocol.errors import Refused


class State(StrEnum):
    """Where a call stands. A conversation without a live call is idle."""

    IDLE = "idle"
    RINGING = "ringing"
    CONNECTING = "connecting"
    ACTIVE = "active"
    CHANGING = "changing"
    ENDED = "ended"


MOVES: dict[State, frozenset[State]] = {
    State.IDLE: frozenset({State.RINGING}),
    State.RINGING: frozenset({State.CONNECTING, State.ENDED}),
    State.CONNECTING: frozenset({State.ACTIVE, State.ENDED}),
    State.ACTIVE: frozenset({State.CHANGING, State.ENDED}),
    State.CHANGING: frozenset({State.ACTIVE, State.ENDED}),
    State.ENDED: frozenset(),
}

# Why a call ends whose state lasts too long.
_TOO_LONG: dict[State, EndReason] = {
    State.RINGING: "unanswered",
    State.CONNECTING: "failed",
    State.CHANGING: "lost",
}


@dataclass(frozen=True, slots=True)
class Times:
    """How long things may last, in milliseconds; `extensions` is how often a call may go on."""

    ring: int = 60_000
    connect: int = 60_000
    change: int = 90_000
    talk: int = 900_000
    warning: int = 120_000
    farewell: int = 30_000
    extension: int = 300_000
    extensions: int = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """What an origin has agreed on: until when to wait for the other, and when the talk ends."""

    rings_until: int | None = None
    ends_at: int | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """One who is in a call, at one device.

    `connected`: media flow, as their device sees it. `direct`: they have chosen to let the others
    learn their address (domain rule 3). `here` is false once they have left.
    """

    number: int
    account: int
    device: str
    medium: Medium
    direct: bool = False
    connected: bool = False
    wants_more: bool = False
    here: bool = True

    @property
    def settled(self) -> bool:
        """Whether nothing is missing: whoever writes needs no media."""
        return self.connected or self.medium == "text"


@dataclass(frozen=True, slots=True)
class Call:
    """A call in a conversation.

    `expires_at` is when the present state does, None for an active one. `ends_at` is when the
    talk should end, None before someone answered; a farewell later it is over. `version` is how
    often it was stored.
    """

    id: int
    conversation: int
    state: State
    started_by: int
    started_at: int
    parties: tuple[Party, ...] = ()
    expires_at: int | None = None
    ends_at: int | None = None
    warned: bool = False
    extensions: int = 0
    ended_at: int | None = None
    reason: EndReason | None = None
    version: int = 0

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.state is not State.ENDED

    @property
    def here(self) -> tuple[Party, ...]:
        """Those who are in it now."""
        return tuple(party for party in self.parties if party.here)

    @property
    def direct(self) -> bool:
        """Whether all have chosen to let the others learn their address."""
        return len(self.here) > 1 and all(party.direct for party in self.here)

    def party(self, number: int) -> Party | None:
        """Find one who is in it now."""
        return next((party for party in self.here if party.number == number), None)

    def at(self, number: int, device: str) -> Party:
        """Find one who is in it at this device. Raises `call_elsewhere`, `call_over`."""
        if not self.live:
            raise Refused("call_over")
        party = self.party(number)
        if party is None or party.device != device:
            raise Refused("call_elsewhere")
        return party


@dataclass(frozen=True, slots=True)
class CallChanged(Fact):
    """A call looks like this now; it concerns these accounts."""

    call: Call
    accounts: tuple[int, ...]
    at: int


def start(
    call: int, conversation: int, party: Party, now: int, times: Times, plan: Plan = Plan()
) -> Call:
    """Start a call: the others' devices ring."""
    rings_until = max(plan.rings_until or 0, now + times.ring)
    return Call(call, conversation, State.RINGING, party.number, now, (party,), rings_until)


def join(call: Call, party: Party, now: int, times: Times, *, take_over: bool) -> Call:
    """Answer, come back, or (`take_over`) go on at another device.

    Raises `call_over`, and `call_elsewhere` if one's other device has answered.
    """
    if not call.live:
        raise Refused("call_over")
    mine = call.party(party.number)
    if mine is not None and mine.device != party.device and not take_over:
        raise Refused("call_elsewhere")
    if mine is not None and mine.device == party.device:
        party = replace(party, connected=mine.connected, wants_more=mine.wants_more)
    return _settled(_with(call, party), now, times)


def planned(call: Call, now: int, times: Times, plan: Plan) -> Call:
    """Give a call that was answered its end."""
    if call.ends_at is not None or call.state in {State.RINGING, State.ENDED}:
        return call
    ends_at = now + times.talk if plan.ends_at is None else plan.ends_at
    return replace(call, ends_at=ends_at)


def follow(call: Call, plan: Plan) -> Call:
    """Give a call the end that its origin says by now."""
    if not call.live or call.ends_at is None or plan.ends_at in {None, call.ends_at}:
        return call
    return replace(call, ends_at=plan.ends_at, warned=False)


def change(
    call: Call,
    number: int,
    device: str,
    now: int,
    times: Times,
    *,
    medium: Medium | None = None,
    connected: bool | None = None,
) -> Call:
    """Go on by video, voice or text; or say whether media flow. Raises as `Call.at`."""
    party = call.at(number, device)
    changed = replace(
        party,
        medium=party.medium if medium is None else medium,
        connected=party.connected if connected is None else connected,
    )
    return _settled(_with(call, changed), now, times)


def leave(call: Call, number: int, device: str | None, now: int, times: Times) -> Call:
    """Leave, with the way back open for a while; before it was answered: decline, or give up.

    `device` None is somebody who has not joined. Raises as `Call.at`.
    """
    if device is None:
        if call.state is State.RINGING and call.party(number) is None:
            return ended(call, "declined", now)
        raise Refused("call_elsewhere" if call.live else "call_over")
    party = call.at(number, device)
    if call.state is State.RINGING:
        return ended(call, "cancelled", now)
    left = _with(call, replace(party, here=False, connected=False, wants_more=False))
    return _settled(left, now, times) if left.here else ended(left, "left", now)


def end(call: Call, number: int, device: str, now: int) -> Call:
    """End it for all. Raises as `Call.at`."""
    call.at(number, device)
    return ended(call, "cancelled" if call.state is State.RINGING else "left", now)


def want_more(call: Call, number: int, device: str, *, wants: bool) -> Call:
    """Ask for more time, or take that back. Raises as `Call.at`, and `out_of_order` too early."""
    party = call.at(number, device)
    if call.ends_at is None:
        raise Refused("out_of_order")
    return _with(call, replace(party, wants_more=wants))


def agreed(call: Call) -> bool:
    """Tell whether all who are there want more time."""
    return call.live and len(call.here) > 1 and all(party.wants_more for party in call.here)


def extended(call: Call, times: Times) -> Call:
    """Let it go on. Raises `no_more_time` when it has been so often enough."""
    assert call.ends_at is not None, "only an answered call is extended"
    if call.extensions >= times.extensions:
        raise Refused("no_more_time")
    return replace(
        call,
        parties=tuple(replace(party, wants_more=False) for party in call.parties),
        ends_at=call.ends_at + times.extension,
        warned=False,
        extensions=call.extensions + 1,
    )


def ended(call: Call, reason: EndReason, now: int) -> Call:
    """End a call; the first reason stands."""
    if not call.live:
        return call
    return replace(call, state=State.ENDED, expires_at=None, ended_at=now, reason=reason)


def missed_from(call: Call) -> int:
    """Tell whose call nobody answered, by member number; 0 if somebody did."""
    return call.started_by if call.ends_at is None else 0


def without(call: Call, accounts: set[int], now: int, times: Times) -> Call:
    """Take out those who may not talk there any more; with nobody left to talk to, it is over."""
    if not call.live or accounts.isdisjoint(party.account for party in call.here):
        return call
    for party in call.here:
        if party.account in accounts:
            call = _with(call, replace(party, here=False, connected=False, wants_more=False))
    return _settled(call, now, times) if len(call.here) > 1 else ended(call, "left", now)


def tick(call: Call, now: int, times: Times) -> Call:
    """Move a call on by the clock: what has lasted too long ends, what ends soon is warned of."""
    if not call.live:
        return call
    if call.expires_at is not None and now >= call.expires_at:
        return ended(call, _TOO_LONG[call.state], now)
    if call.ends_at is not None and now >= call.ends_at + times.farewell:
        return ended(call, "over", now)
    if call.ends_at is not None and now >= call.ends_at - times.warning:
        return replace(call, warned=True)
    return call


def due_at(call: Call, times: Times) -> int | None:
    """Tell when the clock moves it on next; None once it has ended."""
    if not call.live:
        return None
    moments = [] if call.expires_at is None else [call.expires_at]
    if call.ends_at is not None:
        after = times.farewell if call.warned else -times.warning
        moments.append(call.ends_at + after)
    return min(moments)


def _with(call: Call, party: Party) -> Call:
    others = [other for other in call.parties if other.number != party.number]
    return replace(call, parties=tuple(sorted([*others, party], key=lambda each: each.number)))


def _settled(call: Call, now: int, times: Times) -> Call:
    """Give a call the state that follows from who is there."""
    together = len(call.here) > 1
    whole = together and all(party.settled for party in call.here)
    match call.state:
        case State.RINGING if together:
            return _settled(_into(call, State.CONNECTING, now + times.connect), now, times)
        case State.CONNECTING | State.CHANGING if whole:
            return _into(call, State.ACTIVE, None)
        case State.ACTIVE if not whole:
            return _into(call, State.CHANGING, now + times.change)
        case _:
            return call


def _into(call: Call, state: State, expires_at: int | None) -> Call:
    return replace(call, state=state, expires_at=expires_at)
