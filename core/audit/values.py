"""What an entry shows of a value: never a secret, no personal datum, no book.

A trail is kept for years and read by people who need none of that. It still has to tell one value from another, so what
is cut or hidden keeps a mark.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from ..security.masking import MASK, is_personal

LONGEST = 2_000
"""Characters of a text; of a longer one the beginning is kept, with its length and SHA-256."""
MOST = 50
"""Members of a list."""
SECRET = re.compile(
    r"secret|passw|passphrase|token|api_?key|private_?key|signing_?key|_hash$|digest|certificate_pem", re.I
)
ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")


def is_secret(name: str) -> bool:
    """Whether a field of this name holds what nobody may read."""
    return bool(SECRET.search(name))


def difference(name: str, before: Any, after: Any) -> list[Any]:
    """``[before, after]`` of a field, as they are shown; of a secret only that it was there and is another now."""
    return [shown(name, before), shown(name, after)]


def shown(name: str, value: Any) -> Any:
    """``value`` of the field ``name`` as plain JSON without fractions."""
    if value is None or value is False or value == "":
        return value if value is False else None
    if is_secret(name) or is_personal(name):
        return value if value is True else MASK
    return _plain(value)


def scrub(text: str) -> str:
    """``text`` without e-mail addresses and bank accounts, cut where it is a book."""
    text = ACCOUNT.sub(MASK, ADDRESS.sub(MASK, text))
    if len(text) <= LONGEST:
        return text
    sha256 = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{text[:LONGEST]}… ({len(text)} characters, SHA-256 {sha256})"


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**53):
        return value
    if isinstance(value, dict):
        return {str(name): shown(str(name), member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        more = [f"… {len(value) - MOST} more"] if len(value) > MOST else []
        return [_plain(item) for item in value[:MOST]] + more
    return scrub(str(value))
