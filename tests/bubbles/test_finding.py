"""Lists, searches and counts, on a real database."""

import pytest

from protocol import requests as ask
from protocol.errors import Refused
from tests.bubbles.village import Village
from tests.people import BALLERUP, GLADSAXE, HERLEV


async def test_the_newest_bubble_comes_first(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    for title in ("Først", "Siden", "Sidst"):
        await village.post(mette, title)
    assert await village.titles(ali) == ["Sidst", "Siden", "Først"]


async def test_pages_follow_each_other_without_a_gap_while_new_bubbles_come_in(
    village: Village,
) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    for number in range(7):
        await village.post(mette, f"Boble {number}")
    first = await village.bubbles.list(village.scope(ali), ask.ListBubbles(limit=3))
    await village.post(mette, "Ny imens")
    second = await village.bubbles.list(
        village.scope(ali), ask.ListBubbles(limit=3, before=first.next)
    )
    third = await village.bubbles.list(
        village.scope(ali), ask.ListBubbles(limit=3, before=second.next)
    )
    seen = [bubble.title for page in (first, second, third) for bubble in page.bubbles]
    assert seen == [f"Boble {number}" for number in reversed(range(7))]
    assert third.next is None


@pytest.mark.parametrize("before", ["", "x", "-", "gåtur"])
async def test_what_is_no_page_key_is_refused(village: Village, before: str) -> None:
    ali = village.scope(village.move_in("Ali"))
    with pytest.raises(Refused) as refused:
        await village.bubbles.list(ali, ask.ListBubbles(before=before))
    assert refused.value.field == "before"


@pytest.mark.parametrize("before", ["0", "9" * 40, "-" + "f" * 30])
async def test_a_page_key_from_nowhere_gives_a_page(village: Village, before: str) -> None:
    ali = village.scope(village.move_in("Ali"))
    page = await village.bubbles.list(ali, ask.ListBubbles(before=before))
    assert page.bubbles == []


async def test_a_bubble_is_found_by_its_interest(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    await village.post(mette, "Tur", interests=("walks", "dogs"))
    await village.post(mette, "Kaffe", interests=("coffee",))
    assert await village.titles(ali, interest="walks") == ["Tur"]
    assert await village.titles(ali, interest="coffee") == ["Kaffe"]
    assert await village.titles(ali, interest="books") == []


async def test_a_bubble_is_found_by_its_municipality(village: Village) -> None:
    mette, bo = village.move_in("Mette", BALLERUP), village.move_in("Bo", GLADSAXE)
    await village.post(mette, "Ballerup")
    await village.post(bo, "Gladsaxe")
    assert await village.titles(mette, municipality=GLADSAXE) == ["Gladsaxe"]
    assert await village.titles(bo, municipality=BALLERUP) == ["Ballerup"]
    assert await village.titles(bo, municipality=HERLEV) == []


@pytest.mark.parametrize("narrowed", [{"interest": "dating"}, {"municipality": 100}])
async def test_what_does_not_exist_cannot_be_asked_for(
    village: Village, narrowed: dict[str, object]
) -> None:
    ali = village.move_in("Ali")
    with pytest.raises(Refused) as refused:
        await village.titles(ali, **narrowed)
    assert refused.value.field in narrowed


@pytest.mark.parametrize("query", ["gåtur", "gåture", "gåturen", "gåturene", "gaatur", "GÅTUR!"])
async def test_a_search_finds_every_form_of_a_word(village: Village, query: str) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    await village.post(mette, "Gåture", "Vi mødes ved søen hver søndag.")
    await village.post(mette, "Gadefest", "Vi mødes ved havnen hver søndag.")
    assert await village.titles(ali, query=query) == ["Gåture"]


async def test_a_search_keeps_the_danish_letters_apart(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    await village.post(mette, "Ved søen", "Badning og kaffe bagefter.")
    await village.post(mette, "En so", "Besøg på en bondegård med en so og ni grise.")
    assert await village.titles(ali, query="sø") == ["Ved søen"]
    assert await village.titles(ali, query="so") == ["En so"]


async def test_a_search_reads_title_text_and_interests_and_every_word_must_match(
    village: Village,
) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    await village.post(mette, "Torsdagsklub", "Vi spiller kort i kælderen.", ("coffee",))
    await village.post(mette, "Mandagsklub", "Vi spiller bold i hallen.", ("fitness",))
    assert await village.titles(ali, query="torsdagsklub spille kaffe") == ["Torsdagsklub"]
    assert await village.titles(ali, query="klub") == []
    assert await village.titles(ali, query="spiller") == ["Mandagsklub", "Torsdagsklub"]
    assert await village.titles(ali, query="spiller kaffe bold") == []


async def test_the_last_word_of_a_search_may_be_unfinished(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    await village.post(mette, "Svømmehal", "Hvem vil med i svømmehallen?")
    assert await village.titles(ali, query="med svømmeh") == ["Svømmehal"]


async def test_search_interest_and_municipality_narrow_together(village: Village) -> None:
    mette, bo = village.move_in("Mette", BALLERUP), village.move_in("Bo", GLADSAXE)
    await village.post(mette, "Tur i Ballerup", interests=("walks",))
    await village.post(bo, "Tur i Gladsaxe", interests=("walks",))
    await village.post(bo, "Tur på cykel", interests=("cycling",))
    assert await village.titles(mette, query="tur", interest="walks", municipality=GLADSAXE) == [
        "Tur i Gladsaxe"
    ]


async def test_a_blank_search_asks_for_everything_and_one_of_signs_for_nothing(
    village: Village,
) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    await village.post(mette, "Kaffe")
    assert await village.titles(ali, query="   ") == ["Kaffe"]
    assert await village.titles(ali, query="☕?") == []


async def test_an_edited_bubble_is_found_by_its_new_words_only(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette, "Skak", "Vi spiller i biblioteket.")
    await village.edit(mette, bubble, title="Bridge")
    assert await village.titles(ali, query="bridge") == ["Bridge"]
    assert await village.titles(ali, query="skak") == []


async def test_ones_own_are_listed_in_every_state(village: Village) -> None:
    mette, ali = village.move_in("Mette", HERLEV), village.move_in("Ali", HERLEV)
    await village.post(mette, "Åben")
    await village.post(mette, "Holdt", "Ring til mig på 29 18 47 33.")
    await village.close(mette, await village.post(mette, "Lukket"))
    await village.post(ali, "En andens")
    assert await village.titles(mette, mine=True) == ["Lukket", "Holdt", "Åben"]
    assert await village.titles(mette) == ["Åben"]


async def test_when_a_municipality_joins_or_leaves_lists_follow_at_once(
    village: Village,
) -> None:
    mette, ali = village.move_in("Mette", HERLEV), village.move_in("Ali", HERLEV)
    await village.post(mette, "Gåtur")
    today = village.scope(ali).today
    assert await village.titles(ali) == []
    await village.municipalities.subscribe(HERLEV, today)
    assert await village.titles(ali) == ["Gåtur"]
    await village.municipalities.unsubscribe(HERLEV, today)
    assert await village.titles(ali) == []


async def test_a_bubble_follows_its_author_to_another_municipality(village: Village) -> None:
    mette, ali = village.move_in("Mette", HERLEV), village.move_in("Ali", HERLEV)
    await village.post(mette, "Gåtur")
    await village.change(mette, municipality=BALLERUP)
    assert await village.titles(ali) == ["Gåtur"]
    assert await village.titles(ali, municipality=BALLERUP) == ["Gåtur"]


async def test_the_bubbles_of_a_suspended_author_are_hidden(village: Village) -> None:
    mette, ali = village.move_in("Mette"), village.move_in("Ali")
    bubble = await village.post(mette, "Gåtur")
    await village.change(mette, active=False)
    assert await village.titles(ali) == []
    with pytest.raises(Refused, match="not_found"):
        await village.get(ali, bubble)
