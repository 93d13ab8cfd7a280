"""What a secret looks like by its scheme, and what is kept of it.

Where we receive, keys, clients' secrets and passwords are kept as a hash; what signs, and what we show ourselves, must
be opened again and is encrypted by the caller.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ..security import hashing
from .certificates import agreement_problem, pair_problem, rewrapped
from .schemes import kind_of
from .sftp import key_problem
from .signatures import secret_problem

_KEY_KINDS = {"api_key": "sgk", "oauth2": "sgs"}


class Kept(NamedTuple):
    """``hashed`` is what verifies the secret; None when it is to be encrypted. ``hint`` may be shown."""

    hashed: str | None
    hint: str


def is_issued(scheme: str, *, sends: bool) -> bool:
    """Whether the secret is of our own making: nobody types it in."""
    return not sends and kind_of(scheme) in _KEY_KINDS


def may_be_issued(scheme: str, *, sends: bool) -> bool:
    """Whether we can make one: everything that we verify and that is no agreement on a certificate or with a vendor."""
    return is_issued(scheme, sends=sends) or (not sends and kind_of(scheme) == "basic")


def issue(scheme: str) -> str:
    """A new secret of our own making."""
    kind = _KEY_KINDS.get(kind_of(scheme))
    return hashing.generate_key(kind) if kind else secrets.token_urlsafe(24)


def tidied(secret: str, scheme: str, *, sends: bool) -> str:
    """``secret`` as it was before a form of one line took it."""
    return rewrapped(secret) if sends and kind_of(scheme) in ("mtls", "ssh_key") else secret


def problem(
    secret: str, scheme: str, *, sends: bool, settings: Mapping[str, Any] | None = None, now: datetime | None = None
) -> str | None:
    """Why ``secret`` cannot be one of the scheme, in words that do not show it; None when it can."""
    kind = kind_of(scheme)
    if kind == "signature":
        return secret_problem(secret, profile=scheme, settings=settings)
    if kind == "mtls":
        why = pair_problem(secret, now or datetime.now(timezone.utc)) if sends else agreement_problem(secret)
    elif kind == "ssh_key":
        why = key_problem(secret) if sends else "is of no use here: nobody logs in to Odoo with it"
    elif sends:
        why = _sent_problem(secret, kind)
    elif kind == "basic":
        why = hashing.password_problem(secret)
    else:
        why = None if hashing.is_key(secret, _KEY_KINDS[kind]) else "is not one that was made here: let Odoo make it"
    return f"The secret {why}." if why else None


def kept(secret: str, scheme: str, *, sends: bool) -> Kept:
    """What is kept of ``secret``."""
    kind = kind_of(scheme)
    if sends or kind in ("signature", "mtls"):
        return Kept(None, "")
    if kind == "basic":
        return Kept(hashing.hash_password(secret), "")
    return Kept(hashing.digest(secret), hashing.hint(secret))


def client_secret(secret: str) -> tuple[str, str]:
    """The client's secret and the refresh token in the secret of an OAuth 2 client: text, or a JSON object of both."""
    try:
        members = json.loads(secret)
    except ValueError:
        return secret, ""
    if not isinstance(members, dict):
        return secret, ""
    return str(members.get("client_secret", "")), str(members.get("refresh_token", ""))


def _sent_problem(secret: str, kind: str) -> str | None:
    if kind == "api_key":
        plain = secret.isascii() and secret.isprintable() and secret.strip() == secret
        return None if plain and secret else "has characters that a header cannot have"
    return None if secret else "is empty"
