"""Danish search terms: one function makes them for the index and for queries.

A term is a word, case folded and stemmed. æ, ø and å are letters of their own: `å` is not `a`,
`ø` is not `o`. Two spellings are one word where Danish says so: `aa` is `å` (the spelling before
1948, and of keyboards without it), and the optional acute accent is dropped (`café`, `cafe`).
`ae` and `oe` stay, because they also stand in ordinary words (`poesi`, `koen`).
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import snowballstemmer

WORD = re.compile(r"[^\W_]+")
LONGEST = 40
"""Letters of a word that are looked at; what differs only after them is found together."""

PREFIX_FROM = 3
"""Letters from which an unfinished word finds longer ones; below, nearly everything would match."""

_ACUTE = "\u0301"

# Nouns that people here write often and that the stemmer leaves apart, because their vowel
# changes or because they are too short for it.
_IRREGULAR = {
    form: forms.split()[0]
    for forms in (
        "bog bøger bøgerne",
        "barn børn børnene",
        "cykel cykler cyklerne cyklen cykle",
        "mand mænd mændene",
        "sø søen søer søerne",
        "ø øen øer øerne",
        "å åen åer åerne",
        "ko køer køerne",
        "by byen byer byerne",
    )
    for form in forms.split()
}

_EVERYWHERE = (
    "af alle alt at da de dem den der deres det dig din dit dine dog du efter eller en er et for"
    " fra ham han hans har havde hen hende hendes her hun hvad hvis hvor i ikke ind jeg jer kan"
    " man med meget men mig min mine mit mod ned nogen noget nogle nu når og også om op os over på"
    " sig sin sine sit skal skulle som så til ud under var ved vi vil ville vores være været"
    " a an and are for in is of on or the to with"
)
STOP_WORDS = frozenset(_EVERYWHERE.split())
"""Words that say nothing of a bubble. `have` is not one: it is a garden."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a search asks: every term of `whole`, and a term that begins with `prefix` if given."""

    whole: frozenset[str] = frozenset()
    prefix: str | None = None


def index_terms(texts: Iterable[str]) -> frozenset[str]:
    """Give the terms that some texts are found by."""
    return frozenset(map(_stem, {word for text in texts for word in _words(text)}))


def query_terms(text: str) -> Query | None:
    """Read a query; None if it holds no word at all.

    The last word may be unfinished. Words that stand everywhere are dropped, unless there are no
    others.
    """
    words = _words(text)
    if not words:
        return None
    kept = [_stem(word) for word in words if word not in STOP_WORDS] or [_stem(words[-1])]
    last = kept.pop()
    if len(last) < PREFIX_FROM:
        return Query(frozenset([*kept, last]))
    return Query(frozenset(kept), last)


def interest_term(slug: str) -> str:
    """Give the term of an interest; no word of a text can be one."""
    return f"#{slug}"


def after_prefix(prefix: str) -> str:
    """Give the first string, by code points, after all that begin with `prefix`."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _words(text: str) -> list[str]:
    parts = unicodedata.normalize("NFD", text.casefold()).replace(_ACUTE, "")
    plain = unicodedata.normalize("NFC", parts).replace("aa", "å")
    return [word[:LONGEST] for word in WORD.findall(plain)]


def _stem(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    # A stemmer keeps the word it works on, so each use has its own: threads share nothing.
    stem: str = snowballstemmer.stemmer("danish").stemWord(word)
    return stem
