"""What an author writes, made ready for the store: cleaned, screened, and cut into terms.

It takes milliseconds, so it is done before the unit of work, not inside it.
"""

from dataclasses import dataclass, replace

from msgspec import UNSET

from chat.bubbles.interests import words_of
from chat.bubbles.model import (
    Content,
    Event,
    State,
    clean_interests,
    clean_symbol,
    clean_text,
    clean_title,
)
from chat.safety.screening import screen
from chat.terms import index_terms, interest_term
from protocol.ids import decode_id
from protocol.requests import EditBubble, PostBubble


@dataclass(frozen=True, slots=True)
class Draft:
    """A content, the slug of why screening holds it, and the terms that it is found by."""

    content: Content
    held: str | None
    terms: frozenset[str]

    @property
    def first_state(self) -> State:
        """The state of a new bubble."""
        return State.OPEN if self.held is None else State.HELD

    @property
    def event(self) -> Event:
        """What happens to a bubble that is edited into this."""
        return Event.PASSED if self.held is None else Event.STOPPED


def draft(content: Content) -> Draft:
    """Screen a content (domain rule 4) and make its terms."""
    reason = screen(f"{content.title}\n{content.text}")
    words = index_terms([content.title, content.text, *words_of(content.interests)])
    return Draft(
        content=content,
        held=None if reason is None else reason.slug,
        terms=words | {interest_term(slug) for slug in content.interests},
    )


def written(request: PostBubble) -> Content:
    """Clean what a new bubble says. Raises `Refused("invalid_field")`."""
    return Content(
        title=clean_title(request.title),
        text=clean_text(request.text),
        interests=clean_interests(request.interests),
        symbol=clean_symbol(request.symbol),
        picture=None if request.picture is None else decode_id(request.picture),
    )


def rewritten(content: Content, request: EditBubble) -> Content:
    """Clean and apply an edit. Raises `Refused("invalid_field")`."""
    if request.title is not UNSET:
        content = replace(content, title=clean_title(request.title))
    if request.text is not UNSET:
        content = replace(content, text=clean_text(request.text))
    if request.interests is not UNSET:
        content = replace(content, interests=clean_interests(request.interests))
    if request.symbol is not UNSET:
        content = replace(content, symbol=clean_symbol(request.symbol))
    if request.picture is not UNSET:
        picture = None if request.picture is None else decode_id(request.picture)
        content = replace(content, picture=picture)
    return content
