"""Partners on loopback, and an authority that certifies them."""

import socket

import pytest
from certificate_kit import Authority
from partner_server import Partner, answering


@pytest.fixture
def partner():
    """Start partners: ``partner(answer)``; they stop with the test."""
    started = []

    def start(answer=None, tls=None):
        started.append(Partner(answer or answering(), tls))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def free_port():
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A private certificate authority that certifies ``partner.example`` and 127.0.0.1: (its PEM, server context)."""
    one = Authority()
    return one.pem, one.server(tmp_path_factory.mktemp("tls"), "partner.example", "127.0.0.1")
