"""A stop says goodbye: nothing is lost, nobody is cut off without being told (G2, G8)."""

import asyncio
import signal
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import InvalidStatus

from loadtests.people import move_in
from loadtests.processes import ServerProcess
from protocol.clients.python.client import connect
from protocol.requests import FetchHistory
from tests.flows.test_replies import post_bubble
from tests.patience import PATIENCE_SECONDS
from tests.wire import new_client_id, wire


async def test_a_stop_asks_clients_to_come_back_and_answers_them_meanwhile(
    tmp_path: Path,
) -> None:
    server = ServerProcess(tmp_path, SAMTALE_DRAIN_SPREAD_MS="1500").start()
    mette, ali = (move_in(tmp_path / "samtale.db", name) for name in ("Mette", "Ali"))
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        bubble = await post_bubble(api, mette)
        async with wire(server, ali.headers) as phone:
            sent = await phone.do(
                "bubble.reply", bubble=bubble, client_id=new_client_id(), text="Hej"
            )
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            event = await phone.event("server.draining")
            assert event["data"]["spread_ms"] == 1_500
            assert (await phone.send(sent["conversation"], "et ord til"))["seq"] == 2
            assert (await api.get("/readyz")).status_code == 503
            with pytest.raises(InvalidStatus) as refused:
                async with connect_socket(server.socket_url, additional_headers=mette.headers):
                    pass
            assert refused.value.response.status_code == 503
            assert await phone.closed() == 4200
    assert await asyncio.to_thread(server.process.wait, 10) == 0


async def test_a_restart_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    limits = Path(__file__).parent / "limits.toml"
    server = ServerProcess(
        tmp_path, SAMTALE_CONFIG=str(limits), SAMTALE_DRAIN_SPREAD_MS="500"
    ).start()
    mette, ali = (move_in(tmp_path / "samtale.db", name) for name in ("Mette", "Ali"))
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        bubble = await post_bubble(api, mette)
    heard: list[object] = []
    async with (
        connect(server.url, ali.token) as phone,
        connect(server.url, mette.token, on_event=heard.append) as at_mette,
    ):
        conversation = (await phone.reply(bubble, "nr. 0")).conversation

        async def talk() -> list[int]:
            return [
                (await phone.send(conversation, f"nr. {number}")).seq for number in range(1, 400)
            ]

        talking = asyncio.create_task(talk())
        for _ in range(3):
            await asyncio.sleep(0.2)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            for client in (phone, at_mette):
                client.wake()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await talking == list(range(2, 401))
        seen: list[str] = []
        after, more = 0, True
        while more:
            page = await at_mette.http.call(
                "history.fetch", FetchHistory(conversation, after=after, limit=200)
            )
            seen += [entry.message.text for entry in page.entries]
            after, more = page.entries[-1].seq, page.more
        assert seen == [f"nr. {number}" for number in range(400)]
    server.stop()


async def test_a_crowd_is_told_when_to_come_back(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, SAMTALE_LIMITS_GREETINGS_PER_SECOND="1").start()
    mette = move_in(tmp_path / "samtale.db", "Mette")

    async def come() -> int:
        """Give how long one is told to wait; 0 if one is let in."""
        async with wire(server, mette.headers, greeted=False) as one:
            first = await one.next_event()
            if first["event"] == "hello":
                return 0
            assert first["event"] == "server.busy"
            assert await one.closed() == 4101
            return int(first["data"]["retry_after_ms"])

    told = await asyncio.gather(*(come() for _ in range(6)))
    server.stop()
    waits = [wait for wait in told if wait]
    assert len(waits) >= 2
    assert len(set(waits)) == len(waits), "each has a place of their own"
    assert min(waits) > 900
