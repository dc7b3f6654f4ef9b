"""A call between two sockets, as far as the server sees it: the signalling, whole."""

import itertools
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from loadtests.driver.socket import Socket

CALLER, ANSWERER = "callers-device", "answerers-device"
FIRST_ID = 2**31 + 2**30
"""Ids of commands about calls begin here, so that they are nobody else's."""

_LINES = [
    "v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
    *(
        line
        for mid, kind in enumerate(("audio", "video"))
        for line in (
            f"m={kind} 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, range(96, 127))),
            "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=ice-ufrag:4ZcD",
            "a=ice-pwd:2/1muCWoOi3uLifh0NuRHlLr", "a=ice-options:trickle",
            "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=setup:actpass", f"a=mid:{mid}",
            "a=sendrecv", "a=rtcp-mux",
            *(f"a=rtpmap:{number} VP8/90000" for number in range(96, 127)),
            *(f"a=rtcp-fb:{number} transport-cc" for number in range(96, 127)),
            *(f"a=fmtp:{number} level-asymmetry-allowed=1" for number in range(96, 127)),
        )
    ),
]  # fmt: skip
SDP = "\r\n".join(_LINES) + "\r\n"
"""As long, and of as many lines, as a browser's for sound and picture."""
BATCH = [
    {
        "candidate": f"candidate:{number} 1 udp 41885439 198.51.100.7 {49_152 + number} typ relay"
        " raddr 0.0.0.0 rport 0 generation 0 ufrag 4ZcD network-id 1",
        "mid": "0",
        "line": 0,
    }
    for number in range(4)
]


class _Call(Struct):
    id: str


class _Joined(Struct):
    call: _Call


_decode_joined = msgspec.json.Decoder(_Joined).decode


class Caller:
    """Two in a conversation who call each other, again and again.

    `numbers` are the caller's and the answerer's in the conversation. As a rule whoever replied to
    a bubble (member 2) calls its author (member 1).
    """

    def __init__(
        self,
        caller: Socket,
        answerer: Socket,
        conversation: str,
        numbers: tuple[int, int] = (2, 1),
    ) -> None:
        self._caller = caller
        self._answerer = answerer
        self._conversation = conversation
        self._caller_number, self._answerer_number = numbers
        self._call = ""
        self._numbers: Iterator[int] = itertools.count(FIRST_ID)

    async def set_up(self) -> None:
        """Start, answer, offer, answer, candidates both ways, connected. Raises `Refusal`."""
        asked = {"conversation": self._conversation, "device": CALLER}
        joined = await self._ask(self._caller, "call.start", asked)
        self._call = _decode_joined(joined).call.id
        here, there = ({"call": self._call, "device": one} for one in (CALLER, ANSWERER))
        await self._ask(self._answerer, "call.join", there)
        offer, answer = ({"type": kind, "sdp": SDP} for kind in ("offer", "answer"))
        for socket, who, to, kind in (
            (self._answerer, there, self._caller_number, offer),
            (self._caller, here, self._answerer_number, answer),
        ):  # fmt: skip
            await self._ask(socket, "call.signal", {**who, "to": to, "description": kind})
        for socket, who, to in (
            (self._answerer, there, self._caller_number),
            (self._caller, here, self._answerer_number),
        ) * 2:
            await self._ask(socket, "call.signal", {**who, "to": to, "candidates": BATCH})
        for socket, who in ((self._answerer, there), (self._caller, here)):
            await self._ask(socket, "call.media", {**who, "connected": True})

    async def end(self) -> None:
        """End the call that was set up. Raises `Refusal`."""
        await self._ask(self._caller, "call.end", {"call": self._call, "device": CALLER})

    async def _ask(self, socket: Socket, name: str, data: object) -> bytes:
        return bytes(await socket.ask(next(self._numbers), name, data))
