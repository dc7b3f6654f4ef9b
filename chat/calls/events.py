"""What calls publish: how a call is now, and what devices signal to each other.

Both are of the ephemeral class, for nothing of them is resumed; but they are not shed: a slow
device closes instead, and asks again. What is kept, that a call was started and has ended, are
entries of the conversation.
"""

from msgspec import Struct

from chat.calls.model import Call, CallChanged, Times
from chat.realtime.broker import Broker, Publication
from chat.storage.facts import Facts
from protocol import calls as wire
from protocol.codec import encode_event
from protocol.ids import encode_id
from protocol.messages import EventFrame


class CallEvents:
    """Publishes to those whom a call concerns."""

    def __init__(self, broker: Broker, facts: Facts, times: Times) -> None:
        self._broker = broker
        self._times = times
        facts.after_commit(CallChanged, self._changed)

    def signal(self, conversation: int, signal: wire.Signal, account: int) -> None:
        """Hand a signal to another one's devices; only the one it names uses it."""
        self._publish("call.signalled", conversation, signal, (account,))

    def _changed(self, fact: CallChanged) -> None:
        call = public(fact.call, fact.at, self._times)
        self._publish("call.changed", fact.call.conversation, call, fact.accounts)

    def _publish(
        self, event: str, conversation: int, data: Struct, accounts: tuple[int, ...]
    ) -> None:
        frame = EventFrame(event, encode_id(conversation), data=data)
        self._broker.publish(Publication(accounts, encode_event(frame)))


def public(call: Call, now: int, times: Times) -> wire.Call:
    """Make the public form of a call."""
    return wire.Call(
        id=encode_id(call.id),
        conversation=encode_id(call.conversation),
        version=call.version,
        state=call.state.value,  # type: ignore[arg-type]  # idle is no call
        started_by=call.started_by,
        started_at=call.started_at,
        parties=[
            wire.CallParty(one.number, one.device, one.medium, one.connected, one.wants_more)
            for one in call.here
        ],
        server_time=now,
        expires_at=call.expires_at,
        ends_at=call.ends_at,
        closes_at=None if call.ends_at is None else call.ends_at + times.farewell,
        warned=call.warned,
        extensions=call.extensions,
        direct=call.direct,
        ended_at=call.ended_at,
        reason=call.reason,
    )
