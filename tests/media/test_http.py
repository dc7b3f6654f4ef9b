from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request

from chat.endpoints import on_refused
from chat.media.http import routes
from chat.media.model import Unsatisfiable, byte_range
from chat.media.service import Media
from chat.scope import Scope
from protocol.errors import Refused
from tests.media.conftest import LIMITS, NOW
from tests.media.corpus import drawing, saved

HANNE = 1
PATH = "/api/v1/pictures"


@pytest.fixture
async def client(media: Media, acting: Callable[[int], Scope]) -> AsyncIterator[httpx.AsyncClient]:
    async def scope_of(request: Request) -> Scope:
        account = request.headers.get("x-account")
        return acting(int(account)) if account else Scope(NOW)

    app = Starlette(routes=routes(media, scope_of), exception_handlers={Refused: on_refused})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://samtale", headers={"x-account": str(HANNE)}
    ) as client:
        yield client


async def uploaded(client: httpx.AsyncClient) -> str:
    answer = await client.post(PATH, content=saved(drawing(), "JPEG"))
    assert answer.status_code == 201
    assert answer.json() == {"id": answer.json()["id"], "width": 240, "height": 160}
    return f"{PATH}/{answer.json()['id']}"


async def test_a_picture_comes_as_webp_that_a_browser_keeps_and_never_runs(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(await uploaded(client))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "private, max-age=86400, immutable"
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.content[:4] == b"RIFF"


async def test_the_name_and_declared_type_of_an_upload_say_nothing(
    client: httpx.AsyncClient,
) -> None:
    as_html = {"content-type": "text/html"}
    answer = await client.post(PATH, content=saved(drawing(), "PNG"), headers=as_html)
    assert answer.status_code == 201
    as_png = {"content-type": "image/png"}
    answer = await client.post(PATH, content=b"<script>alert(1)</script>", headers=as_png)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_picture")


async def test_refusals_are_those_of_the_table(client: httpx.AsyncClient) -> None:
    picture = await uploaded(client)
    large = b"\xff\xd8" + bytes(LIMITS.picture_bytes)
    nobody, another = {"x-account": ""}, {"x-account": "2"}
    for answer, status, code in (
        (await client.post(PATH, content=large), 413, "too_large"),
        (await client.post(PATH, content=b""), 400, "bad_picture"),
        (await client.post(PATH, content=b"", headers=nobody), 401, "not_authenticated"),
        (await client.get(picture, headers=nobody), 401, "not_authenticated"),
        (await client.get(picture, headers=another), 404, "not_found"),
        (await client.get(PATH + "/7fffffffffffffff"), 404, "not_found"),
        (await client.get(PATH + "/..%2Fsecrets"), 404, None),
        (await client.get(PATH + "/no-id"), 404, "not_found"),
        (await client.get(picture + "?size=huge"), 400, "invalid_field"),
    ):
        assert answer.status_code == status
        assert code is None or answer.json()["error"]["code"] == code


async def test_what_a_browser_has_is_not_sent_again_but_never_told_to_others(
    client: httpx.AsyncClient,
) -> None:
    picture = await uploaded(client)
    etag = (await client.get(picture)).headers["etag"]
    thumb_etag = (await client.get(picture + "?size=thumb")).headers["etag"]
    assert etag != thumb_etag
    assert not etag.startswith("W/")
    for known in (etag, f'"other", W/{etag}', "*"):
        answer = await client.get(picture, headers={"if-none-match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    answer = await client.get(picture, headers={"if-none-match": thumb_etag})
    assert answer.status_code == 200
    answer = await client.get(picture, headers={"if-none-match": etag, "x-account": "2"})
    assert answer.status_code == 404


async def test_a_broken_download_goes_on_where_it_stopped(client: httpx.AsyncClient) -> None:
    picture = await uploaded(client)
    whole = await client.get(picture)
    size, etag = len(whole.content), whole.headers["etag"]
    rest = await client.get(picture, headers={"range": "bytes=100-", "if-range": etag})
    assert rest.status_code == 206
    assert rest.headers["content-range"] == f"bytes 100-{size - 1}/{size}"
    assert rest.content == whole.content[100:]
    last = await client.get(picture, headers={"range": "bytes=-7"})
    assert last.content == whole.content[-7:]
    changed = await client.get(picture, headers={"range": "bytes=100-", "if-range": '"other"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    beyond = await client.get(picture, headers={"range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    head = await client.head(picture)
    assert head.status_code == 200


@given(st.integers(0, 20), st.integers(0, 20), st.integers(1, 10))
def test_a_range_is_within_what_there_is(first: int, last: int, size: int) -> None:
    content = bytes(range(size))
    if first <= last and first < size:
        start, end = byte_range(f"bytes={first}-{last}", size) or (0, 0)
        assert content[start : end + 1] == content[first : last + 1]
    elif first > last:
        assert byte_range(f"bytes={first}-{last}", size) is None
    else:
        with pytest.raises(Unsatisfiable):
            byte_range(f"bytes={first}-{last}", size)


@pytest.mark.parametrize(
    "header", ["", "bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes=a-b", "bytes 1-2", "bytes=٣-٤"]
)
def test_a_range_that_makes_no_sense_gives_the_whole(header: str) -> None:
    assert byte_range(header, 10) is None


def test_the_last_no_bytes_cannot_be_had() -> None:
    with pytest.raises(Unsatisfiable):
        byte_range("bytes=-0", 10)
    assert byte_range("bytes=-99", 10) == (0, 9)
