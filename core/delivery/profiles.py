"""Signature profiles: how a sender signs, as data.

``profiles.json`` has one entry per way of signing; an endpoint may refine the members that the entry lists under
``settings``. A new sender is a new entry, not new code. The members:

``signature_headers``  names of the header that carries the signature; the first one present counts
``layout``             ``plain`` (just the signature), ``pairs`` (``t=1,v1=abc``) or ``versions`` (``v1,abc v1,def``)
``schemes``            version name (empty for ``plain``) -> algorithm, one of :data:`ALGORITHMS`
``prefix``             fixed text before a plain signature
``encoding``           ``hex`` or ``base64``
``key``                how a secret's text becomes a key: ``text``, ``text_nfkd`` or ``base64`` (after ``key_prefix``)
``signed``             the signed bytes, from ``{body}``, ``{timestamp}`` and ``{message_id}``
``message_id_header``, ``timestamp_header``, ``timestamp_member``  where id and Unix time are found
``tolerance_seconds``  how far the signed time may be from ours, either way
``dedupe``             alternatives; each a list of sources whose values together name the event
``topic``              sources, the first with a value names the kind of document
``greeting``           a regular expression: the whole body of a sender who only asks if somebody is there; it is not
                       signed, and answered without being kept

A source is ``header:<name>`` or ``body:<JSON pointer>``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from ..faults import Fault

ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512", "ed25519")
_CHOICES = {
    "layout": ("plain", "pairs", "versions"),
    "encoding": ("hex", "base64"),
    "key": ("text", "text_nfkd", "base64"),
}
_PLACEHOLDERS = re.compile(r"\{(body|timestamp|message_id)\}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_SOURCE = re.compile(r"(header:[A-Za-z0-9_-]{1,100}|body:(/.{1,200})?)")
_LONGEST_TOLERANCE = 86_400
_LONGEST_GREETING = 200


@dataclass(frozen=True, slots=True)
class Profile:
    """One way of signing; the members are explained above."""

    title: str
    description: str
    signature_headers: tuple[str, ...]
    layout: Literal["plain", "pairs", "versions"]
    schemes: Mapping[str, str]
    encoding: Literal["hex", "base64"]
    key: Literal["text", "text_nfkd", "base64"]
    signed: str
    dedupe: tuple[tuple[str, ...], ...]
    topic: tuple[str, ...]
    settings: tuple[str, ...]
    prefix: str = ""
    key_prefix: str = ""
    message_id_header: str = ""
    timestamp_header: str = ""
    timestamp_member: str = ""
    tolerance_seconds: int = 0
    greeting: str = ""

    @property
    def signs_timestamp(self) -> bool:
        """Whether the signed bytes contain a time."""
        return "{timestamp}" in self.signed

    @property
    def signs_message_id(self) -> bool:
        """Whether the signed bytes contain the message's id."""
        return "{message_id}" in self.signed

    def greets(self, body: bytes) -> bool:
        """Whether the body says nothing but that a sender is there."""
        return bool(self.greeting) and len(body) <= _LONGEST_GREETING and bool(_ascii(self.greeting, body))

    def content(self, body: bytes, *, timestamp: str, message_id: str) -> bytes:
        """The exact bytes that are signed."""
        values = {"body": body, "timestamp": timestamp.encode(), "message_id": message_id.encode()}
        parts = _PLACEHOLDERS.split(self.signed)
        return b"".join(values[part] if position % 2 else part.encode() for position, part in enumerate(parts))


def _ascii(pattern: str, body: bytes) -> re.Match[bytes] | None:
    return re.fullmatch(pattern.encode(), body)


@cache
def profiles() -> Mapping[str, Profile]:
    """Every profile by its name; read-only."""
    entries = json.loads(Path(__file__).with_name("profiles.json").read_text(encoding="utf-8"))
    return MappingProxyType({name: _checked(Profile(**frozen(entry)), name) for name, entry in entries.items()})


