"""What is begun and not sent yet: drafts that follow one about, and pictures on their way."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import (
    choose,
    keep,
    lost_at_twice_the_size,
    meet,
    message,
    open_talk,
    row,
    write,
)

pytestmark = pytest.mark.browser

UPLOADS = "**/api/v1/pictures"
LOSE_THE_FIRST_ANSWER = """
    window.answers = [];
    const { open } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.open = function (...what) {
        this.addEventListener("load", (event) => {
            answers.push(this.response.id);
            if (answers.length > 1) return;
            event.stopImmediatePropagation();
            this.dispatchEvent(new ProgressEvent("error"));
        });
        open.apply(this, what);
    };
"""


def picture(folder: Path, width: int = 1200, height: int = 800) -> Path:
    """Paint a picture."""
    path = folder / "skov.jpg"
    Image.radial_gradient("L").resize((width, height)).convert("RGB").save(path)
    return path


def test_a_draft_outlives_a_reload_and_follows_one_to_the_phone(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively)
    anna = open_talk(open_window(lively, talk.author, **DESKTOP), talk)
    phone = open_talk(open_window(lively, talk.author, **PHONE), talk)
    box, box_on_phone = (window.get_by_role("textbox") for window in (anna, phone))
    box.press_sequentially("Kære Bo, jeg")
    anna.reload()
    expect(box).to_have_value("Kære Bo, jeg")
    expect(box_on_phone).to_have_value("Kære Bo, jeg")
    keep(phone, "draft-on-phone")
    phone.goto("/inbox")
    expect(phone.locator(".talk-row")).to_contain_text("Kladde: Kære Bo, jeg")
    keep(phone, "draft-in-list")

    open_talk(phone, talk)
    box_on_phone.press_sequentially(" kommer")
    phone.get_by_role("button", name="Send", exact=True).click()
    message(anna, "Kære Bo, jeg kommer").wait_for()
    expect(box).to_have_value("")


def test_a_draft_from_elsewhere_never_takes_the_words_from_whoever_is_writing(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively)
    anna = open_talk(open_window(lively, talk.author, **DESKTOP), talk)
    phone = open_talk(open_window(lively, talk.author, **PHONE), talk)
    box, box_on_phone = (window.get_by_role("textbox") for window in (anna, phone))
    box.fill("fra computeren")
    box_on_phone.press_sequentially("fra telefonen", delay=60)
    expect(box_on_phone).to_have_value("fra telefonen")
    expect(box).to_have_value("fra computeren")


def test_a_picture_that_broke_off_goes_on_and_is_there_once(
    lively: ServerProcess, open_window: OpenWindow, tmp_path: Path
) -> None:
    talk = meet(lively)
    anna = open_window(lively, talk.author, **DESKTOP)
    anna.add_init_script(LOSE_THE_FIRST_ANSWER)
    open_talk(anna, talk)
    bo = open_talk(open_window(lively, talk.replier, **PHONE), talk)
    anna.locator("input[type=file]").set_input_files(picture(tmp_path))
    expect(anna.get_by_text("Billedet kom ikke frem.")).to_be_visible()
    keep(anna, "picture-stuck")
    anna.get_by_role("button", name="Prøv igen").click()
    expect(anna.get_by_text("Billedet er klar til at blive sendt")).to_be_visible()
    keep(anna, "picture-ready")
    first, again = anna.evaluate("answers")
    assert first == again, "no second copy"
    write(anna, "fra i søndags")

    shown = row(bo, "fra i søndags").get_by_role("img", name="Billede uden beskrivelse")
    expect(shown).to_have_js_property("complete", value=True)
    assert "size=thumb" in shown.get_attribute("src")
    keep(bo, "picture")
    shown.click()
    large = bo.get_by_role("dialog", name="Billede fra Anna").get_by_role("img")
    expect(large).to_have_js_property("naturalWidth", 1200)
    keep(bo, "picture-large")
    address = str(large.get_attribute("src"))
    bo.keyboard.press("Escape")

    choose(anna, "fra i søndags", "Slet beskeden")
    anna.get_by_role("dialog").get_by_role("button", name="Slet beskeden").click()
    expect(bo.get_by_role("img", name="Billede uden beskrivelse")).to_have_count(0)
    assert bo.request.get(address).status == 404, "erased with the message"


def test_how_far_a_picture_has_come_is_shown_and_a_huge_one_is_made_smaller(
    lively: ServerProcess, open_window: OpenWindow, tmp_path: Path
) -> None:
    talk = meet(lively)
    anna = open_talk(open_window(lively, talk.author, **PHONE), talk)
    held: list[Route] = []
    anna.route(UPLOADS, lambda route: held.append(route))
    anna.locator("input[type=file]").set_input_files(picture(tmp_path, 5000, 4000))
    expect(anna.get_by_role("progressbar", name="Hvor langt billedet er")).to_be_visible()
    keep(anna, "picture-going")
    write(anna, "vent på mig")
    expect(anna.get_by_text("Billedet er på vej. Vent lidt, og send så.")).to_be_visible()
    sent = Image.open(io.BytesIO(held[0].request.post_data_buffer or b""))
    assert sent.size == (2560, 2048)
    held[0].continue_()
    expect(anna.get_by_text("Billedet er klar til at blive sendt")).to_be_visible()
    anna.get_by_role("button", name="Send", exact=True).click()
    shown = row(anna, "vent på mig").get_by_role("img", name="Billede uden beskrivelse")
    expect(shown).to_be_visible()


def test_what_a_picture_shows_can_be_told_to_those_who_do_not_see_it(
    lively: ServerProcess, open_window: OpenWindow, tmp_path: Path
) -> None:
    talk = meet(lively)
    anna = open_talk(open_window(lively, talk.author, **PHONE), talk)
    bo = open_talk(open_window(lively, talk.replier, **PHONE), talk)
    held: list[Route] = []
    anna.route(UPLOADS, lambda route: held.append(route))
    with anna.expect_request(UPLOADS):
        anna.locator("input[type=file]").set_input_files(picture(tmp_path))
    words = anna.get_by_role("textbox", name="Beskriv billedet")
    words.fill("En lysning\n i ")
    held[0].continue_()
    expect(anna.get_by_text("Billedet er klar til at blive sendt")).to_be_visible()
    words.press_sequentially("skoven")
    expect(words).to_have_value("En lysning\n i skoven")  # not interrupted when it was there
    keep(anna, "picture-described")
    assert lost_at_twice_the_size(anna, "picture-described", "Send", "Fjern billedet") == []
    anna.get_by_role("button", name="Send", exact=True).click()
    for window in (anna, bo):
        expect(window.get_by_role("img", name="En lysning i skoven")).to_be_visible()
    expect(words).to_have_count(0)

    bo.get_by_role("img", name="En lysning i skoven").click()
    large = bo.get_by_role("dialog", name="Billede fra Anna")
    expect(large.get_by_text("En lysning i skoven")).to_be_visible()
    keep(bo, "picture-described-shown")
    bo.keyboard.press("Escape")
    bo.reload()
    expect(bo.get_by_role("img", name="En lysning i skoven")).to_be_visible()
    bo.goto("/inbox")
    expect(bo.locator(".talk-row")).to_contain_text("En lysning i skoven")


def test_a_picture_can_be_pasted_or_dropped_and_go_without_words(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    talk = meet(lively)
    anna = open_talk(open_window(lively, talk.author, **DESKTOP), talk)
    bo = open_talk(open_window(lively, talk.replier, **PHONE), talk)
    give(anna, "samtale-talk textarea", "paste")
    expect(anna.get_by_role("img", name="Det valgte billede")).to_be_visible()
    anna.get_by_role("button", name="Fjern billedet").click()
    expect(anna.get_by_role("img", name="Det valgte billede")).to_have_count(0)

    give(anna, "samtale-talk .stream", "drop")
    expect(anna.get_by_text("Billedet er klar til at blive sendt")).to_be_visible()
    anna.get_by_role("button", name="Send", exact=True).click()
    expect(bo.get_by_role("img", name="Billede uden beskrivelse")).to_be_visible()


def give(page: Page, selector: str, how: str) -> None:
    """Hand a small picture to the page as the clipboard or a mouse would."""
    page.evaluate(
        """async ([selector, how]) => {
            const canvas = document.createElement("canvas");
            canvas.getContext("2d").fillRect(0, 0, 60, 60);
            const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
            const data = new DataTransfer();
            data.items.add(new File([blob], "skitse.png", { type: "image/png" }));
            const options = { bubbles: true, cancelable: true };
            document.querySelector(selector).dispatchEvent(
                how === "paste"
                    ? new ClipboardEvent("paste", { ...options, clipboardData: data })
                    : new DragEvent("drop", { ...options, dataTransfer: data }));
        }""",
        [selector, how],
    )
