"""The golden files: current, decodable, and complete."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from protocol import codec
from protocol.closes import CLOSES
from protocol.errors import ERRORS
from protocol.golden import examples
from protocol.golden.events import EVENTS_SEEN
from protocol.golden.render import HERE, files
from protocol.messages import EVENTS
from protocol.operations import COMMANDS, OPERATIONS
from tests.protocol.replay import TRANSCRIPTS, client_values, fill, read_transcript

FRAMES = sorted((HERE / "frames").glob("*.json"))


def test_the_files_are_what_the_examples_make_now() -> None:
    on_disk = {path: path.read_text(encoding="utf-8") for path in [*FRAMES, HERE / "values.json"]}
    assert on_disk == files(), "run python -m protocol.golden"


def test_there_is_an_example_of_everything() -> None:
    assert set(examples.REQUESTS) == set(OPERATIONS) == set(examples.REPLIES)
    assert set(EVENTS_SEEN) == set(EVENTS)
    for name, row in OPERATIONS.items():
        assert type(examples.REQUESTS[name]) is row.request
        assert type(examples.REPLIES[name]) is row.reply


@pytest.mark.parametrize("name", COMMANDS)
def test_a_golden_command_is_read_by_the_server(name: str) -> None:
    raw = (HERE / "frames" / f"command.{name}.json").read_bytes()
    assert codec.decode_command(raw) == (7, OPERATIONS[name], examples.REQUESTS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_golden_reply_is_read_by_a_client(name: str) -> None:
    frame = codec.decode_frame((HERE / "frames" / f"reply.{name}.json").read_bytes())
    assert (frame.id, frame.ok) == (7, True)
    assert codec.reply_data(frame, name) == examples.REPLIES[name]


@pytest.mark.parametrize("name", EVENTS)
def test_a_golden_event_is_read_by_a_client(name: str) -> None:
    frame = codec.decode_frame((HERE / "frames" / f"event.{name}.json").read_bytes())
    assert frame.event == name
    assert codec.event_data(frame) == EVENTS_SEEN[name].data


@pytest.mark.parametrize("code", examples.REFUSALS)
def test_a_golden_error_is_read_by_a_client(code: str) -> None:
    frame = codec.decode_frame((HERE / "frames" / f"error.{code}.json").read_bytes())
    assert frame.ok is False
    assert frame.error is not None
    assert frame.error.code == code


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_transcript_has_the_form_that_its_readme_gives(path: Path) -> None:
    transcript = json.loads(path.read_text(encoding="utf-8"))
    assert set(transcript) <= {"title", "authenticated", "replay", "steps"}
    assert set(transcript.get("replay", [])) <= {"server", "clients"}
    assert re.fullmatch(r"[A-Z].*\.", transcript["title"])
    closes = {1006, *(close.code for close in CLOSES.values())}
    for step in transcript["steps"]:
        match step:
            case {"client": {"command": str()}}:
                assert set(step) == {"client"}
            case {"client": str()}:
                assert set(step) <= {"client", "padded_to"}
            case {"server": {"event": name}}:
                assert name in EVENTS
            case {"server": {"id": _, "ok": False, "error": {"code": code, "then": then}}}:
                assert ERRORS[code].then == then
            case {"server": {"id": _, "ok": True, "data": _}}:
                pass
            case {"close": code}:
                assert code in closes
            case {"world": str()}:
                pass
            case _:
                pytest.fail(f"no such step: {step}")


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_frames_of_a_transcript_are_of_the_published_types(path: Path) -> None:
    """With the values filled in that clients are shown."""
    values, transcript = client_values(), read_transcript(path)
    asked: dict[object, str] = {}
    for step in transcript["steps"]:
        if isinstance(sent := step.get("client"), dict):
            asked[sent.get("id")] = sent["command"]
            if "clients" in transcript["replay"]:
                codec.decode_command(json.dumps(fill(sent, values)))
        elif isinstance(sent, str):
            asked.update({int(found[1]): found[2] for found in re.finditer(RAW_COMMAND, sent)})
        elif "server" in step:
            frame = codec.decode_frame(msgspec.json.encode(fill(step["server"], values)))
            if frame.event:
                assert codec.event_data(frame) is not None
            elif frame.ok:
                codec.reply_data(frame, asked[frame.id])


RAW_COMMAND = r'"id":(\d+),"command":"([a-z_.]+)"'
