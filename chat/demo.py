"""The demo's town: people, their bubbles and their talks, so that a first look meets somebody.

Everything is written by the same use cases as real people use, at moments of the last weeks.
"""

import datetime
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from chat.accounts.passwords import Passwords
from chat.accounts.service import Accounts
from chat.bubbles.service import Bubbles
from chat.conversations.service import Conversations
from chat.safety.model import latest_birth
from chat.scope import Actor, Scope, copenhagen_date, copenhagen_midnight
from protocol import requests as ask
from protocol.errors import Language, Refused

PASSWORD = "bobler-og-kaffe"  # noqa: S105 — of made-up people, who live on loopback only
BALLERUP, GLADSAXE, GLOSTRUP, HERLEV = 151, 159, 161, 163
JOINED_DAYS_AGO = 60
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Login:
    """Who one can log in as."""

    email: str
    password: str
    about: str


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    alias: str
    age: int
    municipality: int
    about: str
    language: Language = "da"

    @property
    def email(self) -> str:
        return f"{self.name}@demo.samtale.example"


@dataclass(frozen=True, slots=True)
class _Bubble:
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
class _Line:
    """A message of a talk; the first one of a talk is the reply that opens it."""

    who: str
    days: int
    clock: str
    text: str


@dataclass(frozen=True, slots=True)
class _Talk:
    """A conversation from a bubble. `read`: both have read it, its last line included."""

    bubble: str
    replier: str
    lines: tuple[_Line, ...]
    read: bool = True


PEOPLE = (
    _Person("mette", "Mette", 42, BALLERUP, "Ballerup, sees everyone"),
    _Person("inger", "Inger", 82, BALLERUP, "Ballerup, 82"),
    _Person("fatima", "Fatima", 38, BALLERUP, "Ballerup, two children"),
    _Person("sofie", "Sofie tegner", 14, BALLERUP, "Ballerup, 14, with her parents' consent"),
    _Person("ali", "Ali", 34, HERLEV, "Herlev, sees no Herlev bubbles but his own"),
    _Person("olena", "Olena", 29, HERLEV, "Herlev, in English", "en"),
    _Person("birgit", "Birgit", 71, HERLEV, "Herlev, 71"),
    _Person("karen", "Karen og Bella", 67, GLADSAXE, "Gladsaxe, with a dog"),
    _Person("thomas", "Thomas", 45, GLADSAXE, "Gladsaxe, one of his bubbles is held"),
    _Person("noah", "Noah", 16, GLADSAXE, "Gladsaxe, 16"),
    _Person("jens", "Jens", 58, GLOSTRUP, "Glostrup"),
    _Person("mikkel", "Mikkel", 24, GLOSTRUP, "Glostrup, student"),
)

