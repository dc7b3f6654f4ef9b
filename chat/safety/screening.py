"""Screening of public text before others see it (domain rule 4): clear, or held for a reason.

It looks for what leads away from the platform's protection (ways to be reached, links), and for
what does not belong here (dating, money, insults). It is automatic and simple: words and patterns,
never a judgement of a person. The author is told the reason, and edits. Private messages are not
screened here.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import takewhile

from protocol.errors import Language


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a text is held: a stable slug, and words by which its author can act."""

    slug: str
    danish: str
    english: str

    def text(self, language: Language) -> str:
        """Give the words in the author's language."""
        return self.danish if language == "da" else self.english


REASONS = {
    reason.slug: reason
    for reason in (
        Reason(
            "phone_number",
            "Der står et telefonnummer. Pas på dig selv: fjern det, og skriv sammen her først.",
            "It has a phone number. Look after yourself: remove it, and write here first.",
        ),
        Reason(
            "email_address",
            "Der står en e-mailadresse. Pas på dig selv: fjern den, og skriv sammen her først.",
            "It has an e-mail address. Look after yourself: remove it, and write here first.",
        ),
        Reason(
            "social_handle",
            "Der står en profil på et andet medie. Fjern den, og skriv sammen her først.",
            "It has a profile on another platform. Remove it, and write here first.",
        ),
        Reason(
            "link",
            "Der står et link. Fjern det, og fortæl med dine egne ord i stedet.",
            "It has a link. Remove it, and tell it in your own words instead.",
        ),
        Reason(
            "dating",
            "Det ligner dating. Bobler er til venskaber og fællesskaber; skriv det om.",
            "It looks like dating. Bubbles are for friendship and company; please rewrite it.",
        ),
        Reason(
            "money",
            "Det ligner en bøn om penge eller et tilbud om dem. Det må en boble ikke handle om.",
            "It looks like a request for money, or an offer of it. A bubble may not be about that.",
        ),
        Reason(
            "insult",
            "Der står ord, som kan såre andre. Skriv det på en venligere måde.",
            "It has words that can hurt others. Please write it in a kinder way.",
        ),
    )
}

_PLATFORM = (
    r"(?:insta(?:gram)?|snap(?:chat)?|ig|face(?:book)?|fb|messenger|whats\s?app|telegram|signal"
    r"|kik|tik\s?tok|discord|viber|skype|wechat|twitter|linkedin)"
)
_DIGIT = r"(?:nul|en|et|to|tre|fire|fem|seks|syv|otte|ni)"
_REACH = (
    r"\b(?:skrive?|finde?|add|tilføje?|kontakte?|fange?|følge?|ringe?|message|text|write|contact"
    r"|reach)\b"
)
_ON = r"\b(?:på|via|over|on|at)\s+(?:min |mit |my )?"
_NAME = r"(?<![\w.+-])[\w.+-]{1,64}"
_AT = r"\s*(?:@|\(at\)|\[at\]|\(a\)|\bsnabel[ -]?a\b)\s*"

# `nu`, `se`, `de` and `me` are words, found after a full stop by writers in a hurry.
_DOMAIN = r"(?:dk|com|net|org|eu|io|gg|ly|info|app|link|chat|club|online|site|xyz|tv|nu/|se/|me/)"

PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (slug, re.compile(pattern))
    for slug, pattern in (
        ("email_address", rf"{_NAME}{_AT}[\w-]+(?:\s?\.\s?|\s(?:dot|punktum)\s)[a-z]{{2,}}"),
        ("email_address", rf"{_NAME}{_AT}(?:gmail|hotmail|outlook|live|yahoo|icloud|mail)\b"),
        # Danish numbers: eight digits, the first 2-9, grouped evenly (22 33 44 55, 2233 4455) or
        # 3-2-3; never a time (20.00-22.00), a date (24.12.2024) or years (2020 2021).
        ("phone_number", r"(?<!\d)(?:\+|00)\s?\d(?:[ .-]?\d){7,14}(?!\d)"),
        ("phone_number", r"(?<![\d.,-])[2-9]\d([ .-]?)\d\d\1\d\d\1\d\d(?!\d|[.,-]\d)"),
        (
            "phone_number",
            r"(?<![\d.,-])(?!(?:19|20)\d\d (?:19|20)\d\d)[2-9]\d{3} \d{4}(?!\d|[.,-]\d)",
        ),
        ("phone_number", r"(?<![\d.,-])[2-9]\d\d \d\d \d{3}(?!\d|[.,-]\d)"),
        ("phone_number", r"(?<![\d.,-])[2-9](?:([ .-])\d)(?:\1\d){6}(?!\d|[.,-]\d)"),
        ("phone_number", rf"\b(?:{_DIGIT}[ ,.-]+){{7}}{_DIGIT}\b"),
        ("link", rf"https?:|\bwww\.|(?<![\w@.])(?:[\w-]+\.)+{_DOMAIN}(?![\w-])"),
        ("link", r"(?<![\w@.])(?:[\w-]+\.)+(?:nu|se|me)/"),
        ("social_handle", r"(?<![\w.@])@[a-z0-9_][\w.]{2,}"),
        ("social_handle", rf"\b{_PLATFORM}\s*(?:[:=]|(?:er|hedder|navn|is)\b\s*:?)\s*\S"),
        ("social_handle", rf"{_REACH}[^.!?\n]{{0,25}}{_ON}{_PLATFORM}\b"),
    )
)

_WORD = r"[^\s.,]"
_DENIABLE = {"dating", "money"}
"""What people also mention to say that they do not want it."""

_DENIALS_BEFORE = {
    *("ikke", "ingen", "uden", "aldrig", "hverken"),
    *("not", "no", "never", "without", "don't", "dont", "isn't", "isnt"),
}
_DENIALS_AFTER = {"ikke", "nej", "not", "never", "isn't", "isnt"}
_TURNS = {"men", "og", "but", "and"}
_BEFORE, _AFTER = 5, 3
"""How many words from a phrase a denial counts."""


def screen(text: str) -> Reason | None:
    """Read a public text: None when it is clear, else the first reason to hold it."""
    lower = _lower(text)
    for slug, pattern in PATTERNS:
        if pattern.search(lower):
            return REASONS[slug]
    words = _words(lower)
    for slug, phrases in _phrases():
        for match in phrases.finditer(words):
            if slug not in _DENIABLE or not _denied(words, match):
                return REASONS[slug]
    return None


def _lower(text: str) -> str:
    """Fold the case and letters in disguise, and drop what cannot be seen."""
    visible = (char for char in text if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKC", "".join(visible)).casefold().replace("\u2019", "'")


def _words(lower: str) -> str:
    """Write a text as words between single blanks, with `.` and `,` for its breaks."""
    whole_numbers = re.sub(r"(?<=\d)[.,](?=\d)", "", lower)
    parts = re.findall(r"[^\W_]+(?:'[^\W_]+)*|[.!?;:\n(),]", whole_numbers)
    joined = " ".join(
        part if part[0].isalnum() else ("," if part in "(),:" else ".") for part in parts
    )
    # To be no smoker denies nothing.
    return joined.replace("ikke ryger", "ikkeryger")


def _denied(words: str, match: re.Match[str]) -> bool:
    before = [word for word in _until(reversed(words[: match.start()].split()), ".") if word != ","]
    after = list(_until(words[match.end() :].split(), ".,"))
    return not (
        _DENIALS_BEFORE.isdisjoint([*before[:_BEFORE], *match.group().split()])
        and _DENIALS_AFTER.isdisjoint(after[:_AFTER])
    )


def _until(words: Iterable[str], breaks: str) -> Iterator[str]:
    """Give words up to the next break or turn of the sentence."""
    return takewhile(lambda word: word not in breaks and word not in _TURNS, words)


@cache
def _phrases() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Read the phrases of each reason, once."""
    sections: dict[str, list[str]] = {}
    lines = (files("chat.safety") / "words.txt").read_text(encoding="utf-8").splitlines()
    for line in filter(None, (raw.partition("#")[0].strip() for raw in lines)):
        if line.startswith("["):
            sections[line.strip("[]")] = phrases = []
        else:
            phrases.append(_pattern(line))
    return tuple(
        (slug, re.compile(rf"(?<!\S)(?:{'|'.join(phrases)})(?!\S)"))
        for slug, phrases in sections.items()
    )


def _pattern(phrase: str) -> str:
    between = rf"(?: {_WORD}+){{0,3}} "
    return between.join(part.replace("*", f"{_WORD}*") for part in phrase.split(" ... "))
