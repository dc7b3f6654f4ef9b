"""The Python client behaves as in every golden transcript that clients are shown."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.clients.python.effects import Acked, Answered, Effect, Event, Refused, Send
from protocol.clients.python.state import ClientState, State
from protocol.closes import close_behaviour
from protocol.messages import EVENTS, ErrorBody, EventClass
from protocol.operations import OPERATIONS
from protocol.requests import ReplyToBubble, SendMessage
from tests.protocol.replay import (
    assert_fits,
    client_values,
    fill,
    read_transcript,
    transcripts_for,
)

BY_ITSELF = {"session.authenticate", "session.resume"}
ENTRIES = {name for name, event in EVENTS.items() if event.event_class is EventClass.ENTRY}


class Replay:
    """Feeds a client what the server sends, and looks at what it sends and tells."""

    def __init__(self, transcript: dict[str, Any]) -> None:
        self.bound = client_values()
        token = None if transcript["authenticated"] else self.bound["$token"]
        self.client = ClientState(token=token, tells_arrivals=False, dice=lambda: 0.0)
        self.now = 0.0
        self.ids: dict[int, int] = {}  # of commands: the transcript's -> the client's
        self.sent: list[dict[str, Any]] = []
        self.told: list[Effect] = []
        self.client.start(self.now)
        self.client.opened(self.now)
        self.take()

    def take(self) -> None:
        for effect in self.client.take():
            if isinstance(effect, Send):
                self.sent.append(json.loads(effect.frame))
            else:
                self.told.append(effect)

    def step(self, step: dict[str, Any]) -> None:
        self.now += 1
        match step:
            case {"client": frame}:
                self.client_sends(frame)
            case {"server": frame}:
                self.server_sends(frame)
            case {"close": code}:
                self.server_closes(code)

    def client_sends(self, pattern: dict[str, Any]) -> None:
        frame = fill(pattern, self.bound)
        if frame["command"] not in BY_ITSELF:
            request = msgspec.convert(frame["data"], OPERATIONS[frame["command"]].request)
            if isinstance(request, SendMessage | ReplyToBubble):
                self.client.send(request, self.now)
            else:
                self.client.command(frame["command"], request, self.now)
        self.take()
        sent = self.sent.pop(0)
        assert sent["command"] == frame["command"]
        given = {name: sent["data"][name] for name in frame["data"]}  # the rest are defaults
        assert_fits(frame["data"], given, self.bound)
        self.ids[frame["id"]] = sent["id"]

    def server_sends(self, pattern: dict[str, Any]) -> None:
        frame = fill(pattern, self.bound)
        if "ok" in frame:
            frame["id"] = self.ids[frame["id"]]
        self.told = []
        self.client.received(json.dumps(frame), self.now)
        self.take()
        self.assert_told(frame)

    def assert_told(self, frame: dict[str, Any]) -> None:
        match frame:
            case {"event": "hello"}:
                assert self.client.state in {State.ONLINE, State.RESUMING}
            case {"event": "server.draining"}:
                assert self.client.deadline == self.now
            case {"event": name}:
                [event] = self.told
                assert isinstance(event, Event)
                assert (event.name, event.seq) == (name, frame.get("seq"))
            case {"ok": True, "data": {"conversations": [{"entries": entries}]}}:
                events = [each for each in self.told if isinstance(each, Event)]
                seqs = [event.seq for event in events if event.name in ENTRIES]
                assert seqs == [entry["seq"] for entry in entries if entry["seq"] in seqs]
            case {"ok": True} if self.told:
                assert isinstance(self.told[0], Acked | Answered)
            case {"error": {"code": code}}:
                assert self.refusals() <= {code}
        if "cursor" in frame:
            assert self.client.cursor == frame["cursor"]

    def refusals(self) -> set[str]:
        refused = {told.error.code for told in self.told if isinstance(told, Refused)}
        replies = [told.reply for told in self.told if isinstance(told, Answered)]
        return refused | {reply.code for reply in replies if isinstance(reply, ErrorBody)}

    def server_closes(self, code: int) -> None:
        self.client.closed(code, self.now)
        self.take()
        if close_behaviour(code) in {"stop", "log_in"}:
            assert self.client.state is State.STOPPED
            return
        assert self.client.state is State.WAITING
        self.now = max(self.now, self.client.deadline or 0)
        self.client.tick(self.now)
        self.client.opened(self.now)
        self.take()


@pytest.mark.parametrize("path", transcripts_for("clients"), ids=lambda path: path.stem)
def test_the_client_behaves_as_in(path: Path) -> None:
    transcript = read_transcript(path)
    replay = Replay(transcript)
    for step in transcript["steps"]:
        replay.step(step)
    assert replay.sent == []
