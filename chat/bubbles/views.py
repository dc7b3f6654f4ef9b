"""How bubbles look to one viewer."""

from collections.abc import Sequence

from chat.bubbles.model import ORIGIN, Bubble, Viewer, shows_municipality
from chat.conversations.service import answers, of_origins
from chat.safety.screening import REASONS
from chat.storage.database import Reader
from protocol import resources as res
from protocol.errors import Language
from protocol.ids import encode_id


def as_seen(
    reader: Reader, viewer: Viewer, language: Language, bubbles: Sequence[Bubble]
) -> list[res.Bubble]:
    """Make the public form of bubbles that the viewer may see, in the order given."""
    mine = [bubble.id for bubble in bubbles if bubble.author.account == viewer.account]
    others = [bubble.id for bubble in bubbles if bubble.author.account != viewer.account]
    conversations = of_origins(reader, ORIGIN, others, viewer.account, left=False)
    counts = {**dict.fromkeys(mine, 0), **answers(reader, ORIGIN, mine)}
    return [
        _as_seen(viewer, language, bubble, conversations.get(bubble.id), counts.get(bubble.id))
        for bubble in bubbles
    ]


def _as_seen(
    viewer: Viewer,
    language: Language,
    bubble: Bubble,
    conversation: int | None,
    count: int | None,
) -> res.Bubble:
    content, author = bubble.content, bubble.author
    return res.Bubble(
        id=encode_id(bubble.id),
        title=content.title,
        text=content.text,
        interests=list(content.interests),
        symbol=content.symbol,
        picture=None if content.picture is None else encode_id(content.picture),
        author=author.alias,
        municipality=author.municipality if shows_municipality(bubble, viewer) else None,
        created_at=bubble.created_at,
        edited_at=bubble.edited_at,
        state=bubble.state.value,
        mine=author.account == viewer.account,
        conversation=None if conversation is None else encode_id(conversation),
        answers=count,
        held=None if bubble.held is None else REASONS[bubble.held].text(language),
    )
