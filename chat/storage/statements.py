"""The one text of SQL in the words of PostgreSQL; each text is rewritten once and kept."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

_PARTS = re.compile(r"'[^']*'|\bLIKE \?|\{among\}|\?")
_INSERT = re.compile(r"INSERT INTO (\w+) \(([^()]*)\) VALUES \(([^()]*)\)")
_CHANGE = re.compile(r"(UPDATE \w+ SET .*|DELETE FROM \w+) WHERE ((?:\w+ = \?(?: AND )?)+)")
_CONSTANT = re.compile(r"NULL|-?\d+|'[^',]*'")


@lru_cache(maxsize=1_024)
def numbered(sql: str) -> str:
    """Number the placeholders, and say `{among}` and LIKE as PostgreSQL does.

    LIKE ignores the case of ASCII letters and has no escape character, as in SQLite.
    """
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        part = found[0]
        if part.startswith("'"):
            return part
        count += 1
        if part == "{among}":
            return f"= ANY(${count})"
        if part == "?":
            return f"${count}"
        return f"ILIKE ${count} ESCAPE ''"

    return _PARTS.sub(number, sql)


class CopiedRows:
    """A plain insert as COPY takes it: a table, its columns, and records."""

    def __init__(self, table: str, columns: Sequence[str], values: Sequence[str]) -> None:
        self.table = table
        self.columns = columns
        self._constants = [None if value == "?" else (_constant(value),) for value in values]

    def records(self, rows: Iterable[Sequence[object]]) -> Iterable[Sequence[object]]:
        """Put the constants of the statement between the parameters."""
        if not any(self._constants):
            return rows
        return (self._record(iter(row)) for row in rows)

    def _record(self, given: Iterator[object]) -> tuple[object, ...]:
        return tuple(next(given) if one is None else one[0] for one in self._constants)


class JoinedRows:
    """A change whose rows are found by equality alone, joined with many rows of parameters."""

    def __init__(self, sql: str, key: Sequence[int]) -> None:
        self.sql = sql
        self._key = key

    def takes(self, rows: Sequence[Sequence[object]]) -> bool:
        """Tell whether it does what the rows would do one by one: none names another's key."""
        return len({tuple(row[place] for place in self._key) for row in rows}) == len(rows)


def copied_rows(sql: str) -> CopiedRows | None:
    """Make the form for COPY; None if there is none."""
    insert = _INSERT.fullmatch(sql)
    if insert is None:
        return None
    columns = [name.strip() for name in insert[2].split(",")]
    values = [value.strip() for value in insert[3].split(",")]
    plain = all(value == "?" or _CONSTANT.fullmatch(value) for value in values)
    return CopiedRows(insert[1], columns, values) if plain and len(columns) == len(values) else None


def joined_rows(sql: str, types: Sequence[str]) -> JoinedRows | None:
    """Make the form that joins, given the type of each placeholder; None if there is none."""
    change = _CHANGE.fullmatch(sql)
    if change is None or sql.count("?") != len(types):
        return None
    names = [f"p{number}" for number in range(1, len(types) + 1)]
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, 1))
    left = iter(names)
    head, where = (re.sub(r"\?", lambda _: f"given.{next(left)}", part) for part in change.groups())
    joined = "USING" if sql.startswith("DELETE") else "FROM"
    given = f"{joined} unnest({arrays}) AS given ({', '.join(names)})"
    return JoinedRows(f"{head} {given} WHERE {where}", range(change[1].count("?"), len(types)))


def _constant(text: str) -> object:
    if text == "NULL":
        return None
    return text[1:-1] if text.startswith("'") else int(text)
