"""Two people meet over a bubble, each in a window of their own."""

import pytest
from playwright.sync_api import Page, expect

from loadtests.people import GLADSAXE, move_in
from loadtests.processes import ServerProcess
from tests.browser.conftest import DESKTOP, PHONE, OpenWindow
from tests.browser.people import (
    first_visible,
    log_in,
    message,
    messages,
    place_of,
    seconds_until_seen,
    sign_up,
    talk_between,
    write,
)
from tests.servers import MailSink

pytestmark = pytest.mark.browser

TITLE = "Gåtur i Hareskoven om søndagen"
HELLO = "Hej Anna! Jeg går også gerne. Er søndag klokken ti godt?"
TALK = [
    "Hej Bo, hvor dejligt at du skrev.",
    "Søndag passer mig fint.",
    "Skal jeg tage kaffe med?",
    "Ja tak! Så tager jeg boller med.",
    "Vi mødes ved stationen.",
    "Det glæder jeg mig til.",
]


@pytest.mark.alone
def test_two_people_meet_over_a_bubble(
    server: ServerProcess, mail: MailSink, open_window: OpenWindow
) -> None:
    anna = open_window(server, **PHONE)
    bo = open_window(server, **DESKTOP)
    sign_up(anna, mail, "Anna", "Ballerup", "anna@people.example")
    sign_up(bo, mail, "Bo", "Gladsaxe", "bo@people.example")

    post_bubble(anna)
    reply_to_it(bo)
    expect(anna.locator(".tabs").get_by_role("link", name="1 ulæst besked")).to_be_visible()
    anna.locator(".tabs").get_by_role("link", name="Samtaler").click()
    anna.get_by_role("link", name=TITLE).click()
    expect(message(anna, HELLO)).to_be_visible()

    for number, line in enumerate(TALK):
        writer, reader = (anna, bo) if number % 2 == 0 else (bo, anna)
        write(writer, line)
        assert seconds_until_seen(reader, line) < 1.0, line
    expect(bo.get_by_text("Læst")).to_be_visible()

    said = [HELLO, *TALK]
    for window in (anna, bo):
        window.reload()
        message(window, TALK[-1]).wait_for()
        assert messages(window) == said, "after a reload"

    second = open_window(server, **DESKTOP)
    log_in(second, "anna@people.example")
    second.goto(anna.url)
    message(second, TALK[-1]).wait_for()
    assert messages(second) == said, "on a second device"

    server.stop()
    expect(anna.get_by_text("Forbinder igen …")).to_be_visible()
    server.start()
    network_returns(anna)
    expect(anna.get_by_text("Forbinder igen …")).to_be_hidden()
    for window in (anna, bo, second):
        window.reload()
        message(window, TALK[-1]).wait_for()
        assert messages(window) == said, "after a restart of the server"


def network_returns(page: Page) -> None:
    """Spare the test the wait of up to 30 seconds between two tries."""
    page.evaluate("window.dispatchEvent(new Event('online'))")


def post_bubble(page: Page) -> None:
    page.get_by_role("link", name="Pust en boble").first.click()
    page.get_by_label("Overskrift").fill(TITLE)
    page.get_by_label("Fortæl lidt mere").fill("Jeg går hver søndag formiddag. Hvem vil med?")
    page.get_by_text("Gåture").click()
    page.get_by_role("radio", name="Symbol 🌳").check(force=True)
    page.get_by_role("button", name="Pust boblen").click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()


def reply_to_it(page: Page) -> None:
    page.get_by_role("searchbox", name="Søg i bobler").fill("gåture")
    page.get_by_role("button", name="Søg").click()
    page.get_by_role("link", name=TITLE).click()
    page.get_by_label("Skriv til Anna").fill(HELLO)
    page.get_by_role("button", name="Send").click()
    expect(message(page, HELLO)).to_be_visible()


