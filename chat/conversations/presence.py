"""Use cases of presence: who is here, told to the sockets that have a conversation on screen.

Only between people with an open conversation, and only if all in it let the others see it. Nothing
is stored, and of a conversation that is on nobody's screen nothing is kept.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from chat.conversations import store
from chat.conversations.model import NEVER, Rights
from chat.conversations.remembered import RememberedRights
from chat.conversations.rights import load_rights
from chat.realtime.hub import Hub
from chat.realtime.presence import Presence
from chat.scope import Clock, Scope
from chat.storage.database import Reader
from protocol import requests as ask
from protocol import resources as res
from protocol.codec import encode_event
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id
from protocol.messages import EventFrame, PresenceChanged

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Room:
    """A conversation that is on a screen; all who have it there know the same people to be here.

    `watchers` are accounts by socket, `shown` the member numbers of those who show themselves, by
    account: nobody unless all do. `here` are those of them whom the watchers know to be here.
    `sure` is false while the rights are read again: nothing is told meanwhile.
    """

    watchers: dict[int, int] = field(default_factory=dict)
    shown: dict[int, int] = field(default_factory=dict)
    here: set[int] = field(default_factory=set)
    changes_at: int = NEVER
    sure: bool = True


class PresenceWatches:
    """Who watches which conversations. Refusals: `not_found`.

    A socket hears only of what is checked: rights are read when it asks, and anew whenever they
    were raised. What ends at a midnight ends with the next that would be told.
    """

    def __init__(
        self, rights: RememberedRights, presence: Presence, hub: Hub, clock: Clock
    ) -> None:
        self._rights = rights
        self._presence = presence
        self._hub = hub
        self._clock = clock
        self._rooms: dict[int, Room] = {}
        self._rooms_of: dict[int, set[int]] = {}
        self._watched_by: dict[int, tuple[int, ...]] = {}
        self._unsure: set[int] = set()
        self._checking: asyncio.Task[None] | None = None
        presence.attach(self)
        rights.listen(self._doubt)

    # --- asking -----------------------------------------------------------------------------------

    async def get(self, scope: Scope, request: ask.OneConversation) -> res.Presence:
        """Who is here in one conversation; nobody if not all show it. Raises `not_found`."""
        conversation, me = decode_id(request.conversation), scope.me.account
        found = await self._rights.read_all(partial(_read, [conversation], scope.now, me))
        if conversation not in found:
            raise Refused("not_found")
        shown = _shown(found[conversation])
        here = {account for account in shown if self._presence.here(account)}
        return _presence(conversation, shown, here, me)

    async def watch(self, scope: Scope, request: ask.WatchPresence) -> res.Presences:
        """Tell this socket who is here in some conversations from now on, instead of in others.

        What may not be seen is left out, like what there is not; it is told of once it may be.
        """
        me, socket = scope.me.account, scope.connection
        asked = list(dict.fromkeys(map(decode_id, request.conversations)))
        found = await self._rights.read_all(partial(_read, asked, scope.now, me))
        if not self._hub.has(me, socket):
            return res.Presences([])
        before, self._watched_by[socket] = self._watched_by.get(socket, ()), tuple(found)
        rooms = {one: self._rooms.setdefault(one, Room()) for one in found}
        for conversation, room in rooms.items():
            room.watchers[socket] = me
            self._settle(conversation, room, found[conversation], but=socket)
        for conversation in before:
            if conversation not in found:
                self._look_away(conversation, socket)
        return res.Presences(
            [_presence(one, room.shown, room.here, me) for one, room in rooms.items() if room.shown]
        )

    # --- hearing ----------------------------------------------------------------------------------

    def moved(self, account: int, *, here: bool) -> None:
        """Hear that someone on a screen has come, or is gone."""
        for conversation in tuple(self._rooms_of.get(account, ())):
            room = self._rooms.get(conversation)
            if room is None or not room.sure:
                continue
            if self._clock() >= room.changes_at:
                self._doubt([conversation])
            elif here != (account in room.here):
                room.here ^= {account}
                self._tell(conversation, room, account, room.shown[account], here=here)

    def closed(self, socket: int) -> None:
        """Hear that a socket will take nothing any more."""
        for conversation in self._watched_by.pop(socket, ()):
            self._look_away(conversation, socket)

    def _doubt(self, conversations: Sequence[int]) -> None:
        """Have the rights of those that are on a screen read again (G6)."""
        for conversation in conversations:
            room = self._rooms.get(conversation)
            if room is not None:
                room.sure = False
                self._unsure.add(conversation)
        if self._unsure and (self._checking is None or self._checking.done()):
            self._checking = asyncio.get_running_loop().create_task(self._check())

    async def _check(self) -> None:
        while self._unsure:
            unsure = tuple(self._unsure)
            found: dict[int, Rights] = {}
            try:
                found = await self._rights.read_all(partial(_read, unsure, self._clock(), None))
            except Refused as refused:
                log.warning("presence_unknown", cause=refused.code)
            finally:  # what could not be read shows nobody
                self._unsure.difference_update(unsure)
                for conversation in unsure:
                    room = self._rooms.get(conversation)
                    if room is not None:
                        self._settle(conversation, room, found.get(conversation))

    # --- what is known ----------------------------------------------------------------------------

    def _settle(self, conversation: int, room: Room, rights: Rights | None, but: int = 0) -> None:
        """Take new rights, and tell all but one socket what they change.

        Telling may close a socket that is too slow, so all is put right before.
        """
        shown, was_shown, was_here = _shown(rights), room.shown, room.here
        room.shown, room.here = shown, {one for one in shown if self._presence.here(one)}
        room.changes_at = rights.changes_at if rights is not None else NEVER
        room.sure = True
        here = room.here.copy()
        self._follow(conversation, was_shown, shown)
        for account in was_here - here:
            self._tell(conversation, room, account, was_shown[account], here=False, but=but)
        for account in here - was_here:
            self._tell(conversation, room, account, shown[account], here=True, but=but)
        if rights is not None:
            for socket, account in tuple(room.watchers.items()):
                if account not in rights.numbers:
                    self._look_away(conversation, socket)

    def _follow(self, conversation: int, before: Iterable[int], now: Iterable[int]) -> None:
        """Hear of those who are shown in a conversation, no more of those who were."""
        for account in set(now).difference(before):
            rooms = self._rooms_of.setdefault(account, set())
            rooms.add(conversation)
            self._presence.look_at(account)
        for account in set(before).difference(now):
            rooms = self._rooms_of[account]
            rooms.discard(conversation)
            if not rooms:
                del self._rooms_of[account]
                self._presence.look_away(account)

    def _look_away(self, conversation: int, socket: int) -> None:
        room = self._rooms.get(conversation)
        if room is None:
            return
        room.watchers.pop(socket, None)
        if not room.watchers:
            self._follow(conversation, room.shown, ())
            del self._rooms[conversation]

    def _tell(
        self, conversation: int, room: Room, account: int, number: int, *, here: bool, but: int = 0
    ) -> None:
        data = PresenceChanged(number, here)
        frame = EventFrame("presence.changed", conversation=encode_id(conversation), data=data)
        encoded = encode_event(frame)
        for socket, watcher in tuple(room.watchers.items()):
            if watcher != account and socket != but:
                self._hub.tell(watcher, socket, encoded)


def _read(
    conversations: Sequence[int], now: int, member: int | None, reader: Reader
) -> dict[int, Rights]:
    """Read the rights of conversations that are there; of those with a member, if one is given."""
    found: dict[int, Rights] = {}
    for conversation in conversations:
        if store.exists(reader, conversation):
            rights = load_rights(reader, conversation, now)
            if member is None or member in rights.numbers:
                found[conversation] = rights
    return found


def _shown(rights: Rights | None) -> dict[int, int]:
    """Give the numbers of those who may be seen, by account: nobody unless all let it be."""
    return rights.numbers if rights is not None and rights.open and rights.presence else {}


def _presence(conversation: int, shown: dict[int, int], here: set[int], me: int) -> res.Presence:
    others = sorted(shown[account] for account in here if account != me)
    return res.Presence(encode_id(conversation), others)
