"""Somebody blocks somebody else, each in a window of their own, and thinks better of it."""

import pytest
from playwright.sync_api import Page, expect

from loadtests.people import move_in
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import message, talk_between, write

pytestmark = pytest.mark.browser


def block(page: Page, alias: str) -> None:
    """Open the menu, choose, and say yes."""
    page.get_by_role("button", name=f"Mere om {alias}").click()
    page.get_by_role("button", name=f"Bloker {alias}").click()
    dialog = page.get_by_role("dialog", name=f"Vil du blokere {alias}?")
    expect(dialog).to_contain_text(f"{alias} får det ikke at vide")
    dialog.get_by_role("button", name=f"Bloker {alias}").click()


def lift(page: Page, alias: str) -> None:
    """Lift it on the page about oneself."""
    page.get_by_role("button", name=f"Ophæv blokeringen af {alias}").click()
    expect(page.get_by_text("Du har ikke blokeret nogen.")).to_be_visible()


def test_a_block_silences_both_tells_nobody_and_can_be_lifted(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    database = lively.data / "samtale.db"
    author, replier = move_in(database, "Anna"), move_in(database, "Bo")
    talk = talk_between(lively, author, replier, 2)
    anna, bo = open_window(lively, author, **PHONE), open_window(lively, replier, **DESKTOP)
    for window in (anna, bo):
        window.goto(f"/conversations/{talk.id}")
        message(window, "linje 2").wait_for()

    block(anna, "Bo")
    silent = anna.get_by_text("Du har blokeret Bo. I kan ikke skrive sammen.")
    expect(silent).to_be_focused()
    expect(anna.get_by_role("textbox")).to_have_count(0)
    anna.reload()
    expect(silent).to_be_visible()

    write(bo, "er du der?")
    expect(bo.locator(".talk-closed")).to_have_text("Samtalen er afsluttet.")
    expect(bo.get_by_text("blokeret")).to_have_count(0)
    expect(message(anna, "er du der?")).to_have_count(0)

    anna.get_by_role("link", name="Ophæv det under Mig").click()
    lift(anna, "Bo")
    bo.get_by_role("button", name="Prøv igen").click()
    expect(bo.get_by_role("textbox", name="Skriv til Anna")).to_be_visible()
    anna.goto(f"/conversations/{talk.id}")
    message(anna, "er du der?").wait_for()
    write(anna, "ja, nu er jeg her")
    message(bo, "ja, nu er jeg her").wait_for()


def test_whoever_is_blocked_at_their_bubble_is_gone_from_the_list_until_it_is_lifted(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    database = lively.data / "samtale.db"
    author, replier = move_in(database, "Anna"), move_in(database, "Bo")
    talk = talk_between(lively, author, replier, 1)
    bo, elsewhere = open_window(lively, replier, **PHONE), open_window(lively, replier, **DESKTOP)
    elsewhere.goto("/settings")
    expect(elsewhere.get_by_text("Du har ikke blokeret nogen.")).to_be_visible()

    bo.goto(f"/bubbles/{talk.bubble}")
    block(bo, "Anna")
    expect(bo.get_by_role("heading", name="Bobler")).to_be_visible()
    expect(bo.get_by_text("Gåtur om lørdagen")).to_have_count(0)
    bo.goto(f"/conversations/{talk.id}")
    expect(bo.get_by_text("Du har blokeret Anna.")).to_be_visible()

    lift(elsewhere, "Anna")
    expect(bo.get_by_role("textbox", name="Skriv til Anna")).to_be_visible()
    bo.goto("/bubbles")
    expect(bo.get_by_text("Gåtur om lørdagen")).to_be_visible()
