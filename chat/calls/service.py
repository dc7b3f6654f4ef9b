"""Use cases of calls: start, join, signal, change, extend, leave, end; and the clock behind them.

What state a call is in stands in the store, so one outlives the process that signalled it: devices
ask again (`get`) when they come back, and go on. Only signalling passes through here, and nothing
of it is kept.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from chat.calls import model, store
from chat.calls.events import CallEvents, public
from chat.calls.model import Call, CallChanged, Party, Plan
from chat.calls.scrub import scrub_candidates, scrub_description
from chat.calls.times import times_within
from chat.calls.turn import Relay
from chat.conversations.access import access_conversation, access_to_write
from chat.conversations.model import POLICIES, RightsRaised
from chat.conversations.remembered import RememberedRights
from chat.conversations.rights import load_rights
from chat.conversations.service import call_ended, call_started, of_origin, origin_of
from chat.realtime.broker import Broker
from chat.realtime.limits import Buckets, Countable, Rate
from chat.scope import Clock, Scope
from chat.settings import Settings
from chat.storage.database import Database, Reader, Row, Transaction
from chat.storage.facts import Facts
from chat.storage.ids import new_id
from protocol import calls as wire
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id
from protocol.requests import OneConversation
from protocol.resources import Empty

DUE_AT_ONCE = 200
FORGOTTEN_AT_ONCE = 500
KEPT_MS = 86_400_000
"""How long an ended call is remembered: so long may a device take to hear that it has ended."""

Step = Callable[[Call, int], Call]
"""What a member, by number, does to a call."""


class Planner(Protocol):
    """What an origin says about calls in its conversations, by the id of the origin."""

    def plan(self, reader: Reader, origin: int, now: int) -> Plan:
        """Tell until when to ring, and when the talk ends."""
        ...

    def may_go_on(self, reader: Reader, origin: int, until: int) -> bool:
        """Tell whether nobody waits for those who talk, so that they may go on."""
        ...

    def lengthen(self, txn: Transaction, origin: int) -> None:
        """Take note that all want to go on. Raises `Refused("no_more_time")`."""
        ...


class Calls:
    """Calls in any conversation whose kind allows them; at most one at a time in each.

    All raise `not_found`, and `rate_limited`; those about a call one is in also `call_over`, and
    `call_elsewhere` if one is in it at another device, or not at all.
    """

    def __init__(
        self,
        db: Database,
        broker: Broker,
        facts: Facts,
        rights: RememberedRights,
        settings: Settings,
        clock: Clock,
    ) -> None:
        limits = settings.limits
        self._db = db
        self._rights = rights
        self._relay = Relay(
            settings.turn_urls, settings.turn_secret, limits.turn_credentials_ms, settings.demo
        )
        self._clock = clock
        kinds = {kind for kind, policy in POLICIES.items() if policy.calls}
        self._allowed_in = kinds.union(settings.calls_in)
        self._times = times_within(limits)
        self._events = CallEvents(broker, facts, self._times)
        self._planners: dict[str, Planner] = {}
        self._starts, self._signals, self._changes = Buckets(), Buckets(), Buckets()
        self.shared: dict[str, Countable] = {
            "calls": self._starts,
            "call_signals": self._signals,
            "call_changes": self._changes,
        }
        self._start_rate = Rate(limits.calls_per_minute, limits.calls_per_minute)
        self._signal_rate = Rate(limits.call_signals_burst, limits.call_signals_per_minute)
        self._change_rate = Rate(limits.call_changes_burst, limits.call_changes_per_minute)
        self._checking: asyncio.Task[None] | None = None
        facts.after_commit(RightsRaised, lambda _: self._check_soon())

    @property
    def kinds(self) -> list[str]:
        """Kinds of conversations in which calls can be made; none without a relay."""
        return sorted(self._allowed_in) if self._relay.available else []

    def plan_by(self, origin_kind: str, planner: Planner) -> None:
        """Let an origin say how long calls in its conversations ring and last."""
        self._planners[origin_kind] = planner

    # --- coming and going -------------------------------------------------------------------------

    async def start(self, scope: Scope, request: wire.StartCall) -> wire.Joined:
        """Call the others; if they call already, join them.

        Raises `calls_unavailable` without a relay, `calls_not_allowed`, and as sending does.
        """
        self._relay.require()
        self._starts.spend(scope.me.account, self._start_rate, scope.now)

        def unit(txn: Transaction) -> Call:
            row, rights = access_to_write(txn, scope, request.conversation)
            if row["kind"] not in self._allowed_in:
                raise Refused("calls_not_allowed")
            party = _party(scope, rights.numbers[scope.me.account], request)
            live = store.live_in(txn, row["id"])
            if live is not None:
                before = store.take(txn, live.id)
                now_on = model.tick(before, scope.now, self._times)
                if now_on.live:
                    return self._join(txn, scope, row, before, now_on, party, take_over=False)
                self._put(txn, before, now_on, scope.now)
            plan = self._plan(txn, row, scope.now)
            call = model.start(new_id(scope.now), row["id"], party, scope.now, self._times, plan)
            if not store.insert(txn, call, model.due_at(call, self._times)):
                raise Refused("unavailable", retry_after_ms=100)  # two began in one instant
            call_started(txn, row["id"], scope.now, party.number, party.account)
            txn.emit(CallChanged(call, rights.accounts, scope.now))
            return call

        return self._joined(await self._db.write(unit), scope)

    async def join(self, scope: Scope, request: wire.JoinCall) -> wire.Joined:
        """Answer, come back, or go on at another device. Raises as `start`."""
        self._relay.require()
        self._starts.spend(scope.me.account, self._start_rate, scope.now)

        def unit(txn: Transaction) -> Call:
            before = _existing(txn, request.call)
            row, rights = access_to_write(txn, scope, encode_id(before.conversation))
            party = _party(scope, rights.numbers[scope.me.account], request)
            now_on = model.tick(before, scope.now, self._times)
            return self._join(txn, scope, row, before, now_on, party, take_over=request.take_over)

        return self._joined(await self._db.write(unit), scope)

    async def get(self, scope: Scope, request: OneConversation) -> wire.CurrentCall:
        """The call that is on in a conversation, for whoever comes, or comes back."""

        def read(reader: Reader) -> Call | None:
            row = access_conversation(reader, scope, request.conversation)
            return store.live_in(reader, row["id"])

        call = await self._db.read(read)
        call = None if call is None else model.tick(call, scope.now, self._times)
        if call is None or not call.live:
            return wire.CurrentCall(None)
        return wire.CurrentCall(public(call, scope.now, self._times))

    async def leave(self, scope: Scope, request: wire.LeaveCall) -> wire.Call:
        """Leave, with the way back open for a while; or decline what rings."""
        return await self._do(
            scope,
            request.call,
            lambda call, number: model.leave(call, number, request.device, scope.now, self._times),
        )

    async def end(self, scope: Scope, request: wire.OneCall) -> wire.Call:
        """End the call for all."""
        return await self._do(
            scope,
            request.call,
            lambda call, number: model.end(call, number, request.device, scope.now),
        )

    # --- in it ------------------------------------------------------------------------------------

    async def signal(self, scope: Scope, request: wire.SignalCall) -> Empty:
        """Hand a description or candidates to another, without the addresses in them.

        Raises `invalid_field` for what is no SDP, or for one who is not in the call.
        """
        me = scope.me.account
        self._signals.spend(me, self._signal_rate, scope.now)
        call = await self._db.read(store.call_by_id, decode_id(request.call))
        if call is None:
            raise Refused("not_found")
        rights = await self._rights.now(call.conversation, scope.now)
        if me not in rights.numbers:
            raise Refused("not_found")
        party = model.tick(call, scope.now, self._times).at(rights.numbers[me], request.device)
        refusal = rights.refusals[me]
        if refusal is not None:
            raise Refused(refusal)
        other = call.party(request.to)
        if other is None or other is party:
            raise Refused("invalid_field", field="to")
        way = self._relay.way(direct=call.direct)
        described = request.description
        signal = wire.Signal(
            call=request.call,
            by=party.number,
            device=party.device,
            to=other.device,
            description=None if described is None else scrub_description(described, way),
            candidates=scrub_candidates(request.candidates, way),
        )
        self._events.signal(call.conversation, signal, other.account)
        return Empty()

    async def renew(self, scope: Scope, request: wire.OneCall) -> wire.Ice:
        """Fresh credentials, before every ICE restart. Raises `calls_unavailable`."""
        self._changes.spend(scope.me.account, self._change_rate, scope.now)

        def read(reader: Reader) -> tuple[Call, int]:
            call = store.call_by_id(reader, decode_id(request.call))
            if call is None:
                raise Refused("not_found")
            row, _ = access_to_write(reader, scope, encode_id(call.conversation))
            call = model.tick(call, scope.now, self._times)
            call.at(row["my_number"], request.device)
            return call, row["my_number"]

        call, number = await self._db.read(read)
        return self._ice(call, number, scope.now)

    async def change(self, scope: Scope, request: wire.ChangeCall) -> wire.Call:
        """Go on by video, voice or text; or say whether media flow."""
        return await self._do(
            scope,
            request.call,
            lambda call, number: model.change(
                call,
                number,
                request.device,
                scope.now,
                self._times,
                medium=request.media,
                connected=request.connected,
            ),
        )

    async def extend(self, scope: Scope, request: wire.ExtendCall) -> wire.Call:
        """Ask for five more minutes: given once all ask, if nobody waits.

        Raises `no_more_time`, and `out_of_order` before it was answered.
        """

        def unit(txn: Transaction) -> Call:
            before, row = self._mine(txn, scope, request.call)
            now_on = model.tick(before, scope.now, self._times)
            number, wants = row["my_number"], request.wants
            after = model.want_more(now_on, number, request.device, wants=wants)
            if wants and after.ends_at is not None:
                self._require_time(txn, row, after.ends_at + self._times.extension)
            if model.agreed(after):
                after = self._lengthened(txn, row, model.extended(after, self._times))
            return self._put(txn, before, after, scope.now)

        self._changes.spend(scope.me.account, self._change_rate, scope.now)
        return public(await self._db.write(unit), scope.now, self._times)

    # --- the clock --------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Move on what the clock moves on: what rang too long, what ends, whose rights ended."""
        now = self._clock()
        for call in await self._db.read(store.due, now, DUE_AT_ONCE):
            await self._db.write(self._move_on, call, now)

    async def forget(self, now: int) -> None:
        """Erase calls that ended a day ago (G7)."""
        while await self._db.write(store.forget, now - KEPT_MS, FORGOTTEN_AT_ONCE):
            pass

    def _move_on(self, txn: Transaction, call: int, now: int) -> None:
        before = store.take(txn, call)
        refusals = load_rights(txn, before.conversation, now).refusals
        may_not = {one.account for one in before.here if refusals.get(one.account, "not_found")}
        kind, origin = origin_of(txn, before.conversation)
        row = {"origin_kind": kind, "origin_id": origin}
        followed = model.follow(before, self._plan(txn, row, now))
        after = model.without(model.tick(followed, now, self._times), may_not, now, self._times)
        self._put(txn, before, after, now)

    def _check_soon(self) -> None:
        """End the calls of those who may not talk any more, at once (G6)."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.get_running_loop().create_task(self.tick())

    # --- inside -----------------------------------------------------------------------------------
    async def _do(self, scope: Scope, call: str, step: Step) -> wire.Call:
        def unit(txn: Transaction) -> Call:
            before, row = self._mine(txn, scope, call)
            now_on = model.tick(before, scope.now, self._times)
            return self._put(txn, before, step(now_on, row["my_number"]), scope.now)

        self._changes.spend(scope.me.account, self._change_rate, scope.now)
        return public(await self._db.write(unit), scope.now, self._times)

    def _mine(self, txn: Transaction, scope: Scope, call: str) -> tuple[Call, Row]:
        """Take a call in a conversation of one's own, closed or not: one may always leave."""
        before = _existing(txn, call)
        return before, access_conversation(txn, scope, encode_id(before.conversation))

    def _join(
        self,
        txn: Transaction,
        scope: Scope,
        row: Row,
        before: Call,
        now_on: Call,
        party: Party,
        *,
        take_over: bool,
    ) -> Call:
        joined = model.join(now_on, party, scope.now, self._times, take_over=take_over)
        plan = self._plan(txn, row, scope.now)
        after = model.planned(joined, scope.now, self._times, plan)
        return self._put(txn, before, after, scope.now)

    def _put(self, txn: Transaction, before: Call, after: Call, now: int) -> Call:
        """Store a call, and tell everyone concerned, if it has changed."""
        due_at = model.due_at(after, self._times)
        if after == before:
            store.save(txn, after, due_at)  # whatever made it due is settled
            return after
        after = replace(after, version=before.version + 1)
        store.save(txn, after, due_at)
        if not after.live:
            call_ended(txn, after.conversation, now, model.missed_from(after))
        members = load_rights(txn, after.conversation, now).accounts
        accounts = {*members, *(party.account for party in after.parties)}
        txn.emit(CallChanged(after, tuple(sorted(accounts)), now))
        return after

    def _plan(self, reader: Reader, row: Row | Mapping[str, Any], now: int) -> Plan:
        planner = self._planners.get(row["origin_kind"])
        return Plan() if planner is None else planner.plan(reader, row["origin_id"], now)

    def _require_time(self, reader: Reader, row: Row, until: int) -> None:
        planner = self._planners.get(row["origin_kind"])
        if planner is not None and not planner.may_go_on(reader, row["origin_id"], until):
            raise Refused("no_more_time")

    def _lengthened(self, txn: Transaction, row: Row, call: Call) -> Call:
        planner = self._planners.get(row["origin_kind"])
        if planner is None:
            return call
        planner.lengthen(txn, row["origin_id"])
        return model.follow(call, self._plan(txn, row, call.started_at))

    def _joined(self, call: Call, scope: Scope) -> wire.Joined:
        mine = next(one for one in call.here if one.account == scope.me.account)
        ice = self._ice(call, mine.number, scope.now)
        return wire.Joined(public(call, scope.now, self._times), ice)

    def _ice(self, call: Call, number: int, now: int) -> wire.Ice:
        return self._relay.ice(f"{encode_id(call.id)}-{number}", now, direct=call.direct)


def check_calls(txn: Transaction, raised: RightsRaised) -> None:
    """Have the calls in conversations whose rights were raised looked at, whoever raised them."""
    store.hasten(txn, raised.conversations)


def check_calls_of(txn: Transaction, kind: str, origin: int) -> None:
    """Have the calls in conversations of an origin looked at: its plan may be another."""
    store.hasten(txn, tuple(of_origin(txn, kind, origin)))


def _existing(txn: Transaction, call: str) -> Call:
    number = decode_id(call)
    if store.call_by_id(txn, number) is None:
        raise Refused("not_found")
    return store.take(txn, number)


def _party(scope: Scope, number: int, request: wire.StartCall | wire.JoinCall) -> Party:
    return Party(number, scope.me.account, request.device, request.media, request.direct)
