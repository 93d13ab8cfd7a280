"""Where a request must not go, however it is told to: one table of attempts, over real sockets on loopback.

A partner listens on loopback; whatever reaches it got through. The name service is a list of answers, one for each time
it is asked.
"""

import gzip
import socket
import threading
from dataclasses import dataclass, field

import pytest
from partner_server import answering
from sync_governance.core.delivery import wire
from sync_governance.core.delivery.http import BODY_LIMIT, GuardedSession, Request

REFUSED = "deliver.address_refused"


@dataclass
class Attempt:
    """``{port}`` in a text is the partner's. ``answers``: what the name service says, each time it is asked."""

    name: str
    url: str
    answers: list = field(default_factory=list)
    allowed: list = field(default_factory=list)
    outcome: str | int = REFUSED
    asked: int = 0
    dialled: list = field(default_factory=list)


METADATA = "169.254.169.254"
TABLE = [
    # -- forms of an address: none of them is even looked up
    Attempt("loopback in short", "https://127.1/"),
    Attempt("loopback as one number", "https://2130706433/"),
    Attempt("loopback in octal", "https://0177.0.0.1/"),
    Attempt("loopback in hexadecimal", "https://0x7f000001/"),
    Attempt("loopback in hexadecimal parts", "https://0x7f.0.0.0x1/"),
    Attempt("metadata as one number", "https://2852039166/"),
    Attempt("metadata with a dot behind", "https://169.254.169.254./", [METADATA], asked=1),
    Attempt("wide digits", "https://\uff11\uff16\uff19.254.169.254/", [METADATA]),
    Attempt("allowing the short form by name changes nothing", "https://127.1:{port}/", allowed=["127.1:{port}"]),
    # -- addresses as they are
    Attempt("private", "https://10.0.0.1/", ["10.0.0.1"], asked=1),
    Attempt("loopback", "https://127.0.0.1/", ["127.0.0.1"], asked=1),
    Attempt("link-local", "https://169.254.1.1/", ["169.254.1.1"], asked=1),
    Attempt("this host", "https://0.0.0.0/", ["0.0.0.0"], asked=1),
    Attempt("loopback of IPv6", "https://[::1]/", ["::1"], asked=1),
    Attempt("IPv4 within IPv6", "https://[::ffff:127.0.0.1]/", ["::ffff:127.0.0.1"], asked=1),
    Attempt("IPv4 within IPv6, in hexadecimal", "https://[::ffff:a00:1]/", ["::ffff:a00:1"], asked=1),
    Attempt("metadata within IPv6", "https://[::ffff:a9fe:a9fe]/", ["::ffff:a9fe:a9fe"], asked=1),
    Attempt("metadata by translation", "https://[64:ff9b::a9fe:a9fe]/", ["64:ff9b::a9fe:a9fe"], asked=1),
    Attempt("metadata of a cloud by IPv6", "https://[fd00:ec2::254]/", ["fd00:ec2::254"], asked=1),
    Attempt("link-local of IPv6 with a zone", "https://[fe80::1%25eth0]/", ["fe80::1%eth0"], asked=1),
    # -- names that lead inside
    Attempt("a name of a metadata service", "https://metadata.google.internal/", [METADATA], asked=1),
    Attempt("a public name with a private address", "https://a.example/", ["192.168.1.1"], asked=1),
    Attempt(
        "metadata stays closed under an allowed name",
        "https://wms.internal/",
        [METADATA],
        allowed=["wms.internal:443"],
        asked=1,
    ),
    # -- ports and schemes
    Attempt("another port", "https://a.example:8443/", ["93.184.216.34"]),
    Attempt("plain http", "http://a.example/", ["93.184.216.34"]),
    Attempt("a file", "file:///etc/passwd"),
    Attempt("gopher", "gopher://127.0.0.1:6379/_SET%20a%20b"),
    Attempt("a scheme in capitals", "HTTP://a.example/", ["93.184.216.34"]),
    # -- two readers of one address
    Attempt("a user in front", "https://a.example@127.0.0.1/"),
    Attempt("a user behind", "https://127.0.0.1@a.example/"),
    Attempt("a backslash", "https://a.example\\@127.0.0.1:{port}/", ["127.0.0.1"]),
    Attempt("a backslash before a fragment", "https://127.0.0.1:{port}\\#@a.example/", ["127.0.0.1"]),
    Attempt("a blank", "https://a.example 127.0.0.1/"),
    Attempt("a line end", "https://a.example\r\nHost: b.example/"),
    # -- the name service changes its mind: what was checked is what is dialled
    Attempt(
        "public, then inside",
        "https://a.example/",
        ["93.184.216.34", "127.0.0.1"],
        outcome="deliver.connection_failed",
        asked=1,
        dialled=["93.184.216.34"],
    ),
    Attempt("inside, then public", "https://a.example/", ["127.0.0.1", "93.184.216.34"], asked=1),
    # -- what is meant to be: allowed by name, with port
    Attempt(
        "allowed by name",
        "http://wms.internal:{port}/",
        ["127.0.0.1"],
        allowed=["wms.internal:{port}"],
        outcome=200,
        asked=1,
        dialled=["127.0.0.1"],
    ),
    Attempt(
        "allowed under another name", "http://127.0.0.1:{port}/", ["127.0.0.1"], allowed=["wms.internal:{port}"]
    ),
]  # fmt: skip


