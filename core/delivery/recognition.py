"""What a request is, for the eyes of the queue: the key that recognises a repeat, and the kind of document.

Both come from headers or from the decoded body, as the profile's ``dedupe`` and ``topic`` say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from .schemes import scheme_of

# What a database index holds comfortably; longer keys are represented by their digest.
_LONGEST_KEY = 255


def dedupe_key(
    profile: str, headers: Mapping[str, str], document: Any, *, settings: Mapping[str, Any] | None = None
) -> str | None:
    """What names the event, so that a repeat is recognised; None when it cannot be told (yet).

    The alternatives are tried in order. Before decoding (``document`` None) an alternative that needs the body ends
    the search: a weaker one must not be preferred only because it is known earlier.

    A provider that does not sign its id header lets whoever captured a request repeat it under a new id; where
    that matters, choose a source in the signed body.

    :raise Fault: ``engine.configuration`` for an unknown profile or a setting that does not fit it
    """
    given = lower(headers)
    for alternative in scheme_of(profile, settings).dedupe:
        if document is None and any(source.startswith("body:") for source in alternative):
            return None
        values = [value for source in alternative if (value := value_at(source, given, document))]
        if alternative and len(values) == len(alternative):
            return _bounded("|".join(values))
    return None


def topic(
    profile: str, headers: Mapping[str, str], document: Any, *, settings: Mapping[str, Any] | None = None
) -> str | None:
    """What kind of document the sender says this is; None when it cannot be told (yet).

    :raise Fault: ``engine.configuration`` for an unknown profile or a setting that does not fit it
    """
    given = lower(headers)
    values = (value_at(source, given, document) for source in scheme_of(profile, settings).topic)
    return next((value for value in values if value and _plain(value)), None)


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """``headers`` with lower-case names and trimmed values; what is not text is left out."""
    return {str(name).lower(): value.strip() for name, value in headers.items() if isinstance(value, str)}


def value_at(source: str, headers: Mapping[str, str], document: Any) -> str | None:
    """What ``header:<name>`` or ``body:<JSON pointer>`` shows, as text; ``headers`` with lower-case names."""
    kind, _separator, place = source.partition(":")
    found = headers.get(place.lower()) if kind == "header" else _at(document, place)
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        return None
    return str(found) or None


def _at(document: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) shows in ``document``; None when there is nothing."""
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping):
            document = document.get(token)
        elif isinstance(document, list) and token.isdecimal() and len(token) < 7 and int(token) < len(document):
            document = document[int(token)]
        else:
            return None
    return document


def _plain(text: str) -> bool:
    """Whether ``text`` can be a database key: not too long, no control characters, no broken surrogates."""
    return len(text) <= _LONGEST_KEY and text.isprintable()


def _bounded(key: str) -> str:
    return key if _plain(key) else "sha256:" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