BUBBLES = (
    _Bubble(
        "skovtur", "mette", 20, "19:12", "🚶", "walks nature", "Gåtur i Hareskoven om søndagen",
        "Jeg går en times tid i skoven hver søndag formiddag, men det er sjovere med selskab. Vi"
        " går stille og roligt, og bagefter giver jeg kaffe fra termokanden. Hvem vil med?",
    ),
    _Bubble(
        "eftermiddag", "inger", 18, "10:05", "☕", "coffee talk", "Eftermiddagskaffe og en snak",
        "Jeg er 82 og bor alene, efter at min mand døde. Dagene er lange, når ingen ringer på."
        " Jeg bager gerne en kage. Er der en, gammel eller ung, som vil drikke kaffe med mig?",
    ),
    _Bubble(
        "legeplads", "fatima", 16, "20:40", "🧸", "families coffee", "Forældre på legepladsen",
        "Mine drenge er 4 og 7 år og fulde af energi. Jeg kunne godt tænke mig at møde andre"
        " forældre, så vi voksne også har nogen at tale med, mens ungerne klatrer.",
    ),
    _Bubble(
        "tegneklub", "sofie", 12, "16:30", "🎨", "creative", "Nogen der også tegner manga?",
        "Jeg tegner næsten hver dag, mest manga og dyr. Det kunne være hyggeligt at tegne sammen"
        " med en på min alder og vise hinanden, hvad vi laver.",
    ),
    _Bubble(
        "dansk", "ali", 15, "21:15", "🗣️", "languages coffee", "Øve dansk over en kop te",
        "Jeg har boet i Danmark i tre år og forstår næsten alt, men jeg taler for lidt dansk i"
        " hverdagen. Jeg laver god te og kan til gengæld vise dig, hvordan man laver hummus.",
    ),
    _Bubble(
        "walkandtalk", "olena", 9, "18:20", "🌳", "walks languages", "Walk and talk in Herlev",
        "I moved here from Kharkiv and work from home, so some days I speak to nobody. I would"
        " love to walk by the lake in the afternoon. We can speak English, or slow Danish!",
    ),
    _Bubble(
        "banko", "birgit", 14, "11:45", "🎲", "boardgames", "Kort og banko om onsdagen",
        "Vi er tre damer, som mangler en fjerde til whist. Vi spiller om onsdagen klokken 14 og"
        " tager det ikke så højtideligt. Begyndere er velkomne, vi lærer dig det.",
    ),
    _Bubble(
        "hundetur", "karen", 11, "08:30", "🐕", "dogs walks", "Hundetur ved Bagsværd Sø",
        "Bella er en labrador på tre år og elsker andre hunde. Vi går rundt om søen hver morgen"
        " omkring klokken 9. Gå med, om du har hund eller bare gerne vil låne lidt hundeglæde.",
    ),
    _Bubble(
        "laesekreds", "karen", 6, "13:10", "📚", "books talk", "Lille læsekreds på biblioteket",
        "Én bog om måneden, en kop kaffe og en god snak. Vi begynder med Tove Ditlevsen. Det gør"
        " ikke noget, hvis du kun når halvdelen, det gør jeg også selv nogle gange.",
    ),
    _Bubble(
        "lob", "thomas", 8, "21:30", "🏃", "running fitness", "5 km i roligt tempo",
        "Jeg vil gerne i gang igen efter et stille år. Jeg løber langsomt og går, når det er"
        " nødvendigt. Tirsdag og torsdag efter arbejde rundt om Gyngemosen passer mig godt.",
    ),
    _Bubble(
        "fars", "thomas", 3, "20:05", "🍲", "cooking families", "Fædre og fredagsmad",
        "Jeg har mine børn hver anden uge, og de andre fredage er for stille. Skal vi være et par"
        " fædre, som laver mad sammen? Ring til mig på 29 18 47 33.",
    ),
    _Bubble(
        "minecraft", "noah", 10, "17:00", "🎮", "gaming", "Minecraft og hyggesnak",
        "Jeg bygger en by i overlevelse og mangler en til at bygge havnen. Vi spiller mest i"
        " weekenden, og det er helt okay, hvis man ikke siger så meget i starten.",
    ),
    _Bubble(
        "cykeltur", "jens", 13, "19:50", "🚲", "cycling photo", "Cykelture med kamera",
        "Jeg cykler langs Vestvolden og tager billeder af fugle og gamle broer. 15-20 km i"
        " adstadigt tempo med mange stop. Kom med, også hvis kameraet bare er en telefon.",
    ),
    _Bubble(
        "filmaften", "mikkel", 5, "22:10", "🎬", "film talk", "Gamle danske film",
        "Jeg er flyttet til Glostrup for at læse og kender ikke rigtig nogen her. Jeg er begyndt"
        " at se Olsen-banden fra en ende af og vil gerne grine sammen med nogen.",
    ),
    _Bubble(
        "strik", "inger", 7, "14:25", "🧶", "knitting", "Strik og hygge i formiddagstimerne",
        "Jeg har strikket i 70 år og hjælper gerne med hæle, huller og tabte masker. Tag dit"
        " strikketøj med, så sætter jeg kaffe over. Også for helt nye begyndere.",
    ),
    _Bubble(
        "vinterbad", "mette", 4, "18:45", "🏊", "swimming", "Vinterbadning for bange begyndere",
        "Jeg tør ikke alene! Er der en, som vil stå på badebroen og skælve sammen med mig? Vi"
        " behøver kun at være i vandet i ti sekunder. Der er varm kakao bagefter.",
    ),
    _Bubble(
        "faellesspisning", "fatima", 2, "19:30", "🤝", "cooking volunteering",
        "Hjælp til fællesspisning",
        "Den sidste torsdag i måneden laver vi mad til 40 naboer i beboerhuset. Vi mangler hænder"
        " til at snitte grønt og dække bord, og du spiser selvfølgelig med.",
    ),
    _Bubble(
        "korsang", "birgit", 1, "12:00", "🎵", "music", "Syng med, også hvis du synger falsk",
        "Jeg savner at synge. Kunne vi være fire-fem stykker, som mødes og synger fra"
        " højskolesangbogen hjemme i min stue? Jeg spiller lidt klaver til.",
    ),
)  # fmt: skip

