"""Every way in which a sender can prove who he is: by signing (see :mod:`.profiles`), or by showing something.

``schemes.json`` has one entry for each thing that can be shown: an API key, a user with a password, a bearer token, a
client certificate, a key of SSH. Members besides those of a profile:

``header``, ``prefix``       where an API key stands and what stands before it
``token_seconds``            how long a token of our own token endpoint lives
``token_url``, ``grant``, ``client_authentication``, ``scope``
                             where and how we get a token for what we send ourselves (RFC 6749)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from ..faults import Fault
from ..security.masking import mask_headers
from .profiles import Profile, frozen, profile_of, profiles, source_problems

_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,100}")
_PLAIN = re.compile(r"[ -~]{0,200}")
_TOKEN_SECONDS = 60, 3600
_CHOICES = {
    "grant": ("client_credentials", "refresh_token"),
    "client_authentication": ("basic", "post"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that is shown with each request; the members are explained above."""

    title: str
    description: str
    kind: Literal["api_key", "basic", "oauth2", "mtls", "ssh_key"]
    dedupe: tuple[tuple[str, ...], ...]
    topic: tuple[str, ...]
    settings: tuple[str, ...]
    header: str = "Authorization"
    prefix: str = ""
    token_seconds: int = 900
    token_url: str = ""
    grant: str = "client_credentials"
    client_authentication: str = "basic"
    scope: str = ""


Scheme = Profile | Shown


@cache
def _shown() -> Mapping[str, Shown]:
    entries = json.loads(Path(__file__).with_name("schemes.json").read_text(encoding="utf-8"))
    return {name: _checked(Shown(**frozen(entry)), name) for name, entry in entries.items()}


@cache
def schemes() -> Mapping[str, Scheme]:
    """Every scheme by its name; read-only."""
    return MappingProxyType({**profiles(), **_shown()})


def scheme_of(name: str, settings: Mapping[str, Any] | None = None) -> Scheme:
    """The scheme ``name``, refined by an endpoint's ``settings``.

    :raise Fault: ``engine.configuration`` when there is none, or a setting does not fit it
    """
    scheme = _shown().get(name)
    if scheme is None:
        return profile_of(name, settings)
    if not settings:
        return scheme
    foreign = sorted(set(settings) - set(scheme.settings))
    if foreign:
        raise _misconfigured(name, f"{scheme.title} does not have the setting {foreign[0]!r}.")
    return _checked(replace(scheme, **frozen(settings)), name)


def kind_of(name: str) -> str:
    """``signature``, or what is shown: ``api_key``, ``basic``, ``oauth2``, ``mtls``, ``ssh_key``."""
    scheme = _shown().get(name)
    return scheme.kind if scheme else "signature"


def _checked(scheme: Shown, name: str) -> Shown:
    problem = next(_problems(scheme), None)
    if problem:
        raise _misconfigured(name, f"{scheme.title}: {problem}")
    return scheme


def _problems(scheme: Shown) -> Iterator[str]:
    yield from source_problems(scheme)
    if not isinstance(scheme.header, str) or not _HEADER_NAME.fullmatch(scheme.header):
        yield "header must be the name of a header."
    elif mask_headers({scheme.header: "x"})[scheme.header] == "x":
        # It would be kept in clear with every transmission.
        yield "header must be one that is known to carry secrets: let its name contain key, token, secret or auth."
    for member in ("prefix", "scope"):
        if not isinstance(getattr(scheme, member), str) or not _PLAIN.fullmatch(getattr(scheme, member)):
            yield f"{member} must be plain text."
    for member, choices in _CHOICES.items():
        if getattr(scheme, member) not in choices:
            yield f"{member} must be one of {', '.join(choices)}."
    seconds, (least, most) = scheme.token_seconds, _TOKEN_SECONDS
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not least <= seconds <= most:
        yield f"token_seconds must be a whole number from {least} to {most}."
    if scheme.token_url and not _is_address(scheme.token_url):
        yield "token_url must be an address like https://host/path."


def _is_address(url: Any) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc
    except (ValueError, AttributeError, TypeError):
        return False


def _misconfigured(name: str, detail: str) -> Fault:
    return Fault("engine.configuration", detail, subject=f"authentication {name}")
