"""Choosing what to be told of, in a real browser; and what it does when it is told."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect

from chat.delivery.webpush import Vapid
from loadtests.people import move_in
from loadtests.processes import ServerProcess
from tests.browser.conftest import PHONE, OpenWindow
from tests.gateways import SMSEndpoint

pytestmark = pytest.mark.browser


@pytest.fixture
def sms() -> Iterator[SMSEndpoint]:
    endpoint = SMSEndpoint()
    yield endpoint
    endpoint.stop()


@pytest.fixture
def told_server(tmp_path: Path, sms: SMSEndpoint) -> Iterator[ServerProcess]:
    """A server that sends on every channel."""
    server = ServerProcess(
        tmp_path / "server",
        SAMTALE_SMS_URL=sms.mtsms,
        SAMTALE_SMS_TOKEN=sms.TOKEN,
        SAMTALE_VAPID_PRIVATE_KEY=Vapid.generated(),
    )
    server.start()
    yield server
    server.stop()


def open_settings(server: ServerProcess, open_window: OpenWindow) -> Page:
    person = move_in(server.data / "samtale.db", "Hanne")
    page = open_window(server, person, **PHONE)
    page.goto("/settings")
    expect(page.get_by_role("heading", name="Notifikationer")).to_be_visible()
    return page


def test_what_is_chosen_is_kept_and_what_must_come_cannot_be_turned_off(
    told_server: ServerProcess, open_window: OpenWindow
) -> None:
    page = open_settings(told_server, open_window)
    unread = page.get_by_role("checkbox", name="Ulæste beskeder: SMS")
    expect(unread).not_to_be_checked()
    unread.check()
    expect(page.get_by_text("Gemt")).to_be_visible()
    soon = page.get_by_role("checkbox", name="En samtale begynder: Mail")
    expect(soon).to_be_checked()
    expect(soon).to_be_disabled()
    quiet = page.get_by_role("switch", name="Ro om natten")
    expect(page.get_by_label("Fra", exact=True)).to_have_value("22:00")
    page.get_by_label("Til", exact=True).fill("08:30")
    page.get_by_label("Til", exact=True).blur()
    expect(page.get_by_text("Gemt")).to_be_visible()
    page.reload()
    expect(unread).to_be_checked()
    expect(page.get_by_label("Til", exact=True)).to_have_value("08:30")
    quiet.uncheck()
    expect(page.get_by_label("Fra", exact=True)).to_be_hidden()
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= PHONE["viewport"]["width"]


def test_a_telephone_is_confirmed_by_the_code_that_came(
    told_server: ServerProcess, open_window: OpenWindow, sms: SMSEndpoint
) -> None:
    page = open_settings(told_server, open_window)
    page.get_by_label("Dit mobilnummer").fill("2012")
    page.get_by_role("button", name="Send mig en kode").click()
    expect(page.locator("[data-field=phone] .error")).to_contain_text("ikke udfyldt rigtigt")
    page.get_by_label("Dit mobilnummer").fill("20 12 34 56")
    page.get_by_role("button", name="Send mig en kode").click()
    expect(page.get_by_label("Koden fra din SMS")).to_be_focused()
    assert sms.arrived.wait(30)
    ((number, text),) = sms.texts()
    assert number == "+4520123456"
    code = re.search(r"\b\d{6}\b", text)
    assert code is not None
    page.get_by_label("Koden fra din SMS").fill(code[0])
    page.get_by_role("button", name="Brug mit nummer").click()
    expect(page.get_by_text("Du får SMS på •• •• •• 56")).to_be_visible()
    page.get_by_role("button", name="Fjern mit nummer").click()
    expect(page.get_by_label("Dit mobilnummer")).to_be_visible()


def test_a_browser_that_says_no_is_told_of_kindly(
    told_server: ServerProcess, open_window: OpenWindow
) -> None:
    page = open_settings(told_server, open_window)
    page.get_by_role("button", name="Slå til på denne enhed").click()
    expect(page.get_by_text("Din browser siger nej til beskeder fra Samtale")).to_be_visible()


def registration_of(cdp: CDPSession, page: Page) -> str:
    """Wait until the page has a service worker; gives the name of its registration."""
    found: list[str] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    cdp.send("ServiceWorker.enable")
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    while not found:
        page.wait_for_timeout(20)
    return found[0]


def deliver(cdp: CDPSession, server: ServerProcess, registration: str, **message: str) -> None:
    cdp.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": server.url, "registrationId": registration, "data": json.dumps(message)},
    )


REGISTER = """async () => {
  await navigator.serviceWorker.register("/service-worker.js");
  await navigator.serviceWorker.ready;
}"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.map(({ title, body, tag, lang }) => [title, body, tag, lang]);
}"""


def test_a_pushed_message_is_shown_once_and_opens_its_conversation(
    told_server: ServerProcess, open_window: OpenWindow
) -> None:
    page = open_settings(told_server, open_window)
    page.context.grant_permissions(["notifications"], origin=told_server.url)
    page.evaluate(REGISTER)
    cdp = page.context.new_cdp_session(page)
    registration = registration_of(cdp, page)
    words = {"title": "Du har fået svar", "line": "Nogen har skrevet til dig.", "language": "da"}
    for title in ("Du har fået svar", "Du har 3 ulæste beskeder"):
        message = words | {"title": title, "tag": "unread", "link": f"{told_server.url}/inbox"}
        deliver(cdp, told_server, registration, **message)
        page.wait_for_function(
            f"async () => (await ({SHOWN})()).some(([shown]) => shown === {json.dumps(title)})"
        )
    assert page.evaluate(SHOWN) == [
        ["Du har 3 ulæste beskeder", "Nogen har skrevet til dig.", "unread", "da"]
    ], "the newer takes the place of the older"

    (worker,) = page.context.service_workers
    worker.evaluate("""async () => {
      const [notification] = await self.registration.getNotifications();
      self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
    }""")
    page.wait_for_url("**/inbox")


def test_a_pushed_link_to_elsewhere_is_not_followed(
    told_server: ServerProcess, open_window: OpenWindow
) -> None:
    page = open_settings(told_server, open_window)
    page.context.grant_permissions(["notifications"], origin=told_server.url)
    page.evaluate(REGISTER)
    (worker,) = page.context.service_workers
    went = worker.evaluate("""async () => {
      await goTo("https://elsewhere.example/");
      return (await self.clients.matchAll()).map(({ url }) => url);
    }""")
    assert all(url.startswith(told_server.url) for url in went)
