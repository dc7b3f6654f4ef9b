"""SnakSammen's people: a volunteer on duty, and a citizen who looks for someone to talk with.

They find each other by the line, enter the talk, call (all of its signalling, no media), write
beside it, and leave. Booked times are the fast driver's (`loadtests/driver/snaksammen.py`).
"""

import time
from abc import abstractmethod
from typing import Any

import gevent  # type: ignore[import-untyped]
import msgspec
from locust import task
from locust.env import Environment

from loadtests.driver.calling import BATCH, SDP
from loadtests.driver.snaksammen import LANGUAGES
from loadtests.measures import Kind
from loadtests.users.known import Chat, Gone
from loadtests.users.mix import TALK_SECONDS, TEXT_SECONDS, prose
from loadtests.users.phone import Phone
from loadtests.users.resident import Resident, share_of
from protocol import calls
from protocol import talks as tal
from protocol.codec import decode_problem
from protocol.operations import OPERATIONS
from protocol.requests import Nothing, OneConversation

LOOK_SECONDS = 1.0
"""How often one looks for an offer, or whether one was taken."""

CALL_SECONDS = 60.0
"""A call that nobody answers rings no longer."""

ENTER_SECONDS = 30.0
LAST_WORDS_SECONDS = 10.0

_entered = msgspec.json.Decoder(tal.Entered).decode


class _Talker(Resident):
    """One end of a talk."""

    abstract = True
    reads = True
    letter = ""
    """What the names of seats begin with: a seat is not its person."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._http = self.browser()
        self._seat: Phone | None = None

    def on_stop(self) -> None:
        """Leave the talk as one who closes the browser."""
        if self._seat is not None:
            self._seat.leave()
        super().on_stop()

    @task
    def live(self) -> None:
        """Go from one talk to the next."""
        try:
            self._talk(self._find())
        except Gone as why:
            if str(why) not in {"offline", "the line broke"}:
                self.load.fail("talk", str(why))
            gevent.sleep(LOOK_SECONDS)
        finally:
            self._put_away()

    @abstractmethod
    def _find(self) -> tal.Entered:
        """Find somebody, and enter the talk. Raises `Gone`."""

    @abstractmethod
    def _be_on_the_phone(self, seat: Phone, chat: Chat) -> None:
        """Set the call up. Raises `Gone`."""

    @property
    def language(self) -> str:
        """The language of this process's people: they meet each other, and one clock times both."""
        share = self.load.cast.share
        return LANGUAGES[(share.number if share else 0) % len(LANGUAGES)]

    def asked(self, command: str, request: Any) -> Any:
        """Ask over one's own socket, as the page of the line does. Raises `Gone`."""
        if self.phone is None:
            raise Gone("offline")
        return self.phone.ask(command, request)

    def post(self, operation: str, **data: Any) -> bytes:
        """Ask over HTTP what is not asked over a socket. Raises `Gone`."""
        row = OPERATIONS[operation]
        path = row.path.format_map(data)
        rest = {name: value for name, value in data.items() if f"{{{name}}}" not in row.path}
        body = None if row.method == "DELETE" else msgspec.json.encode(rest).decode()
        began = time.perf_counter()
        answer: Any = self._http.request(
            row.method, path, data=body,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )  # fmt: skip
        if answer.status_code == 0:
            self.load.fail("talk", type(answer.error).__name__, reached=False)
            raise Gone("offline")
        if answer.status_code not in {200, 201}:
            raise Gone(_why(answer))
        self.load.note(operation, began, began, time.perf_counter())
        return bytes(answer.content or b"")

    # --- the talk

    def _talk(self, entered: tal.Entered) -> None:
        talk = entered.talk
        seat = self._seat = Phone(
            self.load, f"{self.letter}{self.number}", entered.session, reads=True
        )
        chat = self._both_here(seat, talk.id)
        began = time.perf_counter()
        until = began + TALK_SECONDS / self.load.faster
        try:
            self._be_on_the_phone(seat, chat)
            self.load.note(Kind.CALL, began, began, time.perf_counter())
        except Gone:
            if self._goes_on(talk.id):
                raise
            # The other's time was up first, and the talk is over.
        due = time.perf_counter()
        while (due := due + self.around(TEXT_SECONDS)) < until and self._goes_on(talk.id):
            gevent.sleep(max(0.0, due - time.perf_counter()))
            if seat.ready.is_set() and self._goes_on(talk.id):
                seat.write(chat, prose(self.load.dice), due)
        self._leave(seat, talk.id)

    def _both_here(self, seat: Phone, talk: str) -> Chat:
        """Wait until both have entered; gives the talk's conversation. Raises `Gone`."""
        if not seat.ready.wait(ENTER_SECONDS):
            raise Gone("the talk cannot be entered")
        until = time.perf_counter() + ENTER_SECONDS
        while time.perf_counter() < until:
            now: tal.Talk = seat.ask("talk.get", tal.OneTalk(talk))
            if now.state == "running" and now.conversation is not None:
                seat.get_to_know(now.conversation)
                if now.conversation in seat.chats:
                    return seat.chats[now.conversation]
            gevent.sleep(LOOK_SECONDS)
        raise Gone("the other never came")

    def _goes_on(self, talk: str) -> bool:
        """Tell whether the talk runs: the other may have left."""
        if self._seat is None:
            return False
        now: tal.Talk = self._seat.ask("talk.get", tal.OneTalk(talk))
        return now.state == "running"

    def _leave(self, seat: Phone, talk: str) -> None:
        """Leave once what was written has arrived."""
        until = time.perf_counter() + LAST_WORDS_SECONDS
        while time.perf_counter() < until and any(
            key[0].startswith(f"{seat.name}>") for key in self.load.sight.messages
        ):
            gevent.sleep(0.05)
        seat.ask("talk.leave", tal.LeaveTalk(talk, "done"))

    def _put_away(self) -> None:
        if self._seat is not None:
            self._seat.leave()
            self._seat = None

    # --- the call

    def _signal(self, seat: Phone, call: str, to: int, kind: str) -> None:
        """Send one's description and candidates, and say that there is a way."""
        device = f"device-{self.letter}"
        description = msgspec.convert({"type": kind, "sdp": SDP}, calls.Description)
        candidates = msgspec.convert(BATCH, tuple[calls.Candidate, ...])
        seat.ask("call.signal", calls.SignalCall(call, device, to, description))
        for _ in range(2):
            seat.ask("call.signal", calls.SignalCall(call, device, to, None, candidates))
        seat.ask("call.media", calls.ChangeCall(call, device, connected=True))


