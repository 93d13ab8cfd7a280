"""What a credential may do: ``read`` or ``write``, of every kind of document or of named ones (``write:order.create``).

A scope is a scope token of OAuth 2 (RFC 6749, 3.3); a set of them is written with blanks between.
"""

from __future__ import annotations

import re
from collections.abc import Collection

ACTIONS = ("read", "write")
_SCOPE = re.compile(r"(?:read|write)(?::[a-z0-9_]{1,60}(?:\.[a-z0-9_]{1,60}){0,4})?")


def granted(actions: Collection[str], document_types: Collection[str] = ()) -> frozenset[str]:
    """The scopes of somebody who may do ``actions`` with these kinds of documents, or with all if none is named."""
    known = [action for action in ACTIONS if action in actions]
    if not document_types:
        return frozenset(known)
    return frozenset(f"{action}:{one}" for action in known for one in document_types)


def allows(scopes: Collection[str], action: str, document_type: str | None) -> bool:
    """Whether ``scopes`` hold for ``action`` with this kind of document; an unknown kind needs the whole action."""
    return action in scopes or (document_type is not None and f"{action}:{document_type}" in scopes)


def narrowed(asked: str, scopes: Collection[str]) -> frozenset[str] | None:
    """The scopes of ``asked`` (blanks between), or None if one of them is none, or more than ``scopes`` allow.

    Nothing asked is everything there is.
    """
    wanted = asked.split(" ") if asked else []
    for one in wanted:
        action, _separator, document_type = one.partition(":")
        if not _SCOPE.fullmatch(one) or not allows(scopes, action, document_type or None):
            return None
    return frozenset(wanted) or frozenset(scopes)
