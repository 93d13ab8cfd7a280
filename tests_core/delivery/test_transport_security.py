"""TLS to a partner: its version, whose word is believed for its certificate, and its name."""

import socket
import ssl
from datetime import datetime, timedelta, timezone

import pytest
from certificate_kit import Authority, pair
from sync_governance.core.delivery.certificates import authorities, authorities_problem, until
from sync_governance.core.delivery.http import GuardedSession, Request, deliver

NAME = "partner.example"
NOW = datetime.now(timezone.utc)


@pytest.fixture(scope="module")
def private():
    return Authority("Northwind private authority")


@pytest.fixture
def listening(private, partner, tmp_path):
    """A partner behind TLS with a certificate of the private authority for :data:`NAME`; settings of its context."""

    def start(issuer=private, names=(NAME,), **settings):
        context = issuer.server(tmp_path, *names)
        if settings.get("old"):
            # OpenSSL itself speaks what is that old only at its lowest level.
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        return partner(tls=context)

    return start


def send(to, trusted="", name=NAME):
    """The code of what came of it, or the status."""

    def resolver(_host, port, *_args):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    allowed = [f"{name}:{to.port}"]
    with GuardedSession(allowed_hosts=allowed, resolver=resolver, authorities=trusted) as session:
        result = session.deliver(Request(f"https://{name}:{to.port}/", b"{}"))
    return result.fault.code if result.fault else result.status


def test_with_its_private_authority_a_partner_is_believed_and_without_it_not(listening, private):
    to = listening()
    assert send(to, private.pem) == 200
    assert send(to) == "deliver.tls_failed"
    assert send(to, Authority("Another").pem) == "deliver.tls_failed"
    assert len(to.requests) == 1, "nothing was said to who could not prove who it is"


def test_one_of_several_authorities_is_enough(listening, private):
    assert send(listening(), Authority("Another").pem + private.pem) == 200


def test_the_name_must_be_its_own_whoever_signed(listening, private):
    to = listening(names=("other.example",))
    assert send(to, private.pem) == "deliver.tls_failed"
    assert send(to, private.pem, name="other.example") == 200
    assert len(to.requests) == 1


def test_what_an_authority_signed_long_ago_is_over(listening, private, monkeypatch):
    monkeypatch.setattr(private, "_now", NOW - timedelta(days=30))
    assert send(listening(), private.pem) == "deliver.tls_failed"


def test_tls_older_than_1_2_is_refused(listening, private):
    to = listening(old=True)
    assert send(to, private.pem) == "deliver.tls_failed"
    assert to.requests == []
    # The partner does speak it, to whoever asks for it: it was we who refused.
    lax = ssl.create_default_context(cadata=private.pem)
    lax.set_ciphers("DEFAULT:@SECLEVEL=0")
    lax.minimum_version = ssl.TLSVersion.TLSv1
    with socket.create_connection(("127.0.0.1", to.port), timeout=5) as plain:
        with lax.wrap_socket(plain, server_hostname=NAME) as spoken:
            assert spoken.version() == "TLSv1.1"


def test_an_authority_is_the_word_of_one_endpoint_only(listening, private):
    to = listening(names=("127.0.0.1",))

    def sent(endpoint, trusted):
        return deliver(
            Request(f"https://127.0.0.1:{to.port}/", pool_key=endpoint, authorities=trusted, allowed_hosts=[to.name])
        )

    assert sent("7", private.pem).status == 200
    assert sent("8", "").fault.code == "deliver.tls_failed"
    assert sent("7", "").fault.code == "deliver.tls_failed", "nor over the connection that was kept"


def test_where_all_must_be_encrypted_leave_for_a_host_is_no_leave_for_plain_http(partner):
    to = partner()
    plain = Request(to.url, allowed_hosts=[to.name], encrypted=True)
    assert deliver(plain).fault.code == "deliver.not_encrypted"
    assert to.connections == 0
    named = Request(to.url, allowed_hosts=[to.name], encrypted=True, plain_networks="127.0.0.0/8")
    assert deliver(named).status == 200
    elsewhere = Request(
        f"http://localhost:{to.port}/",
        allowed_hosts=[f"localhost:{to.port}"],
        encrypted=True,
        plain_networks="127.0.0.0/8",
    )
    assert deliver(elsewhere).fault.code == "deliver.not_encrypted", "a name may lead elsewhere tomorrow"


def test_what_cannot_be_read_is_a_matter_of_set_up():
    result = deliver(Request("https://partner.example/", authorities="nonsense"))
    assert result.fault.code == "engine.configuration"


# -- what is taken as authorities ------------------------------------------------------------------------------------


def test_authorities_are_read_one_after_the_other_with_words_between(private):
    text = f"our root\n{private.pem}\nand the old one\n{Authority('Old', days=400).pem}"
    assert authorities_problem(text, NOW) is None
    assert min(map(until, authorities(text))) - NOW < timedelta(days=2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no certificates"),
        ("nonsense", "no certificates"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "no certificates"),
        (Authority().pem.replace("-----END", "----END"), "no certificates"),
        (Authority().pem + "-----BEGIN PUBLIC KEY-----", "no certificates"),
        (Authority().pem * 11, "no certificates"),
        (Authority().pem + pair()[2], "private key"),
        (Authority("Leaf", is_ca=False).pem, "no authority: CN=Leaf"),
        (pair(now=NOW)[1], "no authority"),
        (Authority("Old", begins=-30, days=-1).pem, "has expired: CN=Old"),
        (Authority("New", begins=1, days=2).pem, "not valid yet: CN=New"),
        ("é" * 70_000, "no certificates"),
    ],
    ids=[
        "empty",
        "nonsense",
        "no certificate inside",
        "a cut end",
        "a public key behind it",
        "too many",
        "a private key behind it",
        "a leaf",
        "a certificate of a server",
        "expired",
        "not valid yet",
        "huge",
    ],
)
def test_what_is_no_authority_is_named(text, said):
    assert said in authorities_problem(text, NOW)
