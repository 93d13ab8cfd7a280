"""Deliveries over real sockets on loopback."""

import socket
import threading

import pytest
import requests
from partner_server import answering
from sync_governance.core.delivery import http, wire
from sync_governance.core.delivery.http import BODY_LIMIT, DeliveryResult, GuardedSession, Request, classify, deliver
from sync_governance.core.faults import Fault

EXAMPLE = "partner.example"


def to_loopback(_host, port, *_args):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


@pytest.fixture
def send(partner):
    """Start a partner with this answer, allow it by name and deliver to it."""
    sessions = []

    def sent(answer=None, **settings):
        to = settings.pop("to", None) or partner(answer)
        session = GuardedSession(allowed_hosts=settings.pop("allowed", [to.name]))
        sessions.append(session)
        return session.deliver(Request(**{"url": to.url, "body": b'{"a": 1}'} | settings))

    yield sent
    for session in sessions:
        session.close()


def code(result):
    return result.fault and result.fault.code


def test_an_accepted_delivery_carries_body_headers_and_time(partner, send):
    to = partner(answering(202, ["X-Id: 7", "Content-Type: application/json"], b'{"ok": true}'))
    result = send(to=to, headers={"webhook-id": "m1"})
    assert (result.status, result.fault, result.body, result.truncated) == (202, None, b'{"ok": true}', False)
    assert result.headers["x-id"] == "7"
    assert 0 < result.elapsed < 5
    received = to.requests[0]
    assert received["line"] == "POST /hook HTTP/1.1"
    assert received["body"] == b'{"a": 1}'
    assert received["headers"]["webhook-id"] == "m1"
    assert received["headers"]["accept-encoding"] == "identity"


def test_connections_are_reused_and_cookies_are_not(partner):
    to = partner(answering(headers=["Set-Cookie: spy=1; Path=/"]))
    with GuardedSession(allowed_hosts=[to.name]) as session:
        for _ in range(3):
            assert session.deliver(Request(to.url)).fault is None
    assert to.connections == 1
    assert all("cookie" not in request["headers"] for request in to.requests)


def test_without_leave_loopback_is_not_even_dialled(partner, send):
    to = partner()
    assert code(send(to=to, allowed=[])) == "deliver.address_refused"
    assert code(send(to=to, allowed=[], url=f"https://{to.name}/")) == "deliver.address_refused"
    assert code(send(to=to, allowed=[f"localhost:{to.port}"])) == "deliver.address_refused"
    assert to.connections == 0


def test_a_public_name_that_leads_inside_is_not_dialled():
    with GuardedSession(resolver=to_loopback) as session:
        result = session.deliver(Request(f"https://{EXAMPLE}/"))
    assert code(result) == "deliver.address_refused"
    assert "127.0.0.1" not in result.fault.detail


def test_each_new_connection_is_checked_anew(partner):
    """DNS rebinding: the name was public when somebody looked, and is not when we dial."""
    answers = iter([[], ["10.0.0.1"], ["169.254.169.254"], ["0.0.0.0"]])

    def resolver(_host, port, *_args):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(answers)]

    with GuardedSession(resolver=resolver) as session:
        codes = [code(session.deliver(Request(f"https://{EXAMPLE}/"))) for _ in range(4)]
    assert codes == ["deliver.address_refused"] * 4


def test_a_name_that_does_not_exist_is_a_failed_connection():
    def resolver(*_args):
        raise socket.gaierror(-2, "Name or service not known")

    with GuardedSession(resolver=resolver) as session:
        assert code(session.deliver(Request(f"https://{EXAMPLE}/"))) == "deliver.connection_failed"


def test_nobody_listening_is_a_failed_connection(free_port):
    with GuardedSession(allowed_hosts=[f"127.0.0.1:{free_port}"]) as session:
        result = session.deliver(Request(f"http://127.0.0.1:{free_port}/"))
    assert (code(result), result.status) == ("deliver.connection_failed", None)


def test_the_next_address_is_tried_when_one_does_not_answer(partner):
    to = partner()

    def resolver(_host, port, *_args):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.2", "127.0.0.1")]

    with GuardedSession(allowed_hosts=[f"{EXAMPLE}:{to.port}"], resolver=resolver) as session:
        assert session.deliver(Request(f"http://{EXAMPLE}:{to.port}/")).status == 200
    assert to.requests[0]["headers"]["host"] == f"{EXAMPLE}:{to.port}"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://partner.example/", "partner.example", "https://", "https://user:geheim@partner.example/", "https://[::1/",
        "https://partner.example:0/", "https://partner.example:99999/", "https://exa mple/", "http://127.1/", "", "https://.example/",
        "https://2130706433/", "file:///etc/passwd", "https://" + "a" * 300 + ".example/", "https://\u2100.example/",
    ],
)  # fmt: skip
def test_what_is_not_a_proper_address_is_refused(url):
    with GuardedSession(resolver=to_loopback) as session:
        result = session.deliver(Request(url))
    assert code(result) == "deliver.address_refused"
    assert "geheim" not in result.fault.detail


