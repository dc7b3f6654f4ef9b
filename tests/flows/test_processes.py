"""What people at different processes see of each other: the same as at one."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from loadtests.cluster import ClusterProcess
from loadtests.people import move_in
from loadtests.processes import SERVER
from tests.flows.meeting import Meeting, meeting
from tests.patience import PATIENCE_SECONDS
from tests.wire import new_client_id


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    """Two processes, where whoever goes is gone at once."""
    data = tmp_path_factory.mktemp("processes")
    soon = {"SAMTALE_LIMITS_PRESENCE_GONE_AFTER_MS": "500"}
    process = ClusterProcess(data, 2, None, SERVER, **soon)
    process.start()
    yield process
    process.end()


@pytest.fixture
async def apart(cluster: ClusterProcess) -> AsyncIterator[Meeting]:
    """Mette and Ole in conversation; each has one device at either process."""
    suffix = secrets.token_hex(4)
    mette, ole = (move_in(cluster.database, f"{name} {suffix}") for name in ("Mette", "Ole"))
    async with (
        httpx.AsyncClient(base_url=cluster.url, timeout=PATIENCE_SECONDS) as api,
        meeting(cluster, api, mette, ole) as both,
    ):
        yield both


async def test_both_are_seen_to_be_here_at_whichever_process_and_gone_after_the_last_device(
    apart: Meeting,
) -> None:
    for side in apart.sides:
        await side.http("account.update", presence=True)
    await apart.forget_events()
    here = await apart.mette.phone.do("presence.watch", conversations=[apart.talk])
    assert [one["members"] for one in here["conversations"]] == [[2]]
    await apart.ole.phone.socket.close()
    await apart.nobody_hears(apart.mette)
    await apart.ole.computer.socket.close()
    gone = await apart.mette.phone.event("presence.changed")
    assert gone["data"] == {"member": 2, "here": False}


@pytest.mark.alone
async def test_logging_out_everywhere_closes_the_sockets_at_every_process_within_a_second(
    apart: Meeting,
) -> None:
    answered = time.monotonic()
    await apart.ole.http("session.end_all")
    closes = await asyncio.gather(*(device.closed() for device in apart.ole.devices))
    assert closes == [4301, 4301]
    assert time.monotonic() - answered < 1.0


async def test_what_is_sent_through_two_processes_is_counted_together(apart: Meeting) -> None:
    async def send_until_refused(device: int) -> int:
        sent = 0
        while sent < 50:
            message = {"conversation": apart.talk, "client_id": new_client_id(), "text": "hej"}
            reply = await apart.ole.devices[device].ask("message.send", **message)
            if not reply["ok"]:
                assert reply["error"]["code"] == "rate_limited"
                return sent
            sent += 1
        return sent

    burst = 15
    assert await send_until_refused(0) <= burst
    await asyncio.sleep(apart.server.settle_seconds)
    assert await send_until_refused(1) <= 5  # what has come back meanwhile, on a slow machine too
