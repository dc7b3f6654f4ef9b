"""Logs: every line leads to its request or socket, and none tells of a person (rule 3)."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadtests.people import move_in
from loadtests.processes import ServerProcess
from tests.flows.test_replies import post_bubble
from tests.realtime.raw import TEXT, RawSocket, masked
from tests.servers import MailSink
from tests.wire import new_client_id, wire

GIVEN = "0123456789abcdef0123456789ABCDEF"


@pytest.fixture
def talkative(tmp_path: Path, mail: MailSink) -> Iterator[ServerProcess]:
    """A server behind a proxy that logs all it has to say."""
    server = ServerProcess(
        tmp_path / "talkative",
        SAMTALE_LOG_LEVEL="debug",
        SAMTALE_TRUSTED_PROXIES="127.0.0.1",
        SAMTALE_SMTP_HOST="127.0.0.1",
        SAMTALE_SMTP_PORT=str(mail.port),
    ).start()
    yield server
    server.stop()


def lines(server: ServerProcess) -> list[dict[str, Any]]:
    """Read the log: every line of it is an object."""
    return [json.loads(line) for line in server.log.read_text().splitlines()]


async def test_a_request_is_found_by_the_id_that_its_answer_carries(
    talkative: ServerProcess, server: ServerProcess
) -> None:
    async with httpx.AsyncClient() as api:
        asked = {"X-Request-Id": GIVEN}
        by_proxy = await api.get(talkative.url + "/api/v1/municipalities", headers=asked)
        made = await api.get(talkative.url + "/api/v1/municipalities")
        odd = {"X-Request-Id": "mette@people.example"}
        refused = await api.get(talkative.url + "/api/v1/municipalities", headers=odd)
        without_proxy = await api.get(server.url + "/api/v1/municipalities", headers=asked)
    ids = [one.headers["x-request-id"] for one in (by_proxy, made, refused, without_proxy)]
    assert ids[0] == GIVEN
    assert len(set(ids)) == 4
    found = {line["request"]: line for line in lines(talkative) if line["event"] == "request"}
    assert found[GIVEN]["route"] == "/api/v1/municipalities"
    assert set(ids[:3]) <= set(found)


async def test_a_line_of_a_socket_says_which(talkative: ServerProcess) -> None:
    mette = move_in(talkative.data / "samtale.db", "Mette")
    async with wire(talkative, mette.headers):
        pass
    async with wire(talkative, mette.headers):
        pass
    greeted = [line for line in lines(talkative) if line["event"] == "socket_greeted"]
    assert len({(line["pid"], line["connection"]) for line in greeted}) == 2
    assert all(line["level"] == "debug" and line["timestamp"].endswith("Z") for line in greeted)


async def test_whatever_people_do_no_line_tells_of_them(
    talkative: ServerProcess, mail: MailSink
) -> None:
    word = "".join(secrets.choice("abcdefghijkl") for _ in range(12))
    email, password, alias = f"{word}@people.example", "tung regn i maj", f"Mette {word}"
    mette, ali = (move_in(talkative.data / "samtale.db", f"{name} {word}") for name in ("M", "A"))
    secrets_of_theirs = [
        word,
        mette.token,
        ali.token,
        "203.0.113.77",
        "people.example",
        "tung regn",
    ]
    async with httpx.AsyncClient(
        base_url=talkative.url, headers={"X-Forwarded-For": "203.0.113.77"}
    ) as api:
        body = {"email": email, "password": password, "alias": alias, "born": "1980-01-01",
                "municipality": 151}  # fmt: skip
        assert (await api.post("/api/v1/accounts", json=body)).status_code < 300
        await api.post("/api/v1/sessions", json={"email": email, "password": password + "!"})
        token = mail.link(email, "/confirm")
        secrets_of_theirs.append(token)
        await api.post("/api/v1/accounts/confirm", json={"token": token})
        await api.get(f"/api/v1/bubbles?words={word}", headers=mette.headers)
        await api.get(f"/{mette.token}/{word}")
        await api.post("/api/v1/bubbles", content=b'{"title": "%s' % word.encode())
        await api.get("/api/v1/account", headers={"Authorization": f"Bearer {word}"})
        bubble = await post_bubble(api, mette)
        async with wire(talkative, ali.headers) as phone:
            text = f"Hej, jeg hedder {word}"
            sent = await phone.do(
                "bubble.reply", bubble=bubble, client_id=new_client_id(), text=text
            )
            await phone.send(sent["conversation"], text)
            await phone.refusal("message.send", conversation=word, text=text)
            await phone.say(f'{{"{word}": ')
            await phone.do("message.search", query=word)
    with RawSocket(talkative.port) as stranger:
        stranger.upgrade({"Cookie": f"samtale={word}"})
        stranger.send(masked(TEXT, b"{" + word.encode()) + b"\xff" * 40)
        stranger.json()
        assert stranger.closed() == 1002
    talkative.stop()
    written = talkative.log.read_text()
    assert len(lines(talkative)) > 9
    for secret in secrets_of_theirs:
        assert secret not in written
