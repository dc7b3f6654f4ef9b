"""Hands messages to browsers' push services (RFC 8030), encrypted (RFC 8291), signed (RFC 8292).

The push service sees neither words nor links: only the browser that subscribed can read them.
"""

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException

from chat.delivery.carrier import Deferred, Gone, Push, Rejected, Unreachable
from chat.delivery.posting import Answer, NotPublic, Poster
from chat.scope import Clock
from protocol.errors import Refused

LONGEST_ENDPOINT = 1_024
POINT_BYTES = 65
SECRET_BYTES = 16
KEY_BYTES = 32
SIGNED_FOR_S = 12 * 3_600
"""At most a day is allowed (RFC 8292, section 2)."""

_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser that takes push messages: where, and the keys that only it can read with."""

    endpoint: str
    p256dh: bytes
    auth: bytes


class Vapid:
    """Who we are to push services: a key of P-256. `key`: its 32 bytes in base64url."""

    def __init__(self, key: str, subject: str) -> None:
        """Read the key. Raises `ValueError` when it is none."""
        try:
            if len(decoded(key)) != KEY_BYTES:
                raise ValueError("no VAPID key")
            self._vapid = Vapid02.from_raw(key.encode())
        except (VapidException, ValueError, binascii.Error) as error:
            raise ValueError("no VAPID key") from error
        self._subject = subject

    @classmethod
    def generated(cls) -> str:
        """Make a new private key."""
        number = generate_private_key(SECP256R1()).private_numbers().private_value
        return encoded(number.to_bytes(KEY_BYTES, "big"))

    @property
    def public_key(self) -> str:
        """What a browser subscribes with."""
        return encoded(point_of(self._vapid.public_key))

    def signature(self, endpoint: str, now: int) -> str:
        """Give the Authorization header for an endpoint (RFC 8292, section 3)."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": now // 1000 + SIGNED_FOR_S,
            "sub": self._subject,
        }
        return str(self._vapid.sign(claims)["Authorization"])


class WebPush:
    """Sends to whichever push service a subscription names: each answers for itself."""

    def __init__(self, vapid: Vapid, poster: Poster, clock: Clock) -> None:
        self._vapid = vapid
        self._poster = poster
        self._clock = clock

    async def send(self, item: Push, /) -> None:
        """Return once the push service has taken the message. Raises `SendFailed`."""
        to = read_subscription(item.to)
        headers = {
            "Authorization": self._vapid.signature(to.endpoint, self._clock()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(item.ttl),
            "Urgency": "high" if item.urgent else "normal",
            "Topic": item.topic,
        }
        try:
            answer = await self._poster.post(to.endpoint, headers, sealed(item.body, to))
        except Unreachable as failure:
            if failure.reason == NotPublic.__name__:
                raise Gone(failure.reason) from None
            raise Deferred(failure.reason, failure.retry_after_ms) from None
        _judge(answer)

    async def close(self) -> None:
        """Close the connections."""
        await self._poster.close()


def sealed(body: bytes, to: Subscription) -> bytes:
    """Encrypt a message for a subscription, with a key of its own (RFC 8291)."""
    encrypted: bytes = http_ece.encrypt(
        body,
        private_key=generate_private_key(SECP256R1()),
        dh=to.p256dh,
        auth_secret=to.auth,
        version="aes128gcm",
    )
    return encrypted


def _judge(answer: Answer) -> None:
    status, reason = answer.status, str(answer.status)
    if status in _GONE:
        raise Gone(reason)
    if status == 429 or status >= 500:
        raise Deferred(reason, answer.retry_after_ms)
    if not 200 <= status < 300:
        raise Rejected(reason)


# --- subscriptions --------------------------------------------------------------------------------


def checked(
    endpoint: str, p256dh: str, auth: str, hosts: Collection[str], *, inside_too: bool
) -> Subscription:
    """Read what a browser gave us: an endpoint of a push service that we know, and its keys.

    Raises `Refused("invalid_field")` with the field that is wrong.
    """
    if len(endpoint) > LONGEST_ENDPOINT or not _may_be_sent_to(endpoint, hosts, inside_too):
        raise Refused("invalid_field", field="endpoint")
    try:
        point = decoded(p256dh)
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        raise Refused("invalid_field", field="p256dh") from None
    if len(point) != POINT_BYTES:
        raise Refused("invalid_field", field="p256dh")
    try:
        secret = decoded(auth)
    except ValueError:
        raise Refused("invalid_field", field="auth") from None
    if len(secret) != SECRET_BYTES:
        raise Refused("invalid_field", field="auth")
    return Subscription(endpoint, point, secret)


def _may_be_sent_to(endpoint: str, hosts: Collection[str], inside_too: bool) -> bool:
    if not (endpoint.isascii() and endpoint.isprintable()) or " " in endpoint:
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if inside_too:
        return parts.scheme in {"http", "https"} and bool(host)
    return (
        parts.scheme == "https"
        and port in {None, 443}
        and parts.username is None
        and any(host == known or host.endswith(f".{known}") for known in hosts)
    )


def write_subscription(subscription: Subscription) -> str:
    """Write a subscription as the address of a notice."""
    return json.dumps(
        [subscription.endpoint, encoded(subscription.p256dh), encoded(subscription.auth)]
    )


def read_subscription(address: str) -> Subscription:
    """Read what `write_subscription` wrote."""
    endpoint, p256dh, auth = json.loads(address)
    return Subscription(endpoint, decoded(p256dh), decoded(auth))


def encoded(raw: bytes) -> str:
    """Write bytes in base64url without padding (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Read base64url, padded or not. Raises `ValueError`."""
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def point_of(key: EllipticCurvePublicKey) -> bytes:
    """Write a public key as its uncompressed point."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
