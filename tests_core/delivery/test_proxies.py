"""Deliveries through a real proxy on loopback."""

import socket

import pytest
from partner_server import answering
from proxy_server import TunnelProxy
from sync_governance.core.delivery import http
from sync_governance.core.delivery.http import GuardedSession, Request, deliver
from sync_governance.core.delivery.proxies import proxy_of
from sync_governance.core.delivery.shown import basic
from sync_governance.core.faults import Fault

EXAMPLE = "partner.example"
PUBLIC = "93.184.216.34"
METADATA = "169.254.169.254"


def resolver(host, port, *_args):
    """The name service here: the partner is public, addresses are what they are, nothing else is known."""
    known = {EXAMPLE: PUBLIC, "inside.example": "10.0.0.7", "127.0.0.1": "127.0.0.1"} | {METADATA: METADATA}
    if host not in known:
        raise socket.gaierror(-2, "Name or service not known")
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], port))]


@pytest.fixture
def proxy():
    started = []

    def start(**settings):
        started.append(TunnelProxy(**settings))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def send(authority):
    pem, _server = authority
    sessions = []

    def sent(url, through, *, allowed=(), authorization="", **settings):
        session = GuardedSession(
            allowed_hosts=allowed, authorities=pem, proxy=proxy_of(through, authorization), resolver=resolver
        )
        sessions.append(session)
        return session.deliver(Request(url, body=b"a document", **settings))

    yield sent
    for session in sessions:
        session.close()


def code(result):
    return result.fault and result.fault.code


def test_tls_runs_through_the_tunnel_to_the_partner_itself(partner, authority, proxy, send):
    to = partner(tls=authority[1])
    between = proxy(routes={f"{PUBLIC}:443": to.name})
    result = send(f"https://{EXAMPLE}/hook", between.url)
    assert (result.status, result.fault, result.sent) == (200, None, True)
    assert between.asked == [f"CONNECT {PUBLIC}:443"], "the address that was checked, not the name"
    assert to.requests[0]["headers"]["host"] == EXAMPLE
    assert to.requests[0]["body"] == b"a document"
    assert b"a document" not in between.carried, "the proxy reads nothing"


def test_a_proxy_may_be_spoken_to_by_tls_too(partner, authority, proxy, send):
    to = partner(answering(200, body=b"z" * 15_000), tls=authority[1])
    between = proxy(tls=authority[1], routes={f"{PUBLIC}:443": to.name})
    result = send(f"https://{EXAMPLE}/hook", between.url)
    assert (result.status, result.fault, len(result.body)) == (200, None, 15_000)
    assert to.requests[0]["body"] == b"a document"


def test_a_tls_proxy_must_prove_who_it_is(partner, authority, proxy):
    between = proxy(tls=authority[1])
    with GuardedSession(proxy=proxy_of(between.url), resolver=resolver) as session:
        result = session.deliver(Request(f"https://{EXAMPLE}/hook"))
    assert (code(result), result.sent) == ("deliver.proxy_failed", False)
    assert between.asked == []


def test_connections_through_the_proxy_are_kept(partner, authority, proxy):
    to = partner(tls=authority[1])
    between = proxy(routes={f"{PUBLIC}:443": to.name})
    with GuardedSession(authorities=authority[0], proxy=proxy_of(between.url), resolver=resolver) as session:
        for _ in range(3):
            assert session.deliver(Request(f"https://{EXAMPLE}/hook")).fault is None
    assert len(between.asked) == 1


def test_the_proxy_is_shown_its_credential_and_the_partner_is_not(partner, authority, proxy, send):
    to = partner(tls=authority[1])
    between = proxy(password="odoo:geheim", routes={f"{PUBLIC}:443": to.name})
    assert send(f"https://{EXAMPLE}/", between.url, authorization=basic("odoo", "geheim")).fault is None
    assert "proxy-authorization" not in to.requests[0]["headers"]
    for authorization in ("", basic("odoo", "falsch")):
        result = send(f"https://{EXAMPLE}/", between.url, authorization=authorization)
        assert (code(result), result.status, result.sent) == ("deliver.proxy_failed", None, False)
        assert "407" in result.fault.detail
        assert "falsch" not in repr(result)
    assert len(to.requests) == 1


