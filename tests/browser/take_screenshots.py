"""Takes the pictures in docs/screenshots from the demo, as a person there sees it.

Run `python -m tests.browser.take_screenshots` after a change of the look, and look at them.
"""

import io
import tempfile
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser, Page, expect, sync_playwright

from chat.demo import PASSWORD
from loadtests.processes import ServerProcess
from protocol.clients.python.uuid7 import ClientIds
from tests.browser.conftest import DESKTOP, FLAGS, PHONE

TARGET = Path(__file__).parents[2] / "docs" / "screenshots"
DARK: dict[str, Any] = {**PHONE, "color_scheme": "dark"}
_new_client_id = ClientIds().make
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


def live_in(url: str) -> None:
    """Have Ali and Mette react, answer, pin, and show each other a picture."""
    with (
        httpx.Client(base_url=f"{url}/api/v1") as ali,
        httpx.Client(base_url=ali.base_url) as mette,
    ):
        for who, name in ((ali, "ali"), (mette, "mette")):
            login = {"email": f"{name}@demo.samtale.example", "password": PASSWORD}
            who.post("/sessions", json=login).raise_for_status()
        talks = mette.get("/conversations").json()["conversations"]
        talk = next(one for one in talks if "baklava" in one["last_message"]["text"])
        place = f"/conversations/{talk['id']}/messages"
        newest = talk["last_seq"]
        picture = ali.post(
            "/pictures", content=forest(), headers={"Content-Type": "image/png"}
        ).json()["id"]
        changes = [
            (ali, "PUT", f"{place}/3/pin", None),
            (mette, "PUT", f"{place}/{newest}/reactions/heart", None),
            (ali, "PUT", f"{place}/{newest - 1}/reactions/laugh", None),
            (mette, "POST", place, _says("Ja, det gør jeg! Og baklava siger jeg aldrig nej til.",
                                         reply_to=newest)),
            (ali, "POST", place, _says("Sådan så der ud i morges", picture=picture)),
        ]  # fmt: skip
        for who, method, path, body in changes:
            who.request(method, path, json=body).raise_for_status()


def _says(text: str, **more: object) -> dict[str, object]:
    return {"client_id": _new_client_id(), "text": text, **more}


def forest() -> bytes:
    """Paint a morning in the forest."""
    size = (1200, 800)
    painted = Image.composite(
        Image.new("RGB", size, (250, 222, 170)),
        Image.new("RGB", size, (150, 190, 205)),
        Image.linear_gradient("L").resize(size),
    )
    draw = ImageDraw.Draw(painted)
    draw.ellipse((800, 120, 940, 260), fill=(255, 240, 200))
    for row, green in enumerate(((126, 160, 140), (84, 128, 104), (40, 84, 66))):
        foot = 520 + row * 140
        for number in range(14):
            middle = number * 95 + row * 40 - 30
            top = foot - 190 - (number * 37 + row * 61) % 90
            draw.polygon([(middle, top), (middle - 62, foot), (middle + 62, foot)], fill=green)
        draw.rectangle((0, foot, *size), fill=green)
    painted = painted.filter(ImageFilter.GaussianBlur(1.2))
    written = io.BytesIO()
    painted.save(written, "PNG")
    return written.getvalue()


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
    page.locator(".said-picture img").wait_for()
    page.wait_for_load_state("networkidle")
    take(page, f"{look}-conversation")
    page.locator(".message.theirs .message-more").last.click()
    take(page, f"{look}-message-menu")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Mere om Ali").click()
    take(page, f"{look}-conversation-menu")
    page.keyboard.press("Escape")
    show(page, "/inbox")
    page.get_by_role("searchbox").fill("søndag")
    page.locator(".found-row").first.wait_for()
    take(page, f"{look}-search")
    show(page, "/settings")
    page.get_by_role("switch", name="Vis, når jeg er her").scroll_into_view_if_needed()
    take(page, f"{look}-settings")


def main() -> None:
    """Start a demo, and go through it."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = ServerProcess(Path(folder), command="demo").start()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        live_in(server.url)
        as_guest(browser, server.url)
        for look, options in (("phone", PHONE), ("dark", DARK), ("desktop", DESKTOP)):
            as_member(browser, server.url, look, options)
        browser.close()
        server.stop()


if __name__ == "__main__":
    main()
