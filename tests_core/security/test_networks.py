"""Lists of addresses, in every notation an address has."""

import pytest
from sync_governance.core.security.networks import networks, within

LIST = "203.0.113.0/24, 198.51.100.7\n2001:db8::/32"


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("203.0.113.255", True),
        ("203.0.114.0", False),
        ("198.51.100.7", True),
        ("198.51.100.8", False),
        ("::ffff:203.0.113.9", True),
        ("2001:db8:1::5", True),
        ("2001:db8:1::5%eth0", True),
        ("2001:db9::", False),
        ("", False),
        (None, False),
        ("localhost", False),
        ("203.0.113.1 ", False),
        ("0313.0.113.1", False),
        ("3405803777", False),
    ],
)
def test_an_address_lies_within_or_not(address, inside):
    assert within(address, LIST) is inside


@pytest.mark.parametrize("text", ["203.0.113.7/24", "example.com", "300.0.0.1", "1.2.3", "::1/200"])
def test_what_is_no_network_is_named(text):
    with pytest.raises(ValueError, match="is not an address or a network"):
        networks(f"203.0.113.0/24 {text}")


def test_an_empty_list_holds_nobody():
    assert not within("203.0.113.1", "")
