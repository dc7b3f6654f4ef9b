"""Danish search terms: one function makes them for what is looked through and for queries.

A term is a word, case folded and stemmed. æ, ø and å are letters of their own: `å` is not `a`,
`ø` is not `o`. Two spellings are one word where Danish says so: `aa` is `å` (the spelling before
1948, and of keyboards without it), and the optional acute accent is dropped (`café`, `cafe`).
`ae` and `oe` stay, because they also stand in ordinary words (`poesi`, `koen`).
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import snowballstemmer

WORD = re.compile(r"[^\W_]+")
LONGEST = 40
"""Letters of a word that are looked at; what differs only after them is found together."""

PREFIX_FROM = 3
"""Letters from which an unfinished word finds longer ones; below, nearly everything would match."""

_ACUTE = "\u0301"

_RUN = re.compile("(?:[^\\W_]|[\u0300-\u036f\u3099\u309a])+")
"""Letters and digits with the marks on them, as they stand in a text."""

_DISGUISES = {
    "a": "Ááẚ", "c": "Ćć", "e": "Éé", "f": "ﬀﬁﬂﬃﬄ", "g": "Ǵǵ", "i": "Ííİﬁﬃ", "k": "Ḱḱ\u212a",
    "l": "Ĺĺﬂﬄ", "m": "Ḿḿ", "n": "Ńńŉ", "o": "Óó", "p": "Ṕṕ", "r": "Ŕŕ", "s": "Śśſßẞﬅﬆ",
    "t": "ﬅﬆ", "u": "Úú", "w": "Ẃẃ", "y": "Ýý", "z": "Źź",
}  # fmt: skip
"""Characters that become a letter of ASCII, beside the letter itself."""

_SEVERAL = re.compile("[\u0370-\u03ff\u0530-\u058f]")
"""Greek and Armenian letters: some characters become two of them."""

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


def query_terms(text: str, dropped: Collection[str] = STOP_WORDS) -> Query | None:
    """Read a query; None if it holds no word at all.

    The last word may be unfinished. Some words are dropped, unless there are no others.
    """
    words = _words(text)
    if not words:
        return None
    kept = [_stem(word) for word in words if word not in dropped] or [_stem(words[-1])]
    last = kept.pop()
    if len(last) < PREFIX_FROM:
        return Query(frozenset([*kept, last]))
    return Query(frozenset(kept), last)


class Finder:
    """Finds the words of one query in texts; for a single search, for it remembers words."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._terms = (*query.whole, *([query.prefix] if query.prefix is not None else ()))
        self._stems: dict[str, str] = {}

    def places(self, text: str) -> list[tuple[int, int]]:
        """Tell where the words stand, as (start, length) in code points; nowhere if one is missing.

        What `index_terms` gives for the text decides, and each word is given whole.
        """
        found: list[tuple[int, int]] = []
        seen: set[str] = set()
        for run in _RUN.finditer(text):
            stems = {self._stem(word) for word in _words(run[0]) if self._may_be(word)}
            hits = {stem for stem in stems if self._asked(stem)}
            if hits:
                found.append((run.start(), run.end() - run.start()))
                seen |= hits
        prefix = self._query.prefix
        finished = prefix is None or any(stem.startswith(prefix) for stem in seen)
        return found if finished and self._query.whole <= seen else []

    def _may_be(self, word: str) -> bool:
        """Tell whether a word is worth the stemmer, which takes only from its end."""
        return word.startswith(self._terms) or word in _IRREGULAR

    def _asked(self, stem: str) -> bool:
        prefix = self._query.prefix
        return stem in self._query.whole or (prefix is not None and stem.startswith(prefix))

    def _stem(self, word: str) -> str:
        stem = self._stems.get(word)
        if stem is None:
            stem = self._stems[word] = _stem(word)
        return stem


@dataclass(frozen=True, slots=True)
class Sieve:
    """What SQL can tell of a text before it is cut into words: it never loses one that is found.

    A text may be found if it is LIKE `pattern`, or has one of the `disguises` in it, which hide a
    letter from LIKE. Letters of ASCII match in either case. Neither has a `%` or `_` that was
    asked for: no word has one.
    """

    pattern: str
    disguises: tuple[str, ...]


SIFTED_LETTERS = 4
"""Letters that a sieve looks for: more tell little more, and each costs a few looks."""


def sieve(query: Query) -> Sieve:
    """Make the sieve of a query: of the letters of its longest word that are seldom disguised."""
    starts = [_start(term, unfinished=False) for term in query.whole]
    if query.prefix is not None:
        starts.append(_start(query.prefix, unfinished=True))
    longest = max(starts, key=lambda start: (len(start), start))
    ends = range(min(SIFTED_LETTERS, len(longest)), len(longest) + 1)
    letters = min((longest[max(0, end - SIFTED_LETTERS) : end] for end in ends), key=_weakness)
    return Sieve(f"%{''.join(map(_sign, letters))}%", tuple(sorted(_all_disguises(letters))))


def _weakness(letters: str) -> tuple[int, int]:
    hidden = sum(not letter.isascii() for letter in letters)
    return hidden, len(_all_disguises(letters))


def _all_disguises(letters: str) -> set[str]:
    return {_ACUTE, *(sign for letter in letters for sign in _disguises(letter))}


def _start(term: str, *, unfinished: bool) -> str:
    """Give what all words of a term begin with."""
    irregular = [
        form
        for form, base in _IRREGULAR.items()
        if base == term or (unfinished and base.startswith(term))
    ]
    starts = (term[:length] for length in range(len(term), -1, -1))
    return next(start for start in starts if all(form.startswith(start) for form in irregular))


def _sign(letter: str) -> str:
    if letter.isascii():
        return letter
    return "%" if _SEVERAL.match(letter) else "_"


def _disguises(letter: str) -> Iterable[str]:
    """Give what may stand in a text for a letter that LIKE would not take for it."""
    if letter == "å":
        return ("aa", *_DISGUISES["a"], "\u030a")
    return _DISGUISES.get(letter) or unicodedata.normalize("NFD", letter)[1:]


def interest_term(slug: str) -> str:
    """Give the term of an interest; no word of a text can be one."""
    return f"#{slug}"


def after_prefix(prefix: str) -> str:
    """Give the first string, by code points, after all that begin with `prefix`."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _words(text: str) -> list[str]:
    folded = text.casefold()
    if not folded.isascii():
        parts = unicodedata.normalize("NFD", folded).replace(_ACUTE, "")
        folded = unicodedata.normalize("NFC", parts)
    return [word[:LONGEST] for word in WORD.findall(folded.replace("aa", "å"))]


def _stem(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    # A stemmer keeps the word it works on, so each use has its own: threads share nothing.
    stem: str = snowballstemmer.stemmer("danish").stemWord(word)
    return stem
