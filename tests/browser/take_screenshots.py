"""Takes the pictures in docs/screenshots from the demo, as a person there sees it.

Run `python -m tests.browser.take_screenshots` after a change of the look, and look at them.
"""

import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from chat.demo import PASSWORD
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, FLAGS, PHONE

TARGET = Path(__file__).parents[2] / "docs" / "screenshots"
DARK: dict[str, Any] = {**PHONE, "color_scheme": "dark"}
WHO = "mette@demo.samtale.example"


def show(page: Page, address: str) -> None:
    """Open an address and wait until it is all there."""
    page.goto(address)
    page.locator("main h1").first.wait_for()
    expect(page.locator(".waiting")).to_have_count(0)
    page.wait_for_load_state("networkidle")


def take(page: Page, name: str) -> None:
    """Keep what can be seen now."""
    page.screenshot(path=TARGET / f"{name}.png")


def as_guest(browser: Browser, url: str) -> None:
    """What somebody new meets."""
    page = browser.new_context(base_url=url, **PHONE).new_page()
    show(page, "/")
    take(page, "phone-welcome")
    show(page, "/signup")
    page.get_by_label("Dit navn her").fill("Solveig")
    take(page, "phone-signup")
    page.get_by_role("button", name="Hjælp nu?", exact=True).click()
    page.get_by_role("dialog").wait_for()
    take(page, "phone-help")


def as_member(browser: Browser, url: str, look: str, options: dict[str, Any]) -> None:
    """What somebody who is at home there sees."""
    context = browser.new_context(base_url=url, **options)
    login = {"email": WHO, "password": PASSWORD}
    assert context.request.post("/api/v1/sessions", data=login).ok
    page = context.new_page()
    show(page, "/bubbles")
    take(page, f"{look}-bubbles")
    page.get_by_role("link", name="Syng med").click()
    page.get_by_label("Skriv til").wait_for()
    take(page, f"{look}-bubble")
    show(page, "/inbox")
    page.locator(".talk-row").first.wait_for()
    take(page, f"{look}-inbox")
    page.locator(".talk-row", has_text="Ali").click()
    page.locator(".said").first.wait_for()
    take(page, f"{look}-conversation")


def main() -> None:
    """Start a demo, and go through it."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = ServerProcess(Path(folder), command="demo").start()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        as_guest(browser, server.url)
        for look, options in (("phone", PHONE), ("dark", DARK), ("desktop", DESKTOP)):
            as_member(browser, server.url, look, options)
        browser.close()
        server.stop()


if __name__ == "__main__":
    main()
