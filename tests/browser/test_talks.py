"""The list of conversations: what is unread, muted, put away, left, and found again."""

import pytest
from playwright.sync_api import Page, expect

from loadtests.people import move_in
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import (
    choose,
    choose_for_talk,
    keep,
    meet,
    message,
    open_talk,
    row,
    talk_between,
    write,
)

pytestmark = pytest.mark.browser


def count(page: Page, number: int) -> None:
    """Expect so many unread on the badge of Samtaler, and in the one row of the list."""
    for badge in (
        page.locator("[data-tab=talks] .badge:visible"),
        page.locator(".talk-row .badge"),
    ):
        if number:
            expect(badge).to_contain_text(str(number))
        else:
            expect(badge).to_have_count(0)


def test_what_is_unread_is_the_same_on_every_device_after_whatever_happened(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively)
    bo = open_talk(open_window(lively, talk.replier, **PHONE), talk)
    annas = [open_window(lively, talk.author, **device) for device in (DESKTOP, PHONE)]
    for window in annas:
        window.goto("/inbox")
        count(window, 1)
    for text in ("en", "to", "tre"):
        write(bo, text)
    for window in annas:
        count(window, 4)
    choose(bo, "to", "Ret beskeden")
    bo.get_by_role("textbox").fill("to igen")
    bo.get_by_role("button", name="Gem", exact=True).click()
    choose(bo, "tre", "Slet beskeden")
    bo.get_by_role("dialog").get_by_role("button", name="Slet beskeden").click()
    for window in annas:
        count(window, 3)
        window.reload()
        count(window, 3)

    computer, phone = annas
    choose_for_talk(phone, "Bo", "Markér som læst")
    count(computer, 0)
    choose_for_talk(computer, "Bo", "Markér som ulæst")
    expect(phone.get_by_text("markeret som ulæst")).to_have_count(1)
    keep(phone, "marked-unread")
    phone.locator(".talk-row").click()
    message(phone, "to igen").wait_for()
    count(computer, 0)


def test_a_muted_conversation_is_not_counted_and_says_so(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively)
    anna, phone = (open_window(lively, talk.author, **device) for device in (DESKTOP, PHONE))
    for window in (anna, phone):
        window.goto("/inbox")
        count(window, 1)
    anna.get_by_role("button", name="Valg for samtalen med Bo").click()
    anna.get_by_role("button", name="Gør lydløs").click()
    keep(anna, "mute")
    anna.get_by_role("button", name="Til i morgen klokken 8").click()
    for window in (anna, phone):
        expect(window.get_by_role("img", name="Lydløs")).to_be_visible()
        expect(window.locator("[data-tab=talks] .badge:visible")).to_have_count(0)
    keep(phone, "muted")
    choose_for_talk(phone, "Bo", "Slå lyden til igen")
    count(anna, 1)


def test_an_archived_conversation_comes_back_with_the_next_message(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively)
    bo = open_talk(open_window(lively, talk.replier, **PHONE), talk)
    anna, phone = (open_window(lively, talk.author, **device) for device in (DESKTOP, PHONE))
    for window in (anna, phone):
        window.goto("/inbox")
        window.locator(".talk-row").wait_for()
    choose_for_talk(anna, "Bo", "Læg i arkivet")
    for window in (anna, phone):
        expect(window.locator(".talk-row")).to_have_count(0)
    anna.get_by_role("link", name="Arkiv").click()
    expect(anna.locator(".talk-row")).to_contain_text("Bo")
    keep(anna, "archive")
    write(bo, "hvad med på søndag?")
    expect(phone.locator(".talk-row")).to_contain_text("hvad med på søndag?")
    expect(anna.get_by_text("Arkivet er tomt")).to_be_visible()


