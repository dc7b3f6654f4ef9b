"""A volunteer and a guest meet by their links: nothing to install, and no account needed."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chat.snaksammen import model
from chat.storage.facts import Facts
from chat.storage.opening import open_database
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import keep, message, write
from tests.browser.test_accessibility import violations
from tests.browser.test_calls import assert_relayed, chromium, coturn, frames_flow
from tests.coturn import Coturn
from tests.snaksammen.house import MINUTE, House, token_of

__all__ = ["chromium", "coturn"]
STEP = 5 * MINUTE
pytestmark = [pytest.mark.browser, pytest.mark.alone]


async def booked(data: Path) -> tuple[str, str]:
    """Have Karim publish a time and a guest book it; gives their links' tokens."""
    facts = Facts()
    database = await open_database(data / "samtale.db", facts)
    house = House(database, facts)
    house.now = time.time_ns() // 1_000_000
    house.coordinator = await house.person("Kirsten")
    await house.snak.volunteers.found_branch(
        "Aarhus", 751, house.coordinator.account, "Kirsten", house.now
    )
    volunteer = await house.volunteer("Karim")
    soon = -(-house.now // STEP) * STEP  # talks begin on whole five minutes
    (at,) = await house.publish(volunteer, soon + STEP)
    await house.book(at, name="Solveig", email="solveig@example.dk")
    confirmed = house.last(model.BookingConfirmed)
    await database.close()
    return token_of(confirmed, "volunteer"), token_of(confirmed, "citizen")


@pytest.fixture
def links(tmp_path: Path) -> tuple[str, str]:
    """A booked talk whose doors are open."""
    with ThreadPoolExecutor(1) as thread:  # playwright's loop runs in this one
        (tmp_path / "server").mkdir()
        return thread.submit(asyncio.run, booked(tmp_path / "server")).result()


@pytest.fixture
def server(tmp_path: Path, links: tuple[str, str], coturn: Coturn) -> Iterator[ServerProcess]:
    """The server of that talk."""
    server = ServerProcess(
        tmp_path / "server", SAMTALE_TURN_URLS=coturn.url, SAMTALE_TURN_SECRET=coturn.secret
    )
    server.start()
    yield server
    server.stop()


def test_both_follow_their_links_and_talk_and_say_how_it_was(
    links: tuple[str, str], server: ServerProcess, open_window: OpenWindow
) -> None:
    karim, solveig = (open_window(server, bypass_csp=True, **look) for look in (DESKTOP, PHONE))
    for page, token, other in ((karim, links[0], "Solveig"), (solveig, links[1], "Karim")):
        page.goto(f"/samtale/{token}")
        expect(page.get_by_role("heading", name=f"Klar til at tale med {other}?")).to_be_visible()
    keep(solveig, "phone-talk-room")
    karim.get_by_role("button", name="Kald på Solveig").click()
    solveig.get_by_role("button", name="Gå ind til Karim").click()
    for page in (karim, solveig):
        frames_flow(page)
        assert_relayed(page)
        expect(page.get_by_text("minutter tilbage")).to_be_visible()
    write(solveig, "Tak, fordi du har tid")
    message(karim, "Tak, fordi du har tid").wait_for()
    keep(solveig, "phone-talk")
    keep(karim, "desktop-talk")

    expect(solveig.get_by_role("button", name="Kald på en koordinator")).to_have_count(0)
    karim.get_by_role("button", name="Kald på en koordinator").click()
    expect(karim.get_by_text("En koordinator har fået besked.")).to_be_visible()

    karim.get_by_role("button", name="Slut samtalen").click()
    for page in (karim, solveig):
        expect(page.get_by_role("heading", name="Samtalen er slut")).to_be_visible()
    keep(solveig, "phone-talk-ended")
    solveig.get_by_role("button", name="Rigtig godt").click()
    expect(solveig.get_by_text("Tak for dit svar.")).to_be_visible()
    expect(karim.get_by_text("Hvordan har du det efter samtalen?")).to_be_hidden()
    solveig.get_by_role("button", name="Vi er færdige").click()
    reasons = solveig.get_by_role("dialog", name="Vi er færdige")
    reasons.get_by_role("button", name="Jeg følte mig ikke tryg").click()
    expect(solveig.get_by_text("bliver slettet om lidt.")).to_be_visible()
    keep(solveig, "phone-talk-report")
    solveig.get_by_label("Vil du fortælle mere?").fill("Han blev ved med at spørge")
    solveig.get_by_role("button", name="Send til koordinatoren").click()
    expect(solveig.get_by_text("En koordinator ser på det.")).to_be_visible()

    karim.get_by_label("Hvordan var samtalen for dig?").select_option("Hård")
    karim.get_by_label("Jeg vil gerne ringes op").check()
    karim.get_by_role("button", name="Gem").click()
    expect(karim.get_by_text("Pas godt på dig selv.")).to_be_visible()
    keep(karim, "desktop-talk-ended")
    for page in (karim, solveig):
        assert not violations(page)
    solveig.get_by_role("link", name="Tal med en frivillig igen").click()
    expect(solveig.get_by_role("heading", name="Tal med en frivillig")).to_be_visible()


def test_a_link_that_is_none_is_told_kindly(server: ServerProcess, open_window: OpenWindow) -> None:
    page = open_window(server, **PHONE)
    page.goto("/samtale/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    expect(page.get_by_role("heading", name="Linket gælder ikke mere")).to_be_visible()
    page.get_by_role("link", name="Find en ny tid").click()
    expect(page.get_by_role("heading", name="Tal med en frivillig")).to_be_visible()
