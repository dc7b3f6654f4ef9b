"""What authors do with their bubbles, and what others see of it."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from loadtests.people import GLADSAXE, Person, move_in
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import message, talk_between

pytestmark = pytest.mark.browser


@pytest.fixture
def anna(lively: ServerProcess) -> Person:
    return move_in(lively.data / "samtale.db", "Anna")


@pytest.fixture
def bo(lively: ServerProcess) -> Person:
    return move_in(lively.data / "samtale.db", "Bo", municipality=GLADSAXE)


def fill_in(page: Page, title: str, text: str) -> None:
    page.goto("/bubbles/new")
    page.get_by_label("Overskrift").fill(title)
    page.get_by_label("Fortæl lidt mere").fill(text)


def test_a_picture_is_shown_with_its_bubble(
    lively: ServerProcess, anna: Person, bo: Person, open_window: OpenWindow
) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 480), "seagreen").save(drawn, "PNG")
    page = open_window(lively, anna, **PHONE)
    fill_in(page, "Min have er for stor", "Vil nogen dyrke grøntsager sammen med mig?")
    picture = {"name": "have.png", "mimeType": "image/png", "buffer": drawn.getvalue()}
    page.get_by_label("Billede").set_input_files(picture)  # type: ignore[arg-type]
    expect(page.get_by_role("img", name="Det valgte billede")).to_be_visible()
    page.get_by_role("button", name="Pust boblen").click()
    page.get_by_role("heading", name="Min have er for stor").wait_for()

    other = open_window(lively, bo, **PHONE)
    other.goto(page.url)
    shown = other.get_by_role("img", name="Billede fra Anna")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_a_file_that_is_no_picture_is_refused_where_it_was_chosen(
    lively: ServerProcess, anna: Person, open_window: OpenWindow
) -> None:
    page = open_window(lively, anna, **PHONE)
    fill_in(page, "Min have er for stor", "Vil nogen dyrke grøntsager sammen med mig?")
    broken = {"name": "have.png", "mimeType": "image/png", "buffer": b"not a picture"}
    page.get_by_label("Billede").set_input_files(broken)  # type: ignore[arg-type]
    expect(page.locator("[data-field=picture] .error")).to_contain_text("Billedet kan ikke læses")


def test_a_held_bubble_tells_its_author_why_and_is_freed_by_an_edit(
    lively: ServerProcess, anna: Person, bo: Person, open_window: OpenWindow
) -> None:
    page = open_window(lively, anna, **PHONE)
    fill_in(page, "Kaffe på torvet", "Ring til mig på 20 30 40 50, så finder vi en dag.")
    page.get_by_role("button", name="Pust boblen").click()
    expect(page.get_by_text("Andre kan ikke se boblen endnu")).to_be_visible()
    expect(page.get_by_text("Der står et telefonnummer")).to_be_visible()
    other = open_window(lively, bo, **PHONE)
    other.goto(page.url)
    expect(other.get_by_text("Det findes ikke, eller du kan ikke se det.")).to_be_visible()

    page.get_by_role("link", name="Ret").click()
    page.get_by_label("Fortæl lidt mere").fill("Skriv til mig her, så finder vi en dag.")
    page.get_by_role("button", name="Gem").click()
    page.get_by_role("heading", name="Ingen svar endnu").wait_for()
    other.reload()
    expect(other.get_by_role("heading", name="Kaffe på torvet")).to_be_visible()


def test_whoever_waits_is_told_when_the_author_has_found_someone(
    lively: ServerProcess, anna: Person, bo: Person, open_window: OpenWindow
) -> None:
    talk = talk_between(lively, anna, bo, 2)
    waiting = open_window(lively, bo, **PHONE)
    waiting.goto(f"/conversations/{talk.id}")
    message(waiting, "linje 2").wait_for()

    page = open_window(lively, anna, **DESKTOP)
    page.goto(f"/bubbles/{talk.bubble}")
    page.get_by_role("button", name="Jeg har fundet en").click()
    page.get_by_role("button", name="Ja, luk boblen").click()
    expect(page.get_by_text("Du har fundet en. Boblen er lukket.")).to_be_visible()
    expect(waiting.get_by_text("Samtalen kan I fortsætte.")).to_be_visible()


def test_the_way_back_leads_to_where_one_was(
    lively: ServerProcess, anna: Person, bo: Person, open_window: OpenWindow
) -> None:
    page = open_window(lively, bo, **PHONE)
    for number in range(1, 9):
        fill_in(page, f"Gåtur nummer {number}", "Jeg går en tur, og vil gerne have selskab.")
        page.get_by_role("button", name="Pust boblen").click()
        page.get_by_role("heading", name=f"Gåtur nummer {number}").wait_for()

    page = open_window(lively, anna, **PHONE)
    page.goto("/bubbles?query=gåtur")
    link = page.get_by_role("link", name="Gåtur nummer 1")
    link.scroll_into_view_if_needed()
    page.wait_for_function("() => history.state?.scroll > 0")
    before = page.evaluate("scrollY")
    link.click()
    page.get_by_role("heading", name="Gåtur nummer 1").wait_for()
    page.go_back()
    expect(link).to_be_in_viewport()
    page.wait_for_function("before => Math.abs(scrollY - before) < 2", arg=before)
    assert before > 0
