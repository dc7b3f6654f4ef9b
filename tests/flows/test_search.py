"""Finding what was said: in one's own conversations only, with the words shown where they stand."""

import asyncio
import secrets
from typing import Any

import pytest

from tests.flows.conftest import MoveIn
from tests.flows.meeting import DONE, Json, Meeting, Side
from tests.wire import new_client_id

WAYS = pytest.mark.parametrize("way", ["socket", "http"])


async def say(met: Meeting, side: Side, *texts: str) -> int:
    """Let one say something; gives the last seq."""
    for text in texts:
        sent = await side.computer.send(met.talk, text)
    return int(sent["seq"])


async def look(side: Side, way: str, query: str, **narrowed: Any) -> Json:
    """Search; what is asked for must be answered."""
    code, page = await side.by(way, "message.search", query=query, **narrowed)
    assert code == DONE
    return page


def words(page: Json) -> list[tuple[int, list[str]]]:
    """What was found: the seq of each message, and the words in it that are shown as found."""
    return [
        (
            one["message"]["seq"],
            [one["message"]["text"][start : start + length] for start, length in one["highlights"]],
        )
        for one in page["found"]
    ]


@WAYS
async def test_both_find_a_word_in_its_other_forms_and_jump_to_it(met: Meeting, way: str) -> None:
    await say(met, met.mette, "🐎 Jeg har to heste", "Og en hund", "Vi rider i skoven")
    await say(met, met.ole, *(f"Besked {number}" for number in range(30)), "Må jeg se hesten?")
    for side in met.sides:
        page = await look(side, way, "hest")
        assert page["next"] is None
        assert {one["conversation"] for one in page["found"]} == {met.talk}
        assert words(page) == [(35, ["hesten"]), (2, ["heste"])]
        assert page["found"][1]["highlights"] == [[13, 5]]
        there = await met.history(side, around=2, limit=4)
        assert [entry["seq"] for entry in there] == [1, 2, 3, 4]
        assert there[1]["message"] == page["found"][1]["message"]
        assert words(await look(side, way, "skov rider")) == [(4, ["rider", "skoven"])]
        assert words(await look(side, way, "skov hest")) == []


@WAYS
async def test_an_edit_is_found_as_it_is_now_and_what_was_deleted_no_more(
    met: Meeting, way: str
) -> None:
    edited = await say(met, met.mette, "Vi ses på caféen")
    deleted = await say(met, met.mette, "Vi ses på biblioteket")
    await met.mette.phone.do("message.edit", conversation=met.talk, seq=edited, text="Ved søen")
    await met.mette.phone.do("message.delete", conversation=met.talk, seq=deleted)
    for side in met.sides:
        for gone in ("cafe", "bibliotek", "vi ses"):
            assert words(await look(side, way, gone)) == []
        page = await look(side, way, "sø")
        assert words(page) == [(edited, ["søen"])]
        assert page["found"][0]["message"]["edited_at"] is not None


@WAYS
async def test_a_found_answer_comes_with_what_it_quotes(met: Meeting, way: str) -> None:
    answer = {"conversation": met.talk, "client_id": new_client_id(), "text": "Gerne på torsdag"}
    await met.mette.phone.do("message.send", **answer, reply_to=1)
    (found,) = (await look(met.ole, way, "torsdag"))["found"]
    assert found["message"]["quote"] == {"seq": 1, "sender": 2, "text": "Hej Mette"}


@WAYS
async def test_pages_go_on_where_they_stopped_while_both_write_on(met: Meeting, way: str) -> None:
    last = await say(met, met.mette, *(f"Kage nummer {number}" for number in range(7)))
    seen: list[int] = []
    before: Json = {}
    for _ in range(10):
        page = await look(met.ole, way, "kage", limit=2, **before)
        seen += [seq for seq, _ in words(page)]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
        await say(met, met.ole, "Mere kage, tak")
    assert seen == list(range(last, last - 7, -1))


@WAYS
async def test_nobody_finds_what_is_anothers_or_what_they_have_left(
    met: Meeting, settler: MoveIn, way: str
) -> None:
    secret = f"hemmelig{secrets.token_hex(4)}"
    await say(met, met.mette, f"Det er {secret}")
    eva = Side(met.mette.api, settler(f"Eva {secrets.token_hex(4)}"), [])
    assert (await eva.http("message.search", query=secret))["found"] == []
    code, _ = await eva.by("http", "message.search", query=secret, conversation=met.talk)
    assert code == "not_found"
    await met.ole.phone.do("conversation.leave", conversation=met.talk)
    assert words(await look(met.ole, way, secret)) == []
    code, _ = await met.ole.by(way, "message.search", query=secret, conversation=met.talk)
    assert code == "not_found"
    assert words(await look(met.mette, way, secret)) == [(2, [secret])]


@WAYS
async def test_a_search_says_what_it_cannot_read(met: Meeting, way: str) -> None:
    for wrong in (
        {"query": "h"},
        {"query": "h" * 201},
        {"query": "hest", "before": "i går"},
        {"query": "hest", "limit": 0},
        {"query": "hest", "conversation": "x" * 16},
    ):
        code, _ = await met.mette.by(way, "message.search", **wrong)
        assert code == "invalid_field"
    assert (await look(met.mette, way, "!?"))["found"] == []


@pytest.mark.everywhere
async def test_who_searches_without_end_waits_at_every_process(met: Meeting) -> None:
    answered = 0
    while (await met.mette.by("socket", "message.search", query="hest"))[0] == DONE:
        answered += 1
        assert answered < 200
    assert answered >= 20
    # Another process hears of it within a quarter of a second; what it lets through until then is
    # bounded by its own count, which nobody here gets to.
    passed = 0
    while (await met.mette.by("http", "message.search", query="hest"))[0] != "rate_limited":
        passed += 1
        assert passed < 20, "each process counts for itself"
        await asyncio.sleep(0.2)
    assert (await met.ole.by("http", "message.search", query="hest"))[0] == DONE
