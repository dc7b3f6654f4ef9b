"""Who may have an account, under which name, and what it may do: pure rules.

Domain rules 2 (age) and 3 (alias). Dates are dates in Copenhagen: an age changes at its midnight.
"""

import datetime
import re
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from chat.storage.facts import Fact
from protocol.errors import Language, Refused
from protocol.resources import Account

YOUNGEST = 13
"""Years of age from which one may have an account, with a parent's consent."""

OWN_RIGHT = 15
"""Years of age from which one has an account by one's own right."""

OLDEST = 120

State = Literal["unconfirmed", "awaiting_consent", "active", "suspended"]


# --- facts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountConfirmed(Fact):
    """The e-mail address of a new account was confirmed: the account exists from now on."""

    account: int


@dataclass(frozen=True, slots=True)
class AccountChanged(Fact):
    """An account looks different, or may do more or less than before (row in `changes`).

    `seen_by_owner` is what its owner's devices are told.
    """

    account: int
    position: int
    account_seq: int
    alias: str
    municipality: int
    born: datetime.date
    active: bool
    seen_by_owner: Account


@dataclass(frozen=True, slots=True)
class SessionEnded(Fact):
    """One session of an account ended, or all of them (`session` None) but `except_session`."""

    account: int
    session: int | None
    except_session: int | None = None


# --- age and state --------------------------------------------------------------------------------


class AgeBand(StrEnum):
    """What an age allows (domain rule 2)."""

    TOO_YOUNG = "too_young"  # under 13: no account
    CONSENT = "consent"  # 13 and 14: with a parent's consent
    OWN_RIGHT = "own_right"  # 15 and over


def age(born: datetime.date, today: datetime.date) -> int:
    """Give the whole years between; who is born on 29 February is a year older on 1 March."""
    before_birthday = (today.month, today.day) < (born.month, born.day)
    return today.year - born.year - before_birthday


def age_band(born: datetime.date, today: datetime.date) -> AgeBand:
    """Tell what an age allows on a date."""
    years = age(born, today)
    if years < YOUNGEST:
        return AgeBand.TOO_YOUNG
    return AgeBand.CONSENT if years < OWN_RIGHT else AgeBand.OWN_RIGHT


def check_born(born: datetime.date, today: datetime.date) -> AgeBand:
    """Tell the band of a new account's owner.

    Raises `Refused`: `invalid_field` for a date to come or over 120 years ago, `too_young`.
    """
    if born > today or age(born, today) > OLDEST:
        raise Refused("invalid_field", field="born")
    band = age_band(born, today)
    if band is AgeBand.TOO_YOUNG:
        raise Refused("too_young", field="born")
    return band


class Post(StrEnum):
    """What someone does here besides being a citizen."""

    VOLUNTEER = "volunteer"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Standing:
    """What others' rules need to know of an account, on one day."""

    account: int
    alias: str
    born: datetime.date
    municipality: int
    active: bool
    joined_at: int
    language: Language
    read_receipts: bool
    presence: bool


def state_of(
    *, suspended: bool, consented: bool, born: datetime.date, today: datetime.date
) -> State:
    """Tell the state of a confirmed account; before that it is a registration, `unconfirmed`.

    It is derived, never stored: a birthday needs nobody to act at midnight, and a withdrawn
    consent stays withdrawn under a suspension.
    """
    if suspended:
        return "suspended"
    if consented or age_band(born, today) is AgeBand.OWN_RIGHT:
        return "active"
    return "awaiting_consent"


# --- names and addresses --------------------------------------------------------------------------

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")

_INVISIBLE = "\u115f\u1160"
_ALIAS_MARKS = " -_.'’"  # noqa: RUF001 — Danish names are written with either apostrophe
_LOOK_ALIKE = frozenset({"LATIN", "GREEK", "CYRILLIC"})
_PHONE_DIGITS = 6


def normalise_email(text: str, field: str = "email") -> str:
    """Give the one form in which an address is compared, stored and written to.

    NFKC, case-folded, the domain in ASCII (RFC 5890), so that no two accounts can have addresses
    that reach the same mailbox by case or by look-alikes, and mail never goes to a form of the
    address that only its asker wrote. Raises `Refused("invalid_field")`: also for a local part
    beyond ASCII, which mail servers rarely take.
    """
    folded = unicodedata.normalize("NFKC", text.strip()).casefold()
    local, _, domain = unicodedata.normalize("NFKC", folded).rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Refused("invalid_field", field=field) from None
    email = f"{local}@{domain}"
    if (
        len(local) > 64
        or len(email) > 254
        or not _LOCAL.fullmatch(local)
        or not _DOMAIN.fullmatch(domain)
    ):
        raise Refused("invalid_field", field=field)
    return email


