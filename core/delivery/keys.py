"""From the text of a secret to the key that signs."""

from __future__ import annotations

import base64
import binascii
import unicodedata
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .profiles import Profile

PRIVATE_PREFIX = "whsk_"
PUBLIC_PREFIX = "whpk_"
_ED25519_SEED, _ED25519_PUBLIC = 32, 32


@dataclass(frozen=True, slots=True)
class Secret:
    """One version of a credential: the text as the partner gave it. Never printed."""

    key_id: str
    value: str = field(repr=False)


class UnusableSecret(Exception):
    """A secret whose text is not a key of its profile; the message says why without showing it."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a secret can do: a symmetric key, or an Ed25519 pair of which we may hold the public half only."""

    symmetric: bytes | None = None
    private: Ed25519PrivateKey | None = None
    public: Ed25519PublicKey | None = None


def key_of(secret: Secret, profile: Profile) -> Key:
    """The key behind ``secret``. An asymmetric secret never serves as a symmetric one, nor the other way round.

    :raise UnusableSecret: for a secret that is empty or not in the profile's form
    """
    value = secret.value
    if not isinstance(value, str) or not value:
        raise UnusableSecret("is empty")
    if "ed25519" in profile.schemes.values() and value.startswith((PRIVATE_PREFIX, PUBLIC_PREFIX)):
        return _pair(value)
    key = _symmetric(value, profile)
    if not key:
        raise UnusableSecret("is empty")
    return Key(symmetric=key)


def _symmetric(value: str, profile: Profile) -> bytes:
    if profile.key == "base64":
        return unpadded_base64(value.removeprefix(profile.key_prefix))
    if profile.key == "text_nfkd":
        value = unicodedata.normalize("NFKD", value)
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnusableSecret("has characters that are not text") from error


def _pair(value: str) -> Key:
    key = unpadded_base64(value[len(PRIVATE_PREFIX) :])
    if value.startswith(PUBLIC_PREFIX):
        if len(key) != _ED25519_PUBLIC:
            raise UnusableSecret(f"is not a public key of {_ED25519_PUBLIC} bytes")
        return Key(public=Ed25519PublicKey.from_public_bytes(key))
    if len(key) != _ED25519_SEED + _ED25519_PUBLIC:
        raise UnusableSecret(f"is not a private key of {_ED25519_SEED + _ED25519_PUBLIC} bytes")
    private = Ed25519PrivateKey.from_private_bytes(key[:_ED25519_SEED])
    return Key(private=private, public=private.public_key())


def unpadded_base64(text: str) -> bytes:
    """The bytes of ``text``, whose padding may be missing.

    :raise UnusableSecret: for anything that is not base64
    """
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnusableSecret("is not base64") from error
