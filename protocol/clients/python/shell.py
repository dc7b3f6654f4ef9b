"""The shell around the client's state: a WebSocket, one timer, and those who wait."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from protocol.clients.python.changes import Changing
from protocol.clients.python.effects import (
    Acked,
    Answered,
    Arrived,
    CaughtUp,
    Done,
    Drop,
    Effect,
    Event,
    Happening,
    Open,
    Refused,
    Resync,
    Send,
    Stopped,
    Told,
)
from protocol.clients.python.http import Http
from protocol.clients.python.outbox import Sending
from protocol.clients.python.outcome import ClientError, Interrupted, Refusal, Unsettled
from protocol.clients.python.outcome import Stopped as StoppedError
from protocol.clients.python.state import ClientState, State
from protocol.clients.python.uuid7 import ClientIds
from protocol.messages import SUBPROTOCOL, ErrorBody, Hello
from protocol.requests import Request
from protocol.resources import Change, Sent

OPEN_TIMEOUT_S = 10
CLOSE_TIMEOUT_S = 1


class Shell:
    """One connected account: what `Client` is built on."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        cursor: str | None = None,
        on_event: Callable[[Happening], None] | None = None,
        tells_arrivals: bool = True,
    ) -> None:
        self.http = Http(url, token)
        scheme = "wss" if urlsplit(url).scheme == "https" else "ws"
        self._socket_url = f"{scheme}://{urlsplit(url).netloc}/api/v1/socket"
        self._token = token
        self._state = ClientState(cursor=cursor, tells_arrivals=tells_arrivals)
        self._client_ids = ClientIds()
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Happening | StoppedError] = asyncio.Queue()
        self._tell = on_event or self._events.put_nowait
        self._messages: dict[str, asyncio.Future[Sent]] = {}
        self._commands: dict[int, asyncio.Future[Any]] = {}
        self._changes: dict[int, asyncio.Future[Change]] = {}
        self._listeners: list[Callable[[Told], None]] = []
        self._state_listeners: list[Callable[[bool], None]] = []
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._moved = asyncio.Event()  # set whenever the state has moved
        self._to_open = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._timer: asyncio.Handle | None = None
        self._timer_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped: StoppedError | None = None
        self._over = False
        self._was_online = False

    # --- for the user

    @property
    def cursor(self) -> str | None:
        """Where the account has got to; keep it to go on from there with another client."""
        return self._state.cursor

    @property
    def hello(self) -> Hello | None:
        """What the server said of itself when the client last connected."""
        return self._state.hello

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._state.state

    def new_client_id(self) -> str:
        """Make the id of a message."""
        return self._client_ids.make()

    async def command(self, command: str, request: Request) -> Any:
        """Do any other operation over the socket; gives its reply, of the type in the table.

        Raises `Refusal`; `Interrupted` when not online, or when the answer was lost.
        """
        command_id = self._state.command(command, request, self._now())
        if command_id is None:
            raise Interrupted
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._commands[command_id] = answer
        self._perform()
        try:
            return await answer
        finally:
            self._commands.pop(command_id, None)

    def listen(self, listener: Callable[[Told], None]) -> Callable[[], None]:
        """Have everything that is told handed over at once; gives what ends it.

        Besides events that is `CaughtUp`, after what was missed of a conversation, and `Arrived`.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def listen_to_state(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        """Have it told whether the client is online, whenever that changes; gives what ends it."""
        self._state_listeners.append(listener)
        return lambda: self._state_listeners.remove(listener)

    async def events(self) -> AsyncIterator[Happening]:
        """Give what happens, in order, each entry once; `Resync` where something was left out.

        Raises `Stopped` when the server wants the client no longer.
        """
        while True:
            event = await self._events.get()
            if isinstance(event, StoppedError):
                raise event
            yield event

    async def online(self) -> None:
        """Wait until the client is in step with the server. Raises `Stopped`."""
        while self._state.state is not State.ONLINE:
            if self._stopped:
                raise self._stopped
            self._moved.clear()
            await self._moved.wait()

    def wake(self) -> None:
        """Try to connect at once: the network is back."""
        self._state.wake(self._now())
        self._perform()

    def cut(self) -> None:
        """Lose the connection without a goodbye, as a phone does in a tunnel: for tests of it."""
        if self._socket is not None:
            self._socket.transport.abort()

    def start(self) -> None:
        """Begin to connect; `connect` does it."""
        self._spawn(self._run())
        self._state.start(self._now())
        self._perform()

    async def close(self) -> None:
        """Disconnect. Whoever waits gets `Unsettled` or `Interrupted`."""
        if self._timer is not None:
            self._timer.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._abandon()

    # --- inside

    def _now(self) -> float:
        return self._loop.time() * 1_000

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _change(self, command: str, request: Changing) -> Change:
        if self._over:
            raise Interrupted
        done: asyncio.Future[Change] = self._loop.create_future()
        number = self._state.change(command, request, self._now())
        self._changes[number] = done
        self._perform()
        try:
            return await done
        finally:
            self._changes.pop(number, None)

    async def deliver(self, request: Sending) -> Sent:
        """Send a message under its client_id, as `Client.send` says."""
        if self._over:
            raise Unsettled(request.client_id, exposed=False)
        self._state.send(request, self._now())
        settled: asyncio.Future[Sent] = self._loop.create_future()
        self._messages[request.client_id] = settled
        self._perform()
        try:
            return await settled
        finally:
            self._messages.pop(request.client_id, None)
            self._state.outbox.discard(request.client_id)

    def _perform(self) -> None:
        """Do what the state wants done, and have it woken when it wants to be."""
        was_online, self._was_online = self._was_online, self._state.state is State.ONLINE
        for effect in self._state.take():
            self._do(effect)
        if self._was_online is not was_online:
            for listener in tuple(self._state_listeners):
                listener(self._was_online)
        self._moved.set()
        deadline = self._state.deadline
        if deadline is None:
            return
        # A timer that rings early does no harm: most frames move the deadline only back.
        if self._timer is not None and self._timer_at <= deadline:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline / 1_000, self._tick)
        self._timer_at = deadline

    def _tick(self) -> None:
        self._timer = None
        self._state.tick(self._now())
        self._perform()

    def _do(self, effect: Effect) -> None:
        match effect:
            case Send(frame):
                self._outgoing.put_nowait(frame)
            case Event() | Resync() | CaughtUp() | Arrived():
                self._happened(effect)
            case Acked(client_id, sent):
                _resolve(self._messages.get(client_id), sent)
            case Refused(client_id, error):
                _reject(self._messages.get(client_id), Refusal(error))
            case Done(number, reply):
                self._answer(self._changes.get(number), reply)
            case Answered(number, reply):
                self._answer(self._commands.get(number), reply)
            case Open():
                self._to_open.set()
            case Drop():
                self._drop()
            case Stopped(behaviour, code):
                self._stop(StoppedError(behaviour, code))

    def _happened(self, told: Told) -> None:
        for listener in self._listeners:
            listener(told)
        if not isinstance(told, CaughtUp | Arrived):
            self._tell(told)

    def _stop(self, stopped: StoppedError) -> None:
        self._stopped = stopped
        self._events.put_nowait(stopped)
        self._abandon()

    def _answer(self, waiting: asyncio.Future[Any] | None, reply: Struct | None) -> None:
        if reply is None:
            _reject(waiting, Interrupted())
        elif isinstance(reply, ErrorBody):
            _reject(waiting, Refusal(reply))
        else:
            _resolve(waiting, reply)

    def _abandon(self) -> None:
        """Tell everyone who still waits that there will be no answer."""
        self._over = True
        for client_id in self._state.outbox.unsettled():
            exposed = self._state.outbox.discard(client_id)
            _reject(self._messages.get(client_id), Unsettled(client_id, exposed=exposed))
        for waiting in (*self._commands.values(), *self._changes.values()):
            _reject(waiting, Interrupted())

    def _drop(self) -> None:
        if self._socket is not None:
            socket, self._socket = self._socket, None
            self._spawn(socket.close())

    async def _run(self) -> None:
        while True:
            await self._to_open.wait()
            self._to_open.clear()
            code = await self._connection()
            if code is not None:
                self._state.closed(code, self._now())
                self._perform()

    async def _connection(self) -> int | None:
        """Hold one connection to its end; gives its close code, None if it was dropped here."""
        try:
            socket = await open_socket(
                self._socket_url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers={"Authorization": f"Bearer {self._token}"},
                compression=None,
                proxy=None,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                max_size=None,
            )
        except InvalidStatus as error:
            return 4300 if error.response.status_code in {401, 403} else 1006
        except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
            return 1006
        self._outgoing = asyncio.Queue()
        self._socket = socket
        writer = self._loop.create_task(self._write(socket))
        try:
            self._state.opened(self._now())
            self._perform()
            await self._read(socket)
        finally:
            writer.cancel()
            await socket.close()
        if self._socket is not socket:
            return None
        self._socket = None
        return socket.close_code or 1006

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                raw = await socket.recv(decode=False)
                if self._socket is not socket:
                    return
                self._state.received(raw, self._now())
                self._perform()

    async def _write(self, socket: ClientConnection) -> None:
        outgoing = self._outgoing
        with suppress(ConnectionClosed):
            while True:
                await socket.send(await outgoing.get(), text=True)


def _resolve(waiting: asyncio.Future[Any] | None, value: Struct) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(value)


def _reject(waiting: asyncio.Future[Any] | None, error: ClientError) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_exception(error)
