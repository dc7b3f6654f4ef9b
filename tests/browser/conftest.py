"""A real Chromium, and people who sit at it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from loadtests.people import Person
from loadtests.processes import ServerProcess
from tests.patience import PATIENCE_SECONDS

FLAGS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
]
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PATIENCE_MS = 1_000 * PATIENCE_SECONDS
expect.set_options(timeout=PATIENCE_MS)

OpenWindow = Callable[..., Page]


# Not for the whole session: playwright's loop would be in the way of the asynchronous tests.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=FLAGS, timeout=2 * PATIENCE_MS
        )
        yield browser
        browser.close()


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[OpenWindow]:
    """Open windows that share nothing; at the end none may have reported a fault of the page."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_one(server: ServerProcess, person: Person | None = None, **options: Any) -> Page:
        context = chromium.new_context(
            base_url=server.url, locale="da-DK", timezone_id="America/New_York", **options
        )
        contexts.append(context)
        if person is not None:
            context.add_cookies([{"name": "samtale", "value": person.token, "url": server.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.extend(_fault(message)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not faults, faults


def _fault(message: ConsoleMessage) -> list[str]:
    """A refused request and a lost socket are told to the person; anything else is a fault."""
    expected = ("Failed to load resource", "WebSocket connection to")
    if message.type != "error" or message.text.startswith(expected):
        return []
    return [message.text]


@pytest.fixture
def lively(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server whose limits let a test write a year's messages at once."""
    limits = {"messages_per_minute": "100000", "messages_burst": "100000"}
    environment = {f"SAMTALE_LIMITS_{name.upper()}": value for name, value in limits.items()}
    server = ServerProcess(tmp_path / "lively", **environment)
    server.start()
    yield server
    server.stop()
