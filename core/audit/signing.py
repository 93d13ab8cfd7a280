"""Signatures under what leaves the database: Ed25519 (RFC 8032), the key made from the installation's key ring.

The seed is derived (:meth:`~sync_governance.core.security.keyring.KeyRing.derive`), so the database alone can sign
nothing; whoever verifies needs the public key only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PURPOSE = "audit signature"
"""What the seed is derived for."""


class Signer:
    """Signs with the key of ``seed`` (32 bytes); ``key_id`` names the key of the ring that it comes from."""

    def __init__(self, seed: bytes, key_id: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.key_id = key_id
        raw = self._key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.public_key = base64.b64encode(raw).decode("ascii")

    def sign(self, content: bytes) -> str:
        """The signature of ``content``, base64."""
        return base64.b64encode(self._key.sign(content)).decode("ascii")


def fingerprint(public_key: str) -> str:
    """SHA-256 of a public key (base64 of its 32 bytes), as people compare it: 8 groups of 4 hex digits."""
    digits = hashlib.sha256(base64.b64decode(public_key)).hexdigest()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, 32, 4))


def holds(public_key: str, signature: str, content: bytes) -> bool:
    """Whether ``signature`` (base64) is that of ``content`` under ``public_key`` (base64)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True
