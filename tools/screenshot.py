"""Take the README's picture: the demo as Mette sees it, on a computer and on a phone.

python -m tools.screenshot
"""

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from loadtests.processes import ServerProcess
from tests.browser.take_screenshots import live_in

TARGET = Path("docs/screenshots/readme.png")
LOGIN = ("mette@demo.samtale.example", "bobler-og-kaffe")
DESK, PHONE = (1280, 800), (390, 844)
MARGIN = 40
PAPER = (233, 226, 214)


def main() -> None:
    """Take it, and write it where the README shows it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        server = ServerProcess(Path(folder), "demo").start()
        live_in(server.url)
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        desk = _conversation(browser, server.url, DESK)
        phone = _conversation(browser, server.url, PHONE)
        browser.close()
        server.stop()
    phone = phone.resize((PHONE[0] * DESK[1] // PHONE[1], DESK[1]))
    picture = Image.new("RGB", (DESK[0] + phone.width + 3 * MARGIN, DESK[1] + 2 * MARGIN), PAPER)
    picture.paste(desk, (MARGIN, MARGIN))
    picture.paste(phone, (DESK[0] + 2 * MARGIN, MARGIN))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(256).save(TARGET, optimize=True)
    print(f"{TARGET}: {TARGET.stat().st_size // 1024} KiB")


def _conversation(browser: Browser, url: str, size: tuple[int, int]) -> Image.Image:
    return _page(browser, url, size, "/inbox", follow='a[href^="/conversations/"]')


def _page(
    browser: Browser, url: str, size: tuple[int, int], path: str, follow: str = ""
) -> Image.Image:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="da-DK")
    page = context.new_page()
    page.goto(f"{url}/login")
    page.fill("input[type=email]", LOGIN[0])
    page.fill("input[type=password]", LOGIN[1])
    page.keyboard.press("Enter")
    page.wait_for_url("**/bubbles")
    page.goto(url + path)
    if follow:
        page.locator(follow).first.click()
        page.locator("[role=log] li").first.wait_for()
        if page.locator(".pill").is_visible():
            page.locator(".pill").click()
        page.locator(".pill").wait_for(state="hidden")
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    context.close()
    return picture.convert("RGB")


if __name__ == "__main__":
    main()
