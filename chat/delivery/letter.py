"""A mail before it is filled in, and as plain text and simple HTML after: pure."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

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


def both(danish: str, english: str) -> dict[Language, Letter]:
    """Read a letter in both languages."""
    return {"da": _letter(danish), "en": _letter(english)}


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


def fill_in(letter: Letter, language: Language, params: Mapping[str, str]) -> Content:
    """Fill a letter in; a paragraph that has nothing to say is left out.

    Raises `KeyError` for a missing param.
    """
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
        tuple(filter(None, (paragraph.format_map(params) for paragraph in part)))
        for part in (letter.before, letter.after)
    )
    return "\n\n".join((*before, *link, *after, _GREETING[language])) + "\n"


def _marked_up(letter: Letter, language: Language, params: Mapping[str, str]) -> str:
    safe = {name: escape(value) for name, value in params.items()}
    link = (
        (_BUTTON.format(link=safe["link"], label=escape(letter.button)),) if letter.button else ()
    )
    before, after = (
        tuple(
            f"<p>{said}</p>" for paragraph in part if (said := escape(paragraph).format_map(safe))
        )
        for part in (letter.before, letter.after)
    )
    greeting = "<br>".join(escape(line) for line in _GREETING[language].splitlines())
    return "\n".join((*before, *link, *after, f"<p>{greeting}</p>"))
