"""A client without a network: a person whose time and frames a test makes."""

import json
from typing import Any

from protocol.clients.python.effects import Effect, Send
from protocol.clients.python.state import ClientState, State
from protocol.codec import encode_event
from protocol.golden import examples
from protocol.messages import Changed, EventFrame, Hello, Position, Resumed
from protocol.resources import Entry, Message

CONVERSATION = examples.CONVERSATION_ID


def client_id(number: int) -> str:
    return f"019d2f0c-0000-7abc-8def-{number:012x}"


def message(seq: int) -> Message:
    return Message(seq, seq, examples.BO, client_id(seq), 1_000 * seq, f"nummer {seq}")


def created(seq: int) -> bytes:
    frame = EventFrame("message.created", CONVERSATION, seq, cursor=f"e-{seq:x}", data=message(seq))
    return encode_event(frame)


def hello(
    cursor: str = "e-0",
    epoch: str = "e",
    spread_ms: int = 0,
    commands: list[str] | None = None,
    *,
    ids_optional: bool = False,
) -> bytes:
    said = Hello(
        version=1,
        server_time=0,
        session=examples.SESSION_ID,
        account=examples.ACCOUNT,
        cursor=cursor,
        epoch=epoch,
        heartbeat_ms=25_000,
        limits={},
        commands=commands or [],
        reconnect_spread_ms=spread_ms,
        ids_optional=ids_optional,
    )
    return encode_event(EventFrame("hello", data=said))


def page(*seqs: int, cursor: str, more: bool = False) -> Resumed:
    entries = [Entry(seq, "message", 0, message(seq)) for seq in seqs]
    changed = Changed(CONVERSATION, entries, [Position(1, 0, 0)], max(seqs), max(seqs), 0)
    return Resumed([changed], None, cursor, more)


class Person:
    """A client and the time."""

    def __init__(self, dice: float = 0.0, **more: Any) -> None:
        self.now = 0.0
        self.client = ClientState(dice=lambda: dice, **more)
        self.client.start(self.now)

    def take(self, *kinds: type[Effect]) -> list[Any]:
        return [effect for effect in self.client.take() if isinstance(effect, kinds or Effect)]

    def sent(self) -> list[dict[str, Any]]:
        return [json.loads(effect.frame) for effect in self.take(Send)]

    def hears(self, raw: bytes) -> "Person":
        self.client.received(raw, self.now)
        return self

    def online(self, *commands: str, ids_optional: bool = False) -> "Person":
        self.client.opened(self.now)
        self.hears(hello(commands=list(commands), ids_optional=ids_optional))
        self.client.take()
        return self

    def reconnects(self, cursor: str = "e-0", epoch: str = "e") -> "Person":
        self.client.closed(1006, self.now)
        self.client.wake(self.now)
        self.client.opened(self.now)
        self.client.take()
        return self.hears(hello(cursor, epoch))

    def waits(self) -> float:
        """How long it waits before the next try, in milliseconds."""
        assert self.client.state is State.WAITING
        assert self.client.deadline is not None
        return self.client.deadline - self.now

    def at_its_deadline(self) -> list[Effect]:
        assert self.client.deadline is not None
        self.now = self.client.deadline
        self.client.tick(self.now)
        return self.client.take()