def test_redirects_are_not_followed_however_long_their_body(partner, send):
    target = partner()
    to = partner(answering(302, [f"Location: {target.url}"], b"x" * 3_000_000))
    result = send(to=to, allowed=[to.name, target.name])
    assert (code(result), result.status, len(result.body)) == ("deliver.redirected", 302, BODY_LIMIT)
    assert target.requests == []


def test_of_a_huge_body_only_the_beginning_is_read(send):
    result = send(answering(200, body=b"y" * 50_000_000))
    assert (result.fault, len(result.body), result.truncated) == (None, BODY_LIMIT, True)
    assert result.elapsed < 5


def test_a_body_that_never_ends_is_cut(send):
    def endless(connection, _request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"400\r\n" + b"z" * 1024 + b"\r\n")

    result = send(endless)
    assert (result.fault, len(result.body), result.truncated) == (None, BODY_LIMIT, True)


def test_a_compressed_body_is_not_unpacked(send):
    result = send(answering(200, ["Content-Encoding: gzip"], b"\x1f\x8bnonsense"))
    assert (result.fault, result.body) == (None, b"\x1f\x8bnonsense")


@pytest.fixture
def drip(partner):
    """A partner who sends ``head`` and then a byte every now and then, for ever."""
    stop = threading.Event()

    def start(head, byte=b"x"):
        def answer(connection, _request):
            connection.sendall(head)
            while not stop.wait(0.05):
                connection.sendall(byte)

        return partner(answer)

    yield start
    stop.set()


def test_a_partner_who_drips_the_head_is_cut_off_at_the_deadline(drip, send):
    result = send(to=drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), total_timeout=0.6)
    assert (code(result), result.status) == ("deliver.timeout", None)
    assert 0.5 < result.elapsed < 5


def test_a_partner_who_drips_the_body_has_still_accepted(drip, send):
    result = send(to=drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"), total_timeout=0.6)
    assert (result.status, result.fault, result.truncated) == (200, None, True)
    assert 0.5 < result.elapsed < 5


def test_endless_interim_answers_are_cut_off_at_the_deadline(drip, send):
    to = drip(b"HTTP/1.1 100 Continue\r\n\r\n", byte=b"HTTP/1.1 100 Continue\r\n\r\n")
    assert code(send(to=to, total_timeout=0.6)) == "deliver.timeout"


def test_silence_is_a_timeout(partner, send):
    stop = threading.Event()
    to = partner(lambda connection, request: stop.wait(5))
    result = send(to=to, read_timeout=0.3)
    stop.set()
    assert code(result) == "deliver.timeout"
    assert result.elapsed < 5


def test_a_large_request_that_nobody_reads_is_cut_off_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        name = f"127.0.0.1:{listener.getsockname()[1]}"
        with GuardedSession(allowed_hosts=[name]) as session:
            result = session.deliver(Request(f"http://{name}/", body=b"x" * 30_000_000, total_timeout=0.6))
    assert code(result) == "deliver.timeout"
    assert result.elapsed < 5


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
     b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"],
)  # fmt: skip
def test_an_answer_that_is_no_http_is_a_failed_connection(send, answer):
    def broken(connection, _request):
        connection.sendall(answer)
        connection.close()

    result = send(broken)
    assert (code(result), result.status) == ("deliver.connection_failed", None)


def test_a_body_that_breaks_off_does_not_undo_the_acceptance(send):
    def broken(connection, _request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly this")
        connection.close()

    result = send(broken)
    assert (result.status, result.fault) == (200, None)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, None),
        (204, None),
        (304, "deliver.redirected"),
        (400, "deliver.rejected"),
        (401, "deliver.rejected"),
        (404, "deliver.rejected"),
        (408, "deliver.server_error"),
        (409, "deliver.rejected"),
        (410, "deliver.gone"),
        (422, "deliver.rejected"),
        (425, "deliver.server_error"),
        (429, "deliver.throttled"),
        (500, "deliver.server_error"),
        (503, "deliver.server_error"),
        (504, "deliver.server_error"),
        (599, "deliver.server_error"),
        (999, "deliver.server_error"),
    ],
)
def test_the_status_decides(send, status, expected):
    result = send(answering(status))
    assert (code(result), result.status) == (expected, status)


