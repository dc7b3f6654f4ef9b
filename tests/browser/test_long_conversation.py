"""A conversation that has gone on for long: one begins where one left it, and gets anywhere."""

import sqlite3

import pytest
from playwright.sync_api import Page, expect

from loadtests.processes import ServerProcess
from tests.browser.conftest import PHONE, OpenWindow
from tests.browser.people import (
    first_visible,
    keep,
    meet,
    message,
    place_of,
    row,
    write,
)

pytestmark = pytest.mark.browser

LINES = 700
DAY_MS = 86_400_000
MOST_ON_THE_PAGE = 240


def scroll(page: Page, by: int) -> None:
    page.locator(".stream").evaluate("(element, by) => element.scrollBy(0, by)", by)


def test_it_opens_at_the_first_unread_and_scrolls_both_ways(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively, LINES)
    bo = open_window(lively, talk.replier, **PHONE)
    bo.request.post(f"/api/v1/conversations/{talk.id}/read", data={"seq": 300})
    bo.goto(f"/conversations/{talk.id}")
    divider = bo.get_by_text("Nye beskeder", exact=True)
    expect(divider).to_be_in_viewport()
    expect(message(bo, "linje 302")).to_be_in_viewport()
    expect(bo.get_by_role("button", name="nye beskeder")).to_be_visible()
    keep(bo, "first-unread")

    for step, wanted in ((-900, "linje 200"), (900, "linje 600")):
        while not message(bo, wanted).count():
            scroll(bo, step)
            bo.wait_for_function("() => !document.querySelector('[role=log][aria-busy]')")
            text, place = first_visible(bo)
            bo.evaluate("() => new Promise(requestAnimationFrame)")
            assert abs(place_of(bo, text) - place) < 2, "what one looks at stays where it is"
            assert bo.locator(".message").count() <= MOST_ON_THE_PAGE
    bo.get_by_role("button", name="nye beskeder").click()
    expect(message(bo, f"linje {LINES}")).to_be_in_viewport()
    expect(bo.locator(".pill")).to_be_hidden()
    assert bo.locator(".message").count() <= MOST_ON_THE_PAGE


def test_one_goes_to_a_date_and_back_to_the_newest(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively, 300)
    lively.stop()
    with sqlite3.connect(lively.data / "samtale.db") as database:
        # A line a day, the last one today: nobody waits for a year in a test.
        database.execute("UPDATE entries SET at = at - (300 - seq) * ?", (DAY_MS,))
    database.close()
    lively.start()
    anna = open_window(lively, talk.author, **PHONE)
    anna.request.post(f"/api/v1/conversations/{talk.id}/read", data={"seq": 300})
    anna.goto(f"/conversations/{talk.id}")
    message(anna, "linje 300").wait_for()
    day = anna.evaluate(
        """() => new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Copenhagen" })
            .format(Date.now() - 200 * 86_400_000)"""
    )
    anna.get_by_role("button", name="Mere om Bo").click()
    anna.get_by_role("button", name="Gå til en dato").click()
    anna.get_by_label("Vælg en dag").fill(day)
    keep(anna, "go-to-date")
    anna.get_by_role("button", name="Gå dertil").click()
    expect(row(anna, "linje 100")).to_be_focused()
    expect(message(anna, "linje 100")).to_be_in_viewport()
    keep(anna, "at-date")

    anna.get_by_role("button", name="Til det nyeste").click()
    expect(message(anna, "linje 300")).to_be_in_viewport()
    anna.get_by_role("button", name="Mere om Bo").click()
    anna.get_by_role("button", name="Gå til en dato").click()
    anna.get_by_label("Vælg en dag").fill(day)
    anna.get_by_role("button", name="Gå dertil").click()
    expect(message(anna, "linje 100")).to_be_in_viewport()
    write(anna, "nu er vi her igen")
    expect(message(anna, "nu er vi her igen")).to_be_in_viewport()
