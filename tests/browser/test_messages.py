"""What two people do with their messages, on two devices each: every device shows the same."""

import pytest
from playwright.sync_api import Page, expect

from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import (
    choose,
    keep,
    meet,
    message,
    messages,
    open_talk,
    row,
    write,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def windows(lively: ServerProcess, open_window: OpenWindow) -> list[Page]:
    """Anna at her computer and her phone, and Bo at his, in one conversation of four lines."""
    talk = meet(lively, 4)
    people = [(talk.author, DESKTOP), (talk.author, PHONE), (talk.replier, PHONE)]
    return [
        open_talk(open_window(lively, who, **device), talk, "linje 4") for who, device in people
    ]


def test_an_edited_message_is_edited_everywhere_and_a_deleted_one_is_gone(
    windows: list[Page],
) -> None:
    anna, annas_phone, bo = windows
    choose(anna, "linje 2", "Ret beskeden")
    box = anna.get_by_role("textbox", name="Skriv til Bo")
    expect(box).to_have_value("linje 2")
    box.fill("linje 2, som den skulle være")
    anna.get_by_role("button", name="Gem", exact=True).click()
    expect(box).to_have_value("")
    for window in windows:
        edited = row(window, "som den skulle være")
        expect(edited.get_by_text("rettet", exact=True)).to_be_visible()

    choose(annas_phone, "linje 4", "Slet beskeden")
    dialog = annas_phone.get_by_role("dialog", name="Vil du slette beskeden?")
    expect(dialog).to_contain_text("Den forsvinder for jer begge")
    keep(annas_phone, "delete-asks")
    dialog.get_by_role("button", name="Slet beskeden").click()
    said = ["linje 1", "linje 2, som den skulle være", "linje 3", "Beskeden er slettet"]
    for window in windows:
        message(window, "Beskeden er slettet").wait_for()
        assert messages(window) == said
    bo.reload()
    message(bo, "Beskeden er slettet").wait_for()
    assert messages(bo) == said, "in history too"
    keep(bo, "edited-and-deleted")


def test_only_ones_own_messages_can_be_changed(windows: list[Page]) -> None:
    bo = windows[2]
    row(bo, "linje 4").get_by_role("button", name="Valg for").click()
    offered = bo.locator(".sheet-item").all_inner_texts()
    assert offered == ["Svar på beskeden", "Kopiér teksten", "Sæt fast øverst"]


def test_a_reply_leads_to_what_it_answers_and_outlives_it(windows: list[Page]) -> None:
    anna, _, bo = windows
    choose(bo, "linje 2", "Svar på beskeden")
    expect(bo.locator(".composer-about")).to_contain_text("Du svarer Anna")
    write(bo, "det vil jeg gerne")
    answer = row(anna, "det vil jeg gerne")
    expect(answer.locator(".quote")).to_contain_text("linje 2")
    expect(bo.locator(".composer-about")).to_be_hidden()
    keep(anna, "reply")

    answer.locator(".quote").click()
    expect(row(anna, "linje 2").first).to_be_focused()
    anna.reload()
    choose(anna, "linje 2", "Slet beskeden")
    anna.get_by_role("dialog").get_by_role("button", name="Slet beskeden").click()
    for window in windows:
        expect(row(window, "det vil jeg gerne").locator(".quote")).to_contain_text(
            "Beskeden er slettet"
        )


def test_a_reaction_is_one_of_a_kind_and_taken_back_by_the_same_press(
    windows: list[Page],
) -> None:
    anna, annas_phone, bo = windows
    choose(anna, "linje 3", "Hjerte")
    for window in windows:
        expect(row(window, "linje 3").locator(".reaction")).to_have_count(1)
    row(bo, "linje 3").get_by_role("button", name="Hjerte").click()
    both = row(annas_phone, "linje 3").get_by_role("button", name="Hjerte, fra 2, også dig")
    expect(both).to_have_attribute("aria-pressed", "true")
    choose(bo, "linje 3", "Griner")
    expect(row(anna, "linje 3").locator(".reaction")).to_have_count(2)
    keep(anna, "reactions")

    both.click()
    left = row(anna, "linje 3").get_by_role("button", name="Hjerte. Tryk for at give den samme")
    expect(left).to_have_attribute("aria-pressed", "false")
    row(bo, "linje 3").get_by_role("button", name="Hjerte").click()
    expect(row(anna, "linje 3").get_by_role("button", name="Hjerte")).to_have_count(0)


def test_a_pinned_message_stands_at_the_top_for_both(windows: list[Page]) -> None:
    anna, annas_phone, bo = windows
    choose(anna, "linje 1", "Sæt fast øverst")
    choose(bo, "linje 4", "Sæt fast øverst")
    for window in windows:
        expect(window.locator(".pinned-latest")).to_contain_text("linje 4")
        expect(window.get_by_role("button", name="Se alle 2")).to_be_visible()
    keep(annas_phone, "pinned")
    annas_phone.get_by_role("button", name="Se alle 2").click()
    annas_phone.get_by_role("button", name="linje 1", exact=True).click()
    expect(row(annas_phone, "linje 1")).to_be_focused()

    choose(bo, "linje 1", "Fjern fra toppen")
    choose(bo, "linje 4", "Fjern fra toppen")
    for window in windows:
        expect(window.locator("samtale-pinned-bar")).to_be_hidden()


def test_the_menu_opens_by_a_right_click_a_long_press_and_the_keyboard(
    windows: list[Page],
) -> None:
    anna, annas_phone, _ = windows
    sheet = anna.get_by_role("dialog", name="Hvad vil du gøre med beskeden?")
    message(anna, "linje 3").click(button="right")
    expect(sheet).to_be_visible()
    keep(anna, "message-menu")
    anna.keyboard.press("Escape")
    expect(sheet).to_be_hidden()

    newest = row(anna, "linje 4").get_by_role("button", name="Valg for")
    newest.focus()
    anna.keyboard.press("ArrowUp")
    expect(row(anna, "linje 3").get_by_role("button", name="Valg for")).to_be_focused()
    anna.keyboard.press("Enter")
    expect(anna.get_by_role("button", name="Hjerte", exact=True)).to_be_focused()
    anna.keyboard.press("ArrowRight")
    anna.keyboard.press("Enter")
    expect(row(anna, "linje 3").get_by_role("button", name="Tommel op")).to_be_visible()

    place = message(annas_phone, "linje 3").bounding_box()
    touch = annas_phone.context.new_cdp_session(annas_phone)
    point = [{"x": place["x"] + 20, "y": place["y"] + 20}]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": point})
    on_phone = annas_phone.get_by_role("dialog", name="Hvad vil du gøre med beskeden?")
    expect(on_phone).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(on_phone).to_be_visible()
    keep(annas_phone, "message-menu-phone")


def test_an_address_can_be_opened_and_tells_nothing_of_where_it_stood(
    windows: list[Page],
) -> None:
    anna, _, bo = windows
    write(bo, "se https://example.dk/tur?dag=3. og javascript:alert(1)")
    said = message(anna, "se https")
    link = said.get_by_role("link")
    expect(link).to_have_text("https://example.dk/tur?dag=3")
    expect(link).to_have_attribute("href", "https://example.dk/tur?dag=3")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("target", "_blank")
    keep(anna, "link")


def test_a_message_on_its_way_is_the_same_one_when_it_is_there_and_all_agree_on_the_order(
    windows: list[Page],
) -> None:
    anna, _, bo = windows
    anna.evaluate(
        """() => new MutationObserver((changes) => {
            for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes]))
                if (node.classList.contains("sending")) node.wasSending = true;
        }).observe(document.querySelector(".messages"), { childList: true })"""
    )
    for number in range(4):
        write(anna, f"fra Anna {number}")
        write(bo, f"fra Bo {number}")
    for window in windows:
        for who in ("Anna", "Bo"):
            message(window, f"fra {who} 3").wait_for()
    for window in (anna, bo):
        expect(window.locator(".sending")).to_have_count(0)
    assert messages(anna) == messages(bo) == messages(windows[1]), "one true order"
    mine = [text for text in messages(anna) if text.startswith("fra Anna")]
    assert mine == [f"fra Anna {number}" for number in range(4)]
    kept = "[...document.querySelectorAll('.mine')].filter((node) => node.wasSending).length"
    assert anna.evaluate(kept) == 4, "nothing was drawn anew"
