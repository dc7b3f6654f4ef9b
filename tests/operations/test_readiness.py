"""Readiness says in words what is wrong, and a disk that fills up stops sends before logins."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadtests.people import move_in
from loadtests.processes import ServerProcess
from tests.flows.test_replies import post_bubble
from tests.gauges import value
from tests.media.corpus import drawing, saved
from tests.patience import PATIENCE_SECONDS
from tests.wire import new_client_id, wire

GB = 1 << 30


def said(server: ServerProcess) -> tuple[int, Any]:
    """Ask on the operators' port how a server is."""
    answer = httpx.get(f"http://127.0.0.1:{server.operators_port}/readyz")
    return answer.status_code, answer.json()


def says(server: ServerProcess, check: str) -> tuple[bool, str]:
    """Ask how one thing is."""
    (found,) = [one for one in said(server)[1]["checks"] if one["name"] == check]
    return found["ok"], found["says"]


def wait_until_disk_is(server: ServerProcess, ok: bool) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while says(server, "disk")[0] != ok:
        assert time.monotonic() < until
        time.sleep(0.05)


async def test_a_server_that_is_well_says_so_of_everything(server: ServerProcess) -> None:
    status, body = said(server)
    assert (status, body["state"]) == (200, "ready")
    assert {one["name"] for one in body["checks"]} == {"stop", "storage", "broker", "disk"}
    assert all(one["ok"] and one["says"].endswith(".") for one in body["checks"])
    assert value(server, "samtale_ready") == 1
    assert value(server, "samtale_check_ok", check="storage") == 1


async def test_the_public_learns_a_word_and_no_more(server: ServerProcess) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        answer = await api.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_server_that_stops_is_not_ready_and_says_why(server: ServerProcess) -> None:
    mette = move_in(server.data / "samtale.db", "Mette")
    async with wire(server, mette.headers) as phone:
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        await phone.event("server.draining")
        status, body = said(server)
        assert (status, body["state"]) == (503, "unready")
        assert says(server, "stop") == (False, "A stop is under way.")
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
            answer = await api.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "unready\n")


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that wants all but a gigabyte of its disk to stay free."""
    reserve_mb = (shutil.disk_usage(tmp_path).free - GB) >> 20
    server = ServerProcess(tmp_path / "tight", SAMTALE_DISK_RESERVE_MB=str(reserve_mb)).start()
    yield server
    server.stop()


@pytest.mark.faults
async def test_a_disk_that_fills_up_stops_sends_before_logins_until_there_is_room(
    tight: ServerProcess, tmp_path: Path
) -> None:
    mette, ali = (move_in(tight.data / "samtale.db", name) for name in ("Mette", "Ali"))
    picture = tmp_path / "filler"
    async with (
        httpx.AsyncClient(base_url=tight.url, timeout=PATIENCE_SECONDS) as api,
        wire(tight, ali.headers) as phone,
    ):
        bubble = await post_bubble(api, mette)
        reply = {"bubble": bubble, "client_id": new_client_id(), "text": "Hej"}
        sent = await phone.do("bubble.reply", **reply)
        talk = sent["conversation"]

        with picture.open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, 2 * GB)
        wait_until_disk_is(tight, ok=False)
        message = {"conversation": talk, "client_id": new_client_id(), "text": "Er du der?"}
        refused = await phone.ask("message.send", **message)
        assert refused["error"]["code"] == "unavailable"
        assert refused["error"]["retry_after_ms"] >= 1_000
        upload = await api.post(
            "/api/v1/pictures", content=saved(drawing(), "PNG"), headers=ali.headers
        )
        assert upload.json()["error"]["code"] == "unavailable"
        status, body = said(tight)
        assert (status, body["state"]) == (200, "degraded")
        assert "sends are refused" in says(tight, "disk")[1]
        assert value(tight, "samtale_check_ok", check="disk") == 0
        assert value(tight, "samtale_disk_free_bytes") < value(tight, "samtale_disk_reserve_bytes")

        assert await phone.do("history.fetch", conversation=talk)
        await phone.do("conversation.read", conversation=talk, seq=1)
        ticket = await api.post("/api/v1/socket-tickets", headers=mette.headers)
        assert ticket.status_code == 201
        async with wire(tight, mette.headers) as newcomer:
            assert await newcomer.do("account.get")

        picture.unlink()
        wait_until_disk_is(tight, ok=True)
        assert (await phone.do("message.send", **message))["seq"] == 2
