"""SnakSammen whole, as people meet it: from a volunteer's times to what is said afterwards."""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from chat.demo import PASSWORD
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import PICTURES, message, write
from tests.browser.test_accessibility import violations
from tests.browser.test_calls import assert_relayed, chromium, coturn, frames_flow, grows, until
from tests.coturn import Coturn

__all__ = ["chromium", "coturn"]
pytestmark = [pytest.mark.browser, pytest.mark.alone]

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
ON_THE_CLOCK = datetime.timedelta(minutes=5)
A_WHILE_MS = 60_000  # a server or a relay has to come back first
WARNED_EARLY = {"SAMTALE_LIMITS_CALL_WARNING_MS": "3600000"}  # five more minutes, without waiting


class Branch:
    """The demo's town, whose talks go through a relay."""

    def __init__(self, data: Path, coturn: Coturn) -> None:
        self._turn = {"SAMTALE_TURN_URLS": coturn.url, "SAMTALE_TURN_SECRET": coturn.secret}
        self.server = ServerProcess(data, command="demo", **self._turn).start()

    def restart(self, **environment: str) -> None:
        """Kill the server, and start it at the same address with other settings."""
        before = self.server
        before.kill()
        self.server = ServerProcess(before.data, command="demo", **self._turn, **environment)
        self.server.port, self.server.url = before.port, before.url
        self.server.start()


@pytest.fixture
def branch(tmp_path: Path, coturn: Coturn) -> Iterator[Branch]:
    branch = Branch(tmp_path / "branch", coturn)
    yield branch
    branch.server.stop()


def log_in(page: Page, name: str) -> None:
    wish = {"email": f"{name}@demo.samtale.example", "password": PASSWORD}
    assert page.request.post("/api/v1/sessions", data=wish).ok


def keep_both(stage: str, **pages: Page) -> None:
    """Keep pictures of a stage, for whoever wants to look."""
    for look, page in pages.items():
        page.screenshot(path=PICTURES / f"whole-{stage}-{look}.png", animations="disabled")


def soon() -> datetime.datetime:
    """A moment on the clock in Copenhagen that lies ahead, and whose doors are open already."""
    now = datetime.datetime.now(COPENHAGEN) + ON_THE_CLOCK
    return (
        now
        + ON_THE_CLOCK
        - datetime.timedelta(
            minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond
        )
    )


def link_in_mail(page: Page, to: str) -> str:
    """Read the demo's mailbox until the link of a talk has come to an address; gives its path."""
    found: list[str] = []

    def has_come() -> bool:
        mails = page.request.get("/demo/mailbox.json").json()
        links = [link for mail in mails if mail["to"] == to for link in mail["links"]]
        found[:] = [link for link in links if "/samtale/" in link]
        return bool(found)

    until(page, has_come, f"no link for {to}")
    return re.sub(r"^https?://[^/]+", "", found[0])


def publish(page: Page, at: datetime.datetime) -> None:
    """Publish a time, as a volunteer does."""
    log_in(page, "bashir")
    page.goto("/talks/duty")
    withdraw = page.get_by_role("button", name="Tag tilbage")
    withdraw.first.wait_for()
    while left := withdraw.count():  # so that no other time of his is at this one
        withdraw.first.click()
        expect(withdraw).to_have_count(left - 1)
    page.get_by_label("Dato").fill(f"{at:%Y-%m-%d}")
    page.get_by_label("Klokken").fill(f"{at:%H:%M}")
    page.get_by_role("button", name="Giv tiden").click()
    expect(page.locator(".places li", has_text=f"{at:%H:%M}")).to_be_visible()


def book(page: Page, at: datetime.datetime) -> None:
    """Find a time and book it, as somebody without an account does."""
    page.goto(f"/talks?day={at:%Y-%m-%d}")
    clock = page.locator(".time-clock", has_text=re.compile(f"^{at:%H:%M}"))
    page.locator(".time", has=clock, has_text="Bashir").click()
    page.get_by_label("Hvad skal den frivillige kalde dig?").fill("Sara")
    page.get_by_label("E-mail").fill("sara@example.dk")
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", name="Tiden er din")).to_be_visible()


