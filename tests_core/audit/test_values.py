"""What a trail shows of values."""

import pytest
from sync_governance.core.audit.values import LONGEST, MOST, difference, is_secret, scrub, shown
from sync_governance.core.security.masking import MASK


@pytest.mark.parametrize("name", ["secret_input", "client_secret", "Password", "access_token", "apikey", "key_hash"])
def test_of_a_secret_only_that_it_changed(name):
    assert is_secret(name)
    assert difference(name, None, "geheim") == [None, MASK]
    assert difference(name, "old", "new") == [MASK, MASK]


def test_whether_a_secret_is_wanted_is_none():
    assert shown("secret_required", True) is True
    assert shown("secret_required", False) is False


@pytest.mark.parametrize("name", ["name", "state", "key_source", "key_value", "authentication"])
def test_settings_are_shown(name):
    assert shown(name, "x") == "x"


def test_personal_fields_and_addresses_in_texts_are_hidden():
    assert shown("email", "a@example.com") == MASK
    assert shown("note", "ask ann@example.com or DE89 3704 0044 0532 0130 00") == f"ask {MASK} or {MASK}"
    assert shown("settings", {"client_secret": "s", "phone": "1", "url": "u"}) == {
        "client_secret": MASK,
        "phone": MASK,
        "url": "u",
    }


def test_fractions_become_text_and_nothing_stays_nothing():
    assert shown("retry_factor", 2.5) == "2.5"
    assert shown("name", "") is None
    assert shown("active", False) is False
    assert shown("count", 0) == 0


def test_what_is_long_is_cut_and_still_told_apart():
    one, other = scrub("x" * 5000), scrub("x" * 4999 + "y")
    assert one[:LONGEST] == other[:LONGEST] == "x" * LONGEST
    assert one != other
    assert len(shown("ids", list(range(500)))) == MOST + 1
