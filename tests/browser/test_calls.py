"""Anna and Bo talk: by video, voice and text, through a real coturn and nothing else."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, FLAGS, PATIENCE_MS, PHONE, OpenWindow
from tests.browser.people import (
    Talk,
    keep,
    lost_at_twice_the_size,
    meet,
    message,
    open_talk,
    row,
    write,
)
from tests.browser.test_accessibility import violations
from tests.coturn import Coturn

pytestmark = [pytest.mark.browser, pytest.mark.alone]

DEVICES = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, with a camera and a microphone that are made up."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS, *DEVICES]
        )
        yield browser
        browser.close()


@pytest.fixture
def coturn(tmp_path: Path) -> Iterator[Coturn]:
    """A relay that may relay on this machine."""
    coturn = Coturn(tmp_path / "coturn")
    coturn.start()
    yield coturn
    coturn.kill()


OpenServer = Callable[..., ServerProcess]


@pytest.fixture
def open_server(tmp_path: Path) -> Iterator[OpenServer]:
    """Start servers in which people who met over a bubble may call each other."""
    servers: list[ServerProcess] = []

    def start(coturn: Coturn | None = None, **limits: str) -> ServerProcess:
        environment = {f"SAMTALE_LIMITS_{name.upper()}": value for name, value in limits.items()}
        if coturn is not None:
            environment |= {"SAMTALE_TURN_URLS": coturn.url, "SAMTALE_TURN_SECRET": coturn.secret}
        server = ServerProcess(tmp_path / "server", SAMTALE_CALLS_IN="bubble", **environment)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@dataclass(frozen=True, slots=True)
class Both:
    """Anna at her computer, Bo at his phone."""

    talk: Talk
    anna: Page
    bo: Page

    @property
    def pages(self) -> tuple[Page, Page]:
        """Both windows."""
        return self.anna, self.bo


def both_come(server: ServerProcess, open_window: OpenWindow, **options: Any) -> Both:
    """Have Anna and Bo come to the waiting room."""
    talk = meet(server)
    anna = open_window(server, talk.author, **DESKTOP, **options)
    bo = open_window(server, talk.replier, **PHONE, **options)
    for page, other in ((anna, "Bo"), (bo, "Anna")):
        page.goto(f"/conversations/{talk.id}/call")
        expect(page.get_by_role("heading", name=f"Klar til at tale med {other}?")).to_be_visible()
        expect(page.get_by_text("Din mikrofon virker. Vi kan høre dig.")).to_be_visible()
    return Both(talk, anna, bo)


def go_in(both: Both) -> None:
    """Have Anna call and Bo go in, and wait until they see each other."""
    both.anna.get_by_role("button", name="Kald på Bo").click()
    expect(both.anna.get_by_text("Vi kalder på Bo …")).to_be_visible()
    both.bo.get_by_role("button", name="Gå ind til Anna").click()
    for page in both.pages:
        expect(page.get_by_text("God forbindelse")).to_be_visible()
        frames_flow(page)


def counted(page: Page) -> list[dict[str, Any]]:
    """What WebRTC counts on a page."""
    return page.evaluate(  # type: ignore[no-any-return]
        "async () => [...(await document.querySelector('samtale-call').call.stats()).values()]"
    )


def inbound(page: Page, kind: str, what: str) -> float:
    """One number of what comes in."""
    found = [one for one in counted(page) if one["type"] == "inbound-rtp" and one["kind"] == kind]
    return float(sum(one.get(what, 0) for one in found))


def until(page: Page, holds: Callable[[], bool], what: str) -> None:
    """Look again until something holds; the page goes on meanwhile."""
    give_up = time.monotonic() + PATIENCE_MS / 1_000
    while not holds():
        assert time.monotonic() < give_up, what
        page.wait_for_timeout(100)


def grows(page: Page, kind: str, what: str) -> None:
    """Wait until more comes in than now."""
    before = inbound(page, kind, what)
    until(page, lambda: inbound(page, kind, what) > before, f"{kind}: {what} stays {before}")


def frames_flow(page: Page) -> None:
    """Wait until pictures come and sound is heard."""
    grows(page, "video", "framesDecoded")
    grows(page, "audio", "totalAudioEnergy")


def assert_relayed(page: Page) -> None:
    """Everything goes through the relay, and nobody knows of another way."""

    def pairs() -> list[dict[str, Any]]:
        found = [one for one in counted(page) if one["type"] == "candidate-pair"]
        return [one for one in found if one["bytesReceived"] > 0]

    until(page, lambda: bool(pairs()), "nothing is received")
    found = counted(page)
    kinds = {one["id"]: one["candidateType"] for one in found if "candidateType" in one}
    for pair in pairs():
        assert {kinds[pair["localCandidateId"]], kinds[pair["remoteCandidateId"]]} == {"relay"}
    known = [one for one in found if one["type"] in {"local-candidate", "remote-candidate"}]
    assert {one["candidateType"] for one in known} == {"relay"}


def test_a_talk_by_video_voice_and_text_through_the_relay_alone(
    coturn: Coturn, open_server: OpenServer, open_window: OpenWindow
) -> None:
    both = both_come(open_server(coturn), open_window)
    for page, name in ((both.anna, "desktop"), (both.bo, "phone")):
        keep(page, f"{name}-call-room")
    go_in(both)
    for page, name in ((both.anna, "desktop"), (both.bo, "phone")):
        assert_relayed(page)
        expect(page.get_by_text("15 minutter tilbage")).to_be_visible()
        write(page, f"Hej fra {name}")
    for page, name in ((both.anna, "desktop"), (both.bo, "phone")):
        message(page, "Hej fra phone").wait_for()
        keep(page, f"{name}-call")
    assert "lifetime=" in coturn.log or "usage:" in coturn.log

    both.anna.get_by_text("Kun lyd", exact=True).click()
    expect(both.bo.get_by_text("Anna taler uden video")).to_be_visible()
    grows(both.bo, "audio", "totalAudioEnergy")
    grows(both.anna, "video", "framesDecoded")
    keep(both.bo, "phone-call-voice")

    both.bo.get_by_text("Kun tekst", exact=True).click()
    for page in both.pages:
        expect(page.get_by_text("I skriver sammen")).to_be_visible()
        expect(page.locator(".call-mine")).to_be_hidden()
    write(both.bo, "Jeg skriver hellere lidt")
    message(both.anna, "Jeg skriver hellere lidt").wait_for()
    keep(both.bo, "phone-call-text")

    for page in both.pages:
        page.get_by_text("Video", exact=True).click()
    for page in both.pages:
        frames_flow(page)
        assert_relayed(page)


def test_five_more_minutes_and_a_soft_end(
    coturn: Coturn, open_server: OpenServer, open_window: OpenWindow
) -> None:
    short = {"call_talk_ms": "121000", "call_extension_ms": "60000", "call_farewell_ms": "4000"}
    both = both_come(open_server(coturn, **short), open_window)
    go_in(both)
    for page in both.pages:
        expect(page.get_by_text("Der er 2 minutter tilbage af samtalen.")).to_be_visible()
    both.anna.get_by_role("button", name="Fem minutter mere").click()
    expect(both.anna.get_by_text("Vi venter på Bo")).to_be_visible()
    expect(
        both.bo.get_by_text("Anna vil gerne have fem minutter mere. Vil du også?")
    ).to_be_visible()
    keep(both.bo, "phone-call-more")
    keep(both.anna, "desktop-call-more")
    both.bo.get_by_role("button", name="Fem minutter mere").click()
    for page in both.pages:
        expect(page.get_by_text("I har fået fem minutter mere.")).to_be_visible()
        expect(page.get_by_text("3 minutter tilbage")).to_be_visible()
    both.bo.get_by_role("button", name="Slut samtalen").click()
    for page in both.pages:
        expect(page.get_by_role("heading", name="Samtalen er slut")).to_be_visible()
    keep(both.bo, "phone-call-ended")
    both.bo.get_by_role("button", name="Til samtalen").click()
    expect(both.bo.get_by_text("Opkald slut")).to_be_visible()


def test_the_time_runs_out_gently(
    coturn: Coturn, open_server: OpenServer, open_window: OpenWindow
) -> None:
    short = {"call_talk_ms": "5000", "call_farewell_ms": "12000"}
    both = both_come(open_server(coturn, **short), open_window)
    for page in both.pages:
        page.get_by_text("Kun tekst", exact=True).click()
    both.anna.get_by_role("button", name="Kald på Bo").click()
    both.bo.get_by_role("button", name="Gå ind til Anna").click()
    for page in both.pages:
        expect(page.get_by_text("Tiden er gået. Sig farvel")).to_be_visible(timeout=30_000)
    for page in both.pages:
        expect(page.get_by_text("Tiden er gået. Tak, fordi du talte med")).to_be_visible()


def test_a_relay_that_dies_and_comes_back_is_found_again(
    coturn: Coturn, open_server: OpenServer, open_window: OpenWindow
) -> None:
    both = both_come(open_server(coturn), open_window)
    go_in(both)
    coturn.kill()
    for page in both.pages:
        expect(page.get_by_text("Vi finder forbindelsen …")).to_be_visible(timeout=30_000)
    keep(both.anna, "desktop-call-lost")
    coturn.start()
    for page in both.pages:
        expect(page.get_by_text("God forbindelse")).to_be_visible(timeout=30_000)
        frames_flow(page)
        assert_relayed(page)


def test_a_server_that_restarts_ends_no_talk(
    coturn: Coturn, open_server: OpenServer, open_window: OpenWindow
) -> None:
    server = open_server(coturn)
    both = both_come(server, open_window)
    go_in(both)
    server.kill()
    frames_flow(both.anna)
    server.start()
    write(both.anna, "Er du der endnu?")
    message(both.bo, "Er du der endnu?").wait_for()
    both.anna.get_by_text("Kun lyd", exact=True).click()
    expect(both.bo.get_by_text("Anna taler uden video")).to_be_visible()


def test_whoever_loads_the_page_anew_goes_on(
    coturn: Coturn, open_server: OpenServer, open_window: OpenWindow
) -> None:
    both = both_come(open_server(coturn), open_window)
    go_in(both)
    both.bo.reload()
    expect(both.anna.get_by_text("Bo er gået lidt. Vi venter.")).to_be_visible()
    both.bo.get_by_role("button", name="Gå ind til Anna").click()
    for page in both.pages:
        frames_flow(page)
        assert_relayed(page)


def with_the_keyboard(button: Locator) -> None:
    """Press a button or follow a link, without a mouse."""
    button.focus()
    button.press("Enter")


def test_a_call_that_nobody_answers_is_shown_as_missed(
    coturn: Coturn, open_server: OpenServer, open_window: OpenWindow
) -> None:
    server = open_server(coturn)
    talk = meet(server)
    bo = open_window(server, talk.replier, **PHONE)
    bo.goto("/inbox")
    bo.locator(".talk-row").first.wait_for()
    anna = open_window(server, talk.author, **DESKTOP)
    anna.goto(f"/conversations/{talk.id}/call")
    anna.get_by_role("button", name="Kald på Bo").click()
    expect(bo.get_by_text("Anna vil gerne tale med dig")).to_be_visible()
    bo.reload()  # a page that is opened while it rings rings too
    expect(bo.get_by_text("Anna vil gerne tale med dig")).to_be_visible()
    anna.get_by_role("button", name="Hold op med at kalde").click()
    expect(bo.get_by_role("link", name="Se samtalen")).to_be_visible()
    keep(bo, "phone-call-missed")
    expect(bo.locator(".talk-row .last")).to_have_text("Ubesvaret opkald")
    bo.reload()
    expect(bo.locator(".talk-row .last")).to_have_text("Ubesvaret opkald")
    keep(bo, "phone-call-missed-in-inbox")
    bo.locator("a.talk-row").click()
    expect(bo.locator(".happened", has_text="Ubesvaret opkald fra Anna")).to_be_visible()
    expect(bo.get_by_role("link", name="Ring til Anna")).to_be_visible()
    keep(bo, "phone-call-missed-in-talk")
    anna.get_by_role("button", name="Til samtalen").click()
    expect(anna.locator(".happened", has_text="Bo svarede ikke")).to_be_visible()


def test_where_calls_are_not_allowed_nobody_is_offered_one(
    server: ServerProcess, open_window: OpenWindow
) -> None:
    page = open_talk(open_window(server, (talk := meet(server)).author, **PHONE), talk)
    write(page, "Vi kan skrive")
    expect(row(page, "Vi kan skrive")).to_contain_text("Sendt")  # the server has said all by then
    expect(page.get_by_role("link", name="Ring til Bo")).to_be_hidden()


def test_it_rings_on_all_ones_devices_until_one_answers(
    coturn: Coturn, open_server: OpenServer, open_window: OpenWindow
) -> None:
    server = open_server(coturn)
    talk = meet(server)
    phone = open_window(server, talk.replier, **PHONE)
    computer = open_window(server, talk.replier, **DESKTOP)
    for page in (phone, computer):
        page.goto("/inbox")
        page.locator(".talk-row").first.wait_for()
    anna = open_window(server, talk.author, **DESKTOP)
    anna.goto(f"/conversations/{talk.id}")
    with_the_keyboard(anna.get_by_role("link", name="Ring til Bo"))
    expect(anna.get_by_text("Din mikrofon virker. Vi kan høre dig.")).to_be_visible()
    keep(anna, "desktop-call-one")
    with_the_keyboard(anna.get_by_role("button", name="Kald på Bo"))
    for page in (phone, computer):
        expect(page.get_by_text("Anna vil gerne tale med dig")).to_be_visible()
        expect(page.get_by_role("button", name="Svar")).to_be_focused()
    keep(phone, "phone-call-rings")
    phone.keyboard.press("Enter")
    phone.get_by_role("button", name="Gå ind til Anna").click()
    expect(computer.get_by_text("Anna vil gerne tale med dig")).to_be_hidden()
    for page in (phone, anna):
        frames_flow(page)

    computer.goto(f"/conversations/{talk.id}/call")
    expect(computer.get_by_text("Samtalen fortsætter på en anden enhed")).to_be_visible()
    computer.get_by_role("button", name="Fortsæt her").click()
    expect(phone.get_by_text("Samtalen fortsætter på en anden enhed")).to_be_visible()
    for page in (computer, anna):
        frames_flow(page)


def test_without_a_relay_one_is_told_kindly(
    open_server: OpenServer, open_window: OpenWindow
) -> None:
    both = both_come(open_server(), open_window)
    both.anna.get_by_role("button", name="Kald på Bo").click()
    expect(both.anna.get_by_text("Her kan I ikke ringe sammen")).to_be_visible()
    both.anna.get_by_role("button", name="Skriv sammen i stedet").click()
    message(both.anna, "linje 2").wait_for()


def test_without_camera_or_microphone_one_still_talks(
    coturn: Coturn, open_server: OpenServer, open_window: OpenWindow
) -> None:
    server = open_server(coturn)
    talk = meet(server)
    page = open_window(server, talk.author, **PHONE)
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => {"
        " throw new DOMException('no', 'NotAllowedError'); }"
    )
    page.goto(f"/conversations/{talk.id}/call")
    expect(page.get_by_text("Siden må ikke bruge dit kamera.")).to_be_visible()
    expect(page.get_by_text("Siden må ikke bruge din mikrofon.")).to_be_visible()
    keep(page, "phone-call-denied")
    page.get_by_role("button", name="Kald på Bo").click()
    expect(page.get_by_text("Vi kalder på Bo …")).to_be_visible()


def test_nobody_is_shut_out_of_a_talk(
    coturn: Coturn, open_server: OpenServer, open_window: OpenWindow
) -> None:
    short = {"call_talk_ms": "100000"}
    both = both_come(open_server(coturn, **short), open_window, bypass_csp=True)
    found = [one for page in both.pages for one in violations(page)]
    looks = {"desktop": both.anna, "phone": both.bo}
    for look, page in looks.items():
        assert lost_at_twice_the_size(page, f"room-{look}") == []
    go_in(both)
    for look, page in looks.items():
        expect(page.get_by_role("button", name="Fem minutter mere")).to_be_visible()
        found += violations(page)
        assert lost_at_twice_the_size(page, f"talk-{look}") == []
        page.get_by_role("button", name="Hjælp nu?").click()
        expect(page.get_by_role("link", name="70 201 201")).to_be_visible()
        found += violations(page)
        page.keyboard.press("Escape")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    both.anna.get_by_role("button", name="Slut samtalen").click()
    for page in both.pages:
        page.get_by_role("heading", name="Samtalen er slut").wait_for()
        found += violations(page)
    assert not found, "\n".join(found)
