"""The words of every mail: pure. A letter never holds the text of a message or a bubble."""

from collections.abc import Mapping

from chat.delivery import letters_account, letters_talks
from chat.delivery.letter import Content, Letter, fill_in
from chat.delivery.model import Kind
from protocol.errors import Language

LETTERS: Mapping[Kind, Mapping[Language, Letter]] = {
    **letters_account.LETTERS,
    **letters_talks.LETTERS,
}


def compose(kind: Kind, language: Language, params: Mapping[str, str]) -> Content:
    """Fill a letter in. Raises `KeyError` for an unknown kind or a missing param."""
    return fill_in(LETTERS[kind][language], language, params)
