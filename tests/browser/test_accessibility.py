"""Every view, on a phone and with room, in both languages and both colour schemes, under axe."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from loadtests.people import GLADSAXE, Person, move_in
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import Talk, talk_between

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TOKEN = "a" * 43
FOR_GUESTS = [
    "/",
    "/signup",
    "/signup/mail?to=anna@people.example&parent=yes",
    f"/confirm#token={TOKEN}",
    f"/consent#token={TOKEN}",
    "/login",
    "/forgot",
    f"/reset#token={TOKEN}",
    "/nowhere",
]
FOR_MEMBERS = [
    "/bubbles",
    "/bubbles?query=ingenting",
    "/bubbles/new",
    "/bubbles/{bubble}",
    "/bubbles/{bubble}/edit",
    "/inbox",
    "/inbox/archive",
    "/conversations/{talk}",
    "/settings",
]
LOOKS = {
    "a phone, light, in Danish": PHONE,
    "a desktop, dark, in English": {**DESKTOP, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, Talk]]:
    """A server with two people in it who have talked."""
    server = ServerProcess(tmp_path_factory.mktemp("town")).start()
    database = server.data / "samtale.db"
    author, replier = move_in(database, "Anna"), move_in(database, "Bo", municipality=GLADSAXE)
    talk = talk_between(server, author, replier, 6)
    live_in(server, talk)
    yield server, talk
    server.stop()


def live_in(server: ServerProcess, talk: Talk) -> None:
    """Have something of everything happen to the messages."""
    ask = {"base_url": f"{server.url}/api/v1", "headers": talk.author.headers}
    with httpx.Client(**ask) as http:  # type: ignore[arg-type]
        photo = io.BytesIO()
        Image.radial_gradient("L").convert("RGB").save(photo, "PNG")
        type_of = {"Content-Type": "image/png"}
        picture = http.post("/pictures", content=photo.getvalue(), headers=type_of).json()["id"]
        place = f"/conversations/{talk.id}/messages"
        said = {"client_id": "01890000-0000-7000-8000-000000000001", "text": "se https://x.dk"}
        answers = [
            http.put(f"{place}/1/reactions/heart"),
            http.put(f"{place}/2/reactions/thanks"),
            http.put(f"{place}/3/pin"),
            http.put(f"{place}/4/pin"),
            http.patch(f"{place}/4", json={"text": "linje 4, rettet"}),
            http.delete(f"{place}/6"),
            http.post(place, json={**said, "reply_to": 5, "picture": picture}),
        ]
    assert all(answer.is_success for answer in answers), [answer.text for answer in answers]


@pytest.mark.parametrize("look", LOOKS)
def test_nobody_is_shut_out(
    look: str, town: tuple[ServerProcess, Talk], open_window: OpenWindow
) -> None:
    server, talk = town
    visits: list[tuple[Person | None, list[str]]] = [
        (None, FOR_GUESTS),
        (talk.author, FOR_MEMBERS),
        (talk.replier, ["/bubbles/{bubble}"]),
    ]
    found = []
    for who, addresses in visits:
        page = open_window(server, who, bypass_csp=True, **LOOKS[look])
        if look.endswith("English"):
            show(page, "/")
            page.get_by_role("button", name="English").click()
        for address in addresses:
            show(page, address.format(bubble=talk.bubble, talk=talk.id))
            found += [f"{address}: {violation}" for violation in violations(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("look", LOOKS.values(), ids=["a phone, light", "a desktop, dark"])
def test_nothing_that_opens_shuts_anybody_out(
    look: dict[str, Any], town: tuple[ServerProcess, Talk], open_window: OpenWindow
) -> None:
    """Menus, dialogs, what one is about to send, what was found."""
    server, talk = town
    page = open_window(server, talk.author, bypass_csp=True, **look)
    found: list[str] = []
    show(page, "/inbox")
    if page.get_by_role("button", name="Dansk").is_visible():
        page.get_by_role("button", name="Dansk").click()

    def opens(address: str, *names: str, then: str = "") -> None:
        show(page, address)
        for name in names:
            page.get_by_role("button", name=name).last.click()
        if then:
            page.locator(then).first.wait_for()
        found.extend(f"{address} {names}: {violation}" for violation in violations(page))

    conversation = f"/conversations/{talk.id}"
    opens(conversation, "Valg for din besked")
    opens(conversation, "Valg for din besked", "Slet beskeden")
    opens(conversation, "Valg for din besked", "Ret beskeden", then=".composer-about")
    opens(conversation, "Valg for beskeden fra Bo", "Svar på beskeden", then=".composer-about")
    opens(conversation, "Jeg tænker lige")
    opens(conversation, "Se alle 2")
    opens(conversation, "Billede uden beskrivelse", then=".picture-view img")
    opens(conversation, "Mere om Bo")
    opens(conversation, "Mere om Bo", "Gå til en dato")
    opens("/inbox", "Valg for samtalen med Bo", "Gør lydløs", then=".sheet-title")
    show(page, "/inbox")
    page.get_by_role("searchbox").fill("linje")
    page.locator(".found-row").first.wait_for()
    found += violations(page)
    assert not found, "\n".join(found)


def test_help_is_one_tap_away_and_shown_by_age(
    town: tuple[ServerProcess, Talk], open_window: OpenWindow
) -> None:
    server, _ = town
    young = move_in(server.data / "samtale.db", "Noah", age=16)
    page = open_window(server, young, bypass_csp=True, **PHONE)
    show(page, "/inbox")
    page.get_by_role("button", name="Brug for hjælp nu?").click()
    lines = page.get_by_role("dialog").get_by_role("link")
    assert [line.get_attribute("href") for line in lines.all()] == [
        "tel:116111",
        "tel:112",
        "tel:70201201",
    ]
    assert not violations(page)


def test_the_page_never_scrolls_sideways(
    town: tuple[ServerProcess, Talk], open_window: OpenWindow
) -> None:
    """WCAG 1.4.10: everything fits 320 CSS pixels."""
    server, talk = town
    narrow = {**PHONE, "viewport": {"width": 320, "height": 640}}
    page = open_window(server, talk.author, **narrow)
    for address in FOR_MEMBERS:
        show(page, address.format(bubble=talk.bubble, talk=talk.id))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address


def test_everything_works_from_the_keyboard(
    town: tuple[ServerProcess, Talk], open_window: OpenWindow
) -> None:
    server, talk = town
    page = open_window(server, talk.replier, **DESKTOP)
    show(page, "/inbox")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.get_by_role("link", name="Anna").focus()
    page.keyboard.press("Enter")
    page.locator(".said").first.wait_for()
    page.get_by_role("textbox").press_sequentially("fra tastaturet")
    page.keyboard.press("Enter")
    page.locator(".said", has_text="fra tastaturet").wait_for()


def show(page: Page, address: str) -> None:
    page.goto("about:blank")  # a change of the fragment alone loads nothing
    page.goto(address)
    page.locator("main h1").first.wait_for()
    expect(page.locator(".waiting")).to_have_count(0)


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    return page.evaluate(  # type: ignore[no-any-return]
        """async () => {
            const { violations } = await axe.run({ resultTypes: ["violations"] });
            return violations.flatMap(({ id, nodes }) =>
                nodes.map(({ target, failureSummary }) => `${id} ${target} ${failureSummary}`));
        }"""
    )
