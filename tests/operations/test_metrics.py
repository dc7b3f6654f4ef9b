"""Metrics: every one that is documented exists, moves when it should, and tells of nobody."""

import re
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from chat.accounts.suspensions import Suspensions
from chat.app import wall_clock
from chat.beside import beside_the_server
from chat.scope import Scope
from chat.settings import Settings
from loadtests.people import move_in
from loadtests.processes import ServerProcess
from tests.flows.test_replies import post_bubble
from tests.gauges import samples, value, wait_for_more
from tests.patience import PATIENCE_SECONDS
from tests.realtime.conftest import MANY, talk_on
from tests.realtime.raw import greeted
from tests.realtime.test_pressure import pour
from tests.wire import new_client_id, wire

BUBBLE = {"title": "Gåtur", "text": "Jeg vil gerne gå en tur om søndagen."}
OPERATIONS = Path(__file__).parent.parent.parent / "docs" / "operations.md"


def documented() -> set[str]:
    """Read the names that the page explains."""
    text = OPERATIONS.read_text(encoding="utf-8")
    table = text.partition("<!-- metrics -->")[2].partition("<!-- end of metrics -->")[0]
    first_column = "\n".join(re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE))
    return set(re.findall(r"`(\w+)", first_column))


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server where one may write more than a person does."""
    process = ServerProcess(tmp_path / "roomy", **MANY).start()
    yield process
    process.stop()


async def test_every_metric_that_is_documented_exists_and_no_other_of_ours(
    server: ServerProcess,
) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        await api.get("/api/v1/account")
    found = {re.sub(r"_(bucket|sum|count|created)$", "", one.name) for one in samples(server)}
    # A counter by label has no line before it has counted something.
    found |= {"samtale_closes_total"}
    assert documented() <= found
    assert {name for name in found if name.startswith("samtale_")} <= documented()


async def test_what_people_do_is_counted(server: ServerProcess) -> None:
    mette, ali = (move_in(server.database, name) for name in ("Mette", "Ali"))

    def now(name: str, **labels: str) -> float:
        return value(server, f"samtale_{name}", **labels)

    async with (
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api,
        wire(server, ali.headers) as phone,
    ):
        assert now("connections") == 1
        assert now("unauthenticated_connections") == 0
        bubble = await post_bubble(api, mette)
        before = {name: now(name) for name in ("commits_total", "commit_seconds_count")}
        client_id = new_client_id()
        sent = await phone.do("bubble.reply", bubble=bubble, client_id=client_id, text="Hej")
        await phone.send(sent["conversation"], "Hej igen")
        assert now("messages_total") == 2
        for name, count in before.items():
            assert now(name) >= count + 2
        commits = now("commit_pieces_count")  # read first: commits go on meanwhile
        assert now("commit_pieces_sum") >= commits > 0
        assert now("http_requests_total", route="/api/v1/bubbles", status="201") == 1
        assert now("http_request_seconds_count") >= 1
    assert value(server, "process_cpu_seconds_total") > 0
    assert value(server, "process_resident_memory_bytes") > 1_000_000
    assert now("event_loop_lag_seconds_count") > 0
    assert now("draining") == 0


async def test_what_is_refused_is_counted_by_its_code(server: ServerProcess) -> None:
    mette = move_in(server.database, "Mette")

    def refused(code: str) -> float:
        return value(server, "samtale_rejects_total", code=code)

    async with (
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api,
        wire(server, mette.headers) as phone,
    ):
        assert await phone.refusal("bubble.fly") == "unknown_command"
        assert await phone.refusal("conversation.get", conversation="0" * 16) == "not_found"
        assert (await api.get("/api/v1/account")).json()["error"]["code"] == "not_authenticated"
        for code in ("unknown_command", "not_found", "not_authenticated"):
            assert refused(code) == 1


def test_whoever_does_not_read_is_counted(roomy: ServerProcess) -> None:
    server, talk = roomy, talk_on(roomy)

    def now(name: str, **labels: str) -> float:
        return value(server, f"samtale_{name}", **labels)

    with (
        greeted(server, talk.author, receive_buffer=2_048),
        greeted(server, talk.replier) as sender,
    ):
        while now("outbox_bytes") < 65_536:
            pour(sender, talk.conversation, 8)
        sender.ask("typing.start", conversation=talk.conversation)
        assert now("events_shed_total") == 1
        while not now("closes_total"):
            pour(sender, talk.conversation, 8)
        assert now("closes_total", reason="slow") == 1


async def test_what_another_process_did_is_counted_when_the_tail_brings_it(
    server: ServerProcess,
) -> None:
    mette = move_in(server.database, "Mette")
    before = value(server, "samtale_tail_deliveries_total")
    async with beside_the_server(Settings(data=str(server.data))) as database:
        await Suspensions(database).suspend(Scope(wall_clock()), mette.account)
    assert wait_for_more(server, "samtale_tail_deliveries_total", before) > before


@pytest.mark.faults
async def test_a_commit_that_storage_does_not_take_is_counted_though_nothing_can_be_logged(
    server: ServerProcess,
) -> None:
    mette = move_in(server.database, "Mette")
    assert server.process is not None
    pid = server.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        # No file of the process grows any more, its log's neither: as on a full disk.
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, limits[1]))
        answer = await api.post("/api/v1/bubbles", headers=mette.headers, json=BUBBLE)
        assert answer.json()["error"]["code"] == "unavailable"
        assert value(server, "samtale_commits_failed_total") == 1
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        await post_bubble(api, mette)


async def test_a_stop_is_seen_from_its_beginning_to_its_end(server: ServerProcess) -> None:
    mette = move_in(server.database, "Mette")
    async with wire(server, mette.headers) as phone:
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        await phone.event("server.draining")
        assert value(server, "samtale_draining") == 1


def test_metrics_tell_of_no_person(server: ServerProcess) -> None:
    talk = talk_on(server)
    with httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        api.get(f"/api/v1/conversations/{talk.conversation}", headers=talk.author.headers)
        api.get(f"/{talk.author.token}?mail=mette@people.example")
    text = httpx.get(f"http://127.0.0.1:{server.operators_port}/metrics").text
    for secret in (talk.conversation, talk.author.token, talk.author.alias, "people.example"):
        assert secret not in text


async def test_metrics_are_not_for_the_public(server: ServerProcess) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        assert "samtale_" not in (await api.get("/metrics")).text
