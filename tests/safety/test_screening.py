"""Screening of public text (domain rule 4): realistic bubbles that pass, and that wait."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chat.safety.screening import REASONS, screen

CLEAR = [
    "Jeg elsker at gå ture i Hareskoven og søger nogen at følges med tirsdag kl. 10.00-12.00.",
    "Kaffe og en god snak? Jeg er 82 år og bor alene, efter at min mand døde sidste forår.",
    "Min kæreste og jeg er flyttet til Ballerup og vil gerne møde andre par til brætspil.",
    "Strikkeklub i forsamlingshuset hver onsdag 19.30-21.30. Vi er fem kvinder på 30-60 år.",
    "Søger en løbemakker til 5 km to gange om ugen. Jeg løber langsomt, cirka 7 minutter pr. km.",
    "Jeg mangler en træningspartner til Fitness World i Herlev. Jeg er 34 og lidt genert.",
    "Vi mødes den 24.12.2024 og spiser risengrød. Alle er velkomne, medbring gerne godt humør.",
    "Nogen der elsker Catan, Ticket to Ride og Bezzerwizzer? Jeg har over 40 spil på hylden.",
    "Vinterbadning i Skovshoved: vandet er 4 grader, og vi drikker varm kakao bagefter!",
    "Jeg er alenemor til to drenge på 4 og 7 og søger andre forældre til legepladsture.",
    "Kom og bag boller og kanelsnegle. Jeg har et stort køkken og ingen at bage for.",
    "Jeg vil gerne tabe mig lidt og søger en at gå stavgang med. Taber du dig, vinder vi begge.",
    "Jeg savner min kone, som døde i januar. Er der andre enkemænd, som vil drikke en øl?",
    "Filmklub: vi ser gamle danske film, romantiske komedier og krimier, sidste fredag i måneden.",
    "Jeg er lige flyttet hertil fra Ukraine. Jeg øver dansk og kan lære dig at lave borsjtj.",
    "Hundelufter søges? Nej, jeg søger bare selskab. Min labrador Bella på 3 elsker alle.",
    "Ikke dating! Jeg søger kun venner at gå i biografen med.",
    "Jeg søger ikke en kæreste, men en veninde at tage på museum med.",
    "Dating er ikke noget for mig. Jeg vil bare have nogen at spille skak med.",
    "Ingen dating, sex eller lignende, tak. Bare hyggelig snak over en kop te.",
    "Jeg er ikke ude efter et parforhold eller en kæreste, kun godt selskab til koncerter.",
    "Koncert i Tivoli: billetten koster 150 kr., og vi betaler hver især.",
    "Vi deler udgifterne til maden, som plejer at være 40-50 kroner pr. person.",
    "Kan nogen låne mig en boremaskine eller hjælpe med at hænge en lampe op i Gladsaxe?",
    "Jeg låner bøger på biblioteket hver uge og vil gerne tale om dem med andre læseheste.",
    "Hjælp til computeren: jeg er 76 og vil gerne lære at bruge Gmail, MitID og Facebook.",
    "Vi er en gruppe, som spiller Minecraft og snakker over headset. Du skal være 13-17 år.",
    "Bogklub for dem over 60. Vi læser Helle Helle og Jon Fosse, 200-300 sider om måneden.",
    "Er der andre, som arbejder om natten og gerne vil gå en tur kl. 7 eller 8 om morgenen?",
    "Jeg har kolonihave i 2740 Skovlunde og for mange squash. Kom og hent, og få en snak med.",
    "Slut med at sidde alene hver søndag! Skal vi ikke gå en tur rundt om Damhussøen?",
    "Hyggeligt.de der vil med, siger bare til. Vi går fra stationen hver lørdag.",
    "Frivillige søges til fællesspisning på plejehjemmet. Man får intet for det end glade smil.",
    "Jeg spiller klaver og violin. Det var i 1998-2005, så jeg er lidt rusten.",
    "Sommerhøjskole i uge 28, fra 2020 2021 og 2022 har jeg kun gode minder.",
    "Mongolsk mad, pikante retter og idiotsikre opskrifter: madklub for nysgerrige!",
    "Walks and coffee for people who are new in Denmark. I am not looking for a boyfriend.",
    "No dating please, I just love board games and would like to make friends.",
]

HELD = [
    ("phone_number", "Ring til mig på 29 18 47 33, så finder vi en dag."),
    ("phone_number", "Skriv en sms: 29184733"),
    ("phone_number", "Mit nummer er 2918 4733, jeg er hjemme om aftenen."),
    ("phone_number", "Tlf. 291 84 733 efter klokken 17"),
    ("phone_number", "Du kan ringe på +45 29184733 hele dagen."),
    ("phone_number", "Du kan ringe på 0045 29 18 47 33 hele dagen."),
    ("phone_number", "29-18-47-33 er nummeret, ring endelig"),
    ("phone_number", "29.18.47.33 er nummeret, ring endelig."),
    ("phone_number", "2 9 1 8 4 7 3 3 er mit nummer"),
    ("phone_number", "Ring to ni en otte fire syv tre tre efter spisetid"),
    ("phone_number", "Call me at +46 70 123 45 67 any time"),
    ("email_address", "Skriv til mette.hansen@example.dk, hvis du vil med."),
    ("email_address", "mette (at) gmail.com er min adresse"),
    ("email_address", "mette snabel-a hotmail dot com, skriv bare"),
    ("email_address", "Send en mail til METTE@GMAIL, så svarer jeg"),
    ("link", "Læs mere på https://example.org/gruppe om vores ture"),
    ("link", "Se www.minklub.dk for alle datoer"),
    ("link", "Tilmeld dig på minklub.dk inden fredag"),
    ("link", "Vi snakker på discord.gg/abc123, kom ind"),
    ("social_handle", "Find mig på Instagram, så snakker vi"),
    ("social_handle", "min snap er mettemus88"),
    ("social_handle", "Insta: mettemus88, skriv endelig"),
    ("social_handle", "I er velkomne til at tilføje mig på Facebook"),
    ("social_handle", "Jeg hedder @mettemus88 de fleste steder"),
    ("social_handle", "Please write to me on WhatsApp instead"),
    ("dating", "Jeg søger en kæreste, der kan lide at gå tur."),
    ("dating", "Jeg er ikke gift og søger en kæreste"),
    ("dating", "Ikke ryger, 45 år, søger sød kæreste"),
    ("dating", "Mand på 50 leder efter kærligheden i Ballerup"),
    ("dating", "Skal vi tage på en date i næste uge?"),
    ("dating", "Sød kvinde søges til hyggelige aftener"),
    ("dating", "Venskab og måske mere, hvis kemien er der"),
    ("dating", "Jeg drømmer om den eneste ene og et fast forhold"),
    ("dating", "Er du frisk på sex uden forpligtelser eller lidt flirt?"),
    ("dating", "I am looking for a nice girlfriend in Copenhagen"),
    ("money", "Kan nogen låne mig 500 kroner til den første?"),
    ("money", "Jeg mangler penge til huslejen, hvem kan hjælpe?"),
    ("money", "Tjen nemt 5.000 kr om ugen hjemmefra"),
    ("money", "Spørg mig om bitcoin, det har gjort mig rig"),
    ("money", "Vil du støtte mig økonomisk i en svær tid"),
    ("money", "Please send me some money for food"),
    ("insult", "Alle i den her by er nogle idioter"),
    ("insult", "Hold din kæft og kom ud og spil fodbold"),
    ("insult", "Ingen perkere i vores klub"),
]


@pytest.mark.parametrize("text", CLEAR)
def test_what_people_write_to_find_company_is_clear(text: str) -> None:
    assert screen(text) is None


@pytest.mark.parametrize(("slug", "text"), HELD)
def test_what_leads_away_or_does_not_belong_is_held_for_its_reason(slug: str, text: str) -> None:
    reason = screen(text)
    assert reason is not None
    assert reason.slug == slug


def test_a_phone_number_is_found_behind_signs_that_cannot_be_seen() -> None:
    reason = screen("Ring 29\u200b18\u200b47\u200b33")
    assert reason is not None
    assert reason.slug == "phone_number"


def test_every_reason_is_told_in_danish_and_english() -> None:
    for slug, reason in REASONS.items():
        assert reason.slug == slug
        assert reason.danish
        assert reason.english


@given(some.text(max_size=2080))
def test_any_text_gets_an_answer(text: str) -> None:
    assert screen(text) is None or screen(text) in REASONS.values()


@pytest.mark.parametrize("piece", ["søger ", "a@", "2 ", "x.", "skriv på ", "to ", "ikke ", "+4"])
def test_no_text_makes_screening_slow(piece: str) -> None:
    started = time.process_time()
    screen((piece * 2080)[:2080])
    assert time.process_time() - started < 0.25
