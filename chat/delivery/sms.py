"""Hands SMS to GatewayAPI over its documented REST interface (`POST /rest/mtsms`).

The token is the user name of HTTP Basic. `userref` is our reference: it comes back in the
provider's reports, and two messages that a death of ours made of one carry the same.
"""

import base64
from typing import Protocol

import msgspec
from msgspec import Struct

from chat.delivery.carrier import SMS, Deferred, Rejected, Unreachable
from chat.delivery.posting import Answer, Poster

TOO_MANY = 429
NOT_LET_IN = frozenset({401, 402, 403})
"""Our token, credit or address is refused: it says nothing of this message."""

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
"""What GSM 03.38 can write; anything else makes a message go as UCS-2."""


class SMSGateway(Protocol):
    """A provider that takes SMS, one at a time: a carrier."""

    async def send(self, item: SMS, /) -> None:
        """Return once it is accepted. Raises `SendFailed`; ends within 20 s."""
        ...

    async def close(self) -> None:
        """End the burst."""
        ...


class _Recipient(Struct):
    msisdn: int


class _Request(Struct):
    sender: str
    message: str
    recipients: list[_Recipient]
    userref: str
    encoding: str


class _Accepted(Struct):
    ids: list[int]


class GatewayAPI:
    """Sends through gatewayapi.eu or .com. `sender`: up to 11 letters or 15 digits."""

    def __init__(self, url: str, token: str, sender: str, poster: Poster) -> None:
        self._url = url
        self._sender = sender
        self._poster = poster
        login = base64.b64encode(f"{token}:".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {login}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }

    async def send(self, item: SMS, /) -> None:
        """Return once the gateway has taken the message. Raises `SendFailed`."""
        request = _Request(
            self._sender,
            item.text,
            [_Recipient(int(item.to.removeprefix("+")))],
            f"notice-{item.id:016x}",
            "UTF8" if _GSM.issuperset(item.text) else "UCS2",
        )
        body = msgspec.json.encode(request)
        _judge(await self._poster.post(self._url, self._headers, body))

    async def close(self) -> None:
        """Close the connection."""
        await self._poster.close()


def _judge(answer: Answer) -> None:
    """Tell what an answer means; its words hold the number, so none of them is kept."""
    status, reason = answer.status, str(answer.status)
    if status == TOO_MANY or status in NOT_LET_IN:
        raise Unreachable(reason, answer.retry_after_ms)
    if status >= 500:
        raise Deferred(reason, answer.retry_after_ms)
    if status >= 400:
        raise Rejected(reason)
    try:
        taken = msgspec.json.decode(answer.body, type=_Accepted)
    except msgspec.DecodeError:
        raise Deferred("unreadable_answer") from None
    if status != 200 or not taken.ids:
        raise Deferred(f"not_taken_{status}")
