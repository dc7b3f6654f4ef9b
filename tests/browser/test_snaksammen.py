"""Talking with a volunteer, up to the talk: times, bookings, the line, duty and coordinators."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from chat.demo import PASSWORD
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import keep, lost_at_twice_the_size
from tests.browser.test_accessibility import violations

SMALL_AND_DARK: dict[str, Any] = {
    "viewport": {"width": 320, "height": 640},
    "color_scheme": "dark",
    "is_mobile": True,
}
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The demo's town, where Anne and Bashir have weekly times and Kirsten coordinates."""
    yield from a_branch(tmp_path_factory.mktemp("branch"))


@pytest.fixture
def unbooked(tmp_path: Path) -> Iterator[ServerProcess]:
    """The same, where nobody has booked: at whatever hour, no talk lies just ahead of anyone."""
    yield from a_branch(tmp_path)


def a_branch(data: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(data, command="demo").start()
    yield server
    server.stop()


def log_in(page: Page, name: str) -> None:
    wish = {"email": f"{name}@demo.samtale.example", "password": PASSWORD}
    assert page.request.post("/api/v1/sessions", data=wish).ok


def book_the(page: Page, number: int) -> None:
    page.locator(".time").nth(number).click()
    expect(page.get_by_role("heading", name="Book tiden")).to_be_visible()


def test_a_guest_books_a_time_without_an_account(
    branch: ServerProcess, open_window: OpenWindow
) -> None:
    page = open_window(branch, **PHONE)
    page.goto("/")
    page.get_by_role("link", name="Tal med en frivillig").click()
    book_the(page, 0)
    page.get_by_label("Hvad skal den frivillige kalde dig?").fill("Sara")
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_text("Skriv en e-mail eller et telefonnummer")).to_be_visible()
    keep(page, "snak-book")
    page.get_by_label("E-mail").fill("sara@example.dk")
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", name="Tiden er din")).to_be_visible()
    expect(page.get_by_text("sara@example.dk")).to_be_visible()
    link = page.get_by_role("link", name="Se din samtale").get_attribute("href")
    assert link is not None
    assert link.startswith("/samtale/")
    keep(page, "snak-booked")


def test_one_books_moves_and_cancels_with_an_account(
    branch: ServerProcess, open_window: OpenWindow
) -> None:
    page = open_window(branch, **DESKTOP)
    log_in(page, "inger")
    page.goto("/talks?language=en")
    expect(page.locator(".time").first).to_contain_text("Bashir")
    book_the(page, 0)
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", name="Tiden er din")).to_be_visible()
    page.get_by_role("link", name="Tilbage").click()
    own = page.locator(".appointments li")
    expect(own).to_have_count(1)
    before = own.locator("h3").inner_text()
    with page.expect_download() as calendar:
        own.get_by_role("button", name="Læg i kalender").click()
    assert "BEGIN:VEVENT" in Path(calendar.value.path()).read_text(encoding="utf-8")

    own.get_by_role("button", name="Flyt").click()
    page.locator("dialog .time").last.click()
    expect(own.locator("h3")).not_to_have_text(before)
    keep(page, "snak-own")
    own.get_by_role("button", name="Aflys").click()
    page.get_by_role("dialog").get_by_role("button", name="Aflys").click()
    expect(own).to_have_count(0)


def refusals(page: Page) -> list[str]:
    """Keep the addresses that a page asks for in vain."""
    refused: list[str] = []

    def hear(response: Response) -> None:
        if response.status == 404:
            refused.append(response.url)

    page.on("response", hear)
    return refused


def test_one_is_led_to_ones_own_pages_and_nobody_asks_in_vain(
    branch: ServerProcess, open_window: OpenWindow
) -> None:
    for name, roles in (("anne", ["Samtaleven"]), ("kirsten", ["Koordinator"]), ("inger", [])):
        page = open_window(branch, **PHONE)
        refused = refusals(page)
        log_in(page, name)
        page.goto("/talks")
        page.locator(".time").first.wait_for()
        for role in roles:
            expect(page.get_by_role("link", name=f"Din side som {role}")).to_be_visible()
        page.wait_for_load_state("networkidle")
        expect(page.get_by_role("link", name="Din side som")).to_have_count(len(roles))
        assert not refused


def test_a_time_that_was_just_taken_is_answered_with_the_nearest(
    branch: ServerProcess, open_window: OpenWindow
) -> None:
    first, second = (open_window(branch, **PHONE) for _ in range(2))
    for page in (first, second):
        page.goto("/talks")
        page.locator(".time").nth(3).wait_for()
    book_the(first, 3)
    second.locator(".time").nth(3).click()
    expect(second.get_by_text("En anden nåede det først")).to_be_visible()
    expect(second.locator(".time").first).to_be_visible()


