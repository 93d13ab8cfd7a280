"""A mail that carries one document to a partner: what is written in it, and what the answer of a mail server means."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping

from ..faults import Fault

FIELDS = ("reference", "type", "id", "uid", "date", "time", "key")
"""What may stand in braces in a subject or a text."""
MOST_LENGTH = 200
_PLACE = re.compile(r"\{([^{}]*)\}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def template_problem(template: str) -> str | None:
    """Why ``template`` cannot be written; None when it can."""
    unknown = [one for one in _PLACE.findall(template) if one not in FIELDS]
    if unknown:
        return f"there is no {{{unknown[0]}}}; there are: " + ", ".join(f"{{{one}}}" for one in FIELDS)
    return None


def is_address(text: str) -> bool:
    """Whether it is one plain address of a mailbox, without a name."""
    return bool(_ADDRESS.fullmatch(text)) and len(text) <= 254


def filled(template: str, values: Mapping[str, str]) -> str:
    """``template`` with its places filled. What a document says begins no line and no header of its own."""
    return _PLACE.sub(lambda place: _harmless(values.get(place[1])), template)


def subject(template: str, values: Mapping[str, str]) -> str:
    """The subject: one line, never empty."""
    return _harmless(filled(template, values)) or _harmless(values.get("uid"))


def message_id(uid: str, sender: str) -> str:
    """The Message-ID of a message of ours, the same at every try: by it a mail that comes twice is recognised."""
    domain = re.sub(r"[^A-Za-z0-9.-]", "", sender.rpartition("@")[2]) or "localhost"
    return f"<{re.sub(r'[^A-Za-z0-9._-]', '', uid)}@{domain}>"


def fault_of(error: BaseException | None) -> Fault | None:
    """What went wrong at the mail server, as a fault; None for an error that is not its own.

    4xx is for now and 5xx for good (RFC 5321, section 4.2.1). Details have the number of the answer and no address.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _said in error.recipients.values()]
        return _refused(max(codes, default=550), "does not take mails for this address")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Fault("deliver.login_refused", "Our mail server does not offer what its settings in Odoo ask for.")
    if isinstance(error, (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused)):
        if _is_for_now(error.smtp_code):
            return _later(error.smtp_code)
        what = "sender" if isinstance(error, smtplib.SMTPSenderRefused) else "user and password"
        return Fault("deliver.login_refused", f"Our mail server refuses our {what} ({error.smtp_code}).")
    if isinstance(error, (smtplib.SMTPConnectError, smtplib.SMTPHeloError)):
        return _later(error.smtp_code)
    if isinstance(error, smtplib.SMTPResponseException):
        return _refused(error.smtp_code, "refuses this mail")
    if isinstance(error, ssl.SSLError):
        return Fault("deliver.tls_failed", "The encrypted connection to our mail server could not be set up.")
    if isinstance(error, TimeoutError):
        return Fault("deliver.timeout", "Our mail server did not answer in time.")
    if isinstance(error, (smtplib.SMTPServerDisconnected, OSError)):
        return Fault("deliver.connection_failed", f"Our mail server cannot be reached ({type(error).__name__}).")
    return None


def _refused(code: int, why: str) -> Fault:
    if _is_for_now(code):
        return _later(code)
    return Fault("deliver.rejected", f"The mail server {why} ({code}).")


def _later(code: int) -> Fault:
    return Fault("deliver.server_error", f"The mail server asks to try again later ({code}).")


def _is_for_now(code: int) -> bool:
    return not 500 <= code <= 599


def _harmless(value: str | None) -> str:
    """One line without control characters, not too long."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(value or "")).split())[:MOST_LENGTH]
