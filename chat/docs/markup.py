"""HTML as nested calls: `element("p", "a < b", class_="note")`. Everything is escaped."""

import html

_VOID = {"link", "meta"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Part = str | None


def element(tag: str, *parts: Part, **attributes: str | bool | None) -> Markup:
    """Write an element. Attributes that are None or False are left out; `class_` is `class`."""
    written = "".join(
        f" {name.rstrip('_')}" if value is True else f' {name.rstrip("_")}="{html.escape(value)}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{group(*parts)}</{tag}>")


def group(*parts: Part) -> Markup:
    """Write parts one after the other; None is nothing."""
    return Markup(
        "".join(
            part if isinstance(part, Markup) else html.escape(part)
            for part in parts
            if part is not None
        )
    )


def prose(text: str) -> Markup:
    """Write a docstring: paragraphs, with `code` between backticks."""
    paragraphs = [
        group(
            *(
                element("code", piece) if number % 2 else piece
                for number, piece in enumerate(paragraph.split("`"))
            )
        )
        for paragraph in text.split("\n\n")
    ]
    return group(*(element("p", paragraph) for paragraph in paragraphs))
