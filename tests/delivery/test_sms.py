"""SMS through a gateway: one contract for every gateway, and GatewayAPI's own interface."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from chat.delivery import posting
from chat.delivery.carrier import SMS, Deferred, Rejected, SendFailed, Unreachable
from chat.delivery.mailbox import DemoPhone, Mailbox
from chat.delivery.model import Notice
from chat.delivery.outbox import Outbox, enqueue
from chat.delivery.phones import masked, normalise_phone
from chat.delivery.posting import Poster
from chat.delivery.sms import GatewayAPI, SMSGateway
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from protocol.errors import Refused
from tests.delivery.conftest import MINUTE, NOON
from tests.gateways import DROP, HANG, SMSEndpoint
from tests.servers import free_port

BO = "+4520123456"


@pytest.fixture
def endpoint() -> Iterator[SMSEndpoint]:
    opened = SMSEndpoint()
    yield opened
    opened.stop()


def gateway(endpoint: SMSEndpoint, token: str = SMSEndpoint.TOKEN) -> GatewayAPI:
    return GatewayAPI(endpoint.mtsms, token, "Samtale", Poster(inside_too=True))


# --- the contract of every gateway ----------------------------------------------------------------


@dataclass
class Implementation:
    """A gateway, and what has come to the telephones behind it."""

    gateway: SMSGateway
    arrived: Callable[[], list[tuple[str, str]]]


@pytest.fixture(params=["GatewayAPI", "the demo's telephones"])
async def implementation(
    request: pytest.FixtureRequest, endpoint: SMSEndpoint
) -> AsyncIterator[Implementation]:
    if request.param == "GatewayAPI":
        yield Implementation(gateway(endpoint), endpoint.texts)
        return
    mailbox = await Mailbox.open()

    def arrived() -> list[tuple[str, str]]:
        return [(one.to, one.text) for one in reversed(mailbox.mails())]

    yield Implementation(DemoPhone(mailbox, lambda: NOON), arrived)
    await mailbox.close()


async def test_what_is_accepted_arrives_once_and_word_for_word(
    implementation: Implementation,
) -> None:
    texts = ["Rødgrød med fløde på øen. https://samtale.example/a#b", "Привет", "'{}€"]
    for n, text in enumerate(texts):
        await implementation.gateway.send(SMS(n, BO, text))
    await implementation.gateway.close()
    assert implementation.arrived() == [(BO, text) for text in texts]


async def test_a_gateway_that_was_closed_sends_again(implementation: Implementation) -> None:
    for n in range(2):
        await implementation.gateway.send(SMS(n, BO, "Hej"))
        await implementation.gateway.close()
    assert len(implementation.arrived()) == 2


# --- GatewayAPI -----------------------------------------------------------------------------------


async def test_a_message_carries_our_reference_and_its_alphabet(endpoint: SMSEndpoint) -> None:
    sender = gateway(endpoint)
    await sender.send(SMS(77, BO, "Blåbær"))
    await sender.send(SMS(77, BO, "Blåbær"))
    await sender.send(SMS(78, BO, "Ягода"))
    await sender.close()
    assert [(one["userref"], one["encoding"]) for one in endpoint.taken] == [
        ("notice-000000000000004d", "UTF8"),
        ("notice-000000000000004d", "UTF8"),
        ("notice-000000000000004e", "UCS2"),
    ]


@pytest.mark.parametrize(
    ("answer", "failure", "wait"),
    [
        (400, Rejected, 0),
        (422, Rejected, 0),
        (500, Deferred, 0),
        ((503, {"Retry-After": "120"}), Deferred, 120_000),
        ((429, {"Retry-After": "30"}), Unreachable, 30_000),
        ((429, {"Retry-After": "soon"}), Unreachable, 0),
        (403, Unreachable, 0),
        (202, Deferred, 0),
        (200, Deferred, 0),
        (DROP, Deferred, 0),
    ],
)
async def test_each_answer_says_what_to_do_next(
    endpoint: SMSEndpoint, answer: object, failure: type[SendFailed], wait: int
) -> None:
    endpoint.answers.append(answer)
    sender = gateway(endpoint)
    with pytest.raises(failure) as failed:
        await sender.send(SMS(1, BO, "Hej"))
    assert type(failed.value) is failure
    assert failed.value.retry_after_ms == wait
    assert "20123456" not in failed.value.reason
    await sender.send(SMS(1, BO, "Hej"))
    await sender.close()


async def test_a_wrong_token_leaves_all_waiting(endpoint: SMSEndpoint) -> None:
    with pytest.raises(Unreachable, match="401"):
        await gateway(endpoint, "another").send(SMS(1, BO, "Hej"))


async def test_a_gateway_that_says_nothing_is_not_waited_for_long(
    endpoint: SMSEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.2)
    endpoint.answers.append(HANG)
    with pytest.raises(Deferred):
        await gateway(endpoint).send(SMS(1, BO, "Hej"))


async def test_a_gateway_that_is_not_there_is_unreachable() -> None:
    sender = GatewayAPI(f"http://127.0.0.1:{free_port()}/", "t", "Samtale", Poster(inside_too=True))
    with pytest.raises(Unreachable):
        await sender.send(SMS(1, BO, "Hej"))


async def test_an_sms_that_is_put_off_goes_out_later_and_nothing_secret_is_logged(
    endpoint: SMSEndpoint, database: SQLiteDatabase, facts: Facts
) -> None:
    now = [NOON]
    outbox = Outbox(database, facts, {"sms": gateway(endpoint)}, lambda: now[0])
    endpoint.answers.extend([500, (429, {"Retry-After": "90"})])
    link = {"link": "https://samtale.example/talk#secret"}
    notice = Notice("new_answer", BO, "da", NOON, link, channel="sms")
    with capture_logs() as logged:
        await database.write(enqueue, notice)
        await outbox.send_due()
        now[0] += MINUTE
        assert await outbox.send_due() == 90_000
        now[0] += 90_000
        await outbox.send_due()
    await outbox.close()
    said = f"Samtale: Du har fået svar. Nogen har skrevet til dig. {link['link']}"
    assert endpoint.texts() == [(BO, said)]
    for secret in ("20123456", "secret", SMSEndpoint.TOKEN):
        assert secret not in repr(logged)
    assert "20123456" not in repr(notice)
    assert "secret" not in repr(notice)


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "20123456",
        "20 12 34 56",
        "+45 20 12 34 56",
        "0045 20123456",
        " 20-12-34-56 ",
        "+45(20)123456",
    ],
)
def test_a_danish_number_has_one_form_however_it_is_written(written: str) -> None:
    assert normalise_phone(written) == BO


def test_numbers_of_other_countries_are_taken() -> None:
    assert normalise_phone("+46 70 174 06 05") == "+46701740605"


@pytest.mark.parametrize(
    "written",
    ["", "112", "2012345", "201234567", "mit nummer", "+4681234567", "20123456x7", "9" * 300],
)
def test_what_is_no_mobile_number_is_refused(written: str) -> None:
    with pytest.raises(Refused, match="invalid_field"):
        normalise_phone(written)


@given(st.text(max_size=40))
def test_whatever_is_written_is_refused_or_has_one_form(written: str) -> None:
    try:
        phone = normalise_phone(written)
    except Refused:
        return
    assert phone.startswith("+")
    assert phone[1:].isascii()
    assert phone[1:].isdigit()
    assert normalise_phone(phone) == phone


def test_a_number_is_shown_by_its_last_digits() -> None:
    assert masked(BO) == "•• •• •• 56"


# --- what is not public ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_public_addresses_are_connected_to(address: str, public: bool) -> None:
    assert posting.is_public(address) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433"])
async def test_a_name_that_leads_inside_is_not_followed(endpoint: SMSEndpoint, host: str) -> None:
    poster = Poster()
    with pytest.raises(Unreachable):
        await poster.post(f"http://{host}:{endpoint.port}/", {}, b"hej")
    assert endpoint.requests == []
    await poster.close()
