"""Locust users who talk: how long from send to ack, and from send to the other's screen.

Start a server whose limits let one person write as often as a load needs, then name its address
and its database file, into which the people move:

    SAMTALE_LIMITS_MESSAGES_PER_MINUTE=100000 SAMTALE_LIMITS_MESSAGES_BURST=1000 samtale serve
    LOAD_DATABASE=data/samtale.db locust -f loadtests/chat_users.py --headless \\
        --host http://127.0.0.1:8000 --users 50 --spawn-rate 10 --run-time 1m

One user is a pair: the author of a bubble and one who replies, each with a socket. Both ends share
a clock, so that "send to delivered" is one subtraction. Locust runs on gevent, whose own work is in
these times; for ceilings there is the driver.
"""

import os
import random
import time
import uuid
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import gevent  # type: ignore[import-untyped]
from gevent.event import AsyncResult  # type: ignore[import-untyped]
from locust import HttpUser, between, task
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from loadtests.people import Person, move_in
from protocol.codec import decode_frame, encode_command, event_data
from protocol.messages import SUBPROTOCOL, AnyFrame
from protocol.requests import Request, SendMessage
from protocol.resources import Message

PATIENCE_SECONDS = 10.0


class Arrived(NamedTuple):
    """A frame, and when it came."""

    at: float
    frame: AnyFrame


Promise: TypeAlias = "AsyncResult[Arrived]"


class Phone:
    """A socket of one person, and what they wait for."""

    def __init__(self, url: str, person: Person) -> None:
        self._awaited: dict[object, Promise] = {}
        self._last_id = 0
        self._socket: ClientConnection = connect(
            url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers=person.headers,
            compression=None,
        )
        hello = self.expect("hello")
        gevent.spawn(self._listen)
        hello.get(timeout=PATIENCE_SECONDS)

    def expect(self, what: object) -> Promise:
        """Give the promise of an event: "hello", or a message by its client id."""
        self._awaited[what] = AsyncResult()
        return self._awaited[what]

    def send(self, command: str, request: Request) -> Promise:
        """Send a command; gives the promise of its reply."""
        self._last_id += 1
        reply = self.expect(self._last_id)
        self._socket.send(encode_command(self._last_id, command, request), text=True)
        return reply

    def hang_up(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _listen(self) -> None:
        try:
            for raw in self._socket:
                at = time.perf_counter()
                frame = decode_frame(raw)
                if promise := self._awaited.pop(_key(frame), None):
                    promise.set(Arrived(at, frame))
        except ConnectionClosed as closed:
            for promise in self._awaited.values():
                promise.set_exception(closed)


def _key(frame: AnyFrame) -> object:
    """Name what a frame fulfils."""
    if frame.event is None:
        return frame.id
    data = event_data(frame)
    return data.client_id if isinstance(data, Message) else frame.event


class Pair(HttpUser):
    """Two people with a conversation, who write to each other now and then."""

    wait_time = between(1.0, 3.0)

    def on_start(self) -> None:
        """Move in, meet over a bubble, and connect."""
        self._phones: list[Phone] = []
        database = Path(os.environ["LOAD_DATABASE"])
        author, replier = (move_in(database, f"Par {uuid.uuid4().hex[:12]}") for _ in range(2))
        bubble = self._post(author, "/api/v1/bubbles", title="Kaffe", text="Hvem drikker med mig?")
        sent = self._post(
            replier,
            f"/api/v1/bubbles/{bubble['id']}/replies",
            name="/api/v1/bubbles/{bubble}/replies",
            text="Det gør jeg.",
            client_id=str(uuid.uuid4()),
        )
        self._conversation: str = sent["conversation"]
        address = (self.host or "").replace("http", "ws", 1) + "/api/v1/socket"
        self._phones = [Phone(address, person) for person in (author, replier)]

    def on_stop(self) -> None:
        """Hang up."""
        for phone in self._phones:
            phone.hang_up()

    @task
    def write(self) -> None:
        """Let one write, and wait until the server has it and the other sees it."""
        writer, reader = random.sample(self._phones, 2)
        client_id = str(uuid.uuid4())
        message = SendMessage(self._conversation, client_id, "Skal vi mødes klokken tre?")
        seen = reader.expect(client_id)
        started = time.perf_counter()
        acked = writer.send("message.send", message)
        self._measure("send to ack", started, acked)
        self._measure("send to delivered", started, seen)

    def _measure(self, name: str, started: float, promise: Promise) -> None:
        """Report how long a promise took, or what became of it."""
        failure, until = None, 0.0
        try:
            until, frame = promise.get(timeout=PATIENCE_SECONDS)
            if frame.error is not None:
                failure = RuntimeError(frame.error.code)
        except (gevent.Timeout, ConnectionClosed) as error:
            failure, until = RuntimeError(type(error).__name__), time.perf_counter()
        self.environment.events.request.fire(
            request_type="socket",
            name=name,
            response_time=(until - started) * 1_000,
            response_length=0,
            exception=failure,
        )

    def _post(self, person: Person, path: str, *, name: str | None = None, **body: str) -> Any:
        answer = self.client.post(path, json=body, headers=person.headers, name=name)
        answer.raise_for_status()
        return answer.json()
