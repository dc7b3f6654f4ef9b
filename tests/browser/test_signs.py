"""What each sees of the other: arrived, read, writing, thinking, here."""

import pytest
from playwright.sync_api import Page, expect

from loadtests.people import Person, move_in
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import keep, meet, message, open_talk, row, talk_between, write

pytestmark = pytest.mark.browser


def switch(page: Page, name: str) -> None:
    """Press a switch on the page about oneself."""
    page.goto("/settings")
    page.get_by_role("switch", name=name).click()
    expect(page.get_by_text("Gemt", exact=True)).to_be_visible()


def badge(page: Page) -> int:
    """Say what the badge on Samtaler counts."""
    return int(page.locator("[data-tab=talks] .badge:visible").inner_text() or 0)


def test_a_message_is_sent_then_delivered_then_read_and_one_device_reads_for_all(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively)
    anna = open_talk(open_window(lively, talk.author, **DESKTOP), talk)
    write(anna, "er du hjemme?")
    state = row(anna, "er du hjemme?").locator(".state")
    expect(state).to_have_text("Sendt")

    bo, bos_phone = (open_window(lively, talk.replier, **device) for device in (DESKTOP, PHONE))
    for window in (bo, bos_phone):
        window.goto("/bubbles")
        expect(window.locator("[data-tab=talks] .badge:visible")).to_have_text("2")
    expect(state).to_have_text("Leveret")
    keep(anna, "delivered")

    open_talk(bos_phone, talk, "er du hjemme?")
    expect(state).to_have_text("Læst")
    expect(bo.locator("[data-tab=talks] .badge:visible")).to_have_count(0)
    keep(anna, "read")


def test_whoever_turns_receipts_off_is_not_seen_to_have_read_and_sees_nothing_either(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively)
    bo = open_window(lively, talk.replier, **PHONE)
    switch(bo, "Vis, hvad der er læst")
    open_talk(bo, talk)
    anna = open_talk(open_window(lively, talk.author, **DESKTOP), talk)
    write(anna, "har du læst det?")
    message(bo, "har du læst det?").wait_for()
    write(bo, "ja, det har jeg")
    message(anna, "ja, det har jeg").wait_for()
    expect(row(anna, "har du læst det?").locator(".state")).to_have_text("Leveret")
    expect(row(bo, "ja, det har jeg").locator(".state")).to_have_text("Leveret")
    expect(anna.get_by_text("Læst", exact=True)).to_have_count(0)


def test_one_can_ask_for_a_moment_to_think(lively: ServerProcess, open_window: OpenWindow) -> None:
    talk = meet(lively)
    anna = open_talk(open_window(lively, talk.author, **DESKTOP), talk)
    bo = open_talk(open_window(lively, talk.replier, **PHONE), talk)
    thinking = bo.get_by_role("button", name="Jeg tænker lige")
    thinking.click()
    expect(anna.get_by_text("Bo tænker sig lige om …")).to_be_visible()
    expect(thinking).to_have_attribute("aria-pressed", "true")
    keep(anna, "thinking")
    keep(bo, "thinking-mine")
    thinking.click()
    expect(anna.locator(".typing")).to_be_hidden()

    bo.get_by_role("textbox").press_sequentially("Jo")
    expect(anna.get_by_text("Bo skriver …")).to_be_visible()
    keep(anna, "typing")
    bo.get_by_role("textbox").fill("")
    expect(anna.locator(".typing")).to_be_hidden()


def test_presence_is_shown_only_when_both_have_turned_it_on(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively)

    def look(person: Person) -> Page:
        return open_talk(open_window(lively, person, **DESKTOP), talk)

    anna, bo = look(talk.author), look(talk.replier)
    dot = anna.locator(".talk-head .here")
    switch(bo, "Vis, når jeg er her")
    open_talk(bo, talk)
    write(bo, "kan du se mig?")
    message(anna, "kan du se mig?").wait_for()
    expect(dot).to_be_hidden()

    switch(anna, "Vis, når jeg er her")
    keep(anna, "settings")
    open_talk(anna, talk, "kan du se mig?")
    expect(dot).to_be_visible()
    expect(bo.locator(".talk-head .here")).to_be_visible()
    keep(anna, "here")
    switch(bo, "Vis, når jeg er her")
    expect(dot).to_be_hidden()


WATCH_FOR_WRITING = """() => {
    const sign = document.querySelector(".typing");
    const seen = () => { if (!sign.hidden) window.seenAt ??= Date.now(); };
    new MutationObserver(seen).observe(sign, { attributes: true });
}"""
WATCH_WRITING = """() => document.querySelector("samtale-composer textarea")
    .addEventListener("input", () => { window.wroteAt ??= Date.now(); })"""


@pytest.mark.alone
def test_writing_is_seen_within_300_milliseconds(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    taken = []
    house = lively.data / "samtale.db"
    for number in range(3):
        author, replier = move_in(house, f"Eva {number}"), move_in(house, f"Ib {number}")
        talk = talk_between(lively, author, replier, 2)
        eva = open_talk(open_window(lively, talk.author, **DESKTOP), talk)
        ib = open_talk(open_window(lively, talk.replier, **PHONE), talk)
        write(ib, "er du der?")
        message(eva, "er du der?").wait_for()  # both are connected
        ib.evaluate(WATCH_FOR_WRITING)
        eva.evaluate(WATCH_WRITING)
        eva.get_by_role("textbox", name="Skriv til").press("J")
        expect(ib.locator(".typing")).to_be_visible()
        taken.append(ib.evaluate("window.seenAt") - eva.evaluate("window.wroteAt"))
    assert sorted(taken)[1] < 300, taken