TALKS = (
    _Talk("skovtur", "ali", (
        _Line("ali", 19, "08:14", "Hej Mette. Jeg vil gerne med på søndag. Er det okay, at mit"
              " dansk er lidt langsomt?"),
        _Line("mette", 19, "09:02", "Hej Ali! Selvfølgelig, vi går jo også langsomt :)"),
        _Line("mette", 19, "09:03", "Vi mødes ved parkeringspladsen klokken 10."),
        _Line("ali", 19, "09:20", "Perfekt. Skal jeg tage noget med?"),
        _Line("mette", 19, "12:41", "Bare gode sko. Jeg har kaffe."),
        _Line("ali", 12, "13:30", "Tak for turen i dag. Det var den bedste søndag længe."),
        _Line("mette", 12, "15:08", "I lige måde! Næste gang må du fortælle resten om din bedstefar"
              " og æslet."),
        _Line("ali", 1, "19:40", "Går du også på søndag? Jeg har lavet baklava."),
    ), read=False),
    _Talk("skovtur", "jens", (
        _Line("jens", 17, "20:11", "Lyder rart. Må man tage kamera med og stoppe ved svampene?"),
        _Line("mette", 17, "21:00", "Det må man. Men så holder du kaffekruset for mig imens!"),
        _Line("jens", 16, "07:45", "Aftale. Vi ses."),
    )),
    _Talk("eftermiddag", "mette", (
        _Line("mette", 17, "16:22", "Kære Inger. Jeg bor fem minutter fra dig, tror jeg. Må jeg"
              " kigge forbi på torsdag?"),
        _Line("inger", 16, "09:10", "Kære Mette, det ville glæde mig meget. Kan du lide"
              " drømmekage?"),
        _Line("mette", 16, "17:35", "Det er min yndlingskage!"),
        _Line("inger", 16, "18:02", "Så er det en aftale. Klokken 15, jeg sætter kaffe over."),
        _Line("inger", 13, "10:15", "Tak for besøget. Huset har ikke været så fuldt af latter"
              " længe."),
        _Line("mette", 13, "19:20", "Tak for kagen og historierne. Skal vi sige hver torsdag?"),
        _Line("inger", 12, "08:55", "Ja tak, min ven."),
    )),
    _Talk("dansk", "karen", (
        _Line("karen", 14, "10:20", "Hej Ali. Jeg har været dansklærer i 38 år og savner mine"
              " elever. Te og hummus lyder skønt!"),
        _Line("ali", 14, "18:33", "Hej Karen! Så retter du bare mine fejl. Må Bella også komme?"),
        _Line("karen", 14, "19:01", "Hun insisterer."),
    )),
    _Talk("banko", "karen", (
        _Line("karen", 5, "14:05", "Jeg spiller gerne whist, hvis I kan bære over med en, der"
              " glemmer trumfen."),
        _Line("birgit", 4, "09:30", "Det gør vi alle sammen. Velkommen som vores fjerde!"),
    )),
    _Talk("hundetur", "mette", (
        _Line("mette", 10, "20:31", "Jeg har ingen hund, men savner en. Må jeg gå med en dag?"),
        _Line("karen", 9, "07:12", "Bella siger ja! Vi går fra roklubben klokken 9 på lørdag."),
        _Line("mette", 9, "07:40", "Så kommer jeg med godbidder."),
    )),
    _Talk("legeplads", "thomas", (
        _Line("thomas", 15, "21:14", "Hej Fatima. Mine er 5 og 8, og de keder sig også. Skal vi"
              " prøve legepladsen i Lautruphøj på lørdag?"),
        _Line("fatima", 15, "21:50", "Ja, gerne! Klokken 11? Vi tager æbler med."),
        _Line("thomas", 14, "07:30", "Så tager jeg saft og boller med."),
        _Line("fatima", 11, "20:15", "Drengene spørger allerede, hvornår de skal lege igen :)"),
        _Line("thomas", 1, "18:05", "Samme sted på lørdag?"),
    ), read=False),
    _Talk("tegneklub", "noah", (
        _Line("noah", 11, "16:05", "Hej! Jeg tegner ikke så godt, men jeg laver pixelart. Tæller"
              " det?"),
        _Line("sofie", 11, "17:20", "Ja da! Pixelart er mega svært. Hvad laver du mest?"),
        _Line("noah", 11, "17:24", "Små figurer til et spil, jeg prøver at lave. Mest drager."),
        _Line("sofie", 11, "17:31", "Uh, jeg har lige tegnet en drage, der er bange for ild."),
    )),
    _Talk("lob", "mikkel", (
        _Line("mikkel", 7, "22:40", "Jeg er også i elendig form. Torsdag klokken 17.30?"),
        _Line("thomas", 6, "06:50", "Fedt. Vi ses ved hallen, jeg har en gul hue på."),
        _Line("mikkel", 4, "21:15", "Mine ben gør ondt, men det var godt. Igen på tirsdag?"),
        _Line("thomas", 4, "21:30", "Ja! Vi tager det endnu mere roligt."),
    )),
    _Talk("strik", "olena", (
        _Line("olena", 6, "15:45", "Hello Inger, I can knit a little. My Danish is small. May I"
              " come?"),
        _Line("inger", 5, "10:30", "Kære Olena, strik taler alle sprog. Du er så velkommen."),
        _Line("olena", 5, "11:02", "Tusind tak! Jeg kommer på tirsdag."),
    )),
)  # fmt: skip