def test_a_parent_books_for_a_child_with_whoever_has_a_certificate(
    branch: ServerProcess, open_window: OpenWindow
) -> None:
    page = open_window(branch, **PHONE)
    page.goto("/talks?age=under_15")
    page.locator(".time").first.click()
    expect(page.get_by_text("en forælder booker for et barn")).to_be_visible()
    log_in(page, "fatima")
    page.goto("/talks?age=under_15")
    page.locator(".time").first.wait_for()
    assert set(page.locator(".time strong").all_inner_texts()) == {"Anne"}
    book_the(page, 0)
    page.get_by_label("Barnets fornavn").fill("Yusuf")
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_text("Kirsten fra Røde Kors er med som koordinator")).to_be_visible()


def test_a_volunteer_gives_a_time_and_a_citizen_finds_it(
    branch: ServerProcess, open_window: OpenWindow
) -> None:
    page = open_window(branch, **DESKTOP)
    log_in(page, "bashir")
    page.goto("/talks/duty")
    day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=9)
    page.get_by_label("Dato").fill(day.isoformat())
    page.get_by_label("Klokken").fill("06:10")
    page.get_by_role("button", name="Giv tiden").click()
    row = page.locator(".places li", has_text="06:10")
    expect(row).to_be_visible()
    keep(page, "snak-duty")

    citizen = open_window(branch, **PHONE)
    citizen.goto(f"/talks?day={day.isoformat()}")
    expect(citizen.locator(".time", has_text="06:10")).to_contain_text("Bashir")
    row.get_by_role("button", name="Tag tilbage").click()
    expect(row).to_have_count(0)
    citizen.reload()
    expect(citizen.locator("h2", has_text="Find en tid")).to_be_visible()
    expect(citizen.locator(".time", has_text="06:10")).to_have_count(0)


def test_talking_now_leads_from_the_line_into_the_talk(
    unbooked: ServerProcess, open_window: OpenWindow
) -> None:
    anne = open_window(unbooked, **DESKTOP)
    log_in(anne, "anne")
    anne.goto("/talks/duty")
    anne.get_by_role("button", name="Tag en vagt").click()
    expect(anne.get_by_role("heading", name="Du har vagt")).to_be_visible()

    omar = open_window(unbooked, **PHONE)
    omar.goto("/talks/now")
    omar.get_by_label("Hvad skal den frivillige kalde dig?").fill("Omar")
    omar.get_by_role("button", name="Stil mig i kø").click()
    expect(omar.get_by_role("heading", name="Du er i kø")).to_be_visible()
    expect(omar.get_by_role("heading", name="Du er den næste")).to_be_visible()
    keep(omar, "snak-line")
    omar.reload()
    expect(omar.get_by_role("heading", name="Du er i kø")).to_be_visible()

    expect(anne.locator(".offer")).to_contain_text("på dansk")
    keep(anne, "snak-offer")
    anne.get_by_role("button", name="Tag samtalen").click()
    anne.wait_for_url("**/samtale/*")
    omar.wait_for_url("**/samtale/*")
    assert anne.url == omar.url
    for page in (anne, omar):
        expect(page.locator("samtale-call-room h1")).to_be_visible()
    keep(omar, "snak-waiting-room")


def test_a_coordinator_sees_the_branch_and_takes_a_volunteer_in(
    branch: ServerProcess, open_window: OpenWindow
) -> None:
    lone = open_window(branch, **PHONE)
    log_in(lone, "lone")
    lone.goto("/talks/duty")
    lone.get_by_role("button", name="Skriv under").click()
    expect(lone.locator(".onboarding .done")).to_have_count(1)

    page = open_window(branch, **DESKTOP)
    log_in(page, "kirsten")
    page.goto("/talks/coordinator")
    expect(page.locator(".figure").first).to_be_visible()
    keep(page, "snak-coordinator")
    row = page.locator("#volunteers ~ .places li", has_text="Lone")
    row.get_by_role("button", name="Opdatér").click()
    dialog = page.get_by_role("dialog", name="Lone")
    dialog.get_by_label("Kurset er gennemført").check()
    dialog.get_by_label("Status").select_option("active")
    dialog.get_by_role("button", name="Gem").click()
    expect(row).to_contain_text("aktiv")
    lone.reload()
    expect(lone.get_by_role("heading", name="Du har ikke vagt")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        (None, "/talks"),
        (None, "/talks/now"),
        ("mette", "/talks"),
        ("anne", "/talks/duty"),
        ("kirsten", "/talks/coordinator"),
        ("mette", "/settings"),
        (None, "/samtale/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ],
)
def test_the_pages_are_accessible(
    branch: ServerProcess, open_window: OpenWindow, name: str | None, address: str
) -> None:
    for look in (PHONE, DESKTOP, SMALL_AND_DARK):
        page = open_window(branch, bypass_csp=True, **look)
        if name is not None:
            log_in(page, name)
        page.goto(address)
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_load_state("networkidle")
        assert not violations(page)
        if look is SMALL_AND_DARK:
            keep(page, f"small-{(name or 'guest')}{address.replace('/', '-')}")
        wide = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert wide, f"{address} is wider than the screen"
        if look is PHONE:
            name_of_picture = f"{name or 'guest'}{address.replace('/', '-')}"
            assert lost_at_twice_the_size(page, name_of_picture) == []
