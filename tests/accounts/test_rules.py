"""Who may have an account, under which name and password: the pure rules."""

import datetime
import unicodedata
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.accounts import model
from chat.accounts.model import AgeBand, Failures
from chat.accounts.passwords import common_passwords
from chat.scope import Scope, copenhagen_midnight
from protocol.errors import Refused

LEAP_CHILD = datetime.date(2012, 2, 29)
DATES = st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31))


def refused(code: str, field: str) -> pytest.RaisesExc[Refused]:
    """Expect a refusal with a code and a field."""
    return pytest.RaisesExc(
        Refused, check=lambda refusal: (refusal.code, refusal.field) == (code, field)
    )


# --- age ------------------------------------------------------------------------------------------


@given(born=DATES, today=DATES)
def test_an_age_rises_by_one_in_a_year_and_never_falls(
    born: datetime.date, today: datetime.date
) -> None:
    tomorrow = today + datetime.timedelta(days=1)
    in_a_year = today + datetime.timedelta(days=366)
    assert model.age(born, tomorrow) - model.age(born, today) in (0, 1)
    assert 1 <= model.age(born, in_a_year) - model.age(born, today) <= 2


@given(born=DATES, years=st.integers(0, 90))
def test_a_birthday_is_the_first_day_of_an_age(born: datetime.date, years: int) -> None:
    leap_child_in_a_common_year = (born.month, born.day) == (2, 29)
    try:
        birthday = born.replace(year=born.year + years)
    except ValueError:
        assert leap_child_in_a_common_year
        birthday = datetime.date(born.year + years, 3, 1)
    assert model.age(born, birthday) == years
    assert model.age(born, birthday - datetime.timedelta(days=1)) == years - 1


@pytest.mark.parametrize(
    ("today", "band"),
    [
        (datetime.date(2025, 2, 28), AgeBand.TOO_YOUNG),
        (datetime.date(2025, 3, 1), AgeBand.CONSENT),
        (datetime.date(2027, 2, 28), AgeBand.CONSENT),
        (datetime.date(2027, 3, 1), AgeBand.OWN_RIGHT),
        (datetime.date(2028, 2, 29), AgeBand.OWN_RIGHT),
    ],
)
def test_who_is_born_on_29_february_is_older_on_1_march(
    today: datetime.date, band: AgeBand
) -> None:
    assert model.age_band(LEAP_CHILD, today) is band


@pytest.mark.parametrize("birthday", [datetime.date(2026, 1, 15), datetime.date(2026, 7, 15)])
def test_a_child_turns_15_at_midnight_in_copenhagen(birthday: datetime.date) -> None:
    born = birthday.replace(year=2011)
    midnight = copenhagen_midnight(birthday)

    def state(now: int) -> model.State:
        return model.state_of(
            suspended=False, consented=False, born=born, today=Scope(now=now).today
        )

    assert state(midnight - 1) == "awaiting_consent"
    assert state(midnight) == "active"


@given(born=DATES, today=DATES, consented=st.booleans())
def test_nobody_suspended_is_active(
    born: datetime.date, today: datetime.date, consented: bool
) -> None:
    state = model.state_of(suspended=True, consented=consented, born=born, today=today)
    assert state == "suspended"


@given(born=DATES, today=DATES)
def test_an_account_is_for_those_from_13_to_120(born: datetime.date, today: datetime.date) -> None:
    years = model.age(born, today)
    if born > today or years > 120:
        with refused("invalid_field", "born"):
            model.check_born(born, today)
    elif years < 13:
        with refused("too_young", "born"):
            model.check_born(born, today)
    else:
        assert model.check_born(born, today) is model.age_band(born, today)


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "one_form"),
    [
        ("Bo.Hansen@Example.DK", "bo.hansen@example.dk"),
        (" bo@example.dk ", "bo@example.dk"),
        ("bo@BLÅBÆR.dk", "bo@xn--blbr-roah.dk"),
        ("bo@xn--blbr-roah.dk", "bo@xn--blbr-roah.dk"),
        ("ｂｏ@example．dk", "bo@example.dk"),  # noqa: RUF001 — full width, as some keyboards write
        ("bo+boble@mail.example.dk", "bo+boble@mail.example.dk"),
    ],
)
def test_an_address_has_one_form_however_it_is_written(written: str, one_form: str) -> None:
    assert model.normalise_email(written) == one_form
    assert model.normalise_email(one_form) == one_form
    assert model.normalise_email(model.show_email(one_form)) == one_form


@given(text=st.text(max_size=40) | st.emails())
def test_an_address_is_ascii_and_final_or_refused(text: str) -> None:
    try:
        email = model.normalise_email(text)
    except Refused:
        return
    assert email.isascii()
    assert email.isprintable()
    assert not set(email) & set(' <>,;:"()[]\\')
    assert model.normalise_email(email) == email


@pytest.mark.parametrize(
    "written",
    [
        "bo@localhost", "bo@127.0.0.1", "bo@[127.0.0.1]", "@example.dk", "bo@", "bo@.dk",
        "bo..bo@example.dk", "bø@example.dk", 'a"b@example.dk', "bo@exam_ple.dk",
        "a\u0131@ex\u200dample.dk", "x" * 65 + "@example.dk", "bo@" + "x" * 64 + ".dk",
        "bo@" + "x." * 126 + "dk",
    ],
)  # fmt: skip
def test_what_no_mail_could_reach_is_refused(written: str) -> None:
    with refused("invalid_field", "email"):
        model.normalise_email(written)


