"""Danish search terms: the forms of a word find each other, other words do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chat.terms import Query, after_prefix, index_terms, interest_term, query_terms


def found(query: str, text: str) -> bool:
    """Tell whether a query finds a text, as the index does."""
    asked, terms = query_terms(query), index_terms([text])
    assert asked is not None
    prefix = asked.prefix
    return asked.whole <= terms and (
        prefix is None or any(prefix <= term < after_prefix(prefix) for term in terms)
    )


@pytest.mark.parametrize("asked", ["gåtur", "gåture", "gåturen", "gåturene", "GÅTURENES"])
@pytest.mark.parametrize("written", ["gåtur", "gåture", "gåturen", "Gåturene", "gåturs"])
def test_every_form_of_a_word_finds_every_other(asked: str, written: str) -> None:
    assert found(asked, f"Vi mødes til {written} hver søndag")


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("strikke", "vi strikker"),
        ("kaffen", "kaffe"),
        ("bog", "bøger"),
        ("bøgerne", "en god bog"),
        ("cykel", "cykler"),
        ("børn", "barnet er et barn"),
        ("søen", "sø"),
        ("venner", "en ven"),
        ("spille kort", "kortspil: vi spiller kort"),
        ("dansk", "danske danskere"),
        ("svømning", "svømningen"),
    ],
)
def test_inflections_of_common_words_find_each_other(asked: str, written: str) -> None:
    assert found(asked, written)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("sø", "so"),
        ("so", "sø"),
        ("å", "a"),
        ("gås", "gas"),
        ("bønner", "bonner"),
        ("læge", "lage"),
        ("rød", "rod"),
    ],
)
def test_the_danish_letters_are_letters_of_their_own(asked: str, written: str) -> None:
    assert not found(asked, written)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("gaatur", "gåtur"),
        ("gåtur", "Gaatur"),
        ("Aabenraa", "Åbenrå"),
        ("ga\u030atur", "gåtur"),
        ("cafe", "café"),
        ("café", "cafe"),
    ],
)
def test_spellings_that_danish_holds_for_the_same_find_each_other(asked: str, written: str) -> None:
    assert found(asked, written)


def test_ae_and_oe_are_not_folded_because_they_stand_in_ordinary_words() -> None:
    assert not found("køn", "koen")


def test_the_last_word_may_be_unfinished() -> None:
    assert found("brætsp", "Brætspil om torsdagen")
    assert found("hygge brætsp", "Hygge og brætspil")
    assert not found("brætsp hygge", "Hygge og brætspil")


def test_one_or_two_letters_are_a_whole_word() -> None:
    assert found("gå", "vi kan gå")
    assert not found("gå", "gåtur")


def test_every_word_must_be_there() -> None:
    assert found("gåtur hund", "gåtur med hunden")
    assert not found("gåtur hund", "gåtur med katten")


def test_words_that_stand_everywhere_are_dropped_from_a_query_but_not_from_the_index() -> None:
    assert query_terms("en tur i skoven") == Query(frozenset({"tur"}), "skov")
    assert "i" in index_terms(["en tur i skoven"])
    assert query_terms("i") == Query(frozenset({"i"}))


def test_a_garden_is_no_stop_word() -> None:
    assert found("have", "min haves roser")


def test_a_query_without_a_word_asks_nothing() -> None:
    assert query_terms("  ?! ☕") is None


def test_no_word_is_an_interest() -> None:
    assert interest_term("walks") not in index_terms(["#walks walks"])


@given(some.text(max_size=200))
def test_any_text_is_found_by_each_of_its_own_words(text: str) -> None:
    for word in text.split():
        if query_terms(word) is not None:
            assert found(word, text)


@given(some.text(min_size=1, max_size=8).filter(lambda text: text[-1] < "\U0010ffff"))
def test_everything_that_begins_with_a_prefix_lies_before_its_end(prefix: str) -> None:
    assert prefix <= prefix + "\U0010ffff" < after_prefix(prefix)
