"""Words of a query in a text: what is found, where, and that SQL sifts none of it away."""

import sqlite3
import sys
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from chat.terms import Finder, index_terms, query_terms, sieve

WRITTEN = (
    "jeg du er på og i en at skoven skov hest hesten heste tur turen går gå gået gaar kaffe café"
    " cafe bog bøger bøgerne barn børn mand mænd cykel cykler cyklen sø søen ø å åen ko køer by"
    " byen mødes møde mødet ærlig æble Aalborg Ålborg Århus aarhus idé ideen én Ånd kærlighed"
    " Straße strasse Gdańsk gdansk Kraków İzmir ﬁnt fint ŉa Ǻ ǿ Köln naïve 2026 kl10 привет мир"
    " Ελλάδα ελλάδας και և եւ がくせい ᾳ αι 한국어 løst løsning venligst venlig hest's aa aaa åa aå"  # noqa: RUF001
)
COMMON = WRITTEN.split()
GAPS = (" ", ", ", "\n", "-", "_", "🐎", "!", "")


@some.composite
def texts(draw: some.DrawFn) -> str:
    """Words as people, keyboards and other programs write them."""
    written = []
    for word in draw(some.lists(some.sampled_from(COMMON), max_size=12)):
        cased = draw(some.sampled_from((word, word.upper(), word.capitalize(), word.swapcase())))
        accented = cased + "\u0301" if draw(some.integers(0, 9)) == 0 else cased
        is_apart = draw(some.booleans())
        written += [
            unicodedata.normalize("NFD" if is_apart else "NFC", accented),
            draw(some.sampled_from(GAPS)),
        ]
    return "".join(written)


anything = some.one_of(texts(), some.text(max_size=20))
queries = some.one_of(
    some.lists(some.sampled_from(COMMON), min_size=1, max_size=3).map(" ".join),
    texts(),
    some.sampled_from([word[:length] for word in COMMON for length in (1, 2, 3, 4)]),
)


def has_all_words(text: str, query: str) -> bool:
    """Tell by the terms of the whole text, as an index would."""
    asked, there = query_terms(query, dropped=()), index_terms([text])
    if asked is None:
        return False
    prefix = asked.prefix
    finished = prefix is None or any(term.startswith(prefix) for term in there)
    return finished and asked.whole <= there


def found_in(text: str, query: str) -> list[str]:
    """Give the words that are shown as found."""
    asked = query_terms(query, dropped=())
    assert asked is not None
    places = Finder(asked).places(text)
    return [text[start : start + length] for start, length in places]


@pytest.fixture(scope="module")
def like() -> Iterator[sqlite3.Connection]:
    """A database that knows LIKE."""
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


def is_let_through(like: sqlite3.Connection, text: str, query: str) -> bool:
    asked = query_terms(query, dropped=())
    assert asked is not None
    made = sieve(asked)
    signs = [f"%{sign}%" for sign in made.disguises]
    likes = " OR t LIKE ?" * len(signs)
    sql = f"WITH one (t) AS (VALUES (?)) SELECT t LIKE ?{likes} FROM one"
    return bool(like.execute(sql, [text, made.pattern, *signs]).fetchone()[0])


@given(anything, queries)
def test_a_text_is_found_exactly_if_all_words_are_among_its_terms(text: str, query: str) -> None:
    if query_terms(query, dropped=()) is not None:
        assert bool(found_in(text, query)) == has_all_words(text, query)


@given(texts(), queries)
@example("Gdańsk", "gdansk")
@example("STRAẞE", "strasse")
@example("a\u030arhus", "århus")
@example("ÁARHUS", "århus")
@example("\u212aaffe", "kaffe")
@example("bøgerne", "bog")
def test_the_sieve_lets_all_through_that_is_found(
    like: sqlite3.Connection, text: str, query: str
) -> None:
    if query_terms(query, dropped=()) is not None and has_all_words(text, query):
        assert is_let_through(like, text, query)


@given(texts(), queries)
def test_what_is_shown_as_found_are_whole_words_in_their_order(text: str, query: str) -> None:
    asked = query_terms(query, dropped=())
    if asked is None:
        return
    places = Finder(asked).places(text)
    for (start, length), (after, _) in pairwise([*places, (len(text), 0)]):
        assert length > 0
        assert start + length <= after
        terms = index_terms([text[start : start + length]])
        prefix = asked.prefix
        assert terms & asked.whole or (
            prefix is not None and any(term.startswith(prefix) for term in terms)
        )


def test_no_character_hides_a_letter_that_the_sieve_does_not_know(like: sqlite3.Connection) -> None:
    """Every code point that becomes a letter of ASCII, alone, is found by it."""
    for number in range(0x80, sys.maxunicode + 1):
        character = chr(number)
        parts = unicodedata.normalize("NFD", character.casefold())
        if not any(part.isascii() and part.isalnum() for part in parts):
            continue
        for term in index_terms([f"{character}b"]):
            assert is_let_through(like, f"{character}b", term)


@pytest.mark.parametrize(
    ("query", "pattern"),
    [
        ("i elefanter", "%elef%"),
        ("kærlighed", "%k_r%"),
        ("sø", "%s_%"),
        ("børn", "%b%"),
        ("Ελλάδα", "%%%%%%"),
    ],
)
def test_a_sieve_looks_for_a_few_letters_of_the_longest_word(query: str, pattern: str) -> None:
    asked = query_terms(query, dropped=())
    assert asked is not None
    assert sieve(asked).pattern == pattern
    assert len(sieve(asked).disguises) < 16


@pytest.mark.parametrize(
    ("text", "query", "words"),
    [
        ("Skal vi gå tur i skoven?", "skov", ["skoven"]),
        ("Skal vi gå tur i skoven?", "skove tur", ["tur", "skoven"]),
        ("Skal vi gå tur i skoven?", "skov hest", []),
        ("Skal vi gå tur i skoven?", "sko", ["skoven"]),
        ("Skal vi gå tur i skoven?", "sk", []),
        ("Vi ses på CAFÉEN, 🐎 caféen", "cafeen", ["CAFÉEN", "caféen"]),
        ("Mine børn læser bøger", "barn bog", ["børn", "bøger"]),
        ("Jeg bor i Aarhus", "Århus", ["Aarhus"]),
        ("skønt", "skont", []),
        ("Og så var det det", "det", ["det", "det"]),
        ("100 % sikkert", "%", []),
        ("a_b", "a b", ["a", "b"]),
    ],
)
def test_words_are_found_as_danish_has_them(text: str, query: str, words: list[str]) -> None:
    assert ([] if query_terms(query, ()) is None else found_in(text, query)) == words