def show_email(email: str) -> str:
    """Write a stored address for a person: the domain in its own letters."""
    local, _, domain = email.rpartition("@")
    if "xn--" not in domain:
        return email  # as nearly all are, and decoding costs more than reading the account
    try:
        return f"{local}@{domain.encode('ascii').decode('idna')}"
    except UnicodeError:
        return email


def clean_alias(text: str) -> str:
    """Give an alias as it will be shown: NFKC, single spaces.

    Letters, digits and a few marks; at least one letter; no mix of alphabets that look alike; not
    an e-mail address or a phone number (domain rule 3). Raises `Refused("invalid_field")`.
    """
    alias = " ".join(unicodedata.normalize("NFKC", text).split())
    letters = [c for c in alias if unicodedata.category(c)[0] == "L"]
    alphabets = {unicodedata.name(c, "").partition(" ")[0] for c in letters}
    if (
        not 2 <= len(alias) <= 40
        or not letters
        or not alias[0].isalnum()
        or not all(_may_stand_in_alias(c) for c in alias)
        or _has_piled_marks(alias)
        or len(alphabets & _LOOK_ALIKE) > 1
        or sum(c.isdigit() for c in alias) >= _PHONE_DIGITS
    ):
        raise Refused("invalid_field", field="alias")
    return alias


def _may_stand_in_alias(c: str) -> bool:
    kind = unicodedata.category(c)
    return c in _ALIAS_MARKS or ((kind[0] in "LM" or kind == "Nd") and c not in _INVISIBLE)


def _has_piled_marks(alias: str) -> bool:
    kinds = "".join(unicodedata.category(c)[0] for c in alias)
    return "MMM" in kinds


def alias_key(alias: str) -> str:
    """Give what must be unique among aliases: letter case apart, the alias itself."""
    return unicodedata.normalize("NFKC", alias.casefold())


# --- passwords ------------------------------------------------------------------------------------

PASSWORD_LENGTH = range(10, 257)
_TELLING = 4  # shorter names stand in too many good passwords
_OWN_NAMES = frozenset({"samtale", "boblberg", "snaksammen"})
_LOOKS_LIKE = str.maketrans("@4031!$57", "aaoeiisst")


def normalise_password(password: str) -> str:
    """Give the form that is hashed: the same for every keyboard (NIST SP 800-63B 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, common: Container[str], personal: Iterable[str]) -> str:
    """Give a new password as it will be hashed.

    10-256 characters; neither a common password nor a common word between digits and signs; no
    name or address of its owner in it. `common` holds lower-case passwords and words. Raises
    `Refused("weak_password")`.
    """
    password = normalise_password(password)
    folded = password.casefold()
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    if (
        len(password) not in PASSWORD_LENGTH
        or len(set(folded)) < _TELLING
        or not core
        or any(_is_common(word, common) for word in (folded, core))
        or any(len(name) >= _TELLING and name in folded for name in map(str.casefold, personal))
    ):
        raise Refused("weak_password", field="password")
    return password


def _is_common(word: str, common: Container[str]) -> bool:
    return word in common or word.translate(_LOOKS_LIKE) in common or word in _OWN_NAMES


# --- guessing -------------------------------------------------------------------------------------

FIRST_DELAY_MS = 30_000


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed logins to one address: how many since when, and the last of them."""

    count: int
    since: int
    last: int


NO_FAILURES = Failures(0, 0, 0)


def login_wait(failures: Failures, now: int, *, limit: int, window_ms: int) -> int:
    """Tell how many milliseconds to wait before the next try, 0 for none.

    `limit` failures within the window are free; from then on every failure doubles the wait, from
    30 s to at most one window. It is never a hard lock (design, section 7).
    """
    if failures.count < limit:
        return 0
    delay = min(FIRST_DELAY_MS << min(failures.count - limit, 20), window_ms)
    return max(0, failures.last + delay - now)


def with_failure(failures: Failures, now: int, *, limit: int, window_ms: int) -> Failures:
    """Count one more; the count starts again after a window without reaching the limit.

    Over the limit it starts again after a window of silence.
    """
    start = failures.since if failures.count < limit else failures.last + window_ms
    if now - start >= window_ms:
        return Failures(1, now, now)
    return Failures(failures.count + 1, failures.since, now)
