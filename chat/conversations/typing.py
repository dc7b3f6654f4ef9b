"""Use cases of typing: that someone writes, or needs a moment to think. Nothing is stored."""

import asyncio
from collections.abc import Callable
from functools import partial

from chat.conversations.access import access_conversation
from chat.conversations.events import ConversationEvents
from chat.conversations.model import Rights
from chat.conversations.remembered import RememberedRights
from chat.conversations.rights import load_rights
from chat.realtime.limits import Buckets, Rate
from chat.scope import Scope
from chat.settings import Limits
from chat.storage.answers import Answer
from chat.storage.database import Reader
from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused
from protocol.ids import decode_id


class Typing:
    """Raises `not_found`, `conversation_closed`, `not_active`, and `rate_limited`.

    One in three seconds for each conversation, and an end of every one.
    """

    def __init__(
        self, events: ConversationEvents, rights: RememberedRights, limits: Limits
    ) -> None:
        self._events = events
        self._rights = rights
        self._ending: dict[tuple[int, str], Scope] = {}
        """Who has stopped in this turn of the loop, and where."""
        self._turn_ends = False
        """Whether the end of this turn is awaited."""
        self._starts = Buckets()
        self._stops = Buckets()
        per_minute = max(1, 60_000 // limits.typing_interval_ms)
        self._start_rate = Rate(1, per_minute)
        self._stop_rate = Rate(2, per_minute)  # one may end late, and the next at once

    def start_now(self, scope: Scope, request: ask.StartTyping, answer: Answer[res.Empty]) -> bool:
        """Tell the others, if the rights are known; gives False if they must be read first."""
        return self._tell_now(scope, request.conversation, request.doing, answer)

    def stop_now(
        self, scope: Scope, request: ask.OneConversation, answer: Answer[res.Empty]
    ) -> bool:
        """As `start_now`, of one who writes no more: told at the end of the turn."""
        return self._tell_now(scope, request.conversation, None, answer)

    async def start(self, scope: Scope, request: ask.StartTyping) -> res.Empty:
        """Tell the others that one is writing, or needs a moment to think."""
        return await self._read_and_tell(scope, request.conversation, request.doing)

    async def stop(self, scope: Scope, request: ask.OneConversation) -> res.Empty:
        """Tell the others that one writes no more."""
        return await self._read_and_tell(scope, request.conversation, None)

    def _tell_now(
        self, scope: Scope, conversation: str, doing: str | None, answer: Answer[res.Empty]
    ) -> bool:
        rights = self._known(scope, conversation)
        if rights is None:
            return False
        self._take_token(scope, conversation, doing)
        if doing is None:
            self._end_soon(scope, rights, conversation)
        else:
            self._end(scope.me.account, conversation)
            self._tell(scope, rights, conversation, doing)
        answer(res.Empty())
        return True

    def _end_soon(self, scope: Scope, rights: Rights, conversation: str) -> None:
        _require(scope, rights)
        if not self._turn_ends:
            self._turn_ends = True
            asyncio.get_running_loop().call_soon(self._end_all)
        self._ending[scope.me.account, conversation] = scope

    def _end_all(self) -> None:
        self._turn_ends = False
        for account, conversation in tuple(self._ending):
            self._end(account, conversation)

    def _end(self, account: int, conversation: str) -> None:
        tell = self.take_along(account, conversation)
        if tell is not None:
            tell()

    def take_along(self, account: int, conversation: str) -> Callable[[], None] | None:
        """Give what tells that someone has stopped, if that is still to be told: with a message."""
        scope = self._ending.pop((account, conversation), None)
        return None if scope is None else partial(self._tell_ended, scope, conversation)

    def _tell_ended(self, scope: Scope, conversation: str) -> None:
        """Tell it, if it may still be told (G6): what is not told passes by itself."""
        rights = self._known(scope, conversation)
        if rights is not None and rights.refusals.get(scope.me.account, "not_found") is None:
            self._tell(scope, rights, conversation, None)

    async def _read_and_tell(self, scope: Scope, conversation: str, doing: str | None) -> res.Empty:
        self._take_token(scope, conversation, doing)
        rights = self._known(scope, conversation)
        if rights is None:
            fresh = partial(_fresh_rights, scope, conversation)
            rights = await self._rights.read(decode_id(conversation), fresh)
        self._tell(scope, rights, conversation, doing)
        return res.Empty()

    def _take_token(self, scope: Scope, conversation: str, doing: str | None) -> None:
        buckets, rate = (
            (self._stops, self._stop_rate) if doing is None else (self._starts, self._start_rate)
        )
        buckets.spend(f"{scope.me.account}:{conversation}", rate, scope.now)

    def _known(self, scope: Scope, conversation: str) -> Rights | None:
        rights = self._rights.get(decode_id(conversation))
        return None if rights is None or scope.now >= rights.changes_at else rights

    def _tell(self, scope: Scope, rights: Rights, conversation: str, doing: str | None) -> None:
        _require(scope, rights)
        me = scope.me.account
        others = tuple(account for account in rights.accounts if account != me)
        self._events.typing(conversation, rights.numbers[me], doing, others)


def _require(scope: Scope, rights: Rights) -> None:
    refusal = rights.refusals.get(scope.me.account, "not_found")
    if refusal is not None:
        raise Refused(refusal)


def _fresh_rights(scope: Scope, conversation: str, reader: Reader) -> Rights:
    row = access_conversation(reader, scope, conversation)
    return load_rights(reader, row["id"], scope.now)
