"""The Python client over a real socket, against a small server that breaks when it is told to."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from protocol.clients.python import (
    Client,
    Event,
    Interrupted,
    Refusal,
    Resync,
    Stopped,
    Unsettled,
    connect,
)
from protocol.closes import CLOSES
from protocol.codec import encode_error, encode_event, encode_reply
from protocol.connection import Connection
from protocol.errors import Refused
from protocol.golden import examples
from protocol.messages import SUBPROTOCOL, Changed, EventFrame, Hello, Resumed
from protocol.operations import COMMANDS
from protocol.requests import Nothing, Request, Resume, SendMessage
from protocol.resources import Account, Empty, Entry, Message, Picture, Sent
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio
CONVERSATION = examples.CONVERSATION_ID
CLOSED = "0000000000000c1d"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class SmallServer:
    """One account, one conversation, everything in memory; G1, G3 and G5 hold."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.sockets: dict[ServerConnection, Connection] = {}
        self.swallow_acks = 0
        self.refuse_next: Refused | None = None
        self.connected = asyncio.Event()
        self.received = asyncio.Event()
        self.url = ""
        self._server: Server | None = None
        self._ids = itertools.count(1)

    async def start(self, port: int = 0) -> None:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            port,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        assert self._server is not None
        self.drop_everyone()
        self._server.close()
        await self._server.wait_closed()

    def drop_everyone(self) -> None:
        self.connected.clear()
        for socket in self.sockets:
            socket.transport.abort()

    async def close_everyone(self, reason: str) -> None:
        for socket in tuple(self.sockets):
            await socket.close(CLOSES[reason].code, reason)

    async def other_sends(self, text: str) -> None:
        message = self._store(SendMessage(CONVERSATION, self._client_id(), text), examples.BO)
        event = EventFrame(
            "message.created", CONVERSATION, message.seq, cursor=self._cursor(), data=message
        )
        for socket in tuple(self.sockets):
            await socket.send(encode_event(event), text=True)

    def _client_id(self) -> str:
        return f"019d2f0c-0000-7abc-8def-{next(self._ids):012x}"

    def _cursor(self) -> str:
        return f"e-{len(self.messages):x}"

    def _store(self, request: SendMessage, sender: int) -> Message:
        seq = len(self.messages) + 1
        shown = Picture(request.picture, 4, 3, request.description) if request.picture else None
        message = Message(seq, seq, sender, request.client_id, seq, request.text, picture=shown)
        self.messages.append(message)
        return message

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        if socket.request.headers["Authorization"] != f"Bearer {examples.TOKEN}":
            await socket.close(4300, "not_authenticated")
            return
        connection = self.sockets[socket] = Connection(0)
        connection.accept("da")
        hello = Hello(
            1, 0, examples.SESSION_ID, examples.ACCOUNT, self._cursor(), "e", 25_000, {}, COMMANDS
        )
        await socket.send(encode_event(EventFrame("hello", data=hello)), text=True)
        self.connected.set()
        try:
            async for raw in socket:
                await self._answer(socket, connection, raw)
        finally:
            del self.sockets[socket]

    async def _answer(
        self, socket: ServerConnection, connection: Connection, raw: str | bytes
    ) -> None:
        command = connection.receive(raw, 0)
        assert isinstance(command, tuple), command
        command_id, _, request = command
        assert command_id is not None, "what this client does is awaited"
        try:
            reply = encode_reply(command_id, self._do(request))
        except Refused as refused:
            reply = encode_error(command_id, refused, "da")
        self.received.set()
        if isinstance(request, SendMessage) and self.swallow_acks:
            self.swallow_acks -= 1
            socket.transport.abort()
            return
        await socket.send(reply, text=True)

    def _do(self, request: Request) -> Sent | Resumed | Account | Empty:
        match request:
            case SendMessage(conversation=conversation) if conversation != CONVERSATION:
                raise Refused("conversation_closed")
            case SendMessage(client_id=client_id):
                if self.refuse_next:
                    refused, self.refuse_next = self.refuse_next, None
                    raise refused
                known = [one for one in self.messages if one.client_id == client_id]
                message = known[0] if known else self._store(request, examples.ANNA)
                return Sent(CONVERSATION, message.seq, message.seq, message.sent_at, bool(known))
            case Resume(cursor=cursor):
                missed = self.messages[int(cursor.removeprefix("e-"), 16) :]
                entries = [Entry(one.seq, "message", one.sent_at, one) for one in missed]
                last = len(self.messages)
                changed = Changed(CONVERSATION, entries, [], last, last, 0)
                return Resumed([changed] if missed else [], None, self._cursor(), more=False)
            case Nothing():
                return examples.ACCOUNT
            case _:
                return Empty()


@pytest.fixture
async def server() -> AsyncIterator[SmallServer]:
    small = SmallServer()
    await small.start()
    yield small
    await small.stop()


@asynccontextmanager
async def anna(server: SmallServer) -> AsyncIterator[Client]:
    """A client that is back at once after a break, so that tests do not wait."""
    async with connect(server.url, examples.TOKEN) as client:
        client._state._backoff._dice = lambda: 0.0
        yield client


async def next_texts(client: Client, count: int) -> list[str]:
    texts: list[str] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in client.events():
            assert isinstance(event, Event)
            assert isinstance(event.data, Message)
            texts.append(event.data.text)
            if len(texts) == count:
                return texts
    return texts


