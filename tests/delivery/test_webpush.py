"""Web Push: encrypted for one browser, signed by us, and sent to push services only."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import cli
from chat.delivery import webpush
from chat.delivery.carrier import Deferred, Gone, Push, Rejected, SendFailed
from chat.delivery.model import AddressGone, Notice
from chat.delivery.outbox import Outbox, enqueue
from chat.delivery.posting import Poster
from chat.delivery.webpush import Subscription, Vapid, WebPush, checked, write_subscription
from chat.settings import Settings
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from protocol.errors import Refused
from tests.delivery.conftest import MINUTE, NOON
from tests.gateways import DROP, Browser, PushEndpoint

VAPID = Vapid(Vapid.generated(), "mailto:post@samtale.example")
KNOWN = Settings().push_hosts


@pytest.fixture
def service() -> Iterator[PushEndpoint]:
    opened = PushEndpoint(VAPID.public_key)
    yield opened
    opened.stop()


def sender(vapid: Vapid = VAPID) -> WebPush:
    return WebPush(vapid, Poster(inside_too=True), lambda: NOON)


def address(browser: Browser) -> str:
    subscription = checked(browser.endpoint, browser.p256dh, browser.auth, (), inside_too=True)
    return write_subscription(subscription)


def message(browser: Browser, text: str = "Hej på øen") -> Push:
    return Push(address(browser), json.dumps({"title": text}).encode(), "unread", True, 60)


async def test_only_the_browser_that_subscribed_reads_it(service: PushEndpoint) -> None:
    bo, ane = service.browser(), service.browser()
    push = sender()
    await push.send(message(bo, "til Bo"))
    await push.send(message(ane, "til Ane"))
    await push.close()
    assert [(who, said["title"]) for who, said, _ in service.taken] == [
        (bo, "til Bo"),
        (ane, "til Ane"),
    ]
    first, second = (posted.body for posted in service.requests)
    assert b"til" not in first
    assert first[:86] != second[:86], "each message has a key and a salt of its own"
    _, _, headers = service.taken[0]
    assert (headers["ttl"], headers["urgency"], headers["topic"]) == ("60", "high", "unread")


async def test_a_push_service_that_does_not_know_our_key_takes_nothing(
    service: PushEndpoint,
) -> None:
    stranger = sender(Vapid(Vapid.generated(), "mailto:post@samtale.example"))
    with pytest.raises(Rejected, match="403"):
        await stranger.send(message(service.browser()))
    assert service.taken == []


@pytest.mark.parametrize(
    ("answer", "failure", "wait"),
    [
        (404, Gone, 0),
        (410, Gone, 0),
        (413, Rejected, 0),
        (400, Rejected, 0),
        (301, Rejected, 0),
        ((429, {"Retry-After": "5"}), Deferred, 5_000),
        (503, Deferred, 0),
        (DROP, Deferred, 0),
    ],
)
async def test_each_answer_says_what_to_do_next(
    service: PushEndpoint, answer: object, failure: type[SendFailed], wait: int
) -> None:
    service.answers.append(answer)
    push = sender()
    with pytest.raises(failure) as failed:
        await push.send(message(service.browser()))
    assert type(failed.value) is failure
    assert failed.value.retry_after_ms == wait
    await push.close()


async def test_an_endpoint_that_leads_inside_is_gone(service: PushEndpoint) -> None:
    push = WebPush(VAPID, Poster(), lambda: NOON)
    with pytest.raises(Gone, match="NotPublic"):
        await push.send(message(service.browser()))
    assert service.requests == []


async def test_one_push_service_that_is_away_keeps_no_other_waiting(
    service: PushEndpoint, database: SQLiteDatabase, facts: Facts
) -> None:
    away = PushEndpoint(VAPID.public_key)
    lost = away.browser()
    away.stop()
    there = service.browser()
    outbox = Outbox(database, facts, {"push": sender()}, lambda: NOON)
    link = {"link": "https://samtale.example/inbox"}
    for browser in (lost, there):
        notice = Notice("new_answer", address(browser), "da", NOON, link, channel="push")
        await database.write(enqueue, notice)
    await outbox.send_due()
    await outbox.close()
    ((who, said, headers),) = service.taken
    assert who is there
    assert said == {
        "title": "Du har fået svar",
        "line": "Nogen har skrevet til dig.",
        "link": link["link"],
        "tag": "unread",
        "language": "da",
    }
    assert (headers["urgency"], headers["ttl"]) == ("normal", "86400")


async def test_a_browser_that_is_gone_is_told_of_and_what_expires_soon_is_not_kept_long(
    service: PushEndpoint, database: SQLiteDatabase, facts: Facts
) -> None:
    gone: list[AddressGone] = []
    facts.after_commit(AddressGone, gone.append)
    outbox = Outbox(database, facts, {"push": sender()}, lambda: NOON)
    here, left = service.browser(), service.browser()
    del service.browsers[left.endpoint.removeprefix(service.url)]
    for browser in (here, left):
        notice = Notice(
            "new_answer",
            address(browser),
            "da",
            NOON,
            {"link": "/"},
            channel="push",
            expires_at=NOON + MINUTE,
        )
        await database.write(enqueue, notice)
    await outbox.send_due()
    await outbox.close()
    assert gone == [AddressGone("push", address(left))]
    ((_, _, headers),) = service.taken
    assert headers["ttl"] == "60"


# --- what is subscribed ---------------------------------------------------------------------------

GOOD = Browser("https://fcm.googleapis.com/fcm/send/abc:def")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com:443/abc",
        "https://db5p.notify.windows.com/w/?token=abc",
    ],
)
def test_the_browsers_own_push_services_are_sent_to(endpoint: str) -> None:
    read = checked(endpoint, GOOD.p256dh, GOOD.auth, KNOWN, inside_too=False)
    assert webpush.read_subscription(write_subscription(read)) == read


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com.example.dk/x",
        "https://notfcm.googleapis.com/x",
        "https://fcm.googleapis.com@127.0.0.1/x",
        "https://bo:bo@fcm.googleapis.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://xn--a/x",
        "https://fcm.googleapis.com\r\nX: y/x",
        "https://fcm.googleapis.com:port/x",
        "ftp://fcm.googleapis.com/x",
        "file:///etc/passwd",
        "",
        "https://fcm.googleapis.com/" + "x" * 1_024,
    ],
)
def test_nothing_else_is(endpoint: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(endpoint, GOOD.p256dh, GOOD.auth, KNOWN, inside_too=False)
    assert (refused.value.code, refused.value.field) == ("invalid_field", "endpoint")


@pytest.mark.parametrize(
    ("p256dh", "auth", "field"),
    [
        ("", GOOD.auth, "p256dh"),
        ("æ", GOOD.auth, "p256dh"),
        (webpush.encoded(b"\x04" + b"\x01" * 64), GOOD.auth, "p256dh"),
        (GOOD.p256dh, "", "auth"),
        (GOOD.p256dh, webpush.encoded(b"x" * 15), "auth"),
        (GOOD.p256dh, "x y", "auth"),
    ],
    ids=["none", "no base64", "no point", "no secret", "a short secret", "no word"],
)
def test_keys_must_be_keys(p256dh: str, auth: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(GOOD.endpoint, p256dh, auth, KNOWN, inside_too=False)
    assert refused.value.field == field


@given(st.text(), st.text(), st.text())
def test_whatever_a_browser_sends_is_refused_by_name(endpoint: str, key: str, auth: str) -> None:
    with pytest.raises(Refused, match="invalid_field"):
        checked(endpoint, key, auth, KNOWN, inside_too=False)


@given(st.binary(max_size=2_000))
def test_what_is_sealed_is_read_by_its_browser(body: bytes) -> None:
    text = webpush.encoded(body)
    to = Subscription(GOOD.endpoint, webpush.decoded(GOOD.p256dh), webpush.decoded(GOOD.auth))
    assert GOOD.read(webpush.sealed(json.dumps({"x": text}).encode(), to)) == {"x": text}


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_is_made_by_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["vapid"]) == 0
    name, _, key = capsys.readouterr().out.strip().partition("=")
    assert name == "SAMTALE_VAPID_PRIVATE_KEY"
    assert len(webpush.decoded(Vapid(key, "mailto:a@b.dk").public_key)) == webpush.POINT_BYTES


@pytest.mark.parametrize("key", ["", "æ", "abc", "A" * 43, "/" * 43])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no VAPID key"):
        Vapid(key, "mailto:a@b.dk")
