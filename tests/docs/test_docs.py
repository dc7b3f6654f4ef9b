"""The description of the wire, as it is served."""

from html.parser import HTMLParser

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from chat.docs.http import routes
from chat.docs.markup import element, prose
from protocol.asyncapi import asyncapi
from protocol.closes import CLOSES
from protocol.errors import ERRORS
from protocol.messages import EVENTS
from protocol.openapi import openapi
from protocol.operations import COMMANDS, OPERATIONS

Docs = dict[str, httpx.Response]


@pytest.fixture(scope="module")
def docs() -> Docs:
    """Every page that is served, by its path."""
    served = routes()

    async def get_all() -> Docs:
        transport = httpx.ASGITransport(Starlette(routes=served))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return {route.path: await client.get(route.path) for route in served}

    return anyio.run(get_all)


def test_the_documents_are_served_as_they_are_made(docs: Docs) -> None:
    assert docs["/openapi.json"].json() == openapi()
    assert docs["/asyncapi.json"].json() == asyncapi()


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.links.append(value or "")
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(docs: Docs) -> Page:
    return Page(docs["/docs"].text)


def test_the_page_shows_every_operation_event_and_code(page: Page) -> None:
    assert {row.name for row in OPERATIONS.values() if row.path} <= set(page.ids)
    assert {f"command.{name}" for name in COMMANDS} <= set(page.ids)
    assert {f"event.{name}" for name in EVENTS} <= set(page.ids)
    assert {f"code.{code}" for code in ERRORS} <= set(page.ids)
    assert {f"code.{close.code}" for close in CLOSES.values()} <= set(page.ids)


def test_the_page_is_well_formed_and_its_links_lead_somewhere(docs: Docs, page: Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert docs[link].status_code == 200


def test_the_page_runs_nothing_and_loads_nothing_from_elsewhere(docs: Docs, page: Page) -> None:
    assert not page.tags & {"script", "style", "img", "iframe"}
    assert not page.attributes & {"style", "onclick"}
    assert all(link.startswith(("/", "#")) for link in page.links)
    policy = docs["/docs"].headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")


def test_text_is_escaped() -> None:
    assert element("p", '<b> & "x"', title='"') == (
        '<p title="&quot;">&lt;b&gt; &amp; &quot;x&quot;</p>'
    )
    assert prose("a `<b>` c\n\nd") == "<p>a <code>&lt;b&gt;</code> c</p><p>d</p>"
