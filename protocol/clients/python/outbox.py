"""Messages on their way, in order, each until it is acked or refused. No I/O and no clock."""

from protocol.clients.python.lanes import LONGEST_RETRY_MS, RETRY_MS, Lanes
from protocol.requests import ReplyToBubble, SendMessage

__all__ = ["LONGEST_RETRY_MS", "RETRY_MS", "Outbox", "Sending"]

Sending = SendMessage | ReplyToBubble


class Outbox(Lanes[str, Sending]):
    """One message at a time in each lane (a conversation or a bubble), so that order is kept.

    A message keeps its client_id until it is settled, so that sending it again stores it once
    (G3).
    """

    def add(self, request: Sending) -> None:
        """Take a message. Raises `ValueError` if its client_id is under way already."""
        if request.client_id in self._items:
            raise ValueError("this client_id is under way")
        self.put(request.client_id, _lane(request), request)

    def ready(self, now: float) -> list[Sending]:
        """Give those to be sent now; they count as on the wire from here on."""
        return [request for _, request in self.next(now)]

    def acked(self, client_id: str) -> None:
        """It is stored."""
        self.settle(client_id)


def _lane(request: Sending) -> str:
    return request.conversation if isinstance(request, SendMessage) else request.bubble