# --- aliases --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "alias",
    ["Bo", "Mette-Marie", "Søren O'Neil", "Å. Ærø", "Ольга", "فاطمة",
     "Mormor 67", "Zoë", "한국", "Jens__B"],
)  # fmt: skip
def test_a_name_people_use_is_an_alias(alias: str) -> None:
    assert model.clean_alias(alias) == unicodedata.normalize("NFKC", alias)


@pytest.mark.parametrize(
    "alias",
    [
        "B", "x" * 41, "bo@example.dk", "12345678", "Bo 20 12 34 56", "+45 Bo", "   ", "12",
        "Bo\u202eob", "Bo\u200bB", "\u3164\u3164", "Z\u0301\u0317\u0300\u0316algo", "<b>Bo</b>",
        "Bo\nBo!", "Mеtte",  # noqa: RUF001 — a Cyrillic letter in a Latin name
    ],
)  # fmt: skip
def test_what_hides_pretends_or_tells_an_address_is_no_alias(alias: str) -> None:
    with refused("invalid_field", "alias"):
        model.clean_alias(alias)


@given(text=st.text(max_size=45))
def test_a_cleaned_alias_is_final_and_its_key_knows_no_case(text: str) -> None:
    try:
        alias = model.clean_alias(text)
    except Refused:
        return
    assert model.clean_alias(alias) == alias
    assert model.alias_key(model.alias_key(alias)) == model.alias_key(alias)
    assert alias == " ".join(alias.split())


@pytest.mark.parametrize(("one", "other"), [("Bo", "BO"), ("Søren", "SØREN"), ("Åse", "A\u030ase")])
def test_two_who_differ_by_case_or_composition_have_the_same_alias(one: str, other: str) -> None:
    assert model.alias_key(model.clean_alias(one)) == model.alias_key(model.clean_alias(other))


# --- passwords ------------------------------------------------------------------------------------

COMMON = common_passwords()


def strong(password: str, *personal: str) -> bool:
    """Tell whether a password is taken."""
    try:
        model.check_password(password, common=COMMON, personal=personal)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    ("length", "taken"),
    [(9, False), (10, True), (11, True), (255, True), (256, True), (257, False)],
)
def test_a_password_has_10_to_256_characters(length: int, taken: bool) -> None:
    assert (
        strong(("kvidrende lærke over marken " * 10)[:length].strip().ljust(length, "x")) is taken
    )


@pytest.mark.parametrize(
    "password",
    [
        "1234567890", "password1234", "Password123!", "P@ssw0rd2024", "qwertyuiop", "sommer2024!",
        "Kærlighed1", "adgangskode", "samtale2026", "0102030405", "2909751234", "aaaaaaaaaaaa",
        "abababababab", "!!!!!!!!!!!!", "iloveyou12", "MORFAR1234",
    ],
)  # fmt: skip
def test_a_common_password_is_refused(password: str) -> None:
    assert not strong(password)


@pytest.mark.parametrize(
    "password",
    ["kaffe og kage kl. 3", "x8#kQ2!mPz", "tre små katte i Ballerup", "Hest-Lampe-Båd-7"],
)
def test_a_password_nobody_else_has_is_taken(password: str) -> None:
    assert strong(password)


def test_a_weak_password_names_its_field() -> None:
    with refused("weak_password", "password"):
        model.check_password("1234567890", common=COMMON, personal=())


def test_a_password_does_not_hold_its_owners_name_or_address() -> None:
    assert not strong("SOLSIKKEN er min", "Solsikken", "bo.hansen")
    assert not strong("mon bo.hansen kommer", "Solsikken", "bo.hansen")
    assert strong("mon Bo kommer i dag", "Bo")


def test_every_keyboard_writes_the_same_password() -> None:
    composed = model.normalise_password("blåbærgrød på mandag")
    decomposed = unicodedata.normalize("NFD", "blåbærgrød på mandag")
    assert model.normalise_password(decomposed) == composed


# --- guessing -------------------------------------------------------------------------------------

MINUTE = 60_000
LIMIT, WINDOW = 5, 15 * MINUTE


def wait(failures: Failures, now: int) -> int:
    """How long until the next try."""
    return model.login_wait(failures, now, limit=LIMIT, window_ms=WINDOW)


def failing(times: list[int]) -> Failures:
    """Fail at each of these moments."""
    failures = model.NO_FAILURES
    for now in times:
        failures = model.with_failure(failures, now, limit=LIMIT, window_ms=WINDOW)
    return failures


@pytest.mark.parametrize(("count", "seconds"), [(4, 0), (5, 30), (6, 60), (7, 120), (20, 900)])
def test_from_the_fifth_failure_on_each_doubles_the_wait(count: int, seconds: int) -> None:
    assert wait(failing([1_000_000_000] * count), 1_000_000_000) == seconds * 1000


def test_a_few_failures_an_hour_are_free() -> None:
    start = 1_000_000_000
    assert wait(failing([start + n * 14 * MINUTE for n in range(20)]), start) == 0


@given(gaps=st.lists(st.integers(0, 2 * WINDOW), max_size=60))
def test_no_wait_is_ever_longer_than_the_window(gaps: list[int]) -> None:
    times = list(accumulate(gaps, initial=1_000_000_000))
    now, failures = times[-1], failing(times)
    assert 0 <= wait(failures, now) <= WINDOW
    assert wait(failures, now + WINDOW) == 0


@given(start=st.integers(1, 2**41))
def test_a_guesser_gets_a_dozen_tries_in_an_hour(start: int) -> None:
    now, failures, tries = start, model.NO_FAILURES, 0
    while now < start + 60 * MINUTE:
        now += wait(failures, now)
        failures = model.with_failure(failures, now, limit=LIMIT, window_ms=WINDOW)
        tries += 1
    assert tries <= 15
