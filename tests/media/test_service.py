import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from chat.media import service
from chat.media.limited import LimitedReencoder
from chat.media.model import UNCLAIMED_MS
from chat.media.service import Media, claim, release
from chat.scope import Scope
from chat.storage.database import Database, Reader, Transaction
from protocol.errors import Refused
from protocol.ids import decode_id
from protocol.resources import Picture
from tests.media.conftest import LIMITS, NOW
from tests.media.corpus import drawing, saved

HANNE, BENT, BLOCKED = 1, 2, 3
BUBBLE, OTHER_BUBBLE = 70, 71

Acting = Callable[..., Scope]


async def stream(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 10_000):
        yield body[at : at + 10_000]


def a_picture(width: int = 60) -> bytes:
    return saved(drawing(width, 40), "PNG")


async def upload(media: Media, scope: Scope, body: bytes | None = None) -> Picture:
    return await media.upload(scope, stream(body or a_picture()))


async def show(database: Database, picture: int, of: int = BUBBLE, account: int = HANNE) -> None:
    await database.write(lambda txn: claim(txn, picture, account, kind="bubble", of=of))


async def stop_showing(database: Database, picture: int, of: int = BUBBLE) -> None:
    await database.write(lambda txn: release(txn, picture, kind="bubble", of=of))


async def stored(database: Database) -> tuple[int, int]:
    def count(reader: Reader) -> tuple[int, int]:
        return len(reader.all("SELECT id FROM pictures")), len(
            reader.all("SELECT picture_id FROM picture_files")
        )

    return await database.read(count)


async def test_an_uploaded_picture_can_be_fetched_large_and_small(
    media: Media, acting: Acting
) -> None:
    picture = await upload(media, acting(HANNE), saved(drawing(900, 600), "JPEG"))
    assert (picture.width, picture.height) == (900, 600)
    number = decode_id(picture.id)
    image = await media.fetch(acting(HANNE), number)
    thumb = await media.fetch(acting(HANNE), number, thumb=True)
    assert image.body[8:12] == thumb.body[8:12] == b"WEBP"
    assert len(thumb.body) < len(image.body)
    assert image.etag != thumb.etag


async def test_only_its_uploader_sees_a_picture_that_nothing_shows(
    media: Media, acting: Acting
) -> None:
    picture = decode_id((await upload(media, acting(HANNE))).id)
    for number in (picture, picture + 1):
        with pytest.raises(Refused, match="not_found"):
            await media.fetch(acting(BENT), number)
    with pytest.raises(Refused, match="not_authenticated"):
        await media.fetch(Scope(NOW), picture)


async def test_whoever_may_see_the_bubble_sees_its_picture(
    media: Media, database: Database, acting: Acting
) -> None:
    media.allow("bubble", lambda _, scope, of: of == BUBBLE and scope.me.account != BLOCKED)
    picture = decode_id((await upload(media, acting(HANNE))).id)
    await show(database, picture)
    assert (await media.fetch(acting(BENT), picture)).body
    with pytest.raises(Refused, match="not_found"):
        await media.fetch(acting(BLOCKED), picture)
    await show(database, picture, OTHER_BUBBLE)
    await stop_showing(database, picture)
    with pytest.raises(Refused, match="not_found"):
        await media.fetch(acting(BENT), picture)


async def test_what_no_gate_is_known_for_lets_nobody_in(
    media: Media, database: Database, acting: Acting
) -> None:
    picture = decode_id((await upload(media, acting(HANNE))).id)
    await show(database, picture)
    with pytest.raises(Refused, match="not_found"):
        await media.fetch(acting(BENT), picture)


async def test_a_gate_that_refuses_tells_no_more_than_one_that_says_no(
    media: Media, database: Database, acting: Acting
) -> None:
    def gate(_: Reader, scope: Scope, __: int) -> bool:
        raise Refused("not_active")

    media.allow("bubble", gate)
    picture = decode_id((await upload(media, acting(HANNE))).id)
    await show(database, picture)
    with pytest.raises(Refused, match="not_found"):
        await media.fetch(acting(BENT), picture)


async def test_nobody_can_show_anothers_picture_or_one_that_is_not_there(
    media: Media, database: Database, acting: Acting
) -> None:
    picture = decode_id((await upload(media, acting(HANNE))).id)
    for number in (picture, 404):
        with pytest.raises(Refused, match="invalid_field") as refused:
            await show(database, number, account=BENT)
        assert refused.value.field == "picture"


async def test_the_last_to_let_go_erases_the_picture(
    media: Media, database: Database, acting: Acting
) -> None:
    picture = decode_id((await upload(media, acting(HANNE))).id)
    await show(database, picture)
    await show(database, picture)
    await show(database, picture, OTHER_BUBBLE)
    await stop_showing(database, picture)
    assert await stored(database) == (1, 1)
    await stop_showing(database, picture, OTHER_BUBBLE)
    assert await stored(database) == (0, 0)