@pytest.mark.parametrize("attempt", TABLE, ids=lambda attempt: attempt.name)
def test_an_attempt_ends_as_the_table_says(partner, monkeypatch, attempt):
    to = partner()
    asked, dialled = [], []
    dial = wire._Guarded._dialled

    def resolver(host, port, *_args):
        asked.append(host)
        address = attempt.answers[len(asked) - 1]
        return [(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def noted(connection, family, address, limits):
        dialled.append(address[0])
        if address[0] != "127.0.0.1":
            raise ConnectionRefusedError("nothing leaves the machine in a test")
        return dial(connection, family, address, limits)

    monkeypatch.setattr(wire._Guarded, "_dialled", noted)
    allowed = [one.format(port=to.port) for one in attempt.allowed]
    with GuardedSession(allowed_hosts=allowed, resolver=resolver) as session:
        result = session.deliver(Request(attempt.url.replace("{port}", str(to.port)), b"{}"))
    assert (result.fault.code if result.fault else result.status) == attempt.outcome
    assert (len(asked), dialled) == (attempt.asked, attempt.dialled)
    assert to.connections == (1 if attempt.outcome == 200 else 0)
    unsaid = [address for address in attempt.answers if address not in attempt.url.replace("%25", "%")]
    assert not (result.fault and any(address in result.fault.detail for address in unsaid))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "{inside}", "//127.0.0.1/", "file:///x"]
)
def test_a_redirect_leads_nowhere(partner, status, target):
    inside = partner()
    to = partner(answering(status, [f"Location: {target.format(inside=inside.url)}"]))
    with GuardedSession(allowed_hosts=[to.name, inside.name]) as session:
        result = session.deliver(Request(to.url, b"{}"))
    assert (result.status, result.fault.code) == (status, "deliver.redirected")
    assert inside.connections == 0


PACKED = gzip.compress(b"0" * 40_000_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "identity"])
def test_what_is_packed_stays_packed(partner, encoding):
    to = partner(answering(200, [f"Content-Encoding: {encoding}"], PACKED))
    with GuardedSession(allowed_hosts=[to.name]) as session:
        result = session.deliver(Request(to.url, b"{}"))
    assert (result.fault, len(result.body), result.truncated) == (None, BODY_LIMIT, True)


def test_a_slow_drip_is_cut_off_in_every_part_of_an_answer(partner):
    stop = threading.Event()

    def dripping(head):
        def answer(connection, _request):
            connection.sendall(head)
            while not stop.wait(0.05):
                connection.sendall(b"x")

        return answer

    try:
        for head in (b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "):
            to = partner(dripping(head))
            with GuardedSession(allowed_hosts=[to.name]) as session:
                result = session.deliver(Request(to.url, b"{}", total_timeout=0.4))
            assert result.fault.code == "deliver.timeout", head
    finally:
        stop.set()
