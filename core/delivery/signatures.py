"""Who sent this, and is it untouched? Verification and signing of requests by profile.

Signatures are computed over the bytes on the wire, before anything decodes them, and compared in constant time.
Whatever an unauthenticated caller sends, the answer is a :class:`Verdict`: a malformed header is an invalid
signature, never an exception. A signed time is trusted only within the tolerance, too old or too new alike, and
is looked at after the signature: ``authentication.timestamp_outside_tolerance`` thus means that the partner
really signed, and that its clock is wrong or somebody replays.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from cryptography.exceptions import InvalidSignature

from ..faults import Fault
from .keys import Key, Secret, UnusableSecret, key_of
from .profiles import Profile, profile_of, profiles
from .recognition import dedupe_key, lower, topic

__all__ = ["Secret", "Verdict", "dedupe_key", "profile_of", "profiles", "secret_problem", "sign", "topic", "verify"]

_UNIX_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
# No dot: with one, two different (id, time, body) could be the same signed bytes.
_MESSAGE_ID = re.compile(r"[!-\-/-~]{1,256}", re.ASCII)
# A header may hold many signatures; each one costs a comparison, so an attacker's thousand are cut.
_MOST_SIGNATURES = 16


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a verification.

    ``key_id`` names the secret that matched. ``dedupe_key`` and ``topic`` are known here only where headers carry
    them; where the body does, :func:`dedupe_key` and :func:`topic` tell after decoding. ``timestamp`` is the signed
    time, aware and in UTC.
    """

    ok: bool
    key_id: str | None = None
    fault: Fault | None = None
    dedupe_key: str | None = None
    topic: str | None = None
    timestamp: datetime | None = None


@dataclass(slots=True)
class _Claim:
    """What the headers say, not yet believed: signatures by scheme, and the id and time that were signed."""

    signatures: dict[str, list[bytes]] = field(default_factory=dict)
    message_id: str = ""
    timestamp: str = ""


def verify(
    raw: bytes,
    headers: Mapping[str, str],
    *,
    profile: str,
    secrets: Sequence[Secret],
    now: datetime,
    settings: Mapping[str, Any] | None = None,
) -> Verdict:
    """Judge a request by the bytes of its body and its headers; any one of ``secrets`` may have signed it.

    :param now: our time; naive means UTC
    :param settings: the endpoint's refinements of the profile, see :mod:`.profiles`
    """
    try:
        rules = profile_of(profile, settings)
        claim = _claim(lower(headers), rules)
        key_id = _signer(raw, claim, rules, secrets)
    except Fault as fault:
        return Verdict(ok=False, fault=fault)
    if rules.signs_timestamp:
        late = int(_utc(now).timestamp()) - int(claim.timestamp)
        if abs(late) > rules.tolerance_seconds:
            return Verdict(ok=False, key_id=key_id, fault=_outside(late, rules.tolerance_seconds))
    return Verdict(
        ok=True,
        key_id=key_id,
        dedupe_key=dedupe_key(profile, headers, None, settings=settings),
        topic=topic(profile, headers, None, settings=settings),
        timestamp=datetime.fromtimestamp(int(claim.timestamp), timezone.utc) if rules.signs_timestamp else None,
    )


