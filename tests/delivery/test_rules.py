"""When mail is tried again, and what letters say: the pure rules."""

from email.headerregistry import Address
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.delivery import letters, model, short
from chat.delivery.carrier import Mail
from chat.delivery.model import Kind
from chat.delivery.smtp import SMTPMailer
from protocol.errors import Language

PARAMS = {
    "alias": "Bo & <Ane>",
    "link": "https://samtale.example/confirm#token=abc",
    "code": "123456",
    "unread": "3 ulæste beskeder",
    "people": "2 personer",
    "service": "SnakSammen",
    "when": "onsdag den 18. november kl. 19.00",
    "before": "tirsdag den 17. november kl. 19.00",
    "clock": "19.00",
    "with_whom": "Karen",
    "branch": "Røde Kors Aarhus",
    "role": "frivillig",
    "message": "Karen er blevet syg.",
}
KINDS: tuple[Kind, ...] = get_args(Kind)
IN_LETTERS = tuple(letters.LETTERS)


# --- again ----------------------------------------------------------------------------------------


@given(attempts=st.integers(1, model.MAX_ATTEMPTS), dice=st.floats(0, 1, exclude_max=True))
def test_a_wait_is_between_ten_seconds_and_six_hours(attempts: int, dice: float) -> None:
    assert 10_000 <= model.retry_delay_ms(attempts, dice) <= 6 * 3_600_000


@given(attempts=st.integers(1, model.MAX_ATTEMPTS - 1), dice=st.floats(0, 1, exclude_max=True))
def test_no_wait_is_shorter_than_the_one_before(attempts: int, dice: float) -> None:
    assert model.retry_delay_ms(attempts + 1, 0) >= model.retry_delay_ms(attempts, dice)


def test_a_mail_is_tried_for_more_than_a_day() -> None:
    tried_for = sum(model.retry_delay_ms(n, 0) for n in range(1, model.MAX_ATTEMPTS))
    assert 24 * 3_600_000 < tried_for < 7 * 24 * 3_600_000


@given(failures=st.integers(1, 10_000))
def test_a_server_out_of_reach_is_asked_again_within_a_minute(failures: int) -> None:
    assert 1_000 <= model.pause_ms(failures) <= 60_000


# --- letters --------------------------------------------------------------------------------------


def test_every_kind_of_notice_has_words() -> None:
    assert {*letters.LETTERS, *short.SHORTS} == set(KINDS)


@pytest.mark.parametrize("kind", short.SHORTS)
@pytest.mark.parametrize("language", ["da", "en"])
def test_what_is_short_fits_a_telephone(kind: Kind, language: Language) -> None:
    words = short.compose(kind, language, PARAMS)
    assert words.title
    assert words.line
    assert len(words.title) <= 70
    sms = short.as_sms(kind, language, PARAMS)
    assert sms.startswith("Samtale: ")
    assert sms.endswith(PARAMS["link"])
    assert "{" not in sms


@pytest.mark.parametrize("kind", IN_LETTERS)
@pytest.mark.parametrize("language", ["da", "en"])
def test_every_letter_is_written_in_both_languages(kind: Kind, language: Language) -> None:
    content = letters.compose(kind, language, PARAMS)
    letter = letters.LETTERS[kind][language]
    assert content.subject
    assert len(content.subject) <= 70
    assert f'<html lang="{language}">' in content.html
    assert "{" not in content.text
    for part in (*letter.before, *letter.after):
        assert part.format_map(PARAMS) in content.text
    assert content.text.endswith("Samtale\n")


@pytest.mark.parametrize("kind", IN_LETTERS)
def test_both_languages_say_the_same(kind: Kind) -> None:
    danish, english = letters.LETTERS[kind]["da"], letters.LETTERS[kind]["en"]
    assert (len(danish.before), len(danish.after), bool(danish.button)) == (
        len(english.before),
        len(english.after),
        bool(english.button),
    )


def test_the_link_stands_alone_on_its_line_and_behind_the_button() -> None:
    content = letters.compose("confirm_email", "da", PARAMS)
    assert f"\n{PARAMS['link']}\n" in content.text
    assert f'<a href="{PARAMS["link"]}"' in content.html


def test_a_name_cannot_write_html() -> None:
    html = letters.compose("confirm_email", "da", PARAMS).html
    assert "Bo &amp; &lt;Ane&gt;" in html
    assert "<Ane>" not in html


def test_a_letter_without_its_param_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        letters.compose("confirm_email", "da", {"alias": "Bo"})


# --- the mail -------------------------------------------------------------------------------------

MAILER = SMTPMailer("127.0.0.1", 25, sender="Samtale <post@samtale.example>")


def mail(to: str = "bo@example.dk", calendar: str = "") -> Mail:
    content = letters.compose("confirm_email", "da", PARAMS)
    return Mail(77, 1_795_000_000_000, to, content.subject, content.text, content.html, calendar)


def test_the_same_mail_is_the_same_bytes_each_time() -> None:
    assert MAILER.message(mail()).as_bytes() == MAILER.message(mail()).as_bytes()


def test_a_calendar_file_goes_with_a_mail_and_leaves_it_the_same_each_time() -> None:
    calendar = "BEGIN:VCALENDAR\r\nSUMMARY:Snak på øen\r\nEND:VCALENDAR\r\n"
    message = MAILER.message(mail(calendar=calendar))
    assert message.as_bytes() == MAILER.message(mail(calendar=calendar)).as_bytes()
    (attached,) = message.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == (
        "text/calendar",
        "samtale.ics",
    )
    assert attached.get_content().splitlines() == calendar.splitlines()
    body = message.get_body(("plain",))
    assert body is not None
    assert PARAMS["link"] in body.get_content()


def test_a_paragraph_that_has_nothing_to_say_is_left_out() -> None:
    silent = letters.compose("booking_cancelled", "da", PARAMS | {"message": ""})
    assert "<p></p>" not in silent.html
    assert "\n\n\n" not in silent.text


def test_a_mail_says_who_wrote_it_when_and_that_no_person_did() -> None:
    message = MAILER.message(mail())
    assert message["From"] == "Samtale <post@samtale.example>"
    assert message["Message-ID"] == "<notice-000000000000004d@samtale.example>"
    assert message["Date"] == "Wed, 18 Nov 2026 11:06:40 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert message.as_bytes().isascii()


def test_the_receiver_is_one_address() -> None:
    (to,) = MAILER.message(mail())["To"].addresses
    assert to == Address(addr_spec="bo@example.dk")
    for two in ("bo@example.dk, ane@example.dk", "bo@example.dk\r\nBcc: ane@example.dk"):
        with pytest.raises(ValueError, match=r"."):
            MAILER.message(mail(two))
