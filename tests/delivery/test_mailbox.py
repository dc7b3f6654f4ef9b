"""The demo's mailbox, as people and programs see it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from chat.delivery import http
from chat.delivery.carrier import Mail
from chat.delivery.mailbox import Mailbox
from chat.delivery.smtp import SMTPMailer

NOON = 1_795_345_200_000
LINK = "https://samtale.example/confirm#token=abc"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    opened = await Mailbox.open()
    yield opened
    await opened.close()


@pytest.fixture
async def browser(mailbox: Mailbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=Starlette(routes=http.routes(mailbox)))
    async with httpx.AsyncClient(transport=transport, base_url="http://samtale") as client:
        yield client


async def send(mailbox: Mailbox, *mails: Mail) -> None:
    mailer = SMTPMailer(mailbox.host, mailbox.port, sender="Samtale <post@samtale.example>")
    for mail in mails:
        await mailer.send(mail)
    await mailer.close()


def mail(number: int = 1, text: str = f"Følg linket:\n{LINK}\n\nHilsen <b>Samtale</b>\n") -> Mail:
    return Mail(number, NOON, "bo@example.dk", f"Æblegrød & mælk {number}", text, "<p>Hej</p>")


async def test_a_program_finds_the_links(mailbox: Mailbox, browser: httpx.AsyncClient) -> None:
    await send(mailbox, mail())
    assert (await browser.get("/demo/mailbox.json")).json() == [
        {
            "to": "bo@example.dk",
            "subject": "Æblegrød & mælk 1",
            "text": f"Følg linket:\n{LINK}\n\nHilsen <b>Samtale</b>\n",
            "links": [LINK],
            "at": NOON,
        }
    ]


async def test_a_person_sees_the_newest_first_with_links_to_follow(
    mailbox: Mailbox, browser: httpx.AsyncClient
) -> None:
    await send(mailbox, mail(1), mail(2))
    page = (await browser.get("/demo/mailbox")).text
    assert page.index("mælk 2") < page.index("mælk 1")
    assert f'<a href="{LINK}">{LINK}</a>' in page
    assert "22.11.2026 kl. 12.00.00" in page


async def test_nothing_in_a_mail_becomes_html(mailbox: Mailbox, browser: httpx.AsyncClient) -> None:
    await send(mailbox, mail(text='<script>x()</script> javascript:x() https://a.dk/"onclick=x'))
    page = (await browser.get("/demo/mailbox")).text
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert '"onclick' not in page
    assert "Æblegrød &amp; mælk" in page


async def test_the_page_is_fenced_in_and_its_style_is_served(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/demo/mailbox")
    assert "Der er ingen post endnu" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    style = await browser.get("/demo/mailbox.css")
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"


async def test_it_keeps_the_last_mails_only() -> None:
    mailbox = await Mailbox.open(keep=3)
    await send(mailbox, *(mail(number) for number in range(5)))
    assert [received.subject[-1] for received in mailbox.mails()] == ["4", "3", "2"]
    await mailbox.close()
