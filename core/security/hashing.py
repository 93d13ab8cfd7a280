"""Secrets of our own making, and passwords: kept so that nobody can get them back.

A key has 256 random bits, so one round of SHA-256 hides it for ever. A password is chosen by people: it is hashed with
scrypt (RFC 7914), which takes some 50 ms and 16 MiB, and :class:`Verified` remembers for a short time what has passed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_KEY = re.compile(r"(sg[a-z])_([0-9a-f]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 1024
_N, _R, _P, _SALT, _LENGTH = 2**14, 8, 1, 16, 32
_HASH = re.compile(r"scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)", re.ASCII)


def generate_key(kind: str) -> str:
    """A new key: ``<kind>_<8 hexadecimal digits that may be shown>_<256 random bits>``.

    :param kind: ``sgk`` an API key, ``sgs`` a client's secret, ``sgt`` an access token
    """
    return f"{kind}_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"


def is_key(text: str, kind: str) -> bool:
    """Whether ``text`` has the form of a key of that kind."""
    match = _KEY.fullmatch(text)
    return match is not None and match[1] == kind


def hint(key: str) -> str:
    """The part of a key that may be shown and looked up: its beginning; empty for what is no key."""
    match = _KEY.fullmatch(key)
    return f"{match[1]}_{match[2]}" if match else ""


def digest(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def is_digest_of(kept: str, key: str) -> bool:
    """Whether ``kept`` is the digest of ``key``; takes as long whatever the answer is."""
    return hmac.compare_digest(kept.encode(), digest(key).encode())


def password_problem(password: str) -> str | None:
    """Why ``password`` cannot be one, in words that do not show it; None when it can."""
    if len(password) < SHORTEST_PASSWORD:
        return f"has fewer than {SHORTEST_PASSWORD} characters"
    return "is longer than any password" if len(password) > _LONGEST_PASSWORD else None


def hash_password(password: str) -> str:
    """``scrypt$N$r$p$salt$hash`` of ``password``."""
    salt = os.urandom(_SALT)
    made = _scrypt(password, salt, _N, _R, _P, _LENGTH)
    return "$".join(("scrypt", str(_N), str(_R), str(_P), *(base64.b64encode(part).decode() for part in (salt, made))))


def is_password_of(kept: str, password: str) -> bool:
    """Whether ``kept`` was made of ``password``; slow on purpose. What is no such hash is nobody's."""
    match = _HASH.fullmatch(kept)
    if match is None or len(password) > _LONGEST_PASSWORD:
        return False
    n, r, p = (int(match[number]) for number in (1, 2, 3))
    try:
        salt, wanted = (base64.b64decode(match[number], validate=True) for number in (4, 5))
        return hmac.compare_digest(_scrypt(password, salt, n, r, p, len(wanted)), wanted)
    except (binascii.Error, ValueError):
        return False


# For user names that nobody has: refusing them takes as long as refusing a wrong password.
NOBODYS = f"scrypt${_N}${_R}${_P}${base64.b64encode(bytes(_SALT)).decode()}${base64.b64encode(bytes(_LENGTH)).decode()}"


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    text = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, dklen=length, maxmem=64 * 1024 * 1024)


class Verified:
    """Passwords that have passed in this process, for ``seconds``, so that only the first request is slow.

    Nothing of a password is kept: what is remembered is a digest under a key that lives and dies with the process, of
    the hash it passed for and the password together. Another password, or a changed hash, is looked at anew.
    """

    def __init__(self, seconds: float, most: int = 1000, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._key = os.urandom(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, kept: str, password: str) -> bool:
        """Whether ``password`` passed for ``kept`` a short time ago."""
        with self._lock:
            return self._until.get(self._name(kept, password), 0.0) > self._clock()

    def remember(self, kept: str, password: str) -> None:
        """``password`` has passed for ``kept``."""
        with self._lock:
            name = self._name(kept, password)
            self._until[name] = self._clock() + self._seconds
            self._until.move_to_end(name)
            while len(self._until) > self._most:
                self._until.popitem(last=False)

    def _name(self, kept: str, password: str) -> bytes:
        content = kept.encode() + b"\0" + password.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, content, "sha256")
