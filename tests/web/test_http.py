"""The web client as a browser gets it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.settings import Settings
from chat.web.http import SecurityHeaders, routes

STATIC = Path(__file__).parents[2] / "chat" / "web" / "static"


async def other(request: Request) -> Response:
    return Response("other", headers={"Content-Security-Policy": "sandbox"})


@pytest.fixture
async def browser() -> AsyncIterator[AsyncClient]:
    app = Starlette(
        routes=[Route("/other", other), *routes(Settings())],
        middleware=[Middleware(SecurityHeaders)],
    )
    async with AsyncClient(transport=ASGITransport(app), base_url="http://samtale") as client:
        yield client


@pytest.fixture
async def script(browser: AsyncClient) -> str:
    page = (await browser.get("/")).text
    found = re.search(r'src="(/static/\w+/app\.js)"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("address", ["/", "/bubbles", "/conversations/00a1", "/anything"])
async def test_every_address_of_the_site_is_the_one_page(
    browser: AsyncClient, address: str
) -> None:
    answer = await browser.get(address)
    assert answer.status_code == 200
    assert "<samtale-app>" in answer.text


@pytest.mark.parametrize("address", ["/api/v1/nothing", "/static/x/nothing.js", "/static/nothing"])
async def test_what_is_no_view_is_not_found(browser: AsyncClient, address: str) -> None:
    assert (await browser.get(address)).status_code == 404


async def test_everything_the_page_names_is_there(browser: AsyncClient) -> None:
    page = (await browser.get("/")).text
    addresses = set(re.findall(r'(?:src|href)="([^"]+)"', page))
    assert any("/protocol/client.js" in address for address in addresses)
    for address in addresses:
        assert (await browser.get(address)).status_code == 200, address


async def test_every_import_of_every_module_is_there(browser: AsyncClient, script: str) -> None:
    base = script.removesuffix("app.js")
    for path in STATIC.rglob("*.js"):
        name = path.relative_to(STATIC).as_posix()
        for imported in re.findall(r'from "(\.[^"]+)"|import "(\.[^"]+)"', path.read_text()):
            target = browser.base_url.join(f"{base}{name}").join("".join(imported))
            assert (await browser.get(str(target))).status_code == 200, f"{name} imports {imported}"


async def test_a_file_is_kept_for_ever_under_its_version_and_asked_for_under_any_other(
    browser: AsyncClient, script: str
) -> None:
    assert "immutable" in (await browser.get(script)).headers["cache-control"]
    older = re.sub(r"/static/\w+/", "/static/before/", script)
    assert (await browser.get(older)).headers["cache-control"] == "no-cache"
    assert (await browser.get("/")).headers["cache-control"] == "no-cache"


async def test_what_a_browser_has_is_not_sent_again(browser: AsyncClient) -> None:
    etag = (await browser.get("/")).headers["etag"]
    again = await browser.get("/", headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert not again.content


async def test_texts_are_sent_compressed_to_whoever_takes_it(
    browser: AsyncClient, script: str
) -> None:
    plain = await browser.get(script, headers={"Accept-Encoding": "identity"})
    packed = await browser.get(script, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert "Accept-Encoding" in packed.headers["vary"]


async def test_the_page_runs_nothing_that_is_not_ours(browser: AsyncClient) -> None:
    policy = (await browser.get("/")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in (await browser.get("/")).text


async def test_every_answer_is_fenced_in_and_keeps_a_policy_of_its_own(
    browser: AsyncClient,
) -> None:
    for address in ("/", "/static/x/nothing.js", "/other"):
        headers = (await browser.get(address)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "camera=(self), geolocation=()" in headers["permissions-policy"]
    assert (await browser.get("/other")).headers["content-security-policy"] == "sandbox"


def test_nothing_comes_from_anywhere_else() -> None:
    for path in [*STATIC.rglob("*.js"), *STATIC.rglob("*.css"), *STATIC.rglob("*.html")]:
        addresses = re.findall(r"https?://[^\s\"'`)]+", path.read_text())
        assert set(addresses) <= {"http://www.w3.org/2000/svg", "http://page"} | {
            address for address in addresses if "[" in address
        }, path.name


def test_what_people_write_is_never_read_as_markup() -> None:
    for path in STATIC.rglob("*.js"):
        code = path.read_text()
        for danger in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert danger not in code, f"{path.name} uses {danger}"


async def test_a_first_visit_weighs_little(browser: AsyncClient) -> None:
    """Kilobytes as they are sent: everything that the front page loads."""
    page = await browser.get("/", headers={"Accept-Encoding": "gzip"})
    addresses = set(re.findall(r'(?:src|href)="([^"]+)"', page.text))
    answers = [await browser.get(address) for address in addresses]
    weight = sum(int(answer.headers["content-length"]) for answer in [page, *answers])
    assert weight < 120_000