async def test_a_message_is_sent_and_acked(server: SmallServer) -> None:
    async with anna(server) as client:
        sent = await client.send(CONVERSATION, "Hej")
    assert (sent.seq, sent.duplicate) == (1, False)
    assert [message.text for message in server.messages] == ["Hej"]


async def test_what_a_picture_shows_goes_with_it(server: SmallServer) -> None:
    async with anna(server) as client:
        await client.send(
            CONVERSATION, "", picture=examples.PICTURE_ID, description="En bænk under et træ"
        )
    (message,) = server.messages
    assert message.picture == Picture(examples.PICTURE_ID, 4, 3, "En bænk under et træ")


async def test_messages_sent_at_once_keep_their_order(server: SmallServer) -> None:
    texts = [f"nummer {number}" for number in range(50)]
    async with anna(server) as client:
        await asyncio.gather(*(client.send(CONVERSATION, text) for text in texts))
    assert [message.text for message in server.messages] == texts


async def test_a_message_whose_ack_was_lost_is_sent_again_and_stored_once(
    server: SmallServer,
) -> None:
    async with anna(server) as client:
        server.swallow_acks = 3
        sent = await client.send(CONVERSATION, "Kom den frem?")
    assert sent.duplicate is True
    assert len(server.messages) == 1


async def test_a_refused_message_was_not_stored(server: SmallServer) -> None:
    async with anna(server) as client:
        with pytest.raises(Refusal) as refused:
            await client.send(CLOSED, "Hej?")
    assert refused.value.code == "conversation_closed"


async def test_a_message_that_came_too_fast_is_sent_again_by_itself(server: SmallServer) -> None:
    server.refuse_next = Refused("rate_limited", retry_after_ms=10)
    async with anna(server) as client:
        assert (await client.send(CONVERSATION, "Hurtigt")).seq == 1


async def test_events_come_in_order_through_breaks(server: SmallServer) -> None:
    async with anna(server) as client:
        await server.other_sends("et")
        assert await next_texts(client, 1) == ["et"]
        server.drop_everyone()
        await server.other_sends("to")
        await server.connected.wait()
        await server.other_sends("tre")
        assert await next_texts(client, 2) == ["to", "tre"]


async def test_a_client_comes_back_to_a_restarted_server(server: SmallServer) -> None:
    async with anna(server) as client:
        port = int(server.url.rpartition(":")[2])
        await server.stop()
        sending = asyncio.create_task(client.send(CONVERSATION, "Er du der?"))
        await asyncio.sleep(0)
        await server.start(port)
        client.wake()
        assert (await sending).seq == 1


async def test_what_one_sends_oneself_is_not_handed_out_after_a_break(server: SmallServer) -> None:
    async with anna(server) as client:
        await client.send(CONVERSATION, "min")
        server.drop_everyone()
        await server.connected.wait()
        await server.other_sends("din")
        assert await next_texts(client, 1) == ["din"]


async def test_a_client_goes_on_from_the_cursor_of_an_earlier_one(server: SmallServer) -> None:
    async with anna(server) as client:
        cursor = client.cursor
    await server.other_sends("imens")
    heard: list[Event | Resync] = []
    async with connect(server.url, examples.TOKEN, cursor=cursor, on_event=heard.append):
        pass
    assert [event.seq for event in heard if isinstance(event, Event)] == [1]


async def test_a_command_is_answered(server: SmallServer) -> None:
    async with anna(server) as client:
        assert await client.command("account.get", Nothing()) == examples.ACCOUNT


async def test_a_client_closed_over_a_message_says_that_it_may_be_stored(
    server: SmallServer,
) -> None:
    client = Client(server.url, examples.TOKEN)
    client.start()
    await client.online()
    server.swallow_acks = 1_000_000
    sending = asyncio.create_task(client.send(CONVERSATION, "Måske"))
    await server.received.wait()
    await client.close()
    with pytest.raises(Unsettled) as unsettled:
        await sending
    assert unsettled.value.exposed
    with pytest.raises(Unsettled) as later:
        await client.send(CONVERSATION, "For sent")
    assert not later.value.exposed


async def test_a_client_without_a_server_says_that_the_message_is_not_stored() -> None:
    client = Client("http://127.0.0.1:9", examples.TOKEN)
    client.start()
    sending = asyncio.create_task(client.send(CONVERSATION, "Nej"))
    with pytest.raises(Interrupted):
        await client.command("account.get", Nothing())
    await client.close()
    with pytest.raises(Unsettled) as unsettled:
        await sending
    assert not unsettled.value.exposed


async def test_a_client_that_is_not_let_in_stops(server: SmallServer) -> None:
    with pytest.raises(Stopped) as stopped:
        async with connect(server.url, "another token altogether"):
            pass
    assert stopped.value.behaviour == "log_in"


async def test_a_client_that_is_logged_out_stops(server: SmallServer) -> None:
    async with anna(server) as client:
        await server.close_everyone("logged_out")
        with pytest.raises(Stopped) as stopped:
            async for _ in client.events():
                pass
    assert (stopped.value.behaviour, stopped.value.code) == ("log_in", 4301)


async def test_a_restarting_server_is_found_again_at_once(server: SmallServer) -> None:
    async with connect(server.url, examples.TOKEN) as client:
        server.connected.clear()
        await server.close_everyone("restarting")
        await server.connected.wait()
        assert (await client.send(CONVERSATION, "Her er jeg")).seq == 1
