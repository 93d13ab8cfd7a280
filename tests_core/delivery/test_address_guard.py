"""Which addresses may be dialled."""

import pytest
from sync_governance.core.delivery.addresses import NEVER, PRIVATE, AddressGuard, is_open
from sync_governance.core.faults import Fault

PUBLIC = ["93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::6810:84e5", "::ffff:8.8.8.8"]
INSIDE = [
    "10.1.2.3", "127.0.0.1", "127.255.255.254", "192.168.0.1", "172.16.0.1", "172.31.255.255", "100.64.0.1", "::1",
    "fd12::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::808:808", "198.18.0.1",
]  # fmt: skip
CLOSED = [
    "0.0.0.0", "169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "168.63.129.16", "100.100.100.200",
    "fd00:ec2::254", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "203.0.113.9", "::", "fe80::1",
    "2002:7f00:1::", "2001:0:1::", "2001:db8::1", "::7f00:1", "::ffff:0:10.0.0.1", "not an address", "fe80::1%eth0", "",
    "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_open(address):
    assert is_open(address)
    assert is_open(address, by_name=True)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_open_only_by_name(address):
    assert not is_open(address)
    assert is_open(address, by_name=True)


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_never_a_partner_stays_closed(address):
    assert not is_open(address)
    assert not is_open(address, by_name=True)


@pytest.mark.parametrize("network", NEVER)
def test_the_edges_of_a_closed_network_are_closed(network):
    for edge in (network[0], network[-1]):
        if str(edge) != "::1":
            assert not is_open(str(edge), by_name=True)


@pytest.mark.parametrize("network", PRIVATE)
def test_the_edges_of_a_private_network_are_not_public(network):
    assert not is_open(str(network[0]))
    assert not is_open(str(network[-1]))


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "1.2.3.4.5", "example.0x7f", "", "."])
def test_an_odd_form_of_an_address_is_refused_before_any_look_up(host):
    with pytest.raises(Fault, match="not a proper host name") as caught:
        AddressGuard().check_name("https", host, 443)
    assert caught.value.code == "deliver.address_refused"


@pytest.mark.parametrize("host", ["partner.example", "PARTNER.example.", "8.8.8.8", "2606:4700::1", "3com.example"])
def test_a_proper_name_on_the_port_of_https_passes(host):
    AddressGuard().check_name("https", host, 443)


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("http", 443), ("https", 8443), ("https", 22)])
def test_plain_http_and_other_ports_must_be_allowed_by_name(scheme, port):
    with pytest.raises(Fault, match="allowed by name"):
        AddressGuard(["other.example:80"]).check_name(scheme, "partner.example", port)
    AddressGuard([f"Partner.Example.:{port}"]).check_name(scheme, "partner.example", port)


def test_allowed_means_this_name_and_this_port():
    guard = AddressGuard(["wms.internal:8080", "[::1]:9000"])
    assert guard.allows_by_name("WMS.internal", 8080)
    assert guard.allows_by_name("::1", 9000)
    assert not guard.allows_by_name("wms.internal", 8081)
    assert not guard.allows_by_name("x.wms.internal", 8080)


def test_of_mixed_answers_only_the_permitted_are_left():
    assert AddressGuard().permitted("a.example", 443, ["10.0.0.1", "8.8.8.8", "::1"]) == ["8.8.8.8"]


def test_a_refusal_does_not_tell_the_address():
    with pytest.raises(Fault) as caught:
        AddressGuard().permitted("a.example", 443, ["10.0.0.1"])
    assert "10.0.0.1" not in caught.value.detail
    assert caught.value.subject == "a.example:443"


@pytest.mark.parametrize(
    "text", ["", "host", "host:", "host:0", "host:99999", "http://host:80", "a b:80", "::1:80", "u@h:1"]
)
def test_an_allowed_host_is_written_host_and_port(text):
    with pytest.raises(Fault, match="host:port"):
        AddressGuard([text])
