"""Lists, searches and counts: `chat.bubbles.model.listed` in a form that indexes answer.

Newest first, by the id, which is time-ordered. A search starts from its rarest term and looks the
others up, or runs down the newest bubbles when every term is common; so a page stays cheap with a
million bubbles. A property test holds the SQL against the pure rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from chat.bubbles.model import Bubble, Viewer
from chat.bubbles.store import COLUMNS, read_bubble
from chat.safety.model import ADULT, contact_window, latest_birth
from chat.safety.service import not_hidden_from
from chat.storage.database import Reader
from chat.terms import Query, after_prefix, interest_term

COUNT_AT_MOST = 1_000
"""Counting stops here; the answer then means "this many or more"."""

RARE = 2_000
"""A term of fewer bubbles is rare: they may all be gone through."""

NEWEST = (1 << 63) - 1
"""Above every id."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a list is narrowed by; None where it is not."""

    interest: str | None = None
    municipality: int | None = None
    query: Query | None = None


class Condition(NamedTuple):
    """A piece of SQL that is true or false of bubble `b`, and its parameters."""

    sql: str
    params: tuple[object, ...] = ()


class Term(NamedTuple):
    """The terms from `first` up to but not including `end`; one term if there is no `end`."""

    first: str
    end: str | None = None

    def condition(self) -> Condition:
        """Say that `term` is among these."""
        if self.end is None:
            return Condition("term = ?", (self.first,))
        return Condition("term >= ? AND term < ?", (self.first, self.end))


def page_of_others_and_own(
    reader: Reader, viewer: Viewer, narrowing: Narrowing, before: int, limit: int
) -> list[Bubble]:
    """Give the newest bubbles below an id that stand in a viewer's list."""
    return _page(reader, _conditions(viewer, narrowing), narrowing, before, limit)


def page_of_own(
    reader: Reader, viewer: Viewer, narrowing: Narrowing, before: int, limit: int
) -> list[Bubble]:
    """Give the newest of a viewer's own bubbles below an id, in every state."""
    conditions = [Condition("b.account_id = ?", (viewer.account,))]
    if narrowing.municipality is not None:
        conditions.append(_in_municipality(viewer, narrowing.municipality))
    return _page(reader, conditions, narrowing, before, limit)


def count(reader: Reader, viewer: Viewer, narrowing: Narrowing) -> int:
    """Count what stands in a viewer's list, up to `COUNT_AT_MOST`."""
    start = _search(reader, narrowing, NEWEST)
    where = _all([*_conditions(viewer, narrowing), *start.conditions])
    row = reader.one(
        "SELECT COUNT(*) AS n FROM"
        f" (SELECT 1 AS one FROM {start.source} WHERE {where.sql} LIMIT ?) c",
        *where.params,
        COUNT_AT_MOST,
    )
    return 0 if row is None else int(row["n"])


def _page(
    reader: Reader,
    conditions: Iterable[Condition],
    narrowing: Narrowing,
    before: int,
    limit: int,
) -> list[Bubble]:
    start = _search(reader, narrowing, before)
    where = _all([*conditions, *start.conditions])
    rows = reader.all(
        f"SELECT {COLUMNS} FROM {start.source} WHERE {where.sql} ORDER BY {start.id} DESC LIMIT ?",
        *where.params,
        limit,
    )
    return [read_bubble(row) for row in rows]


def _conditions(viewer: Viewer, narrowing: Narrowing) -> list[Condition]:
    conditions = [Condition("b.state = 'open' AND b.author_active = 1"), _seen_by(viewer)]
    if narrowing.municipality is not None:
        conditions.append(_in_municipality(viewer, narrowing.municipality))
    return conditions


def _seen_by(viewer: Viewer) -> Condition:
    """`may_see`, for open bubbles of active authors."""
    others = _all([*_by_visibility_rule(viewer), *_by_contact_rule(viewer), *_by_blocks(viewer)])
    return Condition(f"({others.sql} OR b.account_id = ?)", (*others.params, viewer.account))