CLOSED = {"banko": 2}
"""Bubbles whose authors have found someone, and how many days ago, at noon."""


async def fill(
    accounts: Accounts,
    passwords: Passwords,
    bubbles: Bubbles,
    conversations: Conversations,
    now: int,
) -> Sequence[Login]:
    """Move everybody in, unless they live here already; gives who one can log in as.

    `now`: UTC milliseconds. What one may do in a day holds for them too, at the moments they act.
    """
    town = _Town(accounts, bubbles, conversations, now)
    if await town.move_in(await passwords.hash(PASSWORD)):
        for moment in sorted(town.story(), key=lambda moment: moment.at):
            await moment.act(moment.at)
        await town.read_talks()
    return [Login(person.email, PASSWORD, person.about) for person in PEOPLE]


def welcome(base_url: str, logins: Sequence[Login]) -> str:
    """Write what one is greeted with: where to go, and a line for everyone one can be."""
    widest = max(len(login.email) for login in logins)
    people = [f"  {login.email:<{widest}}  {login.about}" for login in logins]
    return "\n".join(
        [
            "",
            f"Samtale is at {base_url}   (its mail at {base_url}/demo/mailbox)",
            f"Log in as any of these; the password is {PASSWORD}",
            "",
            *people,
            "",
            "Stop with Ctrl-C.",
        ]
    )


