"""How the partners sign, from the vendors' documentation; on purpose not the addon's code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import unicodedata
from collections.abc import Mapping

TOLERANCE_SECONDS = 300


class NotAuthentic(Exception):
    """A request whose signature does not hold; the message says why."""


def shopify(body: bytes, secret: str) -> str:
    """The value of ``X-Shopify-Hmac-Sha256``: base64 of HMAC-SHA256 over the body."""
    return base64.b64encode(_hmac(secret.encode(), body)).decode()


def stripe(body: bytes, secret: str, *, now: int | None = None) -> str:
    """The value of ``Stripe-Signature``; the key is the whole text of the secret, ``whsec_`` included."""
    at = int(time.time()) if now is None else now
    return f"t={at},v1={_hmac(secret.encode(), f'{at}.'.encode() + body).hex()}"


def easypost(body: bytes, secret: str) -> str:
    """The value of ``X-Hmac-Signature``; the secret is NFKD-normalised."""
    key = unicodedata.normalize("NFKD", secret).encode()
    return f"hmac-sha256-hex={_hmac(key, body).hex()}"


def standard_webhooks(body: bytes, secret: str, *, message_id: str, now: int | None = None) -> dict[str, str]:
    """The three headers of Standard Webhooks 1.0.0 with a symmetric signature."""
    at = int(time.time()) if now is None else now
    signature = base64.b64encode(_hmac(_symmetric_key(secret), f"{message_id}.{at}.".encode() + body)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signature}"}


def check_standard_webhooks(body: bytes, headers: Mapping[str, str], secret: str, *, now: int | None = None) -> str:
    """The message id of an authentic request.

    :raise NotAuthentic: for a missing header, a time more than five minutes off, or no matching signature
    """
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, at = lower["webhook-id"], lower["webhook-timestamp"]
        given = lower["webhook-signature"].split(" ")
    except KeyError as error:
        raise NotAuthentic(f"header {error.args[0]} is missing") from None
    if not (at.isascii() and at.isdigit()):
        raise NotAuthentic("webhook-timestamp is not a number of seconds")
    expected = standard_webhooks(body, secret, message_id=message_id, now=int(at))["webhook-signature"].encode()
    if not any(hmac.compare_digest(expected, signature.encode("utf-8", "replace")) for signature in given):
        raise NotAuthentic("no signature matches")
    if abs((int(time.time()) if now is None else now) - int(at)) > TOLERANCE_SECONDS:
        raise NotAuthentic("the signed time is more than five minutes off")
    return message_id


def _symmetric_key(secret: str) -> bytes:
    encoded = secret.removeprefix("whsec_")
    return base64.b64decode(encoded + "=" * (-len(encoded) % 4))


def _hmac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()