def test_what_is_written_while_the_server_is_away_arrives_once(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    database = lively.data / "samtale.db"
    author = move_in(database, "Anna")
    replier = move_in(database, "Bo", municipality=GLADSAXE)
    talk = talk_between(lively, author, replier, 2)
    anna = open_window(lively, author, **PHONE)
    bo = open_window(lively, replier, **PHONE)
    for window in (anna, bo):
        window.goto(f"/conversations/{talk.id}")
        message(window, "linje 2").wait_for()

    lively.stop()
    write(anna, "skrevet uden forbindelse")
    write(anna, "og en mere")
    expect(anna.get_by_text("Sender …").last).to_be_visible()
    expect(anna.get_by_text("Forbinder igen …")).to_be_visible()
    lively.start()
    network_returns(anna)
    network_returns(bo)
    message(bo, "og en mere").wait_for()
    said = ["linje 1", "linje 2", "skrevet uden forbindelse", "og en mere"]
    assert messages(bo) == said
    expect(anna.get_by_text("Sender …")).to_have_count(0)
    assert messages(anna) == said
    assert anna.evaluate("localStorage.length") == 1, "only the language is kept"


def test_an_unsent_message_outlives_a_reload(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    database = lively.data / "samtale.db"
    author, replier = move_in(database, "Anna"), move_in(database, "Bo")
    talk = talk_between(lively, author, replier, 1)
    anna = open_window(lively, author, **PHONE)
    anna.route_web_socket("**/socket", lambda socket: socket.close(code=1013))
    anna.goto(f"/conversations/{talk.id}")
    write(anna, "gem mig")
    expect(anna.get_by_text("Sender …")).to_be_visible()

    again = anna.context.new_page()
    anna.close()
    again.goto(f"/conversations/{talk.id}")
    expect(again.get_by_text("Sendt")).to_be_visible()
    assert messages(again) == ["linje 1", "gem mig"]


def test_the_other_is_seen_writing(lively: ServerProcess, open_window: OpenWindow) -> None:
    database = lively.data / "samtale.db"
    author, replier = move_in(database, "Anna"), move_in(database, "Bo")
    talk = talk_between(lively, author, replier, 1)
    anna = open_window(lively, author, **DESKTOP)
    bo = open_window(lively, replier, **PHONE)
    for window in (anna, bo):
        window.goto(f"/conversations/{talk.id}")
        message(window, "linje 1").wait_for()
    bo.get_by_role("textbox", name="Skriv til Anna").press_sequentially("Hmm")
    expect(anna.get_by_text("Bo skriver …")).to_be_visible()
    bo.get_by_role("button", name="Send", exact=True).click()
    message(anna, "Hmm").wait_for()
    expect(anna.get_by_text("Bo skriver …")).to_be_hidden()


def test_history_comes_as_one_scrolls_up_and_does_not_jump(
    lively: ServerProcess, open_window: OpenWindow
) -> None:
    database = lively.data / "samtale.db"
    author, replier = move_in(database, "Anna"), move_in(database, "Bo")
    talk = talk_between(lively, author, replier, 180)
    anna = open_window(lively, author, **PHONE)
    anna.request.post(f"/api/v1/conversations/{talk.id}/read", data={"seq": 180})
    anna.goto(f"/conversations/{talk.id}")
    message(anna, "linje 180").wait_for()
    assert len(messages(anna)) < 180, "only the newest come at first"

    stream = anna.locator(".stream")
    while (before := len(messages(anna))) < 180:
        stream.evaluate("element => element.scrollBy(0, -400)")
        text, place = first_visible(anna)
        anna.wait_for_function(
            """count => document.querySelectorAll(".said").length > count
                || document.querySelector(".stream").scrollTop > 700""",
            arg=before,
        )
        assert abs(place_of(anna, text) - place) < 2, "what one looks at stays where it is"
    assert messages(anna) == [f"linje {number}" for number in range(1, 181)]

    bo = open_window(lively, replier, **PHONE)
    bo.goto(f"/conversations/{talk.id}")
    write(bo, "er du der endnu?")
    anna.get_by_role("button", name="Ny besked").click()
    expect(message(anna, "er du der endnu?")).to_be_in_viewport()