def _by_visibility_rule(viewer: Viewer) -> list[Condition]:
    if viewer.municipality in viewer.subscribing:
        return []
    places = sorted(viewer.subscribing)
    if not places:
        return [Condition("1 = 0")]
    marks = ", ".join("?" * len(places))
    return [Condition(f"b.author_municipality IN ({marks})", tuple(places))]


def _by_contact_rule(viewer: Viewer) -> list[Condition]:
    window = contact_window(viewer.born, viewer.today)
    if window is None:
        return [Condition("1 = 0")]
    conditions = [Condition("b.author_born <= ?", (window.until.isoformat(),))]
    if window.after is not None:
        conditions.append(Condition("b.author_born > ?", (window.after.isoformat(),)))
    return conditions


def _by_blocks(viewer: Viewer) -> list[Condition]:
    if not viewer.hidden:
        return []
    return [Condition(*not_hidden_from(viewer.account, "b.account_id"))]


def _in_municipality(viewer: Viewer, municipality: int) -> Condition:
    """`matches_municipality`."""
    if viewer.is_child and viewer.municipality == municipality:
        return Condition("b.author_municipality = ?", (municipality,))
    adults = latest_birth(ADULT, viewer.today).isoformat()
    return Condition(
        "b.author_municipality = ? AND (b.account_id = ? OR b.author_born <= ?)",
        (municipality, viewer.account, adults),
    )


class Start(NamedTuple):
    """Where a search starts: its tables, the id that they are read by, and what must hold."""

    source: str
    id: str
    conditions: list[Condition]


def _search(reader: Reader, narrowing: Narrowing, before: int) -> Start:
    """Choose where to start among what must be found, for bubbles below an id."""
    terms = _terms(narrowing)
    sizes = {term: _size(reader, term) for term in terms}
    rarest = min(terms, key=sizes.__getitem__, default=None)
    others = [_has(term) for term in terms if term != rarest]
    newest = Condition("b.id < ?", (before,))
    if rarest is None:
        return Start("bubbles b", "b.id", [newest])
    is_rare = sizes[rarest] < RARE
    if rarest.end is None and (is_rare or narrowing.municipality is None):
        joined = Condition(
            "d.term = ? AND d.bubble_id < ? AND b.id = d.bubble_id", (rarest.first, before)
        )
        return Start("bubble_terms d CROSS JOIN bubbles b", "d.bubble_id", [joined, *others])
    if is_rare:
        among = rarest.condition()
        within = Condition(
            f"b.id IN (SELECT bubble_id FROM bubble_terms WHERE {among.sql})", among.params
        )
        return Start("bubbles b", "b.id", [newest, within, *others])
    return Start("bubbles b", "b.id", [newest, _has(rarest), *others])


def _terms(narrowing: Narrowing) -> list[Term]:
    query = narrowing.query or Query()
    terms = [Term(word) for word in sorted(query.whole)]
    if narrowing.interest is not None:
        terms.append(Term(interest_term(narrowing.interest)))
    if query.prefix is not None:
        terms.append(Term(query.prefix, after_prefix(query.prefix)))
    return terms


def _size(reader: Reader, term: Term) -> int:
    among = term.condition()
    row = reader.one(
        "SELECT COUNT(*) AS n FROM"
        f" (SELECT 1 AS one FROM bubble_terms WHERE {among.sql} LIMIT ?) c",
        *among.params,
        RARE,
    )
    return 0 if row is None else int(row["n"])


def _has(term: Term) -> Condition:
    among = term.condition()
    return Condition(
        f"EXISTS (SELECT 1 FROM bubble_terms t WHERE t.bubble_id = b.id AND {among.sql})",
        among.params,
    )


def _all(conditions: Iterable[Condition]) -> Condition:
    parts = list(conditions)
    return Condition(
        " AND ".join(part.sql for part in parts),
        tuple(param for part in parts for param in part.params),
    )
