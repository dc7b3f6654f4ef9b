"""The guide to the wire says what is so."""

from pathlib import Path

from protocol.asyncapi import SOCKET_PATH
from protocol.codec import MAX_DEPTH, MAX_FRAME_BYTES
from protocol.connection import AUTHENTICATE_WITHIN_MS, BAD_FRAMES_PER_MINUTE
from protocol.errors import Then
from protocol.guide import GUIDE, current
from protocol.messages import SUBPROTOCOL, EventClass

TEXT = GUIDE.read_text(encoding="utf-8")


def test_its_tables_are_current() -> None:
    assert current(TEXT) == TEXT, "run python -m protocol.guide"


def test_its_places_are_the_published_ones() -> None:
    assert f"`{SOCKET_PATH}` with the subprotocol `{SUBPROTOCOL}`" in TEXT


def test_it_explains_every_class_and_every_next_step() -> None:
    for word in (*EventClass, *Then):
        assert f"\n| `{word}` |" in TEXT


def test_its_limits_are_those_of_the_code() -> None:
    assert f"| a frame | {MAX_FRAME_BYTES // 1024} KiB" in TEXT
    assert f"| JSON | {MAX_DEPTH} levels" in TEXT
    assert f"after {BAD_FRAMES_PER_MINUTE} of them in a minute" in TEXT
    assert f"within {AUTHENTICATE_WITHIN_MS // 1000} seconds" in TEXT


def test_the_files_that_it_names_exist() -> None:
    rows = TEXT.partition("## In this folder")[2].splitlines()
    names = [part for row in rows[4:] for part in row.split("|")[1].split("`")[1::2]]
    assert names
    assert all((Path(GUIDE).parent / name).exists() for name in names)
