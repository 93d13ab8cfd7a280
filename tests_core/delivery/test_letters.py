"""Mails that carry documents: nothing in a document becomes a header, and each answer of a server means one thing."""

import smtplib
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sync_governance.core.delivery import letters


@given(st.text(max_size=300))
def test_a_subject_is_one_line_that_is_never_empty(text):
    made = letters.subject("{reference}", {"reference": text, "uid": "msg_1"})
    assert made and made.isprintable() and len(made) <= letters.MOST_LENGTH


def test_the_message_id_is_the_same_at_every_try_and_says_nothing_else():
    assert letters.message_id("msg_1f", "edi@company.example") == "<msg_1f@company.example>"
    assert letters.message_id("a b>\r\n", "x@y>\r\nBcc: z") == "<ab@yBccz>"


def test_only_what_there_is_may_stand_in_braces():
    assert letters.template_problem("{type} {reference}") is None
    assert "{password}" in letters.template_problem("{password}")


@pytest.mark.parametrize("text", ["a@b.example", "docs+in@sub.b-c.example"])
def test_one_plain_address(text):
    assert letters.is_address(text)


@pytest.mark.parametrize("text", ["", "a", "a@b", "a@b.example, c@d.example", "A <a@b.example>", "a@b.example\nBcc: x"])
def test_anything_else_is_none(text):
    assert not letters.is_address(text)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"no")}), "deliver.rejected"),
        (smtplib.SMTPRecipientsRefused({"a@b.example": (450, b"later")}), "deliver.server_error"),
        (smtplib.SMTPDataError(552, b"too large"), "deliver.rejected"),
        (smtplib.SMTPDataError(451, b"later"), "deliver.server_error"),
        (smtplib.SMTPSenderRefused(553, b"no", "x@y.example"), "deliver.login_refused"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "deliver.login_refused"),
        (smtplib.SMTPAuthenticationError(454, b"later"), "deliver.server_error"),
        (smtplib.SMTPConnectError(554, b"no"), "deliver.server_error"),
        (smtplib.SMTPServerDisconnected("gone"), "deliver.connection_failed"),
        (smtplib.SMTPNotSupportedError("no AUTH"), "deliver.login_refused"),
        (ssl.SSLError("bad"), "deliver.tls_failed"),
        (TimeoutError(), "deliver.timeout"),
        (ConnectionRefusedError(), "deliver.connection_failed"),
    ],
)
def test_each_answer_is_a_fault_without_an_address(error, code):
    fault = letters.fault_of(error)
    assert fault.code == code
    assert "example" not in fault.detail


def test_a_mistake_of_ours_is_none_of_the_servers():
    assert letters.fault_of(KeyError("x")) is None
