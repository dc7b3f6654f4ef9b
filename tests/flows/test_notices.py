"""What one is told of, over the public interface: chosen, pushed to a browser, sent by SMS."""

import re
import zlib
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from chat.delivery.webpush import Vapid
from loadtests.people import Person, move_in
from loadtests.processes import ServerProcess
from tests.flows.test_blocks import talk_between
from tests.gateways import Browser, PushEndpoint, SMSEndpoint
from tests.patience import PATIENCE_SECONDS
from tests.servers import MailSink

SETTINGS = "/api/v1/notice-settings"
BROWSERS = "/api/v1/push-subscriptions"


@pytest.fixture(scope="module")
def key() -> str:
    return Vapid.generated()


@pytest.fixture(scope="module")
def push(key: str) -> Iterator[PushEndpoint]:
    endpoint = PushEndpoint(Vapid(key, "mailto:a@b.dk").public_key)
    yield endpoint
    endpoint.stop()


@pytest.fixture(scope="module")
def sms() -> Iterator[SMSEndpoint]:
    endpoint = SMSEndpoint()
    yield endpoint
    endpoint.stop()


@pytest.fixture(scope="module")
def told_server(
    tmp_path_factory: pytest.TempPathFactory,
    town_mail: MailSink,
    push: PushEndpoint,
    sms: SMSEndpoint,
    key: str,
) -> Iterator[ServerProcess]:
    """A server that sends on every channel, to who has been away for a second."""
    server = ServerProcess(
        tmp_path_factory.mktemp("told"),
        SAMTALE_SMTP_HOST="127.0.0.1",
        SAMTALE_SMTP_PORT=str(town_mail.port),
        SAMTALE_SMS_URL=sms.mtsms,
        SAMTALE_SMS_TOKEN=sms.TOKEN,
        SAMTALE_VAPID_PRIVATE_KEY=key,
        SAMTALE_PUSH_INSIDE="true",
        SAMTALE_AWAY_AFTER_MS="1000",
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def told(told_server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=told_server.url, timeout=PATIENCE_SECONDS) as client:
        yield client


@pytest.fixture
def hanne(told_server: ServerProcess, request: pytest.FixtureRequest) -> Person:
    return move_in(told_server.data / "samtale.db", f"Hanne {_letters(request)}")


@pytest.fixture
def bent(told_server: ServerProcess, request: pytest.FixtureRequest) -> Person:
    return move_in(told_server.data / "samtale.db", f"Bent {_letters(request)}")


_DIGITS = str.maketrans("0123456789", "ghijklmnop")


def _letters(request: pytest.FixtureRequest) -> str:
    return f"{zlib.crc32(request.node.name.encode()):x}".translate(_DIGITS)


async def subscribe(told: httpx.AsyncClient, who: Person, browser: Browser) -> httpx.Response:
    keys = {"endpoint": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth}
    return await told.post(BROWSERS, headers=who.headers, json=keys)


async def update(told: httpx.AsyncClient, who: Person, **changes: object) -> httpx.Response:
    return await told.patch(SETTINGS, headers=who.headers, json=changes)


# --- choosing -------------------------------------------------------------------------------------


async def test_whoever_has_chosen_nothing_has_the_defaults(
    told: httpx.AsyncClient, hanne: Person, key: str
) -> None:
    seen = (await told.get(SETTINGS, headers=hanne.headers)).json()
    cells = {(one["kind"], one["channel"]): (one["on"], one["fixed"]) for one in seen["choices"]}
    assert cells["unread", "mail"] == (True, False)
    assert cells["unread", "sms"] == (False, False)
    assert cells["talk_soon", "mail"] == (True, True)
    assert ("offer", "mail") not in cells
    assert seen["quiet"] == {"start": 1320, "until": 420}
    assert seen["channels"] == ["mail", "sms", "push"]
    assert (seen["phone"], seen["subscriptions"]) == (None, [])
    assert seen["push_key"] == Vapid(key, "mailto:a@b.dk").public_key


async def test_what_is_chosen_holds_and_the_rest_stays(
    told: httpx.AsyncClient, hanne: Person
) -> None:
    chosen = {"kind": "unread", "channel": "sms", "on": True}
    await update(told, hanne, choices=[chosen])
    await update(told, hanne, quiet=None)
    seen = (await told.get(SETTINGS, headers=hanne.headers)).json()
    assert {**chosen, "fixed": False} in seen["choices"]
    assert seen["quiet"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"choices": [{"kind": "talk_soon", "channel": "mail", "on": False}]}, "choices"),
        ({"choices": [{"kind": "offer", "channel": "mail", "on": True}]}, "choices"),
        ({"choices": [{"kind": "tea", "channel": "mail", "on": True}]}, "choices"),
        ({"quiet": {"start": 60, "until": 60}}, "quiet"),
        ({"quiet": {"start": 1440, "until": 60}}, "quiet"),
    ],
)
async def test_what_cannot_be_chosen_is_refused_by_name(
    told: httpx.AsyncClient, hanne: Person, changes: dict[str, object], field: str
) -> None:
    refused = await update(told, hanne, **changes)
    assert refused.status_code == 400
    error = refused.json()["error"]
    assert (error["code"], error["field"].split(".")[0].split("[")[0]) == ("invalid_field", field)


