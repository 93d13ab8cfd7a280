"""Client certificates: what a proxy passes on of one, what is agreed on, and the pair that we show ourselves."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from ..faults import Fault

_FINGERPRINT = re.compile(r"(?:sha256:)?((?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2})")
_BLOCK = re.compile(r"-----BEGIN ([A-Z ]{1,40})-----(.*?)-----END \1-----", re.DOTALL)
_LONGEST_HEADER = 16_384
_LONGEST_AUTHORITIES = 65_536
_MOST_AUTHORITIES = 10


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate whose holder has proved to a trusted proxy that it is his.

    ``fingerprint`` is the SHA-256 of the whole certificate, in small hexadecimal digits.
    """

    fingerprint: str
    subject: x509.Name
    valid_from: datetime
    valid_until: datetime


def passed_on(value: str) -> Certificate:
    """The certificate in a proxy's header: base64 of the DER between colons (RFC 9440), or a percent-encoded PEM.

    :raise Fault: ``authentication.credential_invalid`` for anything else, two certificates too
    """
    text = value.strip()
    try:
        if len(text) > _LONGEST_HEADER:
            raise ValueError("too long")
        if text.startswith(":") and text.endswith(":") and len(text) > 2:
            return _described(x509.load_der_x509_certificate(base64.b64decode(text[1:-1], validate=True)))
        pem = unquote(text, errors="strict").encode("ascii")
        if pem.count(b"BEGIN CERTIFICATE") != 1:
            raise ValueError("not one certificate")
        return _described(x509.load_pem_x509_certificate(pem))
    except (binascii.Error, ValueError) as error:
        raise Fault("authentication.credential_invalid", "The client certificate cannot be read.") from error


def matches(agreed: str, certificate: Certificate, now: datetime) -> bool:
    """Whether ``certificate`` is what was ``agreed`` on (see :func:`agreement_problem`), and valid ``now``."""
    if not certificate.valid_from <= now <= certificate.valid_until:
        return False
    fingerprint = _fingerprint(agreed)
    if fingerprint:
        return fingerprint == certificate.fingerprint
    name = _name(agreed)
    return name is not None and name == certificate.subject


def agreement_problem(text: str) -> str | None:
    """Why ``text`` names no certificate: neither a SHA-256 fingerprint nor a subject (RFC 4514); None when it does."""
    if _fingerprint(text) or _name(text) is not None:
        return None
    return "is neither the SHA-256 fingerprint of a certificate nor a subject like CN=client,O=Northwind"


def pair_problem(text: str, now: datetime) -> str | None:
    """Why ``text`` is not a certificate with its private key, both PEM, valid ``now``; None when it is."""
    try:
        held = pair(text)
        key = load_pem_private_key(text.encode("ascii"), password=None)
    except TypeError:
        return "has a private key with a password: take it off, the secret is encrypted here anyway"
    except (ValueError, UnicodeEncodeError):
        return "is not a certificate and its private key in PEM"
    if _public(key.public_key()) != _public(held.public_key()):
        return "has a private key that is not the certificate's"
    return None if until(held) > now else "has a certificate that has expired"


def authorities_problem(text: str, now: datetime) -> str | None:
    """Why ``text`` holds no certificate authorities, PEM one after the other, all valid ``now``; None when it does.

    A private key among them is refused as well: it would be kept where everybody may read it.
    """
    if "PRIVATE KEY" in text:
        return "holds a private key: the certificate alone is needed, and the key should be renewed now"
    try:
        held = authorities(text)
    except ValueError:
        return f"holds no certificates in PEM (at most {_MOST_AUTHORITIES})"
    for one in held:
        name = one.subject.rfc4514_string()[:80]
        if not _is_authority(one):
            return f"holds a certificate that is no authority: {name}"
        if until(one) <= now:
            return f"holds a certificate that has expired: {name}"
        if _aware(one, "not_valid_before") > now:
            return f"holds a certificate that is not valid yet: {name}"
    return None


def authorities(text: str) -> list[x509.Certificate]:
    """The certificates in a PEM text.

    :raise ValueError: when there is none, one cannot be read, or there are too many
    """
    if len(text) > _LONGEST_AUTHORITIES:
        raise ValueError("too long")
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.DOTALL)
    # What stands around them may be words, but nothing that looks like one more.
    if not 0 < len(blocks) <= _MOST_AUTHORITIES or text.count("-----BEGIN") != len(blocks):
        raise ValueError("not certificates")
    return [x509.load_pem_x509_certificate(block.encode("ascii")) for block in blocks]


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def rewrapped(text: str) -> str:
    """``text`` with the lines that PEM has: a form of one line loses them. What is no PEM comes back as it is."""
    blocks = [(name, re.sub(r"\s+", "", body)) for name, body in _BLOCK.findall(text)]
    lines = ("\n".join(body[at : at + 64] for at in range(0, len(body), 64)) for _name, body in blocks)
    wrapped = (
        f"-----BEGIN {name}-----\n{body}\n-----END {name}-----\n" for (name, _), body in zip(blocks, lines, strict=True)
    )
    return "".join(wrapped) or text


def pair(text: str) -> x509.Certificate:
    """The certificate in a PEM text, the first if there is a chain.

    :raise ValueError: when there is none
    """
    return x509.load_pem_x509_certificate(text.encode("ascii"))


def until(certificate: x509.Certificate) -> datetime:
    """The end of a certificate, aware."""
    # Before version 42 of the library there was only the time without its zone, which is UTC.
    return _aware(certificate, "not_valid_after")


def _described(certificate: x509.Certificate) -> Certificate:
    return Certificate(
        fingerprint=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
        subject=certificate.subject,
        valid_from=_aware(certificate, "not_valid_before"),
        valid_until=until(certificate),
    )


def _aware(certificate: x509.Certificate, name: str) -> datetime:
    found = getattr(certificate, f"{name}_utc", None)
    return found or getattr(certificate, name).replace(tzinfo=timezone.utc)


def _fingerprint(text: str) -> str:
    match = _FINGERPRINT.fullmatch(text.strip())
    return match[1].replace(":", "").lower() if match else ""


def _name(text: str) -> x509.Name | None:
    """The subject that ``text`` writes; None for what is none, or is empty: that would be anybody's."""
    # Not there before version 37 of the library: then only fingerprints are understood.
    read = getattr(x509.Name, "from_rfc4514_string", None)
    try:
        name = read(text.strip()) if read else None
    except ValueError:
        return None
    return name if name is not None and list(name) else None


def _public(key) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