@pytest.mark.parametrize("status", [429, 503])
def test_whoever_names_a_time_to_wait_throttles(send, status):
    result = send(answering(status, ["Retry-After: 12"]))
    assert (code(result), result.retry_after) == ("deliver.throttled", 12.0)


def test_a_hostile_wait_is_cut_to_an_hour(send):
    assert send(answering(429, ["Retry-After: 99999999"])).retry_after == 3600


def test_headers_are_bounded(send):
    result = send(answering(200, [f"X-{number}: {'v' * 5000}" for number in range(80)]))
    assert len(result.headers) <= 64
    assert max(map(len, result.headers.values())) == 2000


def test_a_header_that_would_smuggle_another_is_our_mistake(send):
    assert code(send(headers={"X-A": "b\r\nX-C: d"})) == "engine.configuration"


def test_a_proxy_of_the_environment_is_ignored(send, monkeypatch, free_port):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port}")
    assert send().status == 200


def test_tls_keeps_name_and_certificate_while_the_address_is_pinned(partner, authority):
    authorities, context = authority
    seen = []
    context.sni_callback = lambda _socket, name, _context: seen.append(name)
    to = partner(tls=context)
    allowed = [f"{EXAMPLE}:{to.port}"]
    with GuardedSession(allowed_hosts=allowed, resolver=to_loopback, authorities=authorities) as session:
        for _ in range(2):
            assert session.deliver(Request(f"https://{EXAMPLE}:{to.port}/")).status == 200
    assert seen == [EXAMPLE]
    assert to.connections == 1
    assert to.requests[0]["headers"]["host"] == f"{EXAMPLE}:{to.port}"


def test_a_certificate_for_another_name_or_of_an_unknown_authority_is_refused(partner, authority):
    authorities, context = authority
    to = partner(tls=context)
    allowed = [f"other.example:{to.port}", to.name]
    with GuardedSession(allowed_hosts=allowed, resolver=to_loopback, authorities=authorities) as session:
        assert code(session.deliver(Request(f"https://other.example:{to.port}/"))) == "deliver.tls_failed"
        assert session.deliver(Request(to.url)).status == 200
    with GuardedSession(allowed_hosts=allowed, resolver=to_loopback) as session:
        assert code(session.deliver(Request(to.url))) == "deliver.tls_failed"
    assert len(to.requests) == 1


def test_speaking_plainly_to_tls_and_the_other_way_round_fails_safely(partner, authority):
    plain, secure = partner(), partner(tls=authority[1])
    with GuardedSession(allowed_hosts=[plain.name, secure.name]) as session:
        assert code(session.deliver(Request(f"https://{plain.name}/", read_timeout=1, connect_timeout=1))) in (
            "deliver.tls_failed", "deliver.timeout", "deliver.connection_failed",
        )  # fmt: skip
        assert code(session.deliver(Request(f"http://{secure.name}/"))) == "deliver.connection_failed"


def test_a_tls_partner_who_drips_is_cut_off_at_the_deadline(partner, authority):
    authorities, context = authority
    stop = threading.Event()

    def answer(connection, _request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not stop.wait(0.05):
            connection.sendall(b"x")

    to = partner(answer, tls=context)
    with GuardedSession(allowed_hosts=[to.name], authorities=authorities) as session:
        result = session.deliver(Request(to.url, total_timeout=0.8))
    stop.set()
    assert code(result) == "deliver.timeout"
    assert result.elapsed < 5


def test_a_handshake_that_is_never_answered_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        name = f"127.0.0.1:{listener.getsockname()[1]}"
        with GuardedSession(allowed_hosts=[name]) as session:
            result = session.deliver(Request(f"https://{name}/", connect_timeout=0.4, read_timeout=5))
    assert code(result) == "deliver.timeout"
    assert result.elapsed < 5


def test_one_session_serves_many_threads(partner):
    to = partner()
    results = []
    with GuardedSession(allowed_hosts=[to.name]) as session:
        threads = [threading.Thread(target=lambda: results.append(session.deliver(Request(to.url)))) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert [result.status for result in results] == [200] * 12


def test_endpoints_keep_connections_of_their_own(partner):
    to = partner()
    for pool_key in ("a", "a", "b"):
        assert deliver(Request(to.url, allowed_hosts=[to.name], pool_key=pool_key)).status == 200
    assert to.connections == 2


def test_a_badly_written_allowed_host_is_our_mistake(partner):
    assert code(deliver(Request(partner().url, allowed_hosts=["nonsense"]))) == "engine.configuration"


def test_it_goes_through_the_send_of_the_requests_library(partner, send, monkeypatch):
    """A host's tests patch ``Session.send`` to keep traffic inside; its time-outs there are plain numbers."""
    original, calls = requests.Session.send, []

    def patched(session, prepared, **settings):
        assert not settings.get("timeout") or settings["timeout"] < 10
        calls.append(prepared.url)
        return original(session, prepared, **settings)

    monkeypatch.setattr(requests.Session, "send", patched)
    to = partner()
    assert send(to=to).status == 200
    assert calls == [to.url]


def test_what_a_patched_send_blocks_is_a_failed_connection(send, monkeypatch):
    def blocked(*_args, **_settings):
        raise requests.exceptions.ConnectionError("External requests verboten")

    monkeypatch.setattr(requests.Session, "send", blocked)
    assert code(send()) == "deliver.connection_failed"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.exceptions.ConnectTimeout(), "deliver.timeout"),
        (requests.exceptions.ReadTimeout(), "deliver.timeout"),
        (TimeoutError(), "deliver.timeout"),
        (requests.exceptions.SSLError(), "deliver.tls_failed"),
        (requests.exceptions.ConnectionError(), "deliver.connection_failed"),
        (ConnectionResetError(), "deliver.connection_failed"),
        (requests.exceptions.InvalidURL(), "deliver.address_refused"),
        (Fault("deliver.gone", "x"), "deliver.gone"),
    ],
)
def test_errors_are_classified(error, expected):
    assert classify(error).code == expected