def profile_of(name: str, settings: Mapping[str, Any] | None = None) -> Profile:
    """The profile ``name``, refined by an endpoint's ``settings``.

    :raise Fault: ``engine.configuration`` when there is no such profile or a setting does not fit it
    """
    profile = profiles().get(name)
    if profile is None:
        raise _misconfigured(name, f"There is no signature profile {name!r}.")
    if not settings:
        return profile
    foreign = sorted(set(settings) - set(profile.settings))
    if foreign:
        raise _misconfigured(name, f"{profile.title} does not have the setting {foreign[0]!r}.")
    return _checked(replace(profile, **frozen(settings)), name)


def frozen(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON values of ``entry`` with lists as tuples, so that a profile cannot change."""
    return {name: _tuple(value) for name, value in entry.items()}


def _tuple(value: Any) -> Any:
    return tuple(_tuple(item) for item in value) if isinstance(value, list) else value


def _checked(profile: Profile, name: str) -> Profile:
    """``profile``, if it makes sense as a whole."""
    problem = next(_problems(profile), None)
    if problem:
        raise _misconfigured(name, f"Signature profile {profile.title}: {problem}")
    return profile


def _problems(profile: Profile) -> Iterator[str]:
    """What is wrong with ``profile``, the basic things first: a later check may rely on an earlier one."""
    yield from _form_problems(profile)
    yield from _scheme_problems(profile)
    yield from _time_and_id_problems(profile)
    yield from source_problems(profile)


def source_problems(scheme: Any) -> Iterator[str]:
    """What is wrong with where the sender's key and the topic of ``scheme`` are found."""
    if not isinstance(scheme.dedupe, tuple) or not all(_texts(sources, _SOURCE) for sources in scheme.dedupe):
        yield "dedupe must be lists of sources, header:<name> or body:<pointer>."
    if not _texts(scheme.topic, _SOURCE):
        yield "topic must be a list of sources, header:<name> or body:<pointer>."


def _form_problems(profile: Profile) -> Iterator[str]:
    for member, choices in _CHOICES.items():
        if getattr(profile, member) not in choices:
            yield f"{member} must be one of {', '.join(choices)}."
    for member in fields(Profile):
        if member.type == "str" and not isinstance(getattr(profile, member.name), str):
            yield f"{member.name} must be text."
    if not profile.signature_headers or not _texts(profile.signature_headers, _HEADER_NAME):
        yield "signature_headers must be a list of header names."
    for member in ("timestamp_header", "message_id_header"):
        name = getattr(profile, member)
        if name and not _HEADER_NAME.fullmatch(name):
            yield f"{member} must be the name of a header."
    if "{body}" not in profile.signed:
        yield "the signed bytes must contain {body}."


def _scheme_problems(profile: Profile) -> Iterator[str]:
    if not isinstance(profile.schemes, Mapping) or not profile.schemes:
        yield "schemes must say which algorithm is used."
    elif not all(algorithm in ALGORITHMS for algorithm in profile.schemes.values()):
        yield f"the algorithm must be one of {', '.join(ALGORITHMS)}."
    elif (profile.layout == "plain") != (set(profile.schemes) == {""}):
        yield "a plain signature has one scheme without a name, any other layout names its schemes."


def _time_and_id_problems(profile: Profile) -> Iterator[str]:
    tolerance = profile.tolerance_seconds
    if not isinstance(tolerance, int) or isinstance(tolerance, bool) or not 0 <= tolerance <= _LONGEST_TOLERANCE:
        yield f"tolerance_seconds must be a whole number up to {_LONGEST_TOLERANCE}."
    elif profile.signs_timestamp and not tolerance:
        yield "a signed time needs tolerance_seconds."
    if profile.signs_timestamp and not (profile.timestamp_header or profile.timestamp_member):
        yield "a signed time needs timestamp_header or timestamp_member."
    if profile.timestamp_member and profile.layout != "pairs":
        yield "timestamp_member is for the layout pairs."
    if profile.signs_message_id and not profile.message_id_header:
        yield "a signed message id needs message_id_header."


def _texts(values: Any, pattern: re.Pattern[str]) -> bool:
    return isinstance(values, tuple) and all(
        isinstance(value, str) and pattern.fullmatch(value) is not None for value in values
    )


def _misconfigured(name: str, detail: str) -> Fault:
    return Fault("engine.configuration", detail, subject=f"signature profile {name}")
