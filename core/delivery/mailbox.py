"""A mail as a carrier of documents: who sent it, whether a mail server vouches for that, and what is attached."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from email.message import EmailMessage
from email.utils import getaddresses
from typing import NamedTuple

from ..faults import Fault

_SEPARATOR = re.compile(r"[\s,;]+")
_RESULT = re.compile(r"(?:^|;)\s*dmarc\s*=\s*([a-z]+)", re.IGNORECASE)
_MOST_PARTS = 200


class Attachment(NamedTuple):
    """One attached file; ``place`` counts the attachments of its mail from 1."""

    place: int
    name: str
    body: bytes


def listed(text: str) -> list[str]:
    """The entries of a list that a person typed, in small letters."""
    return [entry.lower() for entry in _SEPARATOR.split(text or "") if entry]


def sender_of(message: EmailMessage) -> str:
    """The one address that the mail says it is from, in small letters; empty when it names none or several."""
    found = [address for _name, address in getaddresses([str(one) for one in message.get_all("From", [])]) if address]
    return found[0].lower() if len(found) == 1 and found[0].count("@") == 1 else ""


def demand_sender(message: EmailMessage, allowed: str, vouching: str = "") -> str:
    """The sender, who is one of those in ``allowed``: addresses, and ``@domain`` for everybody of one.

    :param vouching: the name under which our own mail server writes ``Authentication-Results`` (RFC 8601); where it is
        given, the topmost of its headers must say that DMARC passed. Those of others are not believed.
    :raise Fault: ``receive.mail_stranger``
    """
    sender = sender_of(message)
    known = listed(allowed)
    if not sender or not (sender in known or sender[sender.index("@") :] in known):
        raise Fault("receive.mail_stranger", "Its sender is not among those who may send here.", subject="sender")
    if vouching and not _vouched(message, vouching.strip().lower()):
        detail = "The mail server does not vouch for its sender (DMARC)."
        raise Fault("receive.mail_stranger", detail, subject="sender")
    return sender


def _vouched(message: EmailMessage, vouching: str) -> bool:
    for header in message.get_all("Authentication-Results", []):
        name, _semicolon, results = str(header).partition(";")
        if name.split()[:1] and name.split()[0].lower() == vouching:
            found = _RESULT.findall(f";{results}")
            return [result.lower() for result in found] == ["pass"]
    return False


def documents_in(message: EmailMessage, patterns: str) -> list[Attachment]:
    """The attachments whose name fits one of ``patterns`` (``*.csv *.edi``; empty: every one), in their order.

    :raise Fault: ``receive.mail_without_document`` when there is none, ``decode.too_large`` for a mail of so many parts
        that it is none of a partner: better none of it is taken than a part
    """
    wanted = listed(patterns) or ["*"]
    found = [attachment for attachment in _attachments(message) if any(_fits(attachment.name, one) for one in wanted)]
    if not found:
        detail = "Nothing is attached to it that is taken as a document."
        raise Fault("receive.mail_without_document", detail, subject="attachments")
    return found


def _attachments(message: EmailMessage) -> Iterable[Attachment]:
    place = 0
    for number, part in enumerate(message.walk()):
        if number >= _MOST_PARTS:
            detail = f"The mail has more than {_MOST_PARTS} parts. None of them was taken."
            raise Fault("decode.too_large", detail, expected=f"at most {_MOST_PARTS} parts", subject="parts of a mail")
        name = part.get_filename()
        if part.is_multipart() or not name:
            continue
        place += 1
        yield Attachment(place, name.replace("\\", "/").rpartition("/")[2][:200], part.get_payload(decode=True) or b"")


def _fits(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name.lower(), pattern)
