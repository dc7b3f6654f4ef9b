"""Who lives in the demo's town, what they wish for, and what they have said to each other."""

from dataclasses import dataclass

from protocol.errors import Language

BALLERUP, GLADSAXE, GLOSTRUP, HERLEV = 151, 159, 161, 163


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo; `about` tells what one sees who logs in as them."""

    name: str
    alias: str
    age: int
    municipality: int
    about: str
    language: Language = "da"

    @property
    def email(self) -> str:
        """The address one logs in with."""
        return f"{self.name}@demo.samtale.example"


@dataclass(frozen=True, slots=True)
class Bubble:
    """A bubble, posted so many days ago at a time of day in Copenhagen."""

    key: str
    author: str
    days: int
    clock: str
    symbol: str
    interests: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A message of a talk; the first one of a talk is the reply that opens it."""

    who: str
    days: int
    clock: str
    text: str


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation from a bubble. `read`: both have read it, its last line included."""

    bubble: str
    replier: str
    lines: tuple[Line, ...]
    read: bool = True


@dataclass(frozen=True, slots=True)
class Helper:
    """A volunteer of the Red Cross: the name shown, and weekly times by day (Monday is 0)."""

    who: str
    name: str
    words: str
    languages: tuple[str, ...]
    times: tuple[tuple[int, str], ...] = ()
    certificate: bool = False


PEOPLE = (
    Person("mette", "Mette", 42, BALLERUP, "Ballerup, sees everyone"),
    Person("inger", "Inger", 82, BALLERUP, "Ballerup, 82"),
    Person("fatima", "Fatima", 38, BALLERUP, "Ballerup, two children"),
    Person("sofie", "Sofie tegner", 14, BALLERUP, "Ballerup, 14, with her parents' consent"),
    Person("ali", "Ali", 34, HERLEV, "Herlev, sees no Herlev bubbles but his own"),
    Person("olena", "Olena", 29, HERLEV, "Herlev, in English", "en"),
    Person("birgit", "Birgit", 71, HERLEV, "Herlev, 71"),
    Person("karen", "Karen og Bella", 67, GLADSAXE, "Gladsaxe, with a dog"),
    Person("thomas", "Thomas", 45, GLADSAXE, "Gladsaxe, one of his bubbles is held"),
    Person("noah", "Noah", 16, GLADSAXE, "Gladsaxe, 16"),
    Person("jens", "Jens", 58, GLOSTRUP, "Glostrup"),
    Person("mikkel", "Mikkel", 24, GLOSTRUP, "Glostrup, student"),
    Person("kirsten", "Kirsten", 55, GLADSAXE, "coordinates the Red Cross's volunteers"),
    Person("anne", "Anne fra Ballerup", 61, BALLERUP, "volunteer, also for children"),
    Person("bashir", "Bashir", 33, GLOSTRUP, "volunteer, in Danish, English and Arabic"),
    Person("lone", "Lone", 48, GLADSAXE, "on her way to be a volunteer"),
)

COORDINATOR = "kirsten"

HELPERS = (
    Helper(
        "anne", "Anne", "Pensioneret lærer. Jeg taler gerne om børnebørn, haver og bøger.", ("da",),
        ((0, "10:00"), (1, "19:00"), (2, "10:00"), (3, "19:00"), (6, "15:00"), (6, "15:30")),
        certificate=True,
    ),
    Helper(
        "bashir", "Bashir", "Jeg kom til Danmark som barn. Fodbold, mad og hverdagen.",
        ("da", "en", "ar"),
        ((0, "20:00"), (0, "20:30"), (2, "20:00"), (4, "17:00"), (5, "11:00"), (5, "11:30")),
    ),
    Helper("lone", "Lone", "Jeg glæder mig til at komme i gang.", ("da",)),
)  # fmt: skip

BUBBLES = (
    Bubble(
        "skovtur", "mette", 20, "19:12", "🚶", "walks nature", "Gåtur i Hareskoven om søndagen",
        "Jeg går en times tid i skoven hver søndag formiddag, men det er sjovere med selskab. Vi"
        " går stille og roligt, og bagefter giver jeg kaffe fra termokanden. Hvem vil med?",
    ),
    Bubble(
        "eftermiddag", "inger", 18, "10:05", "☕", "coffee talk", "Eftermiddagskaffe og en snak",
        "Jeg er 82 og bor alene, efter at min mand døde. Dagene er lange, når ingen ringer på."
        " Jeg bager gerne en kage. Er der en, gammel eller ung, som vil drikke kaffe med mig?",
    ),
    Bubble(
        "legeplads", "fatima", 16, "20:40", "🧸", "families coffee", "Forældre på legepladsen",
        "Mine drenge er 4 og 7 år og fulde af energi. Jeg kunne godt tænke mig at møde andre"
        " forældre, så vi voksne også har nogen at tale med, mens ungerne klatrer.",
    ),
    Bubble(
        "tegneklub", "sofie", 12, "16:30", "🎨", "creative", "Nogen der også tegner manga?",
        "Jeg tegner næsten hver dag, mest manga og dyr. Det kunne være hyggeligt at tegne sammen"
        " med en på min alder og vise hinanden, hvad vi laver.",
    ),
    Bubble(
        "dansk", "ali", 15, "21:15", "🗣️", "languages coffee", "Øve dansk over en kop te",
        "Jeg har boet i Danmark i tre år og forstår næsten alt, men jeg taler for lidt dansk i"
        " hverdagen. Jeg laver god te og kan til gengæld vise dig, hvordan man laver hummus.",
    ),
    Bubble(
        "walkandtalk", "olena", 9, "18:20", "🌳", "walks languages", "Walk and talk in Herlev",
        "I moved here from Kharkiv and work from home, so some days I speak to nobody. I would"
        " love to walk by the lake in the afternoon. We can speak English, or slow Danish!",
    ),
    Bubble(
        "banko", "birgit", 14, "11:45", "🎲", "boardgames", "Kort og banko om onsdagen",
        "Vi er tre damer, som mangler en fjerde til whist. Vi spiller om onsdagen klokken 14 og"
        " tager det ikke så højtideligt. Begyndere er velkomne, vi lærer dig det.",
    ),
    Bubble(
        "hundetur", "karen", 11, "08:30", "🐕", "dogs walks", "Hundetur ved Bagsværd Sø",
        "Bella er en labrador på tre år og elsker andre hunde. Vi går rundt om søen hver morgen"
        " omkring klokken 9. Gå med, om du har hund eller bare gerne vil låne lidt hundeglæde.",
    ),
    Bubble(
        "laesekreds", "karen", 6, "13:10", "📚", "books talk", "Lille læsekreds på biblioteket",
        "Én bog om måneden, en kop kaffe og en god snak. Vi begynder med Tove Ditlevsen. Det gør"
        " ikke noget, hvis du kun når halvdelen, det gør jeg også selv nogle gange.",
    ),
    Bubble(
        "lob", "thomas", 8, "21:30", "🏃", "running fitness", "5 km i roligt tempo",
        "Jeg vil gerne i gang igen efter et stille år. Jeg løber langsomt og går, når det er"
        " nødvendigt. Tirsdag og torsdag efter arbejde rundt om Gyngemosen passer mig godt.",
    ),
    Bubble(
        "fars", "thomas", 3, "20:05", "🍲", "cooking families", "Fædre og fredagsmad",
        "Jeg har mine børn hver anden uge, og de andre fredage er for stille. Skal vi være et par"
        " fædre, som laver mad sammen? Ring til mig på 29 18 47 33.",
    ),
    Bubble(
        "minecraft", "noah", 10, "17:00", "🎮", "gaming", "Minecraft og hyggesnak",
        "Jeg bygger en by i overlevelse og mangler en til at bygge havnen. Vi spiller mest i"
        " weekenden, og det er helt okay, hvis man ikke siger så meget i starten.",
    ),
    Bubble(
        "cykeltur", "jens", 13, "19:50", "🚲", "cycling photo", "Cykelture med kamera",
        "Jeg cykler langs Vestvolden og tager billeder af fugle og gamle broer. 15-20 km i"
        " adstadigt tempo med mange stop. Kom med, også hvis kameraet bare er en telefon.",
    ),
    Bubble(
        "filmaften", "mikkel", 5, "22:10", "🎬", "film talk", "Gamle danske film",
        "Jeg er flyttet til Glostrup for at læse og kender ikke rigtig nogen her. Jeg er begyndt"
        " at se Olsen-banden fra en ende af og vil gerne grine sammen med nogen.",
    ),
    Bubble(
        "strik", "inger", 7, "14:25", "🧶", "knitting", "Strik og hygge i formiddagstimerne",
        "Jeg har strikket i 70 år og hjælper gerne med hæle, huller og tabte masker. Tag dit"
        " strikketøj med, så sætter jeg kaffe over. Også for helt nye begyndere.",
    ),
    Bubble(
        "vinterbad", "mette", 4, "18:45", "🏊", "swimming", "Vinterbadning for bange begyndere",
        "Jeg tør ikke alene! Er der en, som vil stå på badebroen og skælve sammen med mig? Vi"
        " behøver kun at være i vandet i ti sekunder. Der er varm kakao bagefter.",
    ),
    Bubble(
        "faellesspisning", "fatima", 2, "19:30", "🤝", "cooking volunteering",
        "Hjælp til fællesspisning",
        "Den sidste torsdag i måneden laver vi mad til 40 naboer i beboerhuset. Vi mangler hænder"
        " til at snitte grønt og dække bord, og du spiser selvfølgelig med.",
    ),
    Bubble(
        "korsang", "birgit", 1, "12:00", "🎵", "music", "Syng med, også hvis du synger falsk",
        "Jeg savner at synge. Kunne vi være fire-fem stykker, som mødes og synger fra"
        " højskolesangbogen hjemme i min stue? Jeg spiller lidt klaver til.",
    ),
)  # fmt: skip

TALKS = (
    Talk("skovtur", "ali", (
        Line("ali", 19, "08:14", "Hej Mette. Jeg vil gerne med på søndag. Er det okay, at mit"
              " dansk er lidt langsomt?"),
        Line("mette", 19, "09:02", "Hej Ali! Selvfølgelig, vi går jo også langsomt :)"),
        Line("mette", 19, "09:03", "Vi mødes ved parkeringspladsen klokken 10."),
        Line("ali", 19, "09:20", "Perfekt. Skal jeg tage noget med?"),
        Line("mette", 19, "12:41", "Bare gode sko. Jeg har kaffe."),
        Line("ali", 12, "13:30", "Tak for turen i dag. Det var den bedste søndag længe."),
        Line("mette", 12, "15:08", "I lige måde! Næste gang må du fortælle resten om din bedstefar"
              " og æslet."),
        Line("ali", 1, "19:40", "Går du også på søndag? Jeg har lavet baklava."),
    ), read=False),
    Talk("skovtur", "jens", (
        Line("jens", 17, "20:11", "Lyder rart. Må man tage kamera med og stoppe ved svampene?"),
        Line("mette", 17, "21:00", "Det må man. Men så holder du kaffekruset for mig imens!"),
        Line("jens", 16, "07:45", "Aftale. Vi ses."),
    )),
    Talk("eftermiddag", "mette", (
        Line("mette", 17, "16:22", "Kære Inger. Jeg bor fem minutter fra dig, tror jeg. Må jeg"
              " kigge forbi på torsdag?"),
        Line("inger", 16, "09:10", "Kære Mette, det ville glæde mig meget. Kan du lide"
              " drømmekage?"),
        Line("mette", 16, "17:35", "Det er min yndlingskage!"),
        Line("inger", 16, "18:02", "Så er det en aftale. Klokken 15, jeg sætter kaffe over."),
        Line("inger", 13, "10:15", "Tak for besøget. Huset har ikke været så fuldt af latter"
              " længe."),
        Line("mette", 13, "19:20", "Tak for kagen og historierne. Skal vi sige hver torsdag?"),
        Line("inger", 12, "08:55", "Ja tak, min ven."),
    )),
    Talk("dansk", "karen", (
        Line("karen", 14, "10:20", "Hej Ali. Jeg har været dansklærer i 38 år og savner mine"
              " elever. Te og hummus lyder skønt!"),
        Line("ali", 14, "18:33", "Hej Karen! Så retter du bare mine fejl. Må Bella også komme?"),
        Line("karen", 14, "19:01", "Hun insisterer."),
    )),
    Talk("banko", "karen", (
        Line("karen", 5, "14:05", "Jeg spiller gerne whist, hvis I kan bære over med en, der"
              " glemmer trumfen."),
        Line("birgit", 4, "09:30", "Det gør vi alle sammen. Velkommen som vores fjerde!"),
    )),
    Talk("hundetur", "mette", (
        Line("mette", 10, "20:31", "Jeg har ingen hund, men savner en. Må jeg gå med en dag?"),
        Line("karen", 9, "07:12", "Bella siger ja! Vi går fra roklubben klokken 9 på lørdag."),
        Line("mette", 9, "07:40", "Så kommer jeg med godbidder."),
    )),
    Talk("legeplads", "thomas", (
        Line("thomas", 15, "21:14", "Hej Fatima. Mine er 5 og 8, og de keder sig også. Skal vi"
              " prøve legepladsen i Lautruphøj på lørdag?"),
        Line("fatima", 15, "21:50", "Ja, gerne! Klokken 11? Vi tager æbler med."),
        Line("thomas", 14, "07:30", "Så tager jeg saft og boller med."),
        Line("fatima", 11, "20:15", "Drengene spørger allerede, hvornår de skal lege igen :)"),
        Line("thomas", 1, "18:05", "Samme sted på lørdag?"),
    ), read=False),
    Talk("tegneklub", "noah", (
        Line("noah", 11, "16:05", "Hej! Jeg tegner ikke så godt, men jeg laver pixelart. Tæller"
              " det?"),
        Line("sofie", 11, "17:20", "Ja da! Pixelart er mega svært. Hvad laver du mest?"),
        Line("noah", 11, "17:24", "Små figurer til et spil, jeg prøver at lave. Mest drager."),
        Line("sofie", 11, "17:31", "Uh, jeg har lige tegnet en drage, der er bange for ild."),
    )),
    Talk("lob", "mikkel", (
        Line("mikkel", 7, "22:40", "Jeg er også i elendig form. Torsdag klokken 17.30?"),
        Line("thomas", 6, "06:50", "Fedt. Vi ses ved hallen, jeg har en gul hue på."),
        Line("mikkel", 4, "21:15", "Mine ben gør ondt, men det var godt. Igen på tirsdag?"),
        Line("thomas", 4, "21:30", "Ja! Vi tager det endnu mere roligt."),
    )),
    Talk("strik", "olena", (
        Line("olena", 6, "15:45", "Hello Inger, I can knit a little. My Danish is small. May I"
              " come?"),
        Line("inger", 5, "10:30", "Kære Olena, strik taler alle sprog. Du er så velkommen."),
        Line("olena", 5, "11:02", "Tusind tak! Jeg kommer på tirsdag."),
    )),
)  # fmt: skip

CLOSED = {"banko": 2}
"""Bubbles whose authors have found someone, and how many days ago, at noon."""
