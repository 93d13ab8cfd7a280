"""Secrets at rest: AES-256-GCM under keys that live outside the database.

A token is ``v1.<key id>.<base64>``; its bytes are a check value of the key (4), the nonce (12), the ciphertext and
the tag (16). Key id, version and the caller's ``aad`` are authenticated: a token copied to another record, or filed
under another key, does not open. The check value tells *the wrong key under a known id* from *a changed token*, which
is what an administrator needs to know after restoring a backup.

The nonce is random: one key may encrypt some four thousand million secrets before that becomes a risk (NIST SP
800-38D, 8.3).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..faults import Fault

_VERSION = "v1"
_KEY_BYTES, _CHECK_BYTES, _NONCE_BYTES, _TAG_BYTES = 32, 4, 12, 16
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_CHECK_LABEL = b"sync_governance key check value"


class KeyProblem(Fault):
    """A secret cannot be encrypted or opened; ``key_id`` names the key, where one is known.

    Always ``engine.configuration``: an administrator sets the keys right, the partner has no part in it.
    """

    def __init__(self, detail: str, *, key_id: str = "") -> None:
        super().__init__("engine.configuration", detail, subject=f"encryption key {key_id}".strip())
        self.key_id = key_id


class KeyRing:
    """The keys of this installation: the first encrypts, every one of them decrypts.

    Rotation: put a new key in front, rewrap the tokens (:meth:`needs_rewrap`, :meth:`rewrap`), drop the old key.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise KeyProblem("No encryption key is configured.")
        for key_id, key in keys.items():
            if not _KEY_ID.fullmatch(key_id):
                raise KeyProblem("A key id has up to 32 letters, digits, - and _.", key_id=key_id)
            if len(key) != _KEY_BYTES:
                raise KeyProblem(f"Key {key_id} has {len(key)} bytes instead of {_KEY_BYTES}.", key_id=key_id)
        self._keys = dict(keys)
        # Of each key once: every document that a partner signs opens a secret.
        self._checks = {key_id: _check(key) for key_id, key in self._keys.items()}
        self._ciphers = {key_id: AESGCM(key) for key_id, key in self._keys.items()}
        self.primary = next(iter(self._keys))

    @classmethod
    def from_config(cls, text: str) -> KeyRing:
        """Read ``id:base64,id2:base64``, the key that encrypts first.

        :raise KeyProblem: naming the entry that is wrong, never showing its key
        """
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
            key_id, separator, encoded = entry.partition(":")
            if not separator:
                raise KeyProblem(f"Entry {number} of the encryption keys is not written id:base64.")
            if key_id in keys:
                raise KeyProblem(f"Key {key_id} is configured twice.", key_id=key_id)
            try:
                keys[key_id] = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                # From None: the cause would show the key.
                raise KeyProblem(f"Key {key_id} is not base64.", key_id=key_id) from None
        return cls(keys)

    @staticmethod
    def generate(key_id: str) -> str:
        """A new random key as an entry for :meth:`from_config`."""
        return f"{key_id}:{base64.b64encode(os.urandom(_KEY_BYTES)).decode('ascii')}"

    def encrypt(self, plain: str | bytes, aad: str) -> str:
        """The token for ``plain``; only the same ``aad`` (which record and field it belongs to) opens it again."""
        content = plain.encode("utf-8") if isinstance(plain, str) else plain
        key_id, sealed = self.seal(content, aad)
        packed = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")
        return f"{_VERSION}.{key_id}.{packed}"

    def decrypt(self, token: str, aad: str) -> str:
        """The text behind ``token``.

        :raise KeyProblem: saying which of these it is: not a token; a key that is not configured; another key under
            that id; a changed token or another ``aad``
        """
        key_id, sealed = _unpacked(token)
        try:
            return self.unseal(key_id, sealed, aad).decode("utf-8")
        except UnicodeDecodeError:
            raise KeyProblem(f"The secret under key {key_id} is not text.", key_id=key_id) from None

    def seal(self, content: bytes, aad: str) -> tuple[str, bytes]:
        """``content`` encrypted, as (key id, bytes); what stands in a token, for columns that hold bytes."""
        key_id = self.primary
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[key_id].encrypt(nonce, content, _bound(key_id, aad))
        return key_id, self._checks[key_id] + nonce + sealed

    def unseal(self, key_id: str, sealed: bytes, aad: str) -> bytes:
        """What was sealed with the key ``key_id``.

        :raise KeyProblem: as :meth:`decrypt`
        """
        if len(sealed) < _CHECK_BYTES + _NONCE_BYTES + _TAG_BYTES:
            raise KeyProblem(f"The secret under key {key_id} is damaged.", key_id=key_id)
        nonce_end = _CHECK_BYTES + _NONCE_BYTES
        check, nonce, content = sealed[:_CHECK_BYTES], sealed[_CHECK_BYTES:nonce_end], sealed[nonce_end:]
        if key_id not in self._keys:
            known = ", ".join(self._keys)
            raise KeyProblem(
                f"The secret was encrypted with key {key_id}, which is not configured (configured: {known}).",
                key_id=key_id,
            )
        if not hmac.compare_digest(check, self._checks[key_id]):
            raise KeyProblem(f"The key configured as {key_id} is not the one that encrypted the secret.", key_id=key_id)
        try:
            return self._ciphers[key_id].decrypt(nonce, content, _bound(key_id, aad))
        except InvalidTag:
            raise KeyProblem(
                f"Key {key_id} is right, but the secret was changed or belongs to another record.", key_id=key_id
            ) from None

    def derive(self, purpose: str, key_id: str | None = None) -> bytes:
        """32 bytes for ``purpose`` alone (HKDF-SHA256, RFC 5869), always the same of one key.

        :param key_id: of which key; without it, of the one that encrypts now
        :raise KeyProblem: when that key is not configured
        """
        key_id = key_id or self.primary
        key = self._keys.get(key_id)
        if key is None:
            raise KeyProblem(f"Key {key_id} is not configured.", key_id=key_id)
        info = f"sync_governance {purpose}".encode()
        return HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(key)

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The names of the keys, the one that encrypts first."""
        return tuple(self._keys)

    def needs_rewrap(self, token: str) -> bool:
        """Whether ``token`` was encrypted with another key than the one that encrypts now."""
        return _unpacked(token)[0] != self.primary

    def rewrap(self, token: str, aad: str) -> str:
        """``token``, encrypted anew with the key that encrypts now."""
        return self.encrypt(self.decrypt(token, aad), aad)

    def check_values(self) -> dict[str, str]:
        """Per key id a short value that recognises the key and does not reveal it, to be kept beside the data."""
        return {key_id: check.hex() for key_id, check in self._checks.items()}

    def verify_check_values(self, stored: Mapping[str, str]) -> None:
        """Compare with check values that were kept; a key that is not configured any more is passed over.

        :raise KeyProblem: naming the first key that is another than it was
        """
        for key_id, value in self.check_values().items():
            if key_id in stored and not hmac.compare_digest(value.encode(), str(stored[key_id]).encode()):
                raise KeyProblem(f"The key configured as {key_id} is not the one used before.", key_id=key_id)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"


def _unpacked(token: str) -> tuple[str, bytes]:
    """Key id and sealed bytes of ``token``."""
    version, _separator, rest = token.partition(".")
    key_id, _separator, packed = rest.partition(".")
    if version != _VERSION or not _KEY_ID.fullmatch(key_id):
        raise KeyProblem("This is not an encrypted secret.")
    try:
        content = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if len(content) < _CHECK_BYTES + _NONCE_BYTES + _TAG_BYTES:
        raise KeyProblem(f"The secret under key {key_id} is damaged.", key_id=key_id)
    return key_id, content


def _bound(key_id: str, aad: str) -> bytes:
    # Version and key id have no dot, so that the three parts cannot be confused.
    return f"{_VERSION}.{key_id}.{aad}".encode()


def _check(key: bytes) -> bytes:
    return hmac.digest(key, _CHECK_LABEL, "sha256")[:_CHECK_BYTES]