def test_the_guard_holds_through_the_proxy(proxy, send):
    """The proxy stands inside the network: what may not be dialled may not be asked of it either."""
    between = proxy()
    for url in (
        "https://inside.example/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://partner.example:8443/",
        "http://partner.example/",
        "https://2130706433/",
    ):
        assert code(send(url, between.url)) in ("deliver.address_refused", "deliver.connection_failed"), url
    metadata = send("http://169.254.169.254:80/", between.url, allowed=["169.254.169.254:80"])
    assert code(metadata) == "deliver.address_refused"
    assert between.asked == []


def test_what_an_administrator_allowed_by_name_is_the_proxys_to_look_up(partner, authority, proxy, send):
    to = partner(tls=authority[1])
    between = proxy(routes={"partner.example:8443": to.name})
    result = send("https://partner.example:8443/", between.url, allowed=["partner.example:8443"])
    assert result.fault is None
    assert between.asked == ["CONNECT partner.example:8443"]


def test_a_proxy_at_an_address_of_the_cloud_itself_is_not_dialled(send):
    result = send(f"https://{EXAMPLE}/", "http://169.254.169.254:80")
    assert (code(result), result.sent) == ("deliver.address_refused", False)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (403, "deliver.proxy_failed"),
        (302, "deliver.proxy_failed"),
        (502, "deliver.connection_failed"),
        (504, "deliver.connection_failed"),
    ],
)
def test_what_the_proxy_refuses_and_what_it_cannot_reach_are_two_things(proxy, send, status, expected):
    result = send(f"https://{EXAMPLE}/", proxy(status=status).url)
    assert (code(result), result.status, result.sent) == (expected, None, False)
    assert str(status) in result.fault.detail


def test_a_proxy_that_is_away_or_none_at_all_is_named(partner, free_port, send):
    away = send(f"https://{EXAMPLE}/", f"http://127.0.0.1:{free_port}")
    assert (code(away), away.sent) == ("deliver.proxy_failed", False)
    assert f"127.0.0.1:{free_port}" in away.fault.detail

    def rubbish(connection, _request):
        connection.sendall(b"220 mail.example ESMTP\r\n\r\n")

    assert code(send(f"https://{EXAMPLE}/", f"http://{partner(rubbish).name}")) == "deliver.proxy_failed"


def test_a_silent_proxy_is_given_up_at_the_deadline(partner, send):
    def silent(_connection, _request):
        return None

    between = f"http://{partner(silent).name}"
    result = send(f"https://{EXAMPLE}/", between, connect_timeout=0.3, read_timeout=0.3)
    assert code(result) == "deliver.proxy_failed"
    assert result.elapsed < 5


@pytest.mark.parametrize(
    "url", ["proxy.example:3128", "socks5://proxy.example:1080", "http://me:geheim@proxy.example", "http://proxy.example/x"]
)  # fmt: skip
def test_what_is_no_proxy_is_refused_without_showing_it(url):
    with pytest.raises(Fault) as caught:
        proxy_of(url)
    assert caught.value.code == "engine.configuration"
    assert "geheim" not in str(caught.value)
    assert deliver(Request(f"https://{EXAMPLE}/", proxy=url)).fault.code == "engine.configuration"


def test_two_credentials_for_the_proxy_share_no_connection():
    first, again, other = (
        http._session("one", frozenset(), "", "", proxy_of("http://proxy.example", shown), 1)
        for shown in ("a", "a", "b")
    )
    assert first is again
    assert first is not other


def test_nothing_counts_as_sent_before_a_connection_stands(partner, authority, free_port):
    plain, tls = partner(), partner(tls=authority[1])

    def hangs_up(connection, _request):
        connection.close()

    broken = partner(hangs_up)
    cases = [
        (plain.url, True),
        (broken.url, True),
        (f"http://127.0.0.1:{free_port}/", False),
        (tls.url, False),  # its certificate is not believed
        ("http://unknown.example:8080/", False),
    ]
    allowed = [plain.name, broken.name, f"127.0.0.1:{free_port}", tls.name, "unknown.example:8080"]
    with GuardedSession(allowed_hosts=allowed, resolver=resolver) as session:
        for url, expected in cases:
            assert session.deliver(Request(url)).sent is expected, url
