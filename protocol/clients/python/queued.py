"""What goes out by itself while there is a connection. No I/O and no clock.

Messages, changes of messages, marks of what has arrived, and signs of typing.
"""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from protocol.clients.python.arrivals import Arrivals
from protocol.clients.python.changes import Changes
from protocol.clients.python.effects import Acked, Arrived, Done, Effect, Refused
from protocol.clients.python.outbox import Outbox
from protocol.clients.python.own_typing import OwnTyping
from protocol.errors import Then
from protocol.messages import ErrorBody
from protocol.requests import MarkDelivered, Request, SendMessage, StartTyping
from protocol.resources import Change, Sent

DELIVERED = "conversation.delivered"

QUIET_MS = 30_000
"""After a silence like this an answer is asked for in any case: it shows that the socket lives."""


class Ticket(NamedTuple):
    """Whose a command is: one of these is given, or none if the answer does not matter."""

    client_id: str | None = None
    change: int | None = None
    arrival: str | None = None
    typing: StartTyping | None = None


class Order(NamedTuple):
    """A command to send, and its ticket; `quietly` if nobody waits for its answer."""

    command: str
    request: Request
    ticket: Ticket
    quietly: bool = False


class Queued:
    """The queues as one. Unless `tells_arrivals`, what has arrived is not told."""

    def __init__(self, *, tells_arrivals: bool) -> None:
        self.outbox = Outbox()
        self.changes = Changes()
        self.arrivals = Arrivals()
        self.typing = OwnTyping()
        self.tells_arrivals = tells_arrivals

    @property
    def deadlines(self) -> list[float | None]:
        """When `ready` may give more because time has passed."""
        return [self.outbox.deadline, self.changes.deadline, self.typing.deadline]

    def ready(self, now: float, commands: list[str], *, quietly: bool) -> Iterator[Order]:
        """Give what is to be sent now, of the commands that the server knows.

        `quietly`: of what is not waited for, no answer has to be asked for.
        """
        for command, sign in self.typing.ready(now):
            if command in commands:
                started = sign if isinstance(sign, StartTyping) else None
                yield Order(command, sign, Ticket(typing=started), quietly)
        for message in self.outbox.ready(now):
            command = "message.send" if isinstance(message, SendMessage) else "bubble.reply"
            yield Order(command, message, Ticket(client_id=message.client_id))
        for number, change in self.changes.next(now):
            yield Order(change.command, change.request, Ticket(change=number))
        if self.tells_arrivals and DELIVERED in commands:
            for conversation, seq, is_quiet in self.arrivals.ready(quietly=quietly):
                mark = MarkDelivered(conversation, seq)
                yield Order(DELIVERED, mark, Ticket(arrival=conversation), is_quiet)

    def answered(self, ticket: Ticket, reply: Struct, now: float) -> Iterator[Effect]:
        """Take the reply to one of them; gives what that settles."""
        if ticket.client_id is not None:
            if isinstance(reply, Sent):
                self.outbox.acked(ticket.client_id)
                yield Acked(ticket.client_id, reply)
            elif isinstance(reply, ErrorBody) and self.outbox.refused(ticket.client_id, reply, now):
                yield Refused(ticket.client_id, reply)
        elif ticket.change is not None:
            yield from self._changed(ticket.change, reply, now)
        elif ticket.arrival is not None:
            again = isinstance(reply, ErrorBody) and reply.then is Then.RETRY
            seq = self.arrivals.answered(ticket.arrival, again=again)
            if not isinstance(reply, ErrorBody):
                yield Arrived(ticket.arrival, seq)
        elif ticket.typing is not None and isinstance(reply, ErrorBody) and reply.retry_after_ms:
            self.typing.refused(ticket.typing, now + reply.retry_after_ms)

    def refused_quietly(self, command: str | None, error: ErrorBody, now: float) -> None:
        """Take a refusal of something that was said without asking for an answer."""
        if command == DELIVERED:
            self.arrivals.doubt()
        elif command == "typing.start" and error.retry_after_ms and self.typing.last is not None:
            self.typing.refused(self.typing.last, now + error.retry_after_ms)

    def _changed(self, number: int, reply: Struct, now: float) -> Iterator[Done]:
        if isinstance(reply, ErrorBody) and not self.changes.refused(number, reply, now):
            return
        assert isinstance(reply, Change | ErrorBody), "the reply to a change"
        for each in self.changes.answered(number):
            yield Done(each, reply)

    def grounded(self) -> None:
        """The connection is lost: what was on the wire goes out again on the next."""
        self.outbox.grounded()
        self.changes.grounded()
        self.arrivals.grounded()
        self.typing.reset()
