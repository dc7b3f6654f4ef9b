"""Accounts: a child's with a parent's consent, a forgotten password, a lost telephone."""

import datetime

import pytest
from playwright.sync_api import Page, expect

from loadtests.people import move_in
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import PASSWORD, log_in, sign_up
from tests.servers import MailSink

pytestmark = pytest.mark.browser


def answer_until_born(page: Page, alias: str, age: int) -> None:
    page.goto("/signup")
    page.get_by_label("Dit navn her").fill(alias)
    page.get_by_role("button", name="Videre").click()
    year = datetime.date.today().year - age - 1  # noqa: DTZ011 — whole years are enough
    for part, value in (("Dag", "31"), ("Måned", "12"), ("År", str(year))):
        page.get_by_label(part, exact=True).fill(value)


def test_nobody_under_thirteen_comes_further(
    server: ServerProcess, open_window: OpenWindow
) -> None:
    page = open_window(server, **PHONE)
    answer_until_born(page, "Emil", 12)
    page.get_by_role("button", name="Videre").click()
    expect(page.locator("[data-field=born] .error")).to_contain_text("fyldt 13 år")
    expect(page.get_by_role("heading", name="Hvornår er du født?")).to_be_visible()


def test_a_teenager_joins_when_a_parent_says_yes_and_stops_when_they_take_it_back(
    server: ServerProcess, mail: MailSink, open_window: OpenWindow
) -> None:
    page = open_window(server, **PHONE)
    expect_parent = page.get_by_label("Din forælders e-mail")
    answer_until_born(page, "Mille", 15)
    expect(expect_parent).to_be_hidden()
    answer_until_born(page, "Mille", 13)
    expect_parent.fill("mor@people.example")
    page.get_by_role("button", name="Videre").click()
    page.get_by_role("combobox", name="Kommune").fill("Ballerup")
    page.get_by_role("button", name="Videre").click()
    page.get_by_label("E-mail").fill("mille@people.example")
    page.get_by_label("Adgangskode", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Opret min konto").click()
    expect(page.get_by_text("Din forælder får også en mail.")).to_be_visible()
    page.goto(f"/confirm#token={mail.link('mille@people.example', '/confirm')}")
    expect(page.get_by_role("heading", name="din e-mail er bekræftet")).to_be_visible()

    parent = open_window(server, **DESKTOP)
    parent.goto(f"/consent#token={mail.link('mor@people.example', '/consent')}")
    expect(parent.get_by_role("heading", name="Mille vil gerne være med")).to_be_visible()
    assert "token" not in parent.url, "the token leaves the address at once"
    parent.get_by_role("button", name="Ja, jeg giver lov").click()
    expect(parent.get_by_role("heading", name="Du har sagt ja")).to_be_visible()
    log_in(page, "mille@people.example")
    expect(page.get_by_text("Her er stille lige nu")).to_be_visible()

    parent.get_by_role("button", name="Træk mit ja tilbage").click()
    expect(parent.get_by_role("heading", name="Du har trukket dit ja tilbage")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Vi venter på, at din forælder giver lov.")).to_be_visible()


def test_an_answer_is_refused_where_it_was_given(
    server: ServerProcess, open_window: OpenWindow
) -> None:
    move_in(server.data / "samtale.db", "Anna")
    page = open_window(server, **PHONE)
    answer_until_born(page, "Anna", 40)
    page.get_by_role("button", name="Videre").click()
    page.get_by_role("combobox", name="Kommune").fill("Ballerup")
    page.get_by_role("button", name="Videre").click()
    page.get_by_label("E-mail").fill("anna@people.example")
    page.get_by_label("Adgangskode", exact=True).fill("password12")
    page.get_by_role("button", name="Opret min konto").click()
    expect(page.locator("[data-field=password] .error")).to_contain_text("for let at gætte")
    page.get_by_label("Adgangskode", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Opret min konto").click()
    expect(page.get_by_role("heading", name="Hvad skal vi kalde dig?")).to_be_visible()
    expect(page.locator("[data-field=alias] .error")).to_contain_text("optaget")


def test_a_forgotten_password_is_chosen_anew(
    server: ServerProcess, mail: MailSink, open_window: OpenWindow
) -> None:
    page = open_window(server, **PHONE)
    sign_up(page, mail, "Anna", "Ballerup", "anna@people.example")
    other = open_window(server, **DESKTOP)
    other.goto("/login")
    other.get_by_role("link", name="Glemt adgangskode?").click()
    other.get_by_label("E-mail").fill("anna@people.example")
    other.get_by_role("button", name="Send mig et link").click()
    expect(other.get_by_role("heading", name="Kig i din mail")).to_be_visible()
    other.goto(f"/reset#token={mail.link('anna@people.example', '/reset')}")
    other.get_by_label("Ny adgangskode").fill("en helt anden kode")
    other.get_by_role("button", name="Gem adgangskoden").click()
    expect(other.get_by_role("heading", name="Din adgangskode er skiftet")).to_be_visible()
    expect(page.get_by_role("link", name="Opret en konto")).to_be_visible()


def test_logging_out_everywhere_reaches_every_open_window(
    server: ServerProcess, mail: MailSink, open_window: OpenWindow
) -> None:
    lost = open_window(server, **PHONE)
    sign_up(lost, mail, "Anna", "Ballerup", "anna@people.example")
    page = open_window(server, **DESKTOP)
    log_in(page, "anna@people.example")
    page.goto("/settings")
    page.get_by_role("button", name="Log ud alle steder").click()
    page.get_by_role("dialog").get_by_role("button", name="Log ud alle steder").click()
    for window in (page, lost):
        expect(window.get_by_role("link", name="Opret en konto")).to_be_visible()


def test_the_language_follows_the_account(server: ServerProcess, open_window: OpenWindow) -> None:
    anna = move_in(server.data / "samtale.db", "Anna")
    page = open_window(server, anna, **PHONE)
    page.goto("/bubbles")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Bubbles")).to_be_visible()
    elsewhere = open_window(server, anna, **PHONE)
    elsewhere.goto("/bubbles")
    expect(elsewhere.get_by_role("heading", name="Bubbles")).to_be_visible()
    assert elsewhere.evaluate("document.documentElement.lang") == "en"
