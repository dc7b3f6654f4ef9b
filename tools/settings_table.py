"""Write the table of settings in docs/operations.md: names and defaults from `chat.settings`.

What each means stands in samtale.example.toml, above the setting. `python -m tools.settings_table`
writes the table anew between its two marks; a test compares.
"""

import json
import re
import sys
from pathlib import Path

import msgspec

from chat.settings import Settings

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "samtale.example.toml"
DOCUMENT = ROOT / "docs" / "operations.md"

BETWEEN_MARKS = re.compile(
    r"(?<=<!-- settings: written by tools/settings_table.py -->\n).*?"
    r"(?=<!-- end of settings -->)",
    re.DOTALL,
)


def meanings(example: str) -> dict[str, str]:
    """Read what each setting means from the comment above it; limits as `limits.name`."""
    found: dict[str, str] = {}
    prefix, words = "", list[str]()
    for line in example.splitlines():
        if line.startswith("#"):
            words.append(line.removeprefix("#").strip())
        elif line.startswith("["):
            prefix = line.strip("[]") + "."
            words = []
        elif name := re.match(r"(\w+) =", line):
            found[prefix + name[1]] = " ".join(words)
            words = []
        else:
            words = []
    return found


def defaults() -> dict[str, object]:
    """Give the default of every setting; limits as `limits.name`."""
    values = msgspec.to_builtins(Settings())
    limits = values.pop("limits")
    return {**values, **{f"limits.{name}": value for name, value in limits.items()}}


def table(example: str) -> str:
    """Make the table."""
    words = meanings(example)
    rows = [
        f"| `{name}` | `{json.dumps(value)}` | {words[name]} |"
        for name, value in defaults().items()
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows]) + "\n"


def with_table(document: str, example: str) -> str:
    """Give the document with a table that is current."""
    return BETWEEN_MARKS.sub(lambda _: table(example), document)


def main() -> int:
    """Write the document anew, if the example explains every setting."""
    example = EXAMPLE.read_text(encoding="utf-8")
    if missing := defaults().keys() - meanings(example).keys():
        print(f"samtale.example.toml does not explain {sorted(missing)}", file=sys.stderr)
        return 1
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8"), example), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