def sign(
    raw: bytes,
    *,
    profile: str,
    secrets: Sequence[Secret],
    message_id: str,
    now: datetime,
    settings: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """The headers that prove ``raw`` is ours. While a secret is rotated, give the old and the new one: where the
    profile has room for several signatures, each signs.

    :param message_id: the same on every try of one message; ``now`` is the time of this try
    :raise Fault: ``deliver.credential_missing`` when no secret can sign, ``engine.configuration`` for a bad profile
    """
    rules = profile_of(profile, settings)
    if rules.message_id_header and not _MESSAGE_ID.fullmatch(message_id):
        raise Fault("engine.configuration", "A message id for signing is plain text without dots or spaces.")
    timestamp = str(int(_utc(now).timestamp()))
    content = rules.content(raw, timestamp=timestamp, message_id=message_id)
    signatures = [part for one in secrets for part in _signatures(one, content, rules)]
    if not signatures:
        raise Fault("deliver.credential_missing", f"There is no secret to sign with by {rules.title}.")
    headers = {rules.signature_headers[0]: _joined(signatures, timestamp, rules)}
    if rules.message_id_header:
        headers[rules.message_id_header] = message_id
    if rules.timestamp_header:
        headers[rules.timestamp_header] = timestamp
    return headers


def secret_problem(value: str, *, profile: str, settings: Mapping[str, Any] | None = None) -> str | None:
    """Why ``value`` cannot be a secret of the profile, in words that do not show it; None when it can."""
    try:
        key_of(Secret("", value), profile_of(profile, settings))
    except UnusableSecret as problem:
        return f"The secret {problem}."
    return None


def _claim(headers: Mapping[str, str], rules: Profile) -> _Claim:
    """What the headers claim.

    :raise Fault: ``authentication.missing`` for an absent header, ``authentication.signature_invalid`` for a
        malformed one
    """
    signature = next((found for name in rules.signature_headers if (found := headers.get(name.lower()))), "")
    if not signature:
        raise _missing(rules.signature_headers[0])
    claim = _Claim()
    _READERS[rules.layout](signature, claim, rules)
    if rules.signs_message_id:
        claim.message_id = headers.get(rules.message_id_header.lower(), "")
        if not claim.message_id:
            raise _missing(rules.message_id_header)
        if not _MESSAGE_ID.fullmatch(claim.message_id):
            raise _invalid("The message id is not plain text without dots.")
    if rules.signs_timestamp:
        if rules.timestamp_header:
            claim.timestamp = headers.get(rules.timestamp_header.lower(), "")
            if not claim.timestamp:
                raise _missing(rules.timestamp_header)
        if not _UNIX_SECONDS.fullmatch(claim.timestamp):
            raise _invalid("The signed time is not a number of seconds.")
    return claim


def _read_plain(value: str, claim: _Claim, rules: Profile) -> None:
    if value.startswith(rules.prefix):
        _note(claim, "", value[len(rules.prefix) :], rules)


def _read_pairs(value: str, claim: _Claim, rules: Profile) -> None:
    for pair in value.split(","):
        name, _separator, content = pair.strip().partition("=")
        if rules.timestamp_member and name == rules.timestamp_member:
            claim.timestamp = content
        else:
            _note(claim, name, content, rules)


def _read_versions(value: str, claim: _Claim, rules: Profile) -> None:
    for token in value.split(" "):
        version, _separator, content = token.partition(",")
        _note(claim, version, content, rules)


_READERS = {"plain": _read_plain, "pairs": _read_pairs, "versions": _read_versions}


def _note(claim: _Claim, scheme: str, signature: str, rules: Profile) -> None:
    """Keep a signature of a known scheme; what is not ASCII cannot be one."""
    if scheme not in rules.schemes or not signature or not signature.isascii():
        return
    held = claim.signatures.setdefault(scheme, [])
    if len(held) < _MOST_SIGNATURES:
        held.append((signature.lower() if rules.encoding == "hex" else signature).encode("ascii"))


def _signer(raw: bytes, claim: _Claim, rules: Profile, secrets: Sequence[Secret]) -> str:
    """The id of the secret that made one of the claimed signatures.

    :raise Fault: ``authentication.signature_invalid``, or ``engine.configuration`` when we hold no usable secret
    """
    content = rules.content(raw, timestamp=claim.timestamp, message_id=claim.message_id)
    problems = []
    for secret in secrets:
        try:
            key = key_of(secret, rules)
        except UnusableSecret as problem:
            problems.append(f"Secret {secret.key_id} {problem}.")
            continue
        for scheme, given in claim.signatures.items():
            if _made_by(key, rules.schemes[scheme], given, content, rules):
                return secret.key_id
    if len(problems) == len(secrets):
        detail = " ".join(problems) or "The endpoint has no active secret."
        raise Fault("engine.configuration", detail, subject="secret of the endpoint")
    raise _invalid("No active secret makes this signature.")


def _made_by(key: Key, algorithm: str, given: list[bytes], content: bytes, rules: Profile) -> bool:
    if algorithm == "ed25519":
        return key.public is not None and any(_ed25519_holds(key, signature, content) for signature in given)
    if key.symmetric is None:
        return False
    expected = _encoded(_hmac(key.symmetric, algorithm, content), rules)
    return any(hmac.compare_digest(expected, signature) for signature in given)


def _ed25519_holds(key: Key, signature: bytes, content: bytes) -> bool:
    try:
        key.public.verify(base64.b64decode(signature, validate=True), content)
    except (binascii.Error, InvalidSignature, ValueError):
        return False
    return True


def _signatures(secret: Secret, content: bytes, rules: Profile) -> list[tuple[str, str]]:
    """The (scheme, signature) pairs that ``secret`` can make."""
    try:
        key = key_of(secret, rules)
    except UnusableSecret as problem:
        detail = f"Secret {secret.key_id} {problem}."
        raise Fault("deliver.credential_missing", detail, subject=f"secret {secret.key_id}") from problem
    made = []
    for scheme, algorithm in rules.schemes.items():
        if algorithm == "ed25519" and key.private is not None:
            made.append((scheme, base64.b64encode(key.private.sign(content)).decode("ascii")))
        elif algorithm != "ed25519" and key.symmetric is not None:
            made.append((scheme, _encoded(_hmac(key.symmetric, algorithm, content), rules).decode("ascii")))
    return made


def _joined(signatures: list[tuple[str, str]], timestamp: str, rules: Profile) -> str:
    if rules.layout == "plain":
        return rules.prefix + signatures[0][1]
    if rules.layout == "versions":
        return " ".join(f"{scheme},{signature}" for scheme, signature in signatures)
    time = [f"{rules.timestamp_member}={timestamp}"] if rules.timestamp_member else []
    return ",".join(time + [f"{scheme}={signature}" for scheme, signature in signatures])


def _hmac(key: bytes, algorithm: str, content: bytes) -> bytes:
    return hmac.digest(key, content, algorithm.removeprefix("hmac-"))


def _encoded(digest: bytes, rules: Profile) -> bytes:
    return binascii.hexlify(digest) if rules.encoding == "hex" else base64.b64encode(digest)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment


def _missing(header: str) -> Fault:
    return Fault("authentication.missing", f"The request has no header {header}.", subject=header)


def _invalid(detail: str) -> Fault:
    return Fault("authentication.signature_invalid", detail)


def _outside(late: int, tolerance: int) -> Fault:
    direction = "old" if late > 0 else "ahead of our time"
    return Fault(
        "authentication.timestamp_outside_tolerance",
        f"The request was signed correctly, but its time is {abs(late)} seconds {direction}; {tolerance} are allowed.",
    )
