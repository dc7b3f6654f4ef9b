"""What people do at the page, in their own words."""

import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from loadtests.people import Person, move_in
from loadtests.processes import ServerProcess
from protocol.clients.python.uuid7 import ClientIds
from tests.patience import PATIENCE_SECONDS
from tests.servers import MailSink

PICTURES = Path("build/screenshots")
PASSWORD = "skov kaffe tirsdag"
_new_client_id = ClientIds().make


def sign_up(page: Page, mail: MailSink, alias: str, municipality: str, email: str) -> None:
    """Answer every question, follow the link in the mail, and log in."""
    page.goto("/")
    page.get_by_role("link", name="Opret en konto").click()
    page.get_by_label("Dit navn her").fill(alias)
    page.get_by_role("button", name="Videre").click()
    for part, value in (("Dag", "24"), ("Måned", "3"), ("År", "1961")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_role("button", name="Videre").click()
    page.get_by_role("combobox", name="Kommune").press_sequentially(municipality[:4])
    page.get_by_role("option", name=municipality).click()
    page.get_by_role("button", name="Videre").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Adgangskode", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Opret min konto").click()
    expect(page.get_by_role("heading", name="Kig i din mail")).to_be_visible()
    page.goto(f"/confirm#token={mail.link(email, '/confirm')}")
    expect(page.get_by_role("heading", name="din e-mail er bekræftet")).to_be_visible()
    log_in(page, email)


def log_in(page: Page, email: str) -> None:
    """Log in with the password that everybody here has."""
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Adgangskode", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log ind").click()
    expect(page.get_by_role("heading", name="Bobler")).to_be_visible()


def write(page: Page, text: str) -> None:
    """Write a message in the open conversation and send it."""
    page.get_by_role("textbox", name="Skriv til").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def message(page: Page, text: str):  # type: ignore[no-untyped-def]  # a locator
    """Find a message on the page."""
    return page.locator(".said", has_text=text)


def row(page: Page, text: str):  # type: ignore[no-untyped-def]  # a locator
    """Find a message with all that belongs to it."""
    return page.locator(".message", has=page.locator(".said-text", has_text=text))


def choose(page: Page, text: str, name: str) -> None:
    """Open the menu of a message, and choose from it."""
    row(page, text).get_by_role("button", name="Valg for").click()
    page.get_by_role("button", name=name, exact=True).click()


def choose_for_talk(page: Page, alias: str, *names: str) -> None:
    """Open the menu of a conversation in the list, and choose from it, and again."""
    page.get_by_role("button", name=f"Valg for samtalen med {alias}").click()
    for name in names:
        page.get_by_role("button", name=name, exact=True).click()


def keep(page: Page, name: str) -> None:
    """Keep a picture of the page, for whoever wants to look."""
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


BESIDE = """() => [...document.querySelectorAll(":is(button, a, h1, h2, input, select):not(.skip)")]
    .filter((one) => one.checkVisibility())
    .map((one) => [one.getBoundingClientRect(), one])
    .filter(([{ left, right, width }]) => width > 1 && (left < -1 || right > innerWidth + 1))
    .map(([, one]) => `beside the page: ${one.textContent.trim()}`)"""

CUT_OFF = """() => [...document.querySelectorAll("main :is(h1, h2, h3, p, label, button, dt, dd)")]
    .filter((one) => one.checkVisibility() && getComputedStyle(one).overflow === "hidden")
    .filter((one) => getComputedStyle(one).position !== "absolute")
    .filter(({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
        scrollWidth > clientWidth + 1 || scrollHeight > clientHeight * 1.25)
    .map((one) => `${one.className}: ${one.textContent.trim()}`)"""


def lost_at_twice_the_size(page: Page, name: str, *needed: str) -> list[str]:
    """List what cannot be read when text is twice its size (WCAG 1.4.4); keeps a picture.

    What is cut off or lies beside the page, or that the page is wider than the screen; and buttons
    that must be on the screen, and are not.
    """
    page.evaluate("document.documentElement.style.fontSize = '225%'")
    lost = [str(one) for one in page.evaluate(CUT_OFF) + page.evaluate(BESIDE)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        lost.append("the page is wider than the screen")
    height = page.evaluate("innerHeight")
    for button in needed:
        box = page.get_by_role("button", name=button, exact=True).bounding_box()
        if box is None or box["y"] < 0 or box["y"] + box["height"] > height:
            lost.append(f"not on the screen: {button}")
    page.screenshot(path=PICTURES / f"twice-{name}.png", animations="disabled")
    page.evaluate("document.documentElement.style.fontSize = ''")
    return lost


def messages(page: Page) -> list[str]:
    """Read every message on the page, in order."""
    return page.locator(".said").all_inner_texts()


def first_visible(page: Page) -> tuple[str, float]:
    """Say which message stands highest in the stream, and how far down the window."""
    found = page.evaluate(
        """() => {
            const top = document.querySelector(".stream").getBoundingClientRect().top;
            const said = [...document.querySelectorAll(".said")];
            const first = said.find((one) => one.getBoundingClientRect().top > top);
            return [first.textContent, first.getBoundingClientRect().top];
        }"""
    )
    return found[0], found[1]


def place_of(page: Page, text: str) -> float:
    """Say how far down the window a message stands."""
    script = """text => [...document.querySelectorAll(".said")]
        .find((one) => one.textContent === text).getBoundingClientRect().top"""
    return float(page.evaluate(script, text))


def seconds_until_seen(page: Page, text: str) -> float:
    """Wait for a message; gives how long it took."""
    began = time.perf_counter()
    message(page, text).wait_for()
    return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation that has been going on."""

    id: str
    bubble: str
    author: Person
    replier: Person


def meet(server: ServerProcess, lines: int = 2) -> Talk:
    """Have Anna and Bo move in, and write so many lines to each other."""
    database = server.data / "samtale.db"
    return talk_between(server, move_in(database, "Anna"), move_in(database, "Bo"), lines)


def open_talk(page: Page, talk: Talk, last: str = "linje 2") -> Page:
    """Open a conversation, and wait until a line of it is there."""
    page.goto(f"/conversations/{talk.id}")
    message(page, last).wait_for()
    return page


def talk_between(server: ServerProcess, author: Person, replier: Person, lines: int) -> Talk:
    """Have two people write to each other over a bubble, so many lines in turn."""
    with httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS) as http:

        def post(who: Person, path: str, **body: object) -> dict[str, str]:
            answer = http.post(f"/api/v1/{path}", json=body, headers=who.headers)
            answer.raise_for_status()
            return answer.json()  # type: ignore[no-any-return]

        bubble = post(
            author,
            "bubbles",
            title="Gåtur om lørdagen",
            text="Jeg går en tur hver lørdag, og vil gerne have selskab.",
            interests=["walks"],
            symbol="🌳",
        )["id"]
        first = {"client_id": _new_client_id(), "text": "linje 1"}
        talk = post(replier, f"bubbles/{bubble}/replies", **first)["conversation"]
        for number in range(2, lines + 1):
            who = author if number % 2 == 0 else replier
            line = {"client_id": _new_client_id(), "text": f"linje {number}"}
            post(who, f"conversations/{talk}/messages", **line)
    return Talk(talk, bubble, author, replier)
