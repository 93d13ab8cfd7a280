"""What a request shows of who sends it, read from its headers; what it is worth is decided elsewhere.

Whatever a stranger writes there is an ``authentication.*`` fault and never an exception of another kind.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from ..faults import Fault
from .recognition import lower
from .schemes import Shown

_LONGEST = 4_096


def key(headers: Mapping[str, str], scheme: Shown) -> str:
    """The API key of a request, as ``scheme`` says where it stands.

    :raise Fault: ``authentication.missing``, ``authentication.credential_invalid``
    """
    value = _value(headers, scheme.header, "the API key")
    prefix = scheme.prefix.strip()
    if not prefix:
        return value
    # A word before a value is compared as HTTP compares the name of a scheme.
    word, _space, rest = value.partition(" ")
    if word.lower() != prefix.lower() or not rest.strip():
        raise invalid()
    return rest.strip()


def bearer(headers: Mapping[str, str]) -> str:
    """The token of ``Authorization: Bearer`` (RFC 6750, 2.1).

    :raise Fault: ``authentication.missing``, ``authentication.credential_invalid``
    """
    word, _space, token = _value(headers, "Authorization", "Bearer and the token").partition(" ")
    if word.lower() != "bearer" or not token.strip():
        raise invalid()
    return token.strip()


def user(headers: Mapping[str, str]) -> tuple[str, str]:
    """The user's name and password of ``Authorization: Basic`` (RFC 7617), both UTF-8.

    :raise Fault: ``authentication.missing``, ``authentication.credential_invalid``
    """
    word, _space, encoded = _value(headers, "Authorization", "Basic, the user and the password").partition(" ")
    try:
        if word.lower() != "basic":
            raise invalid()
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError) as error:
        raise invalid() from error
    if not colon or not name or "\0" in name:
        raise invalid()
    return name, password


def basic(name: str, password: str) -> str:
    """The value of ``Authorization`` for a user with a password."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode("ascii")


def word(headers: Mapping[str, str]) -> str:
    """The first word of ``Authorization``, in small letters; empty without one."""
    return lower(headers).get("authorization", "").partition(" ")[0].lower()


def invalid() -> Fault:
    """The one answer to every wrong proof: it does not say what of it was wrong."""
    return Fault(
        "authentication.credential_invalid",
        "What the request shows is not known, or not valid any more. Look whether it is complete and meant for this"
        " server, or ask whoever gave it to you for another.",
    )


def _value(headers: Mapping[str, str], name: str, what: str) -> str:
    value = lower(headers).get(name.lower(), "")
    if not value:
        raise Fault("authentication.missing", f"The request has no header {name}: send {what} in it.", subject=name)
    if len(value) > _LONGEST or not value.isascii():
        raise invalid()
    return value
