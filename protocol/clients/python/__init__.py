"""The Python client: `connect` and what comes of it.

    async with connect("http://127.0.0.1:8000", token) as client:
        sent = await client.send(conversation, "Hej")
        async for event in client.events():
            ...

`Inbox` keeps a copy of one's conversations in step. `state`, `conversations` and what they are
built of know no I/O and no clock; `shell`, `client`, `inbox` and `http` are thin.
"""

from protocol.clients.python.client import FOR_EVER, Client, connect
from protocol.clients.python.conversations import Conversations
from protocol.clients.python.effects import Event, Resync
from protocol.clients.python.http import Http
from protocol.clients.python.inbox import Inbox
from protocol.clients.python.outcome import Interrupted, Refusal, Stopped, Unsettled

__all__ = [
    "FOR_EVER",
    "Client",
    "Conversations",
    "Event",
    "Http",
    "Inbox",
    "Interrupted",
    "Refusal",
    "Resync",
    "Stopped",
    "Unsettled",
    "connect",
]
