"""The words of every mail, Danish first: pure.

A letter never holds the text of a message or a bubble. Each becomes plain text and the same in
simple HTML.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from chat.delivery.model import Kind
from protocol.errors import Language


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in one language: `{names}` are filled from the notice's params.

    `button` labels the link (param `link`), which stands between `before` and `after`.
    """

    subject: str
    before: tuple[str, ...]
    button: str = ""
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """A letter, filled in."""

    subject: str
    text: str
    html: str


def _letter(text: str) -> Letter:
    """Read a letter: subject, paragraphs, the [button] on its line, blank lines between."""
    subject, *parts = (
        " ".join(part.split()) for part in textwrap.dedent(text).strip().split("\n\n")
    )
    buttons = [index for index, part in enumerate(parts) if part.startswith("[")]
    if not buttons:
        return Letter(subject, tuple(parts))
    (at,) = buttons
    return Letter(subject, tuple(parts[:at]), parts[at].strip("[]"), tuple(parts[at + 1 :]))


def _both(danish: str, english: str) -> dict[Language, Letter]:
    return {"da": _letter(danish), "en": _letter(english)}


LETTERS: dict[Kind, dict[Language, Letter]] = {
    "confirm_email": _both(
        """
        Bekræft din e-mail

        Velkommen til Samtale, {alias}.

        Bekræft, at det er din e-mailadresse, så er du på vej.

        [Bekræft min e-mail]

        Linket virker i to døgn.

        Var det ikke dig? Så kan du se bort fra denne mail. Der sker ikke mere.
        """,
        """
        Confirm your e-mail

        Welcome to Samtale, {alias}.

        Confirm that this is your e-mail address, and you are on your way.

        [Confirm my e-mail]

        The link works for two days.

        Was it not you? Then you can ignore this mail. Nothing more happens.
        """,
    ),
    "already_registered": _both(
        """
        Du har allerede en konto

        Nogen, sikkert dig selv, har lige prøvet at bruge din e-mail til en konto på Samtale.

        Du har allerede en. Log ind med den, eller vælg en ny adgangskode, hvis du har glemt den
        gamle.

        [Gå til log ind]

        Var det ikke dig? Så kan du se bort fra denne mail. Der sker ikke mere.
        """,
        """
        You already have an account

        Someone, probably you, has just tried to use your e-mail for an account at Samtale.

        You already have one. Log in with it, or choose a new password if you have forgotten the
        old one.

        [Go to log in]

        Was it not you? Then you can ignore this mail. Nothing more happens.
        """,
    ),
    "parent_consent": _both(
        """
        Må dit barn bruge Samtale?

        Dit barn har oprettet en konto på Samtale med aliasset {alias} og har skrevet din e-mail
        som forælder.

        På Samtale finder man nogen at skrive med og lave noget sammen med. Børn på 13 og 14 år
        skal have lov af en forælder, og kun andre unge kan se dem og skrive med dem.

        [Læs mere, og svar]

        Gem denne mail: Med samme link kan du når som helst trække dit ja tilbage. Så holder
        kontoen op med at virke med det samme.

        Kender du ikke til det? Så lad være med at svare. Uden dit ja virker kontoen ikke.
        """,
        """
        May your child use Samtale?

        Your child has created an account at Samtale under the alias {alias} and has given your
        e-mail as a parent's.

        At Samtale people find someone to write with and do things with. Children of 13 and 14
        need a parent's consent, and only other young people can see them and write with them.

        [Read more, and answer]

        Keep this mail: with the same link you can withdraw your consent at any time. The
        account then stops working at once.

        Do you know nothing about it? Then do not answer. Without your consent the account does
        not work.
        """,
    ),
    "consent_given": _both(
        """
        Din konto er klar

        Hej {alias}. Din forælder har givet lov. Nu kan du bruge Samtale.

        [Åbn Samtale]
        """,
        """
        Your account is ready

        Hello {alias}. Your parent has consented. You can use Samtale now.

        [Open Samtale]
        """,
    ),
    "consent_withdrawn": _both(
        """
        Din konto er sat på pause

        Hej {alias}. Din forælder har trukket sin tilladelse tilbage. Du kan stadig logge ind og
        læse, men ikke skrive.

        Tal med din forælder om det. Din forælder kan give lov igen med det samme link.
        """,
        """
        Your account is paused

        Hello {alias}. Your parent has withdrawn consent. You can still log in and read, but not
        write.

        Talk with your parent about it. Your parent can consent again with the same link.
        """,
    ),
    "reset_password": _both(
        """
        Vælg en ny adgangskode

        Du har bedt om at vælge en ny adgangskode til Samtale.

        [Vælg ny adgangskode]

        Linket virker i en time og kun én gang.

        Var det ikke dig? Så kan du se bort fra denne mail. Der sker ikke mere.
        """,
        """
        Choose a new password

        You have asked to choose a new password for Samtale.

        [Choose a new password]

        The link works for one hour, and only once.

        Was it not you? Then you can ignore this mail. Nothing more happens.
        """,
    ),
    "no_account": _both(
        """
        Der er ingen konto med denne e-mail

        Nogen, sikkert dig selv, har bedt om en ny adgangskode til Samtale. Men der er ingen
        konto med denne e-mail.

        Måske har du brugt en anden adresse. Ellers kan du oprette en konto.

        [Opret en konto]

        Var det ikke dig? Så kan du se bort fra denne mail. Der sker ikke mere.
        """,
        """
        There is no account with this e-mail

        Someone, probably you, has asked for a new password for Samtale. But there is no account
        with this e-mail.

        Perhaps you have used another address. Otherwise you can create an account.

        [Create an account]

        Was it not you? Then you can ignore this mail. Nothing more happens.
        """,
    ),
    "password_changed": _both(
        """
        Din adgangskode er ændret

        Adgangskoden til din konto på Samtale er lige blevet ændret.

        [Vælg en ny adgangskode]

        Var det dig, skal du ikke gøre noget. Var det ikke dig, så vælg straks en ny.
        """,
        """
        Your password has been changed

        The password of your account at Samtale has just been changed.

        [Choose a new password]

        If it was you, there is nothing to do. If not, choose a new one at once.
        """,
    ),
    "confirm_new_email": _both(
        """
        Bekræft din nye e-mail

        Du har bedt om at bruge denne e-mail til din konto på Samtale.

        [Brug denne e-mail]

        Linket virker i to døgn. Indtil da gælder din gamle e-mail.

        Var det ikke dig? Så kan du se bort fra denne mail. Der sker ikke mere.
        """,
        """
        Confirm your new e-mail

        You have asked to use this e-mail for your account at Samtale.

        [Use this e-mail]

        The link works for two days. Until then your old e-mail counts.

        Was it not you? Then you can ignore this mail. Nothing more happens.
        """,
    ),
    "email_change_asked": _both(
        """
        Din e-mail er ved at blive skiftet

        Nogen, der er logget ind på din konto på Samtale, har bedt om at skifte til en anden
        e-mail. Den gælder, når linket i en mail til den nye adresse er fulgt.

        [Vælg en ny adgangskode]

        Var det dig, skal du ikke gøre noget. Var det ikke dig, så vælg straks en ny.
        """,
        """
        Your e-mail is about to be changed

        Someone who is logged in to your account at Samtale has asked to change to another
        e-mail. It counts once the link in a mail to the new address is followed.

        [Choose a new password]

        If it was you, there is nothing to do. If not, choose a new one at once.
        """,
    ),
    "new_answer": _both(
        """
        Du har fået svar

        Nogen har skrevet til dig på Samtale.

        [Læs og svar]
        """,
        """
        You have an answer

        Someone has written to you at Samtale.

        [Read and answer]
        """,
    ),
    "bubble_unanswered": _both(
        """
        Sådan kan flere få øje på din boble

        Din boble har ikke fået svar endnu. Det hjælper ofte at skrive lidt mere om dig selv, at
        foreslå en dag og et sted, og at vælge flere interesser.

        [Ret din boble]
        """,
        """
        How more people may notice your bubble

        Your bubble has no answer yet. It often helps to write a little more about yourself, to
        suggest a day and a place, and to choose more interests.

        [Edit your bubble]
        """,
    ),
}

