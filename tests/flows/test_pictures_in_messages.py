"""Pictures in messages: fetched by those who talk, in parts, and erased with the message."""

import httpx
import pytest
from PIL import Image

from loadtests.beside import beside
from loadtests.people import Person
from tests.flows.conftest import MoveIn
from tests.flows.meeting import DONE, Json, Meeting, Side
from tests.media.corpus import drawing, saved
from tests.wire import new_client_id

WAYS = pytest.mark.parametrize("way", ["socket", "http"])
PATH = "/api/v1/pictures"
UNKNOWN = "1000000000000000"
BENCH = "En bænk under et stort bøgetræ ved åen"


async def upload(side: Side, width: int = 240, **how: object) -> str:
    """Upload a picture; gives its id."""
    answer = await side.api.post(
        PATH, content=saved(drawing(width), "JPEG", **how), headers=side.person.headers
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def show(met: Meeting, side: Side, picture: str, text: str = "", way: str = "socket") -> Json:
    """Send a picture; gives the ack."""
    message = {"client_id": new_client_id(), "text": text, "picture": picture}
    code, sent = await side.by(way, "message.send", conversation=met.talk, **message)
    assert code == DONE
    return sent


async def fetch(
    met: Meeting, person: Person, picture: str, size: str = "full", **headers: str
) -> httpx.Response:
    """Ask for a picture; headers by their names in small letters."""
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    return await met.ole.api.get(
        f"{PATH}/{picture}", params={"size": size}, headers={**person.headers, **asked}
    )


def rows(met: Meeting, picture: str) -> int:
    """Count what is stored of a picture."""
    number = int(picture, 16)
    with beside(met.server.database) as store:
        return sum(
            store.run(f"SELECT COUNT(*) FROM {table} WHERE {key} = ?", number)[0][0]
            for table, key in (
                ("pictures", "id"), ("picture_files", "picture_id"), ("picture_claims",
                "picture_id"), ("entries", "picture_id"),
            )
        )  # fmt: skip


@WAYS
@pytest.mark.parametrize("text", ["", "Se åen"])
async def test_both_are_shown_a_picture_and_nobody_else_is(
    met: Meeting, settler: MoveIn, way: str, text: str
) -> None:
    picture = await upload(met.ole)
    eva = settler(f"Eva {met.talk}")
    for person, status in ((met.ole.person, 200), (met.mette.person, 404), (eva, 404)):
        assert (await fetch(met, person, picture)).status_code == status
    sent = await show(met, met.ole, picture, text, way)
    for device in met.mette.devices:
        message = (await device.event("message.created"))["data"]
        assert message["text"] == text
        assert message["picture"] == {"id": picture, "width": 240, "height": 160}
    for side in met.sides:
        assert (await met.message(side, sent["seq"]))["picture"]["id"] == picture
        missed = await met.missed_here(side)
        assert missed is not None
        assert missed["entries"][0]["message"]["picture"]["id"] == picture
        assert (await met.snapshot(side))["last_message"]["picture"]["id"] == picture
        for size in ("full", "thumb"):
            answer = await fetch(met, side.person, picture, size)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    for size in ("full", "thumb"):
        hidden, unknown = [await fetch(met, eva, one, size) for one in (picture, UNKNOWN)]
        assert (hidden.status_code, hidden.content) == (404, unknown.content)
    assert (await met.ole.api.get(f"{PATH}/{picture}")).status_code == 401


@WAYS
async def test_a_message_has_words_or_a_picture_of_ones_own(met: Meeting, way: str) -> None:
    hers = await upload(met.mette)
    for picture, field in ((None, "text"), (hers, "picture"), (UNKNOWN, "picture")):
        message = {"conversation": met.talk, "client_id": new_client_id(), "text": "",
                   "picture": picture}  # fmt: skip
        reply = await met.ole.phone.ask("message.send", **message)
        assert (reply["error"]["code"], reply["error"]["field"]) == ("invalid_field", field)
        assert (await met.ole.by(way, "message.send", **message))[0] == "invalid_field"
    assert (await met.snapshot(met.ole))["last_seq"] == 1


async def test_a_picture_comes_in_parts_and_is_not_sent_twice(met: Meeting) -> None:
    picture = await upload(met.ole)
    await show(met, met.ole, picture)
    hers = met.mette.person
    whole = await fetch(met, hers, picture)
    size, etag = len(whole.content), whole.headers["etag"]
    assert whole.headers["accept-ranges"] == "bytes"
    part = await fetch(met, hers, picture, range="bytes=10-19", if_range=etag)
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{size}"
    rest = await fetch(met, hers, picture, range=f"bytes={size - 5}-")
    assert (rest.status_code, rest.content) == (206, whole.content[-5:])
    beyond = await fetch(met, hers, picture, range=f"bytes={size}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    known = await fetch(met, hers, picture, if_none_match=etag)
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", etag)
    thumb = await fetch(met, hers, picture, "thumb", if_none_match=etag)
    assert thumb.status_code == 200
    directives = whole.headers["cache-control"].split(", ")
    assert "private" in directives
    assert "max-age=86400" in directives  # what is erased is in no cache after a day (G7)


async def test_whoever_has_left_is_shown_the_others_pictures_no_more(met: Meeting) -> None:
    picture = await upload(met.ole)
    await show(met, met.ole, picture)
    etag = (await fetch(met, met.mette.person, picture)).headers["etag"]
    await met.mette.phone.do("conversation.leave", conversation=met.talk)
    for headers in ({}, {"if_none_match": etag}, {"range": "bytes=0-1"}):
        answer = await fetch(met, met.mette.person, picture, **headers)
        unknown = await fetch(met, met.mette.person, UNKNOWN)
        assert (answer.status_code, answer.content) == (404, unknown.content)
    assert (await fetch(met, met.ole.person, picture)).status_code == 200


async def test_behind_a_block_both_see_what_they_were_shown_before(met: Meeting) -> None:
    picture, late = await upload(met.ole), await upload(met.ole, 120)
    await show(met, met.ole, picture)
    await met.mette.http("block.create", conversation=met.talk)
    message = {"conversation": met.talk, "client_id": new_client_id(), "text": "", "picture": late}
    assert await met.ole.phone.refusal("message.send", **message) == "conversation_closed"
    for side in met.sides:
        assert (await fetch(met, side.person, picture)).status_code == 200
    assert (await fetch(met, met.mette.person, late)).status_code == 404


@WAYS
async def test_it_is_erased_with_its_message(met: Meeting, way: str) -> None:
    picture = await upload(met.ole)
    sent = await show(met, met.ole, picture, "Se åen")
    quoting = {"client_id": new_client_id(), "text": "Smukt", "reply_to": sent["seq"]}
    answer = await met.mette.phone.do("message.send", conversation=met.talk, **quoting)
    assert (await met.message(met.mette, answer["seq"]))["quote"]["picture"]
    assert rows(met, picture) == 4
    etag = (await fetch(met, met.mette.person, picture)).headers["etag"]
    await met.forget_events()
    asked = {"conversation": met.talk, "seq": sent["seq"]}
    assert (await met.ole.by(way, "message.delete", **asked))[0] == DONE
    event = await met.all_hear("message.deleted")
    assert "picture" not in event["data"]["message"]
    assert rows(met, picture) == 0
    for side in met.sides:
        for headers in ({}, {"if_none_match": etag}, {"range": "bytes=0-1"}):
            assert (await fetch(met, side.person, picture, **headers)).status_code == 404
        quote = (await met.message(side, answer["seq"]))["quote"]
        assert quote == {"seq": sent["seq"], "sender": 2, "text": "", "deleted": True}
        assert picture not in await met.all_that_shows(side)
    again = {"client_id": new_client_id(), "text": "", "picture": picture}
    code, _ = await met.ole.by(way, "message.send", conversation=met.talk, **again)
    assert code == "invalid_field"


async def test_what_is_shown_in_two_places_goes_with_the_last(met: Meeting) -> None:
    picture = await upload(met.ole)
    first = await show(met, met.ole, picture)
    second = await show(met, met.ole, picture)
    for sent, status in ((first, 200), (second, 404)):
        await met.ole.phone.do("message.delete", conversation=met.talk, seq=sent["seq"])
        for side in met.sides:
            assert (await fetch(met, side.person, picture)).status_code == status


async def test_words_may_be_changed_and_the_picture_stays(met: Meeting) -> None:
    picture = await upload(met.ole)
    sent = await show(met, met.ole, picture)
    await met.ole.phone.do(
        "message.edit", conversation=met.talk, seq=sent["seq"], text="Se, det er åen"
    )
    now = (await met.all_hear("message.edited"))["data"]["message"]
    assert (now["text"], now["picture"]["id"]) == ("Se, det er åen", picture)
    assert (await fetch(met, met.mette.person, picture)).status_code == 200


async def test_an_upload_and_a_message_that_are_sent_again_are_there_once(met: Meeting) -> None:
    first, second = await upload(met.ole), await upload(met.ole)
    assert first == second
    message = {"conversation": met.talk, "client_id": new_client_id(), "text": "", "picture": first}
    sent = await met.ole.phone.do("message.send", **message)
    assert await upload(met.ole) == first
    assert await met.ole.computer.do("message.send", **message) == {**sent, "duplicate": True}
    other = {**message, "picture": await upload(met.ole, 100)}
    assert await met.ole.phone.refusal("message.send", **other) == "client_id_reused"
    assert len(await met.history(met.mette)) == 2
    assert rows(met, first) == 4


@WAYS
async def test_what_a_picture_shows_is_told_wherever_the_picture_is(met: Meeting, way: str) -> None:
    picture = await upload(met.ole)
    message = {"conversation": met.talk, "client_id": new_client_id(), "text": "",
               "picture": picture, "description": BENCH}  # fmt: skip
    code, sent = await met.ole.by(way, "message.send", **message)
    assert code == DONE
    shown = {"id": picture, "width": 240, "height": 160, "description": BENCH}
    for device in met.mette.devices:
        assert (await device.event("message.created"))["data"]["picture"] == shown
    for side in met.sides:
        assert (await met.message(side, sent["seq"]))["picture"] == shown
        missed = await met.missed_here(side)
        assert missed is not None
        assert missed["entries"][0]["message"]["picture"] == shown
        assert (await met.snapshot(side))["last_message"]["picture"] == shown
    assert await met.ole.by(way, "message.send", **message) == (DONE, {**sent, "duplicate": True})
    for other in ("En anden bænk", ""):
        code, _ = await met.ole.by(way, "message.send", **{**message, "description": other})
        assert code == "client_id_reused"


async def test_the_same_picture_is_described_to_each_in_words_of_its_own(met: Meeting) -> None:
    picture = await upload(met.ole)
    seqs = []
    for words in (BENCH, "", "Her mødtes vi"):
        message = {"client_id": new_client_id(), "text": "", "picture": picture}
        if words:
            message["description"] = words
        sent = await met.ole.phone.do("message.send", conversation=met.talk, **message)
        seqs.append(sent["seq"])
    history = await met.history(met.mette)
    pictures = [one["message"]["picture"] for one in history if one["seq"] in seqs]
    assert [one.get("description") for one in pictures] == [BENCH, None, "Her mødtes vi"]


@WAYS
async def test_a_description_is_short_and_of_a_picture(met: Meeting, way: str) -> None:
    picture = await upload(met.ole)
    for of, words, code in (
        (picture, "å" * 299, DONE), (picture, "å" * 300, DONE),
        (picture, "å" * 301, "invalid_field"), (picture, "\0", "invalid_field"),
        (None, BENCH, "invalid_field"),
    ):  # fmt: skip
        message = {"client_id": new_client_id(), "text": "Se åen", "description": words}
        if of is not None:
            message["picture"] = of
        answer, _ = await met.ole.by(way, "message.send", conversation=met.talk, **message)
        assert answer == code, (of, len(words))


async def test_what_it_showed_stays_with_other_words_and_goes_with_the_message(
    met: Meeting,
) -> None:
    picture = await upload(met.ole)
    message = {"client_id": new_client_id(), "text": "Se", "picture": picture, "description": BENCH}
    sent = await met.ole.phone.do("message.send", conversation=met.talk, **message)
    asked = {"conversation": met.talk, "seq": sent["seq"]}
    await met.ole.phone.do("message.edit", **asked, text="Se her")
    now = (await met.all_hear("message.edited"))["data"]["message"]
    assert now["picture"]["description"] == BENCH
    await met.ole.phone.do("message.delete", **asked)
    for side in met.sides:
        assert BENCH not in await met.all_that_shows(side)
    with beside(met.server.database) as store:
        sql = "SELECT COUNT(*) FROM picture_claims WHERE picture_id = ?"
        assert store.run(sql, int(picture, 16))[0][0] == 0
    assert BENCH not in met.server.log.read_text(encoding="utf-8")


async def test_the_other_does_not_learn_where_it_was_taken(met: Meeting) -> None:
    exif = Image.Exif()
    exif[0x010E] = "56.1629N-10.2039E"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (56.0, 9.0, 46.4)
    picture = await upload(met.ole, exif=exif.tobytes(), comment=b"56.1629N-10.2039E")
    await show(met, met.ole, picture)
    for size in ("full", "thumb"):
        body = (await fetch(met, met.mette.person, picture, size)).content
        assert body[:4] == b"RIFF"
        assert b"EXIF" not in body
        assert b"56.1629" not in body
