"""A citizen with the app open: browses, posts, replies, chats, reads, reacts, and is seen writing.

What they do and when is decided by the schedule of their process (`Load`), never by how quickly
the server answers.
"""

import time
from collections.abc import Callable
from typing import Any

import gevent  # type: ignore[import-untyped]
import msgspec
from locust import task
from locust.env import Environment

from loadtests.users.known import Chat, Gone, number_of
from loadtests.users.mix import prose
from loadtests.users.resident import FOR_EVER, Resident, share_of
from protocol.codec import decode_problem
from protocol.requests import FetchHistory, PostBubble, React, StartTyping
from protocol.resources import Bubble, BubblePage, ReactionKind

TYPING_INTERVAL_SECONDS = 3.0
REPLIES_AT_MOST, POSTS_AT_MOST = 4, 8
"""What one person may do in a day is limited (design section 7); one who stays below it is kind."""

REACTIONS: tuple[ReactionKind, ...] = (
    "heart", "thumbs_up", "laugh", "surprise", "sad", "thanks",
)  # fmt: skip

_page = msgspec.json.Decoder(BubblePage).decode
_bubble = msgspec.json.Decoder(Bubble).decode


class Citizen(Resident):
    """Somebody who takes part."""

    weight = share_of("Citizen")
    reads = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._http = self.browser()
        self._seen: list[Bubble] = []
        self._replies = self._posts = 0
        self._typed_at = 0.0
        self._acts: dict[str, Callable[[float], None]] = {
            "message": self._write, "browse": self._browse, "look": self._look,
            "open": self._open, "react": self._react, "reply": self._reply, "post": self._post,
        }  # fmt: skip

    def on_start(self) -> None:
        """Take part in the schedule once online."""
        super().on_start()
        self.load.citizens.append(self)

    def on_stop(self) -> None:
        """Take no more part."""
        if self in self.load.citizens:
            self.load.citizens.remove(self)
        super().on_stop()

    @task
    def live(self) -> None:
        """Be there; the schedule says what is done and when."""
        gevent.sleep(FOR_EVER)

    def can(self, action: str) -> bool:
        """Tell whether they may be asked to do something."""
        if self.phone is None:
            return False
        match action:
            case "message":
                return bool(self._here())
            case "open" | "react":
                return bool(self.phone.chats)
            case "reply":
                return self._replies < REPLIES_AT_MOST
            case "post":
                return self._posts < POSTS_AT_MOST
            case _:
                return True

    def begin(self, action: str, due: float) -> None:
        """Do something whose moment is `due` (of `perf_counter`), `LEAD_SECONDS` from now."""
        self.spawn(self._act, action, due)

    def _act(self, action: str, due: float) -> None:
        try:
            self._acts[action](due)
        except Gone as why:
            if str(why) not in {"offline", "the line broke"}:
                self.load.fail(action, str(why), due)

    # --- conversations

    def _write(self, due: float) -> None:
        chat = self._some_chat()
        self._be_seen_writing(chat)
        self._wait(due)
        if self.phone is not None:
            self.phone.write(chat, prose(self.load.dice), due)

    def _be_seen_writing(self, chat: Chat) -> None:
        now = time.perf_counter()
        if self.phone is not None and now - self._typed_at >= TYPING_INTERVAL_SECONDS:
            self._typed_at = now
            self.phone.tell("typing.start", StartTyping(chat.id))

    def _open(self, due: float) -> None:
        chat = self._some_chat()
        self._wait(due)
        if self.phone is not None and self.phone.ready.is_set():
            self.phone.page(FetchHistory(chat.id))

    def _react(self, due: float) -> None:
        chat = self._some_chat()
        self._wait(due)
        if self.phone is not None and self.phone.ready.is_set() and chat.last_message:
            reaction = self.load.dice.choice(REACTIONS)
            self.phone.ask("reaction.add", React(chat.id, chat.last_message, reaction))
            done = time.perf_counter()
            self.load.note("react", due, due, done)

    def _some_chat(self) -> Chat:
        assert self.phone is not None, "asked only once online"
        return self.load.dice.choice(self._here() or list(self.phone.chats.values()))

    def _here(self) -> list[Chat]:
        """List the conversations with people who are here: only there both ends can be watched."""
        listening = self.load.sight.listening
        chats = self.phone.chats.values() if self.phone is not None else ()
        return [chat for chat in chats if listening[chat.other]]

    # --- bubbles

    def _browse(self, due: float) -> None:
        self._wait(due)
        body = self._call("list bubbles", "GET", "/api/v1/bubbles?limit=30", due)
        if body:
            self._seen = _page(body).bubbles

    def _look(self, due: float) -> None:
        if not self._seen:
            self._browse(due)
        self._wait(due)
        if self._seen:
            one = self.load.dice.choice(self._seen)
            self._call("look at a bubble", "GET", f"/api/v1/bubbles/{one.id}", due)

    def _reply(self, due: float) -> None:
        if not self._seen:
            self._browse(due)
        self._wait(due)
        open_ones = [
            one for one in self._seen
            if one.state == "open" and not one.mine and one.conversation is None
        ]  # fmt: skip
        if open_ones and self.phone is not None:
            listening = self.load.sight.listening
            here = [one for one in open_ones if listening[number_of(one.author)]]
            one = self.load.dice.choice(here or open_ones)
            self._seen.remove(one)
            self._replies += 1
            self.phone.reply(one.id, number_of(one.author), prose(self.load.dice), due)

    def _post(self, due: float) -> None:
        self._wait(due)
        self._posts += 1
        wish = PostBubble("Kaffe og en gåtur", f"Hvem vil med? {prose(self.load.dice)}", ["walks"])
        self._call(
            "post a bubble", "POST", "/api/v1/bubbles", due, msgspec.json.encode(wish).decode()
        )

    def _call(self, kind: str, method: str, path: str, due: float, body: str = "") -> bytes:
        """Make a request; gives the body of a good answer, else nothing."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if body:
            headers["Content-Type"] = "application/json"
        sent = time.perf_counter()
        answer = self._http.request(method, path, headers=headers, data=body or None)
        if answer.status_code in {200, 201}:
            self.load.note(kind, due, sent, time.perf_counter())
            return bytes(answer.content or b"")
        self.load.fail(kind, _why(answer), due, reached=answer.status_code != 0)
        return b""

    def _wait(self, due: float) -> None:
        """Wait for the moment; how much later it then is is nobody's fault but ours."""
        if time.perf_counter() < due:
            self.load.alarms.sleep_until(due)
            self.load.watch.late(time.perf_counter() - due)


def _why(answer: Any) -> str:
    """Name what an answer refuses."""
    if answer.status_code == 0:
        return type(answer.error).__name__
    try:
        return decode_problem(answer.content).code
    except ValueError:
        return str(answer.status_code)
