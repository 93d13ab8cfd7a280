"""Client certificates: what a proxy passes on, what was agreed, and the pair we show ourselves."""

import base64
import datetime
from urllib.parse import quote

import pytest
from certificate_kit import NOW, pair
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from sync_governance.core.delivery import certificates
from sync_governance.core.faults import Fault


@pytest.fixture(scope="module")
def made():
    return pair()


def by_rfc_9440(certificate):
    return ":" + base64.b64encode(certificate.public_bytes(Encoding.DER)).decode() + ":"


def test_both_notations_of_a_proxy_are_read(made):
    certificate, pem, _key = made
    for value in (by_rfc_9440(certificate), quote(pem), quote(pem, safe="")):
        found = certificates.passed_on(value)
        assert found.fingerprint == certificate.fingerprint(hashes.SHA256()).hex()
        assert found.subject == certificate.subject


def test_two_certificates_are_none(made):
    certificate, pem, _key = made
    for value in (
        quote(pem + pem),
        f"{by_rfc_9440(certificate)}, {by_rfc_9440(certificate)}",
        f"{by_rfc_9440(certificate)},{by_rfc_9440(certificate)}",
    ):
        with pytest.raises(Fault) as caught:
            certificates.passed_on(value)
        assert caught.value.code == "authentication.credential_invalid"


@given(
    st.text(max_size=60)
    | st.sampled_from(["::", ":AAAA:", ":*:", "%ff%fe", "-----BEGIN CERTIFICATE-----", ":" * 20000])
)
def test_whatever_else_is_refused_and_nothing_is_raised(value):
    with pytest.raises(Fault) as caught:
        certificates.passed_on(value)
    assert caught.value.code == "authentication.credential_invalid"


def test_a_fingerprint_or_a_subject_recognises_it(made):
    certificate, _pem, _key = made
    found = certificates.passed_on(by_rfc_9440(certificate))
    plain = found.fingerprint
    colons = ":".join(plain[n : n + 2] for n in range(0, 64, 2)).upper()
    for agreed in (plain, f"sha256:{plain}", colons, "CN=client,O=Northwind"):
        assert certificates.agreement_problem(agreed) is None
        assert certificates.matches(agreed, found, NOW)
    for agreed in ("0" * 64, "CN=client", "CN=client,O=Other", "O=Northwind,CN=client", "CN=CLIENT,O=Northwind", ""):
        assert not certificates.matches(agreed, found, NOW)


def test_an_empty_subject_is_anybodys_and_is_never_agreed_on():
    nameless, _pem, _key = pair(subject="")
    assert certificates.agreement_problem("") and certificates.agreement_problem(" ")
    assert not certificates.matches("", certificates.passed_on(by_rfc_9440(nameless)), NOW)


def test_a_certificate_outside_its_time_is_nobodys(made):
    found = certificates.passed_on(by_rfc_9440(made[0]))
    for days in (-2, 31):
        assert not certificates.matches(found.fingerprint, found, NOW + datetime.timedelta(days=days))


def test_a_pair_that_we_show_is_a_certificate_with_its_own_key(made):
    _certificate, pem, key = made
    _other, other_pem, _other_key = pair()
    assert certificates.pair_problem(pem + key, NOW) is None
    assert certificates.pair_problem(key + pem, NOW) is None
    assert "not the certificate's" in certificates.pair_problem(other_pem + key, NOW)
    assert "with a password" in certificates.pair_problem(pem + pair(password=b"x")[2], NOW)
    assert "expired" in certificates.pair_problem(pem + key, NOW + datetime.timedelta(days=31))
    for text in ("", pem, key, "nonsense", "é"):
        assert "is not a certificate" in certificates.pair_problem(text, NOW)


def test_a_pem_that_lost_its_lines_gets_them_back(made):
    _certificate, pem, key = made
    for lost in (pem + key, (pem + key).replace("\n", ""), (pem + key).replace("\n", " ")):
        assert certificates.rewrapped(lost) == pem + key
    for other in ("", "nonsense", "-----BEGIN X-----"):
        assert certificates.rewrapped(other) == other