# --- web push -------------------------------------------------------------------------------------


async def test_a_browser_hears_of_an_answer_and_nobody_else_can_read_it(
    told: httpx.AsyncClient, hanne: Person, bent: Person, push: PushEndpoint
) -> None:
    await update(told, hanne, quiet=None)
    browser = push.browser()
    subscribed = await subscribe(told, hanne, browser)
    assert subscribed.status_code == 201
    assert subscribed.json()["current"] is True
    push.arrived.clear()
    _, talk = await talk_between(told, hanne, bent)
    assert push.arrived.wait(30)
    ((_, message, _),) = [one for one in push.taken if one[0] is browser]
    assert message["title"] == "Du har fået svar"
    assert message["link"].endswith(f"/conversations/{talk}")
    assert "Må jeg" not in repr(message)


async def test_a_session_has_one_browser_and_can_end_it(
    told: httpx.AsyncClient, hanne: Person, push: PushEndpoint
) -> None:
    browser = push.browser()
    await subscribe(told, hanne, browser)
    other = await subscribe(told, hanne, push.browser())
    assert other.status_code == 201, "a session has one; the newer replaces"
    seen = (await told.get(SETTINGS, headers=hanne.headers)).json()
    assert [one["current"] for one in seen["subscriptions"]] == [True]
    ended = await told.delete(f"{BROWSERS}/{seen['subscriptions'][0]['id']}", headers=hanne.headers)
    assert ended.status_code == 200
    seen = (await told.get(SETTINGS, headers=hanne.headers)).json()
    assert seen["subscriptions"] == []


async def test_an_endpoint_that_is_no_push_service_is_refused(
    api: httpx.AsyncClient, someone: object, town_server: ServerProcess
) -> None:
    person = move_in(town_server.data / "samtale.db", "Ole uden skub")
    browser = Browser("https://127.0.0.1/push")
    refused = await subscribe(api, person, browser)
    assert refused.json()["error"]["code"] == "not_found", "this server does no Web Push"
    seen = (await api.get(SETTINGS, headers=person.headers)).json()
    assert (seen["push_key"], seen["channels"]) == (None, ["mail"])


# --- telephones -----------------------------------------------------------------------------------


async def ask_for_code(told: httpx.AsyncClient, who: Person, sms: SMSEndpoint, phone: str) -> str:
    before = len(sms.taken)
    sms.arrived.clear()
    asked = await told.post("/api/v1/phone", headers=who.headers, json={"phone": phone})
    assert asked.status_code == 202, asked.text
    assert sms.arrived.wait(30)
    ((_, text),) = sms.texts()[before:]
    found = re.search(r"\b\d{6}\b", text)
    assert found is not None
    return found[0]


async def confirm(told: httpx.AsyncClient, who: Person, code: str) -> httpx.Response:
    return await told.post("/api/v1/phone/confirm", headers=who.headers, json={"code": code})


async def test_a_telephone_counts_once_its_code_comes_back(
    told: httpx.AsyncClient, hanne: Person, sms: SMSEndpoint
) -> None:
    code = await ask_for_code(told, hanne, sms, "20 12 34 56")
    seen = (await told.get(SETTINGS, headers=hanne.headers)).json()
    assert seen["phone"] is None
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert (await confirm(told, hanne, wrong)).json()["error"]["code"] == "invalid_field"
    assert (await confirm(told, hanne, f" {code[:3]} {code[3:]}")).status_code == 200
    seen = (await told.get(SETTINGS, headers=hanne.headers)).json()
    assert seen["phone"] == "•• •• •• 56"
    await told.delete("/api/v1/phone", headers=hanne.headers)
    seen = (await told.get(SETTINGS, headers=hanne.headers)).json()
    assert seen["phone"] is None


async def test_a_code_is_good_for_five_tries(
    told: httpx.AsyncClient, hanne: Person, sms: SMSEndpoint
) -> None:
    code = await ask_for_code(told, hanne, sms, "20 12 34 57")
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        await confirm(told, hanne, wrong)
    refused = await confirm(told, hanne, code)
    assert refused.json()["error"]["code"] == "link_expired"


async def test_no_telephone_is_flooded_with_codes(
    told: httpx.AsyncClient, hanne: Person, bent: Person, sms: SMSEndpoint
) -> None:
    for _ in range(3):
        await ask_for_code(told, hanne, sms, "20 12 34 58")
    for who in (hanne, bent):
        refused = await told.post(
            "/api/v1/phone", headers=who.headers, json={"phone": "+4520123458"}
        )
        assert refused.status_code == 429
        assert refused.json()["error"]["retry_after_ms"] > 0


def test_no_secret_of_a_channel_reaches_the_log(
    told_server: ServerProcess, sms: SMSEndpoint, key: str
) -> None:
    log = told_server.log.read_text(encoding="utf-8")
    assert "notice_sent" in log
    for secret in (sms.TOKEN, key, "20123456", "/push/", "auth"):
        assert secret not in log.replace("not_authenticated", "")