class _Moment(NamedTuple):
    """Something that happens at a time (UTC milliseconds)."""

    at: int
    act: Callable[[int], Awaitable[None]]


class _Town:
    """Everybody acts through the use cases; ids are kept by the names in the tables above."""

    def __init__(
        self, accounts: Accounts, bubbles: Bubbles, conversations: Conversations, now: int
    ) -> None:
        self._accounts = accounts
        self._bubbles = bubbles
        self._conversations = conversations
        self._now = now
        self._today = copenhagen_date(now)
        self._actors: dict[str, Actor] = {}
        self._bubble_ids: dict[str, str] = {}
        self._talk_ids: dict[_Talk, str] = {}

    async def move_in(self, password_hash: str) -> bool:
        """Make the accounts; tells False if the first of them is there already."""
        joined_at = self._now - JOINED_DAYS_AGO * DAY_MS
        for index, person in enumerate(PEOPLE):
            birthday_ago = datetime.timedelta(days=20 + 25 * index)
            born = latest_birth(person.age, self._today) - birthday_ago
            wish = ask.RegisterAccount(
                email=person.email,
                password=PASSWORD,
                alias=person.alias,
                born=born,
                municipality=person.municipality,
                language=person.language,
                parent_email=f"parent.of.{person.name}@demo.samtale.example",
            )
            try:
                account = await self._accounts.admit(Scope(joined_at), wish, password_hash)
            except Refused as refused:
                if index == 0 and refused.field == "email":
                    return False
                raise
            self._actors[person.name] = Actor(
                account, 0, True, born, person.municipality, joined_at
            )
        return True

    def story(self) -> Iterator[_Moment]:
        """Tell everything that happens, in no order."""
        for bubble in BUBBLES:
            yield _Moment(self._at(bubble.days, bubble.clock), partial(self._post, bubble))
        for talk in TALKS:
            for line in talk.lines:
                yield _Moment(self._at(line.days, line.clock), partial(self._say, talk, line))
        for key, days in CLOSED.items():
            yield _Moment(self._at(days, "12:00"), partial(self._close, key))

    async def read_talks(self) -> None:
        """Let both read each talk to its end, or all but the last line, which waits for one."""
        for talk in TALKS:
            for name in {line.who for line in talk.lines}:
                waits = not talk.read and name != talk.lines[-1].who
                seq = len(talk.lines) - 1 if waits else len(talk.lines) + 1
                request = ask.MarkRead(self._talk_ids[talk], seq)
                await self._conversations.positions.read(self._scope(name, self._now), request)

    def _at(self, days: int, clock: str) -> int:
        hours, minutes = map(int, clock.split(":"))
        midnight = copenhagen_midnight(self._today - datetime.timedelta(days=days))
        return midnight + (hours * 60 + minutes) * 60_000

    def _scope(self, name: str, at: int) -> Scope:
        return Scope(at, actor=self._actors[name])

    async def _post(self, bubble: _Bubble, at: int) -> None:
        request = ask.PostBubble(
            title=bubble.title,
            text=bubble.text,
            interests=bubble.interests.split(),
            symbol=bubble.symbol,
        )
        posted = await self._bubbles.post(self._scope(bubble.author, at), request)
        self._bubble_ids[bubble.key] = posted.id

    async def _say(self, talk: _Talk, line: _Line, at: int) -> None:
        scope, client_id = self._scope(line.who, at), str(uuid.uuid4())
        if talk in self._talk_ids:
            message = ask.SendMessage(self._talk_ids[talk], client_id, line.text)
            await self._conversations.send(scope, message)
        else:
            reply = ask.ReplyToBubble(self._bubble_ids[talk.bubble], client_id, line.text)
            self._talk_ids[talk] = (await self._bubbles.reply(scope, reply)).conversation

    async def _close(self, key: str, at: int) -> None:
        author = next(bubble.author for bubble in BUBBLES if bubble.key == key)
        request = ask.OneBubble(self._bubble_ids[key])
        await self._bubbles.close(self._scope(author, at), request)
