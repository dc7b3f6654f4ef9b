"""What is shown and never kept: who writes, and who is here. No I/O and no clock."""

from protocol.clients.python.effects import Event
from protocol.clients.python.own_typing import LASTS_MS, Doing
from protocol.messages import PresenceChanged, Typing, TypingStopped
from protocol.resources import Message, Presences


class Signs:
    """The signs of others, by conversation and member number."""

    def __init__(self) -> None:
        self._typing: dict[str, dict[int, tuple[Doing, float]]] = {}  # and until when
        self._here: dict[str, set[int]] = {}

    def event(self, event: Event, now: float) -> None:
        """Take a sign, or what ends one."""
        conversation = event.conversation or ""
        typing = self._typing.setdefault(conversation, {})
        match event.data:
            case Typing(member, doing):
                typing[member] = (doing, now + LASTS_MS)
            case TypingStopped(member):
                typing.pop(member, None)
            case Message() as message:
                typing.pop(message.sender, None)
            case PresenceChanged(member, here):
                present = self._here.setdefault(conversation, set())
                (present.add if here else present.discard)(member)

    def watched(self, presences: Presences) -> None:
        """Take who is here, in the conversations that are watched from now on."""
        self._here = {one.conversation: set(one.members) for one in presences.conversations}

    def blind(self) -> None:
        """The connection is gone: nobody knows who is here."""
        self._here.clear()

    def typing(self, conversation: str, now: float) -> dict[int, Doing]:
        """Tell what each member is doing."""
        signs = self._typing.get(conversation, {})
        return {member: doing for member, (doing, until) in signs.items() if until > now}

    def presence(self, conversation: str) -> frozenset[int]:
        """Tell who is here."""
        return frozenset(self._here.get(conversation, ()))

    def forget(self, conversation: str) -> None:
        """One has left it."""
        self._typing.pop(conversation, None)
        self._here.pop(conversation, None)
