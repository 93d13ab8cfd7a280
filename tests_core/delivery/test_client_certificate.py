"""A partner that asks for a certificate gets ours, and nobody else's."""

import datetime
import ssl

import pytest
from certificate_kit import Authority, pair
from sync_governance.core.delivery import http


@pytest.fixture
def ours():
    """PEM of a certificate with its key, valid now."""
    _certificate, pem, key = pair(now=datetime.datetime.now(datetime.timezone.utc))
    return pem + key


@pytest.fixture
def issuer():
    """The authority that certifies the partner."""
    return Authority()


@pytest.fixture
def demanding(issuer, partner, tmp_path, ours):
    """A partner that talks to the holder of ``ours`` only."""
    context = issuer.server(tmp_path, "127.0.0.1")
    trusted = tmp_path / "client.pem"
    trusted.write_text(ours[: ours.index("-----BEGIN PRIVATE")])
    context.load_verify_locations(trusted)
    context.verify_mode = ssl.CERT_REQUIRED
    return partner(tls=context)


def send(one, authorities, certificate="", key="p"):
    return http.deliver(
        http.Request(
            url=one.url,
            body=b"{}",
            allowed_hosts=(one.name,),
            authorities=authorities,
            client_certificate=certificate,
            pool_key=key,
        )
    )


def test_the_certificate_is_shown(demanding, issuer, ours):
    assert send(demanding, issuer.pem, ours).status == 200


def test_without_it_nothing_is_taken_and_no_kept_connection_is_used(demanding, issuer, ours):
    other = pair(now=datetime.datetime.now(datetime.timezone.utc))
    assert send(demanding, issuer.pem, ours).status == 200
    for certificate in ("", other[1] + other[2]):
        result = send(demanding, issuer.pem, certificate)
        assert (result.status, result.fault.blame) == (None, "endpoint")
    assert len(demanding.requests) == 1


def test_what_is_no_certificate_is_our_mistake_and_is_not_shown(demanding, issuer):
    for text in ("nonsense", pair(password=b"x")[1] + pair(password=b"x")[2]):
        result = send(demanding, issuer.pem, text)
        assert result.fault.code == "deliver.credential_missing"
        assert text not in result.fault.detail


def test_without_memory_files_a_short_lived_file_does(demanding, issuer, ours, monkeypatch):
    monkeypatch.delattr("os.memfd_create")
    assert send(demanding, issuer.pem, ours, key="by file").status == 200


def test_a_request_does_not_print_its_key(ours):
    assert "PRIVATE" not in repr(http.Request(url="https://x/", client_certificate=ours))
