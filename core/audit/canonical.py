"""One text for one value: what is hashed must not depend on who writes it down.

JSON with sorted members, no white space and no escapes that are not needed, as RFC 8785 has it. Of numbers only whole
ones are let in: how a fraction is written is where implementations differ, so it stands as text.
"""

from __future__ import annotations

import json
from typing import Any

_LARGEST = 2**53 - 1


class NotCanonical(ValueError):
    """A value has no canonical form: a fraction, a number beyond 2^53, a member whose name is no text."""


def canonical(value: Any) -> bytes:
    """``value`` as UTF-8.

    :raise NotCanonical: for what has no canonical form
    """
    _check(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    # A lone surrogate cannot be stored either; said once, in one way.
    return text.encode("utf-8", "backslashreplace")


def _check(value: Any) -> None:
    if value is None or isinstance(value, (str, bool)):
        return
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise NotCanonical(f"a number beyond 2^53: {value}")
    elif isinstance(value, dict):
        for name, member in value.items():
            if not isinstance(name, str):
                raise NotCanonical(f"a member whose name is no text: {name!r}")
            _check(member)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    else:
        raise NotCanonical(f"a value of type {type(value).__name__}")