def test_a_talk_from_the_times_published_to_the_note_afterwards(
    branch: Branch, coturn: Coturn, open_window: OpenWindow
) -> None:
    server = branch.server
    at = soon()
    bashir = open_window(server, bypass_csp=True, **DESKTOP)
    publish(bashir, at)
    sara = open_window(server, bypass_csp=True, **PHONE)
    book(sara, at)
    keep_both("1-booked", desktop=bashir, phone=sara)
    both = {"desktop": bashir, "phone": sara}

    # Both open their links, and see and hear themselves first.
    sara.goto(link_in_mail(sara, "sara@example.dk"))
    bashir.goto(link_in_mail(bashir, "bashir@demo.samtale.example"))
    for page, other in ((bashir, "Sara"), (sara, "Bashir")):
        expect(page.get_by_role("heading", name=f"Klar til at tale med {other}?")).to_be_visible()
        expect(page.get_by_text("Din mikrofon virker. Vi kan høre dig.")).to_be_visible()
        assert page.locator(".call-self").evaluate("video => video.videoWidth") > 0
    expect(bashir.get_by_text("Hvordan har du det lige nu?")).to_have_count(0)
    sara.get_by_role("button", name="Ikke så godt").click()
    expect(sara.get_by_text("Tak for dit svar.")).to_be_visible()
    keep_both("2-waiting-room", **both)
    found = [one for page in both.values() for one in violations(page)]

    bashir.get_by_role("button", name="Kald på Sara").click()
    expect(sara.get_by_text("Bashir er klar og venter på dig.")).to_be_visible()
    sara.get_by_role("button", name="Gå ind til Bashir").click()
    for page in both.values():
        expect(page.get_by_text("God forbindelse")).to_be_visible()
        frames_flow(page)
        assert_relayed(page)
    write(sara, "Hej Bashir. Tak, fordi du har tid")
    message(bashir, "Hej Bashir. Tak, fordi du har tid").wait_for()
    keep_both("3-video", **both)

    # Down to voice, down to text, and up again.
    sara.get_by_text("Kun lyd", exact=True).click()
    expect(bashir.get_by_text("Sara taler uden video")).to_be_visible()
    grows(bashir, "audio", "totalAudioEnergy")
    keep_both("4-voice", **both)
    sara.get_by_text("Kun tekst", exact=True).click()
    for page in both.values():
        expect(page.get_by_text("I skriver sammen")).to_be_visible()
    write(bashir, "Vi kan sagtens skrive lidt")
    message(sara, "Vi kan sagtens skrive lidt").wait_for()
    keep_both("5-text", **both)
    sara.get_by_text("Video", exact=True).click()
    for page in both.values():
        frames_flow(page)
        assert_relayed(page)

    # The relay dies and comes back: ICE is restarted, through the relay again.
    before = sara.evaluate(ICE_NAME)
    coturn.kill()
    for page in both.values():
        expect(page.get_by_text("Vi finder forbindelsen …")).to_be_visible(timeout=A_WHILE_MS)
    keep_both("6-relay-gone", **both)
    coturn.start()
    for page in both.values():
        expect(page.get_by_text("God forbindelse")).to_be_visible(timeout=A_WHILE_MS)
        frames_flow(page)
        assert_relayed(page)
    assert sara.evaluate(ICE_NAME) != before

    # The server dies too; the talk does not.
    branch.restart(**WARNED_EARLY)
    for page in both.values():
        more = page.get_by_role("button", name="Fem minutter mere")
        expect(more).to_be_visible(timeout=A_WHILE_MS)
        frames_flow(page)
    sara.get_by_role("button", name="Fem minutter mere").click()
    asked = bashir.get_by_text("Sara vil gerne have fem minutter mere. Vil du også?")
    expect(asked).to_be_visible()
    keep_both("7-five-more", **both)
    found += [one for page in both.values() for one in violations(page)]
    bashir.get_by_role("button", name="Fem minutter mere").click()
    for page in both.values():
        expect(page.get_by_text("I har fået fem minutter mere.")).to_be_visible()

    # The end, and what each has to say of it.
    bashir.get_by_role("button", name="Slut samtalen").click()
    for page in both.values():
        expect(page.get_by_role("heading", name="Samtalen er slut")).to_be_visible()
    sara.get_by_role("button", name="Rigtig godt").click()
    expect(sara.get_by_text("Tak for dit svar.")).to_be_visible()
    keep_both("8-ended", **both)
    bashir.get_by_label("Hvordan var samtalen for dig?").select_option("Helt almindelig")
    bashir.get_by_role("button", name="Gem").click()
    expect(bashir.get_by_text("Pas godt på dig selv.")).to_be_visible()
    expect(bashir.get_by_role("button", name="Tal sammen igen")).to_have_count(0)
    found += [one for page in both.values() for one in violations(page)]
    keep_both("9-afterwards", **both)
    assert not found, "\n".join(found)


ICE_NAME = """async () => {
    const counted = [...(await document.querySelector("samtale-call").call.stats()).values()];
    return counted.find((one) => one.type === "transport").iceLocalUsernameFragment;
}"""