_GREETING: dict[Language, str] = {
    "da": "Venlig hilsen\nSamtale",
    "en": "Kind regards\nSamtale",
}

_PAGE = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{subject}</title>
</head>
<body style="margin:0;padding:24px 16px;font:17px/1.55 system-ui,sans-serif;">
<div style="max-width:34em;margin:0 auto;">
{body}
</div>
</body>
</html>
"""
_BUTTON = (
    '<p style="margin:28px 0;"><a href="{link}" style="display:inline-block;padding:13px 22px;'
    "border-radius:10px;background:#0b5d5e;color:#ffffff;font-weight:600;"
    'text-decoration:none;">{label}</a></p>'
)


def compose(kind: Kind, language: Language, params: Mapping[str, str]) -> Content:
    """Fill a letter in. Raises `KeyError` for an unknown kind or a missing param."""
    letter = LETTERS[kind][language]
    subject = letter.subject.format_map(params)
    return Content(
        subject,
        _plain(letter, language, params),
        _PAGE.format(
            language=language, subject=escape(subject), body=_marked_up(letter, language, params)
        ),
    )


def _plain(letter: Letter, language: Language, params: Mapping[str, str]) -> str:
    link = (f"{letter.button}:\n{params['link']}",) if letter.button else ()
    before, after = (
        tuple(paragraph.format_map(params) for paragraph in part)
        for part in (letter.before, letter.after)
    )
    return "\n\n".join((*before, *link, *after, _GREETING[language])) + "\n"


def _marked_up(letter: Letter, language: Language, params: Mapping[str, str]) -> str:
    safe = {name: escape(value) for name, value in params.items()}
    link = (
        (_BUTTON.format(link=safe["link"], label=escape(letter.button)),) if letter.button else ()
    )
    before, after = (
        tuple(f"<p>{escape(paragraph).format_map(safe)}</p>" for paragraph in part)
        for part in (letter.before, letter.after)
    )
    greeting = "<br>".join(escape(line) for line in _GREETING[language].splitlines())
    return "\n".join((*before, *link, *after, f"<p>{greeting}</p>"))
