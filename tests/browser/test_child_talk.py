"""A child talks with a volunteer, and a coordinator hears them: announced, and seen by both."""

import asyncio
import datetime
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from chat.snaksammen import model
from chat.storage.facts import Facts
from chat.storage.opening import open_database
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import keep, message, write
from tests.browser.test_calls import assert_relayed, chromium, coturn, counted, until
from tests.browser.test_talk_link import STEP
from tests.coturn import Coturn
from tests.snaksammen.house import House, token_of

__all__ = ["chromium", "coturn"]
pytestmark = [pytest.mark.browser, pytest.mark.alone]
A_YEAR = datetime.timedelta(days=365)


class Links(NamedTuple):
    """The token of everyone's link."""

    liva: str
    karim: str
    kirsten: str


async def booked_for_a_child(data: Path) -> Links:
    """Have a mother book a time for Liva with Karim, who has a certificate."""
    facts = Facts()
    database = await open_database(data / "samtale.db", facts)
    house = House(database, facts)
    house.now = time.time_ns() // 1_000_000
    house.coordinator = await house.person("Kirsten")
    await house.snak.volunteers.found_branch(
        "Aarhus", 751, house.coordinator.account, "Kirsten", house.now
    )
    valid_until = datetime.datetime.now(datetime.UTC).date() + A_YEAR
    karim = await house.volunteer("Karim", certificate_until=valid_until)
    (at,) = await house.publish(karim, -(-house.now // STEP) * STEP + STEP)
    mother = await house.person("Mor")
    await house.book(at, mother, band="under_15", by_parent=True, name="Liva")
    told = house.last(model.BookingConfirmed)
    await database.close()
    return Links(*(token_of(told, role) for role in ("citizen", "volunteer", "coordinator")))


@pytest.fixture
def links(tmp_path: Path) -> Links:
    with ThreadPoolExecutor(1) as thread:  # playwright's loop runs in this one
        (tmp_path / "server").mkdir()
        return thread.submit(asyncio.run, booked_for_a_child(tmp_path / "server")).result()


@pytest.fixture
def server(tmp_path: Path, links: Links, coturn: Coturn) -> Iterator[ServerProcess]:
    """The server of that talk."""
    server = ServerProcess(
        tmp_path / "server", SAMTALE_TURN_URLS=coturn.url, SAMTALE_TURN_SECRET=coturn.secret
    )
    server.start()
    yield server
    server.stop()


def heard_by(page: Page) -> set[int]:
    """Tell by member number who can be heard on a page."""
    return {
        one["member"]
        for one in counted(page)
        if one["type"] == "inbound-rtp" and one["kind"] == "audio" and one["totalAudioEnergy"] > 0
    }


def until_heard(page: Page, members: set[int]) -> None:
    """Wait until so many can be heard on a page, and nobody else."""
    until(page, lambda: heard_by(page) == members, f"not {members}")


def test_everyone_hears_everyone_and_knows_that_the_coordinator_is_there(
    links: Links, server: ServerProcess, open_window: OpenWindow
) -> None:
    liva, karim, kirsten = (open_window(server, **look) for look in (PHONE, DESKTOP, DESKTOP))
    for page, token in ((liva, links.liva), (karim, links.karim), (kirsten, links.kirsten)):
        page.goto(f"/samtale/{token}")
        page.locator("samtale-call-room h1").wait_for()
    for page in (liva, karim):
        expect(page.get_by_text("Kirsten fra Røde Kors er med som koordinator")).to_be_visible()
    expect(kirsten.get_by_role("radio", name="Kun lyd")).to_be_checked()
    keep(liva, "phone-child-room")
    karim.get_by_role("button", name="Kald på Liva").click()
    liva.get_by_role("button", name="Gå ind til Karim").click()
    kirsten.get_by_role("button", name="Gå ind til Liva").click()

    everyone = {liva: {2, 3}, karim: {1, 3}, kirsten: {1, 2}}
    for page, others in everyone.items():
        until_heard(page, others)
        assert_relayed(page)
    for page in (liva, karim):
        expect(page.get_by_text("Kirsten er med og kan høre jer")).to_be_visible()
    write(kirsten, "Hej Liva, jeg hedder Kirsten")
    message(liva, "Hej Liva, jeg hedder Kirsten").wait_for()
    expect(liva.locator(".said-from")).to_have_text(["Kirsten"])
    keep(liva, "phone-child-talk")
    keep(karim, "desktop-child-talk")

    # A third who goes out of the call leaves the two to themselves, and says so by being gone.
    kirsten.get_by_role("button", name="Slut samtalen").click()
    kirsten.locator("samtale-call-room h1").wait_for()
    for page, others in ((liva, {2}), (karim, {1})):
        expect(page.get_by_text("Kirsten er med og kan høre jer")).to_have_count(0)
        until_heard(page, others)