def test_whoever_leaves_is_gone_and_the_other_is_told_nothing_but_that_it_is_closed(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively)
    bo = open_talk(open_window(lively, talk.replier, **PHONE), talk)
    anna = open_talk(open_window(lively, talk.author, **DESKTOP), talk)
    phone = open_window(lively, talk.author, **PHONE)
    phone.goto("/inbox")
    phone.locator(".talk-row").wait_for()
    anna.get_by_role("button", name="Mere om Bo").click()
    anna.get_by_role("button", name="Forlad samtalen").click()
    dialog = anna.get_by_role("dialog", name="Vil du forlade samtalen med Bo?")
    expect(dialog).to_contain_text("Bo får ikke at vide, at du er gået")
    keep(anna, "leave-asks")
    dialog.get_by_role("button", name="Forlad samtalen").click()
    for window in (anna, phone):
        expect(window.locator(".talk-row")).to_have_count(0)

    write(bo, "er du der?")
    expect(bo.locator(".talk-closed")).to_have_text("Samtalen er afsluttet.")
    keep(bo, "left-by-the-other")


def test_words_are_found_in_ones_own_conversations_and_lead_to_their_place(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively, 1)
    bo = open_talk(open_window(lively, talk.replier, **PHONE), talk, "linje 1")
    write(bo, "Vi kunne også cykle ud til de gamle broer ved Vestvolden")
    row(bo, "broer").locator(".state", has_text="Sendt").wait_for()
    http = bo.request
    for number in range(120):
        text = {"client_id": f"01890000-0000-7000-8000-{number:012}", "text": f"linje {number}"}
        assert http.post(f"/api/v1/conversations/{talk.id}/messages", data=text).ok
    database = lively.data / "samtale.db"
    strangers = talk_between(lively, move_in(database, "Clara"), move_in(database, "Dan"), 1)
    carl = open_talk(open_window(lively, strangers.replier, **PHONE), strangers, "linje 1")
    write(carl, "broen er smuk")

    anna = open_window(lively, talk.author, **PHONE)
    anna.goto("/inbox")
    anna.get_by_role("searchbox", name="Søg i dine samtaler").fill("bro")
    found = anna.locator(".found-row")
    expect(found).to_have_count(1)
    expect(found.locator("mark")).to_have_text("broer")
    keep(anna, "search")
    found.click()
    place = row(anna, "broer")
    expect(place).to_be_focused()
    expect(place).to_be_in_viewport()
    keep(anna, "search-place")

    anna.go_back()
    anna.get_by_role("searchbox", name="Søg i dine samtaler").fill("linje")
    expect(found.nth(29)).to_be_visible()
    before = found.count()
    anna.get_by_role("button", name="Vis flere").click()
    expect(found.nth(before)).to_be_visible()
    anna.get_by_role("searchbox", name="Søg i dine samtaler").fill("xylofon")
    expect(anna.get_by_text("Ingen beskeder passer på det")).to_be_visible()


def test_words_are_found_in_one_conversation_alone(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively, 1)
    other = talk_between(lively, move_in(lively.data / "samtale.db", "Vera"), talk.author, 1)
    for one, text in ((talk, "Vi mødes ved broen"), (other, "Broen er lukket i dag")):
        write(open_talk(open_window(lively, one.replier, **PHONE), one, "linje 1"), text)

    for name, look in (("phone", PHONE), ("wide", DESKTOP)):
        anna = open_talk(open_window(lively, talk.author, **look), talk, "broen")
        anna.locator(".talk-head").get_by_role("button", name="Mere om").click()
        anna.get_by_role("button", name="Søg i samtalen").click()
        box = anna.get_by_role("searchbox", name="Søg i dine samtaler")
        expect(box).to_be_focused()
        expect(anna.locator(".found-within")).to_contain_text("I samtalen med")
        box.fill("bro")
        found = anna.locator(".found-row")
        expect(found).to_have_count(1)
        expect(found).to_contain_text("Vi mødes ved")
        keep(anna, f"search-within-{name}")
        found.click()
        expect(row(anna, "Vi mødes")).to_be_in_viewport()
        expect(anna.locator(".found-within")).to_be_hidden()
        anna.go_back()
        anna.get_by_role("button", name="Søg ikke mere i samtalen").click()
        expect(anna.locator(".talk-head")).to_be_visible()
        expect(found).to_have_count(0)
