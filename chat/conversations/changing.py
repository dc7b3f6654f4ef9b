"""The rules of changing a message: edit, delete, react, pin. Pure.

Each takes a message as it is and gives it as it becomes, or None when it is that way already: so
whoever does not know whether a change arrived may ask for it again.
"""

from collections.abc import Callable

from msgspec.structs import replace

from protocol.errors import Refused
from protocol.resources import QUOTED_CHARACTERS, Message, Quote, Reaction, ReactionKind

MAX_PINNED = 20

Change = Callable[[Message, int], Message | None]
"""A change that a member, by number, makes to a message."""


def edit(text: str, at: int) -> Change:
    """Give one's own message another text."""

    def change(message: Message, by: int) -> Message | None:
        _require_own(message, by)
        return None if text == message.text else replace(message, text=text, edited_at=at)

    return change


def delete(message: Message, by: int) -> Message | None:
    """Take one's own message back: what remains is its number and when it was sent.

    Raises `Refused("not_found")` for the message of another, as if it were not there.
    """
    if message.sender != by:
        raise Refused("not_found")
    if message.deleted:
        return None
    return replace(
        message,
        text="", edited_at=None, deleted=True, quote=None, picture=None, reactions=[], pinned=False,
    )  # fmt: skip


def react(kind: ReactionKind, *, on: bool) -> Change:
    """React to a message in one way, or take it back: once of a kind for each person."""

    def change(message: Message, by: int) -> Message | None:
        _require_there(message)
        members = {one.kind: set(one.members) for one in message.reactions}
        before = by in members.setdefault(kind, set())
        if before is on:
            return None
        members[kind] ^= {by}
        reactions = [Reaction(one, sorted(who)) for one, who in sorted(members.items()) if who]
        return replace(message, reactions=reactions)

    return change


def pin(*, on: bool) -> Change:
    """Pin a message for everyone, or unpin it."""

    def change(message: Message, by: int) -> Message | None:
        _require_there(message)
        return None if message.pinned is on else replace(message, pinned=on)

    return change


def words(message: Message) -> tuple[str, str]:
    """Give all that a message says: its text, and what its picture shows."""
    return message.text, message.picture.description if message.picture is not None else ""


def quote(message: Message) -> Quote:
    """Quote a message as it is now."""
    return Quote(
        seq=message.seq,
        sender=message.sender,
        text=message.text[:QUOTED_CHARACTERS],
        picture=message.picture is not None,
        deleted=message.deleted,
    )


def _require_own(message: Message, by: int) -> None:
    if message.sender != by:
        raise Refused("not_found")
    _require_there(message)


def _require_there(message: Message) -> None:
    if message.deleted:
        raise Refused("gone")
