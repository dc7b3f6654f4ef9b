"""The Python client: `connect` and what comes of it.

    async with connect("http://127.0.0.1:8000", token) as client:
        sent = await client.send(conversation, "Hej")
        async for event in client.events():
            ...

`state` and what it is built of know no I/O and no clock; `client` and `http` are thin shells.
"""

from protocol.clients.python.client import Client, connect
from protocol.clients.python.effects import Event, Resync
from protocol.clients.python.http import Http
from protocol.clients.python.outcome import Interrupted, Refusal, Stopped, Unsettled

__all__ = [
    "Client",
    "Event",
    "Http",
    "Interrupted",
    "Refusal",
    "Resync",
    "Stopped",
    "Unsettled",
    "connect",
]
