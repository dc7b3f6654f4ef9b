"""Shows the demo's mailbox: a page for people, the same as JSON for programs."""

import datetime
from html import escape
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from chat.delivery.mailbox import LINK, Mailbox, Received
from chat.delivery.reports import SMSReports
from chat.scope import COPENHAGEN

_PAGE = """\
<!doctype html>
<html lang="da">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Postkasse · Samtale</title>
<link rel="stylesheet" href="/demo/mailbox.css">
</head>
<body>
<header>
<h1>Postkasse</h1>
<p>Al post fra denne demo, den nyeste øverst. Den forlader ikke maskinen.
<a href="/demo/mailbox">Hent igen</a> · <a href="/">Til Samtale</a></p>
<p lang="en">All mail of this demo, the newest first. It does not leave this machine.</p>
</header>
<main>
{mails}
</main>
</body>
</html>
"""
_MAIL = """\
<article>
<h2>{subject}</h2>
<p class="meta">Til <strong>{to}</strong> · <time datetime="{iso}">{time}</time></p>
<div class="text">{text}</div>
</article>
"""
_EMPTY = '<p class="empty">Der er ingen post endnu. <span lang="en">No mail yet.</span></p>'

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def report_routes(reports: SMSReports) -> list[BaseRoute]:
    """Give the route that the SMS gateway posts its reports to."""

    async def take(request: Request) -> Response:
        await reports.take(request.headers.get("x-gwapi-signature", ""))
        return Response(status_code=204)

    return [Route("/api/v1/sms-reports", take, methods=["POST"])]


def routes(mailbox: Mailbox) -> list[BaseRoute]:
    """Give the routes of the demo's mailbox."""
    css = (Path(__file__).parent / "mailbox.css").read_bytes()

    async def page(_: Request) -> Response:
        mails = "\n".join(map(_article, mailbox.mails()))
        return HTMLResponse(_PAGE.format(mails=mails or _EMPTY), headers=_HEADERS)

    async def as_json(_: Request) -> Response:
        body = msgspec.json.encode(mailbox.mails())
        return Response(body, media_type="application/json", headers=_HEADERS)

    async def style(_: Request) -> Response:
        return Response(css, media_type="text/css", headers=_HEADERS)

    return [
        Route("/demo/mailbox", page, methods=["GET"]),
        Route("/demo/mailbox.json", as_json, methods=["GET"]),
        Route("/demo/mailbox.css", style, methods=["GET"]),
    ]


def _article(mail: Received) -> str:
    at = datetime.datetime.fromtimestamp(mail.at / 1000, COPENHAGEN)
    return _MAIL.format(
        subject=escape(mail.subject),
        to=escape(mail.to),
        iso=at.isoformat(),
        time=at.strftime("%-d.%-m.%Y kl. %H.%M.%S"),
        text=_linked(mail.text),
    )


def _linked(text: str) -> str:
    """Escape a text and make its links followable: only http and https match."""
    pieces: list[str] = []
    end = 0
    for found in LINK.finditer(text):
        link = escape(found[0])
        pieces += [escape(text[end : found.start()]), f'<a href="{link}">{link}</a>']
        end = found.end()
    return "".join((*pieces, escape(text[end:])))
