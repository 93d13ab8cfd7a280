"""Keys and passwords are kept so that nobody gets them back, and compared without telling anything."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sync_governance.core.security import hashing


def test_a_key_has_256_random_bits_and_a_beginning_that_may_be_shown():
    key = hashing.generate_key("sgk")
    assert re.fullmatch(r"sgk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", key)
    assert key != hashing.generate_key("sgk")
    assert hashing.hint(key) == key[:12]
    assert hashing.is_key(key, "sgk") and not hashing.is_key(key, "sgs")


@given(st.text(max_size=80))
def test_whatever_is_no_key_has_no_beginning_and_is_no_digest(text):
    assert hashing.hint(text) == ""
    assert not hashing.is_digest_of(hashing.digest("other" + text), text)


def test_a_digest_recognises_its_key_only():
    key = hashing.generate_key("sgs")
    kept = hashing.digest(key)
    assert hashing.is_digest_of(kept, key)
    assert not hashing.is_digest_of(kept, key + " ")
    assert not hashing.is_digest_of(kept, kept)


def test_a_password_is_salted_and_slow():
    first, second = hashing.hash_password("correct horse"), hashing.hash_password("correct horse")
    assert first != second and first.startswith("scrypt$16384$8$1$")
    assert hashing.is_password_of(first, "correct horse") and hashing.is_password_of(second, "correct horse")
    assert not hashing.is_password_of(first, "correct horse ")


@pytest.mark.parametrize(
    "kept", ["", "scrypt$", "scrypt$3$8$1$AA==$AA==", "scrypt$16384$8$1$!$!", "pbkdf2$1", "x" * 64]
)
def test_what_is_no_hash_is_nobodys(kept):
    assert not hashing.is_password_of(kept, "")
    assert not hashing.is_password_of(kept, kept)


def test_nobodys_hash_is_a_hash_that_no_password_has():
    assert not hashing.is_password_of(hashing.NOBODYS, "")


@pytest.mark.parametrize(("password", "ok"), [("x" * 11, False), ("x" * 12, True), ("x" * 1025, False)])
def test_a_password_has_a_length(password, ok):
    assert (hashing.password_problem(password) is None) == ok


def test_what_has_passed_is_known_for_a_while_and_only_under_its_hash():
    now = [0.0]
    verified = hashing.Verified(300.0, most=2, clock=lambda: now[0])
    verified.remember("hash", "password")
    assert verified.knows("hash", "password")
    assert not verified.knows("hash", "other") and not verified.knows("new hash", "password")
    now[0] = 300.0
    assert not verified.knows("hash", "password")
    for number in range(3):
        verified.remember("hash", str(number))
    assert [verified.knows("hash", str(number)) for number in range(3)] == [False, True, True]


def test_another_process_remembers_under_another_key():
    one, other = hashing.Verified(1.0), hashing.Verified(1.0)
    assert one._name("hash", "password") != other._name("hash", "password")