class Volunteer(_Talker):
    """On duty; takes what is offered, and calls."""

    weight = share_of("Volunteer")
    volunteers = True
    letter = "v"

    def on_start(self) -> None:
        """Speak the language of this process's people."""
        super().on_start()
        try:
            self.post("volunteer.update", languages=[self.language])
        except Gone as why:
            self.load.fail("talk", str(why))

    def _find(self) -> tal.Entered:
        """Be on duty until an offer could be taken."""
        self.post("duty.start")
        while True:
            duty: tal.Duty = self.asked("duty.get", Nothing())
            if duty.talk is not None:
                return _entered(self.post("talk.join", talk=duty.talk))
            for offer in duty.offers:
                try:
                    return _entered(self.post("offer.take", offer=offer.id))
                except Gone as why:
                    if str(why) not in {"offer_taken", "not_now"}:
                        raise
            gevent.sleep(LOOK_SECONDS)

    def _be_on_the_phone(self, seat: Phone, chat: Chat) -> None:
        """Call, and answer the other's description once they have taken the call."""
        joined: calls.Joined = seat.ask(
            "call.start", calls.StartCall(chat.id, f"device-{self.letter}")
        )
        until = time.perf_counter() + CALL_SECONDS
        while time.perf_counter() < until:
            now: calls.CurrentCall = seat.ask("call.get", OneConversation(chat.id))
            others = [] if now.call is None else [one.member for one in now.call.parties
                                                  if one.member != chat.me]  # fmt: skip
            if others:
                return self._signal(seat, joined.call.id, others[0], "answer")
            gevent.sleep(LOOK_SECONDS)
        raise Gone("nobody answered the call")


class Seeker(_Talker):
    """Joins the line, enters the talk with whoever takes them, and answers the call."""

    weight = share_of("Seeker")
    letter = "g"

    def _find(self) -> tal.Entered:
        """Wait in the line until one is taken."""
        began = time.perf_counter()
        name = f"Gæst {self.letter}{self.number}"
        self.post("line.join", language=self.language, name=name)
        while True:
            place: tal.Place = self.asked("line.get", Nothing())
            if place.talk is not None:
                entered = _entered(self.post("talk.join", talk=place.talk))
                self.load.note(Kind.MEET, began, began, time.perf_counter())
                return entered
            if place.state != "waiting":
                raise Gone(f"in the line: {place.state}")
            gevent.sleep(LOOK_SECONDS)

    def _be_on_the_phone(self, seat: Phone, chat: Chat) -> None:
        """Answer the call as soon as it rings, and describe oneself first."""
        until = time.perf_counter() + CALL_SECONDS
        while time.perf_counter() < until:
            now: calls.CurrentCall = seat.ask("call.get", OneConversation(chat.id))
            if now.call is not None and now.call.state == "ringing":
                device = f"device-{self.letter}"
                seat.ask("call.join", calls.JoinCall(now.call.id, device))
                return self._signal(seat, now.call.id, now.call.started_by, "offer")
            gevent.sleep(LOOK_SECONDS)
        raise Gone("nobody called")


def _why(answer: Any) -> str:
    """Name what an answer refuses."""
    try:
        return decode_problem(answer.content).code
    except ValueError:
        return str(answer.status_code)