def test_a_result_is_plain_data():
    assert DeliveryResult(None, {}, b"", 0.0, None).retry_after is None
    assert http.BODY_LIMIT == 20_000


# -- connections that are kept ---------------------------------------------------------------------------------------


def once_then_closing(then=None):
    """Answers a connection's first request and closes it after the second was read, without a word."""
    seen = {}

    def answer(connection, request):
        seen[connection] = seen.get(connection, 0) + 1
        if seen[connection] > 1:
            if then:
                connection.sendall(then)
            connection.close()
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    return answer


def test_deliveries_share_a_connection(partner):
    to = partner()
    with GuardedSession(allowed_hosts=[to.name]) as session:
        assert [session.deliver(Request(to.url)).status for _ in range(3)] == [200] * 3
    assert to.connections == 1


def test_a_kept_connection_that_the_partner_closed_is_replaced_once(partner):
    to = partner(once_then_closing())
    with GuardedSession(allowed_hosts=[to.name]) as session:
        assert session.deliver(Request(to.url, body=b"1")).status == 200
        assert session.deliver(Request(to.url, body=b"2")).status == 200
    assert [request["body"] for request in to.requests] == [b"1", b"2", b"2"]
    assert to.connections == 2


def test_a_fresh_connection_that_breaks_off_is_not_tried_again_at_once(partner):
    to = partner(lambda connection, _request: connection.close())
    with GuardedSession(allowed_hosts=[to.name]) as session:
        assert code(session.deliver(Request(to.url))) == "deliver.connection_failed"
    assert len(to.requests) == 1


def test_after_a_byte_of_an_answer_nothing_is_sent_again(partner):
    to = partner(once_then_closing(then=b"HTTP/1.1 5"))
    with GuardedSession(allowed_hosts=[to.name]) as session:
        assert session.deliver(Request(to.url)).status == 200
        assert code(session.deliver(Request(to.url))) == "deliver.connection_failed"
    assert len(to.requests) == 2


def test_a_kept_connection_that_does_not_answer_in_time_is_not_tried_again(partner):
    waiting = threading.Event()
    first = []

    def answer(connection, _request):
        if first:
            waiting.wait(10)
            return
        first.append(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    to = partner(answer)
    with GuardedSession(allowed_hosts=[to.name]) as session:
        assert session.deliver(Request(to.url)).status == 200
        assert code(session.deliver(Request(to.url, read_timeout=0.2))) == "deliver.timeout"
    waiting.set()
    assert len(to.requests) == 2


@pytest.mark.parametrize("name", ["_LONGEST_LIFE", "_LONGEST_REST"])
def test_a_kept_connection_grows_old(partner, monkeypatch, name):
    """Then the address is looked up and checked anew."""
    to = partner()
    with GuardedSession(allowed_hosts=[to.name]) as session:
        session.deliver(Request(to.url))
        monkeypatch.setattr(wire, name, 0.0)
        assert session.deliver(Request(to.url)).status == 200
    assert to.connections == 2


def test_what_rests_is_closed_and_the_next_delivery_dials_anew(partner):
    to = partner()
    with GuardedSession(allowed_hosts=[to.name]) as session:
        session.deliver(Request(to.url))
        session.close_idle(3600.0)
        session.deliver(Request(to.url))
        assert to.connections == 1
        session.close_idle(0.0)
        assert session.deliver(Request(to.url)).status == 200
    assert to.connections == 2