async def test_a_retry_after_a_broken_upload_makes_no_second_copy(
    media: Media, database: Database, acting: Acting
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield a_picture()[:50]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await media.upload(acting(HANNE), broken())
    first, second = await asyncio.gather(upload(media, acting(HANNE)), upload(media, acting(HANNE)))
    third = await upload(media, acting(HANNE))
    assert first == second == third
    assert await stored(database) == (1, 1)
    anothers = await upload(media, acting(BENT))
    assert anothers.id != first.id


async def test_what_nobody_claims_is_erased_after_a_day(
    media: Media, database: Database, acting: Acting
) -> None:
    shown = decode_id((await upload(media, acting(HANNE))).id)
    await show(database, shown)
    forgotten = await upload(media, acting(BENT))
    assert await media.sweep(NOW + UNCLAIMED_MS) == 0
    retried = await upload(media, acting(BENT, NOW + 1_000))
    assert retried == forgotten
    assert await media.sweep(NOW + UNCLAIMED_MS + 1_000) == 0
    assert await media.sweep(NOW + UNCLAIMED_MS + 1_001) == 1
    assert await stored(database) == (1, 1)
    assert (await media.fetch(acting(HANNE), shown)).body


async def test_the_sweep_takes_a_few_at_a_time_and_all_of_them(
    database: Database, media: Media
) -> None:
    def forget(txn: Transaction) -> None:
        for number in range(25):
            txn.run("INSERT INTO pictures VALUES (?, ?, ?, 1, 1, 0)", number, HANNE, b"%d" % number)
            txn.run("INSERT INTO picture_files VALUES (?, ?, ?)", number, b"", b"")

    await database.write(forget)
    assert await media.sweep(NOW) == 25
    assert await stored(database) == (0, 0)


async def test_an_upload_may_be_as_large_as_the_limit_and_no_larger(
    media: Media, acting: Acting
) -> None:
    body = a_picture()
    padded = body + bytes(LIMITS.picture_bytes - len(body))
    await upload(media, acting(HANNE), padded[:-1])
    await upload(media, acting(HANNE), padded)
    with pytest.raises(Refused, match="too_large"):
        await upload(media, acting(HANNE), padded + b"\0")


async def test_a_body_without_end_is_read_no_further_than_the_limit(
    media: Media, acting: Acting
) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1_000
            yield bytes(1_000)

    with pytest.raises(Refused, match="too_large"):
        await media.upload(acting(HANNE), endless())
    assert taken <= LIMITS.picture_bytes + 1_000


async def test_a_body_that_does_not_come_is_not_waited_for(
    media: Media, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"\xff"
        await asyncio.Event().wait()

    monkeypatch.setattr(service, "RECEIVE_SECONDS", 0.01)
    with pytest.raises(Refused, match="unavailable"):
        await media.upload(acting(HANNE), silent())


async def test_unclaimed_pictures_are_bounded_for_each_account(
    media: Media, database: Database, acting: Acting
) -> None:
    pictures = [
        await upload(media, acting(HANNE, NOW + n), a_picture(50 + n))
        for n in range(LIMITS.unclaimed_pictures)
    ]
    with pytest.raises(Refused, match="rate_limited") as refused:
        await upload(media, acting(HANNE, NOW + 10_000), a_picture(90))
    assert refused.value.retry_after_ms == UNCLAIMED_MS - 10_000
    assert await upload(media, acting(HANNE), a_picture(50)) == pictures[0]
    await upload(media, acting(BENT), a_picture(90))
    await show(database, decode_id(pictures[0].id))
    await upload(media, acting(HANNE), a_picture(90))


async def test_uploads_at_once_are_bounded_and_leave_no_trace(
    media: Media, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "UPLOADS_AT_ONCE", 3)
    go_on = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        await go_on.wait()
        yield a_picture()

    waiting = [asyncio.create_task(media.upload(acting(n), slow())) for n in (HANNE, HANNE, BENT)]
    await asyncio.sleep(0)
    for account, code in ((HANNE, "rate_limited"), (BENT, "unavailable")):
        with pytest.raises(Refused, match=code) as refused:
            await upload(media, acting(account))
        assert refused.value.retry_after_ms
    go_on.set()
    await asyncio.gather(*waiting)
    await upload(media, acting(HANNE))


async def test_an_account_that_is_not_active_uploads_nothing(media: Media, acting: Acting) -> None:
    with pytest.raises(Refused, match="not_active"):
        await upload(media, acting(HANNE, active=False))


async def test_a_picture_that_meets_a_busy_machine_may_be_sent_again(
    database: Database, acting: Acting
) -> None:
    reencoder = LimitedReencoder(wall_seconds=0.001)
    media = Media(database, LIMITS, reencoder)
    with pytest.raises(Refused, match="unavailable"):
        await upload(media, acting(HANNE))
    assert await stored(database) == (0, 0)
    reencoder.close()
