"""Many bubbles at once, straight into the store: for `chat.seed`."""

from collections.abc import Iterable

from chat.bubbles import store
from chat.bubbles.drafts import Draft, draft
from chat.bubbles.model import Bubble, Content
from chat.storage.database import Transaction

__all__ = ["Draft", "draft_of", "post"]


def draft_of(title: str, text: str, interests: Iterable[str], symbol: str) -> Draft:
    """Screen a content and cut it into terms: once, however many bubbles will have it."""
    return draft(Content(title, text, tuple(interests), symbol, None))


def post(txn: Transaction, bubbles: Iterable[tuple[Bubble, Draft]]) -> None:
    """Add bubbles, each with the draft that it was made from."""
    for bubble, made_from in bubbles:
        store.add(txn, bubble, made_from.terms)
