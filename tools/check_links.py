"""Check that the documents point at what exists: links, anchors, and the files they name.

Followed are the relative links of README.md, CHANGELOG.md, protocol/README.md and everything under
docs/; and in docs/architecture.md every path in backticks (`chat/storage/writer.py`), where `*`
and `<feature>` stand for any name.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

DOCUMENTS = ("README.md", "CHANGELOG.md", "protocol/README.md", "docs/**/*.md")
NAMES_FILES = "docs/architecture.md"

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$")
HTML_ID = re.compile(r"<\w+[^>]*\s(?:id|name)=\"([^\"]+)\"")
# [text](target "title"), where the text may hold an image; and [label]: target
INLINE_LINK = re.compile(r"\]\(\s*(?:<([^>]*)>|([^\s()]*(?:\([^\s()]*\)[^\s()]*)*))[^)]*\)")
LINK_DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)")
PATH = re.compile(r"^(?:chat|protocol|tests|loadtests|tools|docs)/[\w./*<>-]*$")


class Line(NamedTuple):
    """A line of a document outside its fenced code, counted from 1."""

    number: int
    text: str


def prose(document: str) -> Iterator[Line]:
    """Yield the lines outside fenced code."""
    fence = ""
    for number, text in enumerate(document.splitlines(), start=1):
        mark = FENCE.match(text)
        if fence:
            if mark and mark[1].startswith(fence) and not text.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            yield Line(number, text)


def links(document: str) -> Iterator[tuple[int, str]]:
    """Yield each link's line and target, links inside code excepted."""
    for number, text in prose(document):
        shown = CODE.sub("``", text)
        for match in INLINE_LINK.finditer(shown):
            yield number, match[1] or match[2] or ""
        if definition := LINK_DEFINITION.match(shown):
            yield number, definition[1]


def anchors(document: str) -> set[str]:
    """Return the fragments a document answers to, as GitHub makes them from its headings."""
    found: set[str] = set()
    seen: Counter[str] = Counter()
    for _, text in prose(document):
        found.update(HTML_ID.findall(text))
        if heading := HEADING.match(text):
            slug = _slug(heading[1])
            found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
    return found


def _slug(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


def named_paths(document: str) -> Iterator[tuple[int, str]]:
    """Yield each path of the repository that stands in backticks, with its line."""
    for number, text in prose(document):
        for match in CODE.finditer(text):
            token = match[2].strip().split(":", maxsplit=1)[0]
            if PATH.match(token):
                yield number, token


def problems(root: Path) -> Iterator[str]:
    """Yield one line for every link or path under `root` that leads nowhere."""
    for pattern in DOCUMENTS:
        for source in sorted(root.glob(pattern)):
            name = source.relative_to(root).as_posix()
            text = source.read_text(encoding="utf-8")
            for number, target in links(text):
                if fault := _fault(root, source, target):
                    yield f"{name}:{number}: {target}: {fault}"
            if name == NAMES_FILES:
                for number, path in named_paths(text):
                    if not _exists(root, path):
                        yield f"{name}:{number}: `{path}`: no such file"


def _fault(root: Path, source: Path, target: str) -> str | None:
    """Say what is wrong with a link, or None; links that leave the repository are not followed."""
    url = urlsplit(target)
    if url.scheme or url.netloc:
        return None
    path = unquote(url.path)
    if path.startswith("/"):
        file = root / path.lstrip("/")
    else:
        file = source.parent / path if path else source
    if not file.exists():
        return "no such file"
    if not file.resolve().is_relative_to(root.resolve()):
        return "outside the repository"
    if url.fragment and file.suffix == ".md":
        wanted = unquote(url.fragment)
        if wanted not in anchors(file.read_text(encoding="utf-8")):
            return "no such heading"
    return None


def _exists(root: Path, path: str) -> bool:
    pattern = re.sub(r"<[^>]*>", "*", path).rstrip("/")
    return any(root.glob(pattern))


def main() -> int:
    """Print what leads nowhere in this repository; 1 if anything does."""
    found = list(problems(Path(__file__).resolve().parent.parent))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
