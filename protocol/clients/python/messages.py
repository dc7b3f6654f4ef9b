"""A message as it is now, and what follows from a change of it. Pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from protocol.resources import QUOTED_CHARACTERS, Message, Quote


def later(known: Message | None, come: Message) -> Message:
    """Give the state of a message that counts: what came last of those that are as new."""
    return known if known is not None and known.changed_seq > come.changed_seq else come


def quote_of(message: Message) -> Quote:
    """Make what another message shows of the one that it answers."""
    return Quote(
        message.seq,
        message.sender,
        message.text[:QUOTED_CHARACTERS],
        message.picture is not None,
        message.deleted,
    )


def with_quote(message: Message, quoted: Message | None) -> Message:
    """Renew a message's quote, if `quoted` is what it quotes."""
    if quoted is None or message.quote is None or message.quote.seq != quoted.seq:
        return message
    return replace(message, quote=quote_of(quoted))


def with_pin(pinned: Sequence[Message], message: Message) -> list[Message]:
    """Give the pinned messages of a conversation, once `message` is as it is now."""
    others = [one for one in pinned if one.seq != message.seq]
    known = next((one for one in pinned if one.seq == message.seq), None)
    now = [later(known, message)] if message.pinned else []
    return sorted([*others, *now], key=lambda one: one.seq)
