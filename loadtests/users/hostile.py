"""Somebody who sends what nobody should, and checks that the documented code comes back.

That the others do not suffer is seen in their times and by the oracle.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import gevent  # type: ignore[import-untyped]
import msgspec
from locust import task

from loadtests.users.line import Line, PlaceInLine, Unreachable
from loadtests.users.resident import Resident, share_of
from protocol.closes import CLOSES
from protocol.codec import MAX_DEPTH, MAX_FRAME_BYTES

ANSWER_SECONDS = 10.0
FLOOD = 300
SECONDS_BETWEEN = 4.0
TOO_BIG = 1_009
"""RFC 6455 section 7.4.1: a frame too big to be answered at all."""


@dataclass(frozen=True, slots=True)
class Attack:
    """What is sent, and how it must be answered: by an error code, or by a close code."""

    name: str
    frames: Callable[[], list[bytes]]
    answers: frozenset[str | int]
    pings: int = 0


def _command(number: int, name: str, **data: object) -> bytes:
    return msgspec.json.encode({"id": number, "command": name, "data": data})


def _padded(size: int) -> list[bytes]:
    return [_command(1, "account.get", pad="x" * size)]


CLOSED = frozenset({CLOSES["flooding"].code})
ATTACKS = (
    Attack("unknown command", lambda: [_command(1, "server.stop")], frozenset({"unknown_command"})),
    Attack("unknown field", lambda: [_command(1, "account.get", admin=True)],
           frozenset({"unknown_field"})),
    Attack("not JSON", lambda: [b'{"id":1,'], frozenset({"bad_json"})),
    Attack("wrong type", lambda: [_command(1, "history.fetch", conversation=7)],
           frozenset({"invalid_field"})),
    Attack("too deep", lambda: [b'{"id":1,"x":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}"],
           frozenset({"too_large"})),
    Attack("too large", lambda: _padded(MAX_FRAME_BYTES), frozenset({"too_large"})),
    Attack("far too large", lambda: _padded(3 * MAX_FRAME_BYTES), frozenset({TOO_BIG})),
    Attack("someone else's talk",
           lambda: [_command(1, "history.fetch", conversation="0" * 15 + "1")],
           frozenset({"not_found"})),
    Attack("many commands", lambda: [_command(one, "conversation.list") for one in range(FLOOD)],
           frozenset({"rate_limited"})),
    Attack("many bad frames", lambda: [b"[]"] * 40, CLOSED),
    Attack("many pings", list, CLOSED, pings=30),
)  # fmt: skip


class Hostile(Resident):
    """Tries everything in turn, each time on a new connection."""

    weight = share_of("Hostile")

    @task
    def live(self) -> None:
        """Try one thing."""
        attack = self.load.dice.choice(ATTACKS)
        try:
            line = Line(self.load.host, self.token)
        except (PlaceInLine, Unreachable):
            gevent.sleep(1)
            return
        found = self._attack(line, attack)
        line.hang_up()
        if found & attack.answers:
            self.load.meter.offer(time.perf_counter(), f"refused: {attack.name}")
        else:
            what = f"{attack.name} was answered {sorted(map(str, found))}"
            self.load.fail("hostile", what, reached=bool(found))
        self.think(SECONDS_BETWEEN)

    def _attack(self, line: Line, attack: Attack) -> set[str | int]:
        """Send it; gives all codes that came back, until one that was to come did."""
        found: set[str | int] = set()
        sending = gevent.spawn(self._send, line, attack)
        with gevent.Timeout(ANSWER_SECONDS, False):
            for _, _, frame in line.frames():
                if frame.error is not None:
                    found.add(frame.error.code)
                    if frame.error.code in attack.answers:
                        break
        sending.kill()
        if line.close_code is not None:
            found.add(line.close_code)
        return found

    def _send(self, line: Line, attack: Attack) -> None:
        for frame in attack.frames():
            line.send_raw(frame)
        for _ in range(attack.pings):
            line.ping()
