"""An SMS that did not arrive is seen by operators, by reports that only the gateway can sign."""

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from chat.delivery import http, store
from chat.delivery.dead_letters import DeadLetters
from chat.delivery.model import Notice
from chat.delivery.reports import SMSReports
from chat.storage.database import Database
from protocol.errors import Refused
from tests.delivery.conftest import NOON

SECRET = "et langt og hemmeligt ord"
NUMBER = 0x1897_0000_0000_0007


def signed(claims: Any, secret: str = SECRET, alg: str = "HS256") -> str:
    """Sign as the gateway does (RFC 7515)."""

    def part(what: bytes) -> str:
        return base64.urlsafe_b64encode(what).decode().rstrip("=")

    head = part(json.dumps({"alg": alg, "typ": "JWT"}).encode())
    text = f"{head}.{part(json.dumps(claims).encode())}"
    return f"{text}.{part(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))}"


def report(status: str, userref: str = f"notice-{NUMBER:016x}") -> dict[str, Any]:
    return {"id": 7, "msisdn": 4520123456, "time": 1, "status": status, "userref": userref}


@pytest.fixture
async def reports(database: Database) -> SMSReports:
    """Takes reports where one SMS was sent."""
    params = {"code": "123456"}
    sent = Notice("phone_code", "+4520123456", "da", NOON, params, channel="sms")
    await database.write(store.add, NUMBER, sent)
    await database.write(store.settle_sent, NUMBER, NOON)
    return SMSReports(database, SECRET, lambda: NOON + 1)


async def dead(database: Database) -> list[str]:
    return [one.failure for one in await DeadLetters(database).list()]


@pytest.mark.parametrize("status", ["UNDELIVERABLE", "EXPIRED", "REJECTED"])
async def test_what_did_not_arrive_is_a_dead_letter_once(
    database: Database, reports: SMSReports, status: str
) -> None:
    for _ in range(2):
        await reports.take(signed(report(status)))
    assert await dead(database) == [f"report_{status.lower()}"]


@pytest.mark.parametrize(
    "claims",
    [report("DELIVERED"), report("ENROUTE"), report("EXPIRED", "notice-0"), report("EXPIRED", "")],
)
async def test_what_arrived_or_is_not_ours_changes_nothing(
    database: Database, reports: SMSReports, claims: Any
) -> None:
    await reports.take(signed(claims))
    assert await dead(database) == []


@pytest.mark.parametrize(
    "token",
    [
        "", ".", "..", "a.b.c", "æ.ø.å", signed(report("EXPIRED"), "another secret"),
        signed(report("EXPIRED"), alg="none"), signed(report("EXPIRED"))[:-2],
        signed(["EXPIRED"]), signed(report("EXPIRED")) + ".more",
    ],
)  # fmt: skip
async def test_what_the_gateway_has_not_signed_is_refused(
    database: Database, reports: SMSReports, token: str
) -> None:
    with pytest.raises(Refused, match="not_authenticated"):
        await reports.take(token)
    assert await dead(database) == []


async def test_the_gateway_posts_it(database: Database, reports: SMSReports) -> None:
    app = Starlette(routes=http.report_routes(reports))
    transport = httpx.ASGITransport(app)
    headers = {"X-Gwapi-Signature": signed(report("UNDELIVERABLE"))}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as api:
        answer = await api.post("/api/v1/sms-reports", headers=headers, json={"status": "x"})
    assert answer.status_code == 204
    assert await dead(database) == ["report_undeliverable"]
